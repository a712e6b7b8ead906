"""Show what a finding is about: the row, the policies, and the statement that accessed it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from gatepost import sql
from gatepost.observation.attempt.personas import describe
from gatepost.observation.attempt.trial.results import Cell
from gatepost.observation.plant.insert_rows import PlantedRows
from gatepost.observation.plant.row import Row
from gatepost.personas import Persona
from gatepost.schema import Command, Policy, Schema, Table

_BY_CHANCE = 6
"""The length up to which a value may be in a text by chance."""


def witness(planted_rows: PlantedRows, persona: Persona, table: Table, cell: Cell, number: int) -> str:
    """Return the statement with which a persona accessed a row, and the row."""
    row = planted_rows.row(table.key, number)
    return f"{describe(persona)}: {cell.statements.get(number, '')} -- accesses {shown(row) if row else 'a row'}"


def bypasses(live: Schema, role: str) -> bool:
    """Return whether a role's own attributes bypass row security. A membership passes on neither of them.

    Source: https://www.postgresql.org/docs/17/role-attributes.html
    """
    return any(one.name == role and (one.bypass_row_security or one.superuser) for one in live.roles)


def no_longer(role: str) -> str:
    """Return the SQL that applies row security to a role again."""
    return f"ALTER ROLE {sql.identifier(role)} NOBYPASSRLS"


def in_force(table: Table, role: str, command: Command) -> list[Policy]:
    """Return the policies that decide about a command of a role."""
    return [p for p in table.policies if p.command in (command, "all") and {role, "public"} & set(p.roles)]


def to_change(table: Table, policies: Iterable[Policy]) -> str:
    """Return how the statements begin that change some policies: which condition is right, nobody knows."""
    return "\n".join(f"ALTER POLICY {sql.identifier(one.name)} ON {sql.qualified(*table.key)} …" for one in policies)


def shown(row: Row) -> str:
    """Return a description of a row: its keys, its first canary, and its owner."""
    keys = [index.columns for index in row.table.indexes if index.primary]
    names = [name for name in (keys[0] if keys else ()) if name is not None and name in row.values]
    names += [n for n, v in row.values.items() if n not in names and v and "cnry" in v][:1]
    values = ", ".join(f"{name} = {sql.literal(row.values[name])}" for name in names)
    return f"{row.table} ({values}), a row of {row.world}"


def comma_joined(names: Sequence[str]) -> str:
    """Return names with commas between them, each once."""
    return ", ".join(dict.fromkeys(names))


def proves_reading(row: Row, text: str, statement: str) -> bool:
    """Return whether a text holds a value of a row that nobody knows by chance and that its caller did not write."""
    values = (value for value in row.values.values() if value and len(value) > _BY_CHANCE and not value.isalpha())
    return any(value in text and value not in statement for value in values)
