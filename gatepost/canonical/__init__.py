"""Let PostgreSQL print declared expressions, so that they can be compared with the live ones."""

from gatepost.canonical.local_print_database import Server
from gatepost.canonical.printed_policies import Printed
from gatepost.canonical.printing_on_live_database import print_there
from gatepost.canonical.printing_on_local_server import print_locally
from gatepost.canonical.printing_on_temporary_tables import print_policies
from gatepost.canonical.scratch import create_tables
from gatepost.canonical.shapes import Ahead, NamedType, Shape, live_shapes

__all__ = [
    "Ahead",
    "NamedType",
    "Printed",
    "Server",
    "Shape",
    "create_tables",
    "live_shapes",
    "print_locally",
    "print_policies",
    "print_there",
]
