"""Write SQLModel classes for the tables of a SQLite file: types from what is declared and from every value."""

from gatepost.transfer.as_models.result import Written, written_models

__all__ = ["Written", "written_models"]
