"""The declared expressions as PostgreSQL itself prints them."""

from gatepost.canonical.printing import print_policies
from gatepost.canonical.scratch import create_tables
from gatepost.canonical.shapes import Ahead, NamedType, Shape, live_shapes

__all__ = ["Ahead", "NamedType", "Shape", "create_tables", "live_shapes", "print_policies"]
