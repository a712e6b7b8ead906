"""Find the foreign keys that close a circle of tables: they are made when all of the tables are there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from gatepost.transfer.as_models.constraints import Declared, Reference


def without_circles(tables: Mapping[str, Declared]) -> dict[str, Declared]:
    """Return what tables declare, with each foreign key marked that closes a circle.

    Args:
        tables: What each table declares, by its name.
    """
    before: dict[str, set[str]] = {name: set() for name in tables}

    def needs(table: str, other: str) -> bool:
        return other == table or any(needs(one, other) for one in before[table])

    def marked(table: str, reference: Reference) -> Reference:
        if reference.table == table:
            return reference
        if needs(reference.table, table):
            return replace(reference, late=True)
        before[table].add(reference.table)
        return reference

    return {
        name: replace(one, references=tuple(marked(name, reference) for reference in one.references))
        for name, one in tables.items()
    }
