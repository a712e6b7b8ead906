"""The fixture `versions`, as of tests/versions.py."""

from tests.versions import versions

__all__ = ["versions"]
