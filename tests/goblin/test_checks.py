"""The ready-made checks, as a project imports them."""

from gatepost.testing.checks import *  # noqa: F403
