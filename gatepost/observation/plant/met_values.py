"""Find out which comparisons of the policies no planted row meets: where nobody got in, that then shows nothing."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from gatepost import sql
from gatepost.observation.plant.canaries import is_word
from gatepost.observation.plant.insert_rows import PlantedRows
from gatepost.observation.plant.survey import Survey, TableKey
from gatepost.schema import Table

if TYPE_CHECKING:
    from psycopg2.extensions import cursor as Cursor

_COMPARED = re.compile(
    r"\((?P<column>[a-z_]\w*|\"(?:[^\"]|\"\")+\")(?:::[a-z]\w*)? "
    r"(?:=|<>|<|>|<=|>=|~|~\*|~~|~~\*|@>|<@|&&|\?) '(?:[^']|'')*'(?:::[a-z][\w ]*(?:\[\])?)?\)"
)
"""A column compared with a literal, as PostgreSQL prints it in a policy."""


def unmet(cursor: Cursor, planted_rows: PlantedRows) -> Mapping[TableKey, tuple[str, ...]]:
    """Return the comparisons that no planted row meets, by table.

    PostgreSQL evaluates those that policies make of their own table's columns with literals. The values that functions,
    triggers and the policies of other tables ask for are looked up among the planted rows.

    Args:
        cursor: In the transaction of the planted rows, as a role that bypasses row security.
        planted_rows: The rows.
    """
    found: dict[TableKey, tuple[str, ...]] = {}
    for table in planted_rows.survey.observed:
        if planted_rows.of(table):
            missed = dict.fromkeys([*_by_value(planted_rows, table), *_by_condition(cursor, table)])
            found[table.key] = tuple(missed)
    return found


def _by_condition(cursor: Cursor, table: Table) -> Iterator[str]:
    from psycopg2 import Error

    texts = [text for policy in table.policies for text in (policy.using, policy.check) if text]
    names = {sql.identifier(column.name) for column in table.columns} | {column.name for column in table.columns}
    wanted = [match[0] for text in texts for match in _COMPARED.finditer(text) if match["column"] in names]
    wanted = list(dict.fromkeys(wanted))
    if not wanted:
        return
    target = sql.qualified(*table.key)
    asked = ", ".join(f"EXISTS (SELECT FROM {target} WHERE {condition})" for condition in wanted)
    cursor.execute("SAVEPOINT gatepost_met")
    try:
        cursor.execute(f"SELECT ARRAY[{asked}]")
        [(met,)] = cursor.fetchall()
    except Error:  # a comparison of a text that names no type that is found here: it is not known to be met
        cursor.execute("ROLLBACK TO SAVEPOINT gatepost_met")
        met = [False] * len(wanted)
    cursor.execute("RELEASE SAVEPOINT gatepost_met")
    yield from (f"{table}: {one}" for one, holds in zip(wanted, met, strict=True) if not holds)


def _by_value(planted_rows: PlantedRows, table: Table) -> Iterator[str]:
    survey: Survey = planted_rows.survey
    for column in table.columns:
        base, key = survey.base_type(column.type), (*table.key, column.name)
        if column.generated or key in survey.identities or not (is_word(base) or base in survey.enums):
            continue
        held = {row.values.get(column.name) for row in planted_rows.of(table).values()}
        for value in survey.clues.literals.get(key, ()):
            if value not in held and "%" not in value:  # LIKE is compared by PostgreSQL
                yield f"{table}.{column.name} = {sql.literal(value)}"
