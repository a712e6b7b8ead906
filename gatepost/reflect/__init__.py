"""A live database as frozen values, read from the catalog in one READ ONLY transaction."""

from gatepost.reflect.catalog import read, read_all, reflect

__all__ = ["read", "read_all", "reflect"]
