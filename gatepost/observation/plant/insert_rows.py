"""Insert the planted rows, many at once. Where a constraint refuses a row, use a value that the constraint accepts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from gatepost import sql
from gatepost.analysis.compared_columns import ColumnKey
from gatepost.finding import NotChecked
from gatepost.observation.plant.added_rows import former_rows, limit_rows, middle_rows
from gatepost.observation.plant.constraint_search import Search
from gatepost.observation.plant.fitting.partitions import room
from gatepost.observation.plant.row import Row
from gatepost.observation.plant.row_sets import RowSets
from gatepost.observation.plant.survey import FILES, Survey, TableKey, is_lookup
from gatepost.personas import NOBODY
from gatepost.schema import Table

if TYPE_CHECKING:
    from psycopg2 import Error
    from psycopg2.extensions import cursor as Cursor

    from gatepost.observation.plant.fitting.combinations import Values

Place = tuple[int, str]
"""Where PostgreSQL keeps a row: the relation's number and the `ctid`."""

_ATTEMPTS = 160
"""How often the rows of one table are planted again, with other values."""

_MOST_ADOPTED = 100
"""The most rows of one lookup table that are looked at."""


@dataclass
class PlantedRows:
    """The planted rows, by where PostgreSQL keeps them.

    `missing` lists the tables without any, and why. `keys_aside` says whether triggers and foreign keys could be
    disabled.
    """

    survey: Survey
    row_sets: RowSets
    rows: dict[TableKey, dict[Place, Row]] = field(default_factory=dict)
    missing: list[NotChecked] = field(default_factory=list)
    keys_aside: bool = False

    def of(self, table: Table) -> Mapping[Place, Row]:
        """Return the planted rows of a table."""
        return self.rows.get(table.key, {})

    def row(self, table: TableKey, number: int) -> Row | None:
        """Return the row with a number, which a canary contains."""
        return next((row for row in self.rows.get(table, {}).values() if row.number == number), None)


def plant(
    cursor: Cursor, survey: Survey, users: Mapping[str, str], cast_to: Mapping[ColumnKey, str] | None = None
) -> PlantedRows:
    """Plant the rows of every row set.

    Triggers and foreign keys are disabled where the role may do that, so that no trigger changes anything and the order
    does not matter. The keys hold all the same, because every row refers to a row that is planted too.

    Args:
        cursor: Inside a transaction that will be rolled back, as a role that bypasses row security.
        survey: The database.
        users: The user of each row set.
        cast_to: The types whose form texts must have, by column, because a policy casts them.
    """
    found = PlantedRows(survey, RowSets(survey, users, cast_to=cast_to or {}), keys_aside=_put_triggers_aside(cursor))
    _adopt(cursor, found)
    for table in survey.tables:
        if table.key in found.row_sets.existing:
            continue
        refused = _plant_table(cursor, found, table)
        if refused and not _take_given(cursor, found, table):
            found.missing.append(NotChecked(str(table), f"no row could be planted: {refused}", ours=True))
            continue
        first = 1 + max(row.number for row in found.of(table).values()) if found.of(table) else 0
        others = middle_rows(found.row_sets, table, first)
        others += former_rows(found.row_sets, table, first + len(others))
        for row in (*others, *limit_rows(found.row_sets, table, first + len(others))):
            _try_rows(cursor, found, [row])  # where it does not fit, the way that needs it is reported as not met
    if found.keys_aside:
        cursor.execute("SET LOCAL session_replication_role = origin")
    return found


def _adopt(cursor: Cursor, found: PlantedRows) -> None:
    """Take the rows that a lookup table holds already as its planted rows, which belong to nobody."""
    for table in (table for table in found.survey.tables if is_lookup(found.survey, table)):
        rows = _rows(cursor, table)
        found.row_sets.existing[table.key] = [values for _, _, values in rows]
        found.rows[table.key] = {
            (oid, ctid): Row(table, number, NOBODY, values, base=not number)
            for number, (oid, ctid, values) in enumerate(rows)
        }


def _take_given(cursor: Cursor, found: PlantedRows, table: Table) -> bool:
    """Take the rows that a project's own seed has put into a table whose constraints no value of ours fits.

    Each belongs to the persona whose id one of its columns holds. Returns whether there are any.
    """
    owners = {user: world for world, user in found.row_sets.users.items()}
    rows: dict[tuple[int, str], Row] = {}
    first: dict[str, Values] = {}
    for number, (oid, ctid, values) in enumerate(_rows(cursor, table)):
        named = [values[name] for name in values if (*table.key, name) in found.survey.identities]
        world = next((owners[value] for value in named if value in owners), NOBODY)
        rows[oid, ctid] = Row(table, number, world, values, base=world not in first)
        first.setdefault(world, values)
    if rows:
        found.rows[table.key] = rows
        anybodys = next(iter(first.values()))
        found.row_sets.existing[table.key] = [first.get(world, anybodys) for world in found.row_sets.names]
    return bool(rows)


def _rows(cursor: Cursor, table: Table) -> list[tuple[int, str, Values]]:
    """Return the rows that a table holds, each with where it is."""
    names = [column.name for column in table.columns]
    columns = ", ".join(f"{sql.identifier(name)}::text" for name in names)
    listed = f"tableoid::int8, ctid::text{', ' if names else ''}{columns}"
    cursor.execute(f"SELECT {listed} FROM {sql.qualified(*table.key)} LIMIT {_MOST_ADOPTED}")
    return [(oid, ctid, dict(zip(names, values, strict=True))) for oid, ctid, *values in cursor.fetchall()]


def insert(rows: Iterable[Row], columns: Iterable[str] | None = None) -> str:
    """Return the INSERT of rows of one table, with literals, so that people can run it by hand.

    Args:
        rows: At least one.
        columns: Only these columns. The others get their defaults.
    """
    rows = list(rows)
    table = rows[0].table
    names = [name for name in rows[0].values if columns is None or name in set(columns)]
    target = sql.qualified(table.schema, table.name)
    if not names:
        return f"INSERT INTO {target} DEFAULT VALUES"
    overriding = " OVERRIDING SYSTEM VALUE" if _overrides(table, names) else ""
    values = ", ".join(f"({', '.join(sql.literal(row.values[name]) for name in names)})" for row in rows)
    return f"INSERT INTO {target} ({sql.identifiers(names)}){overriding} VALUES {values}"


def _overrides(table: Table, names: list[str]) -> bool:
    return any(column.identity == "always" and column.name in names for column in table.columns)


def _put_triggers_aside(cursor: Cursor) -> bool:
    from psycopg2 import Error

    cursor.execute("SAVEPOINT gatepost_replica")
    try:
        cursor.execute("SET LOCAL session_replication_role = replica")
    except Error:
        cursor.execute("ROLLBACK TO SAVEPOINT gatepost_replica")
        return False
    finally:
        cursor.execute("RELEASE SAVEPOINT gatepost_replica")
    return True


def _plant_table(cursor: Cursor, found: PlantedRows, table: Table) -> str:
    """Plant the rows of one table. Return why there is none, or an empty text."""
    said = ""
    search = Search(cursor, found.row_sets, table)
    for _ in range(_ATTEMPTS):
        rows = found.row_sets.rows(table)
        error = _try_rows(cursor, found, rows)
        if error is None:
            if found.rows.get(table.key):
                return ""
            break  # a trigger swallows rows, or the table has no columns: inserting one at a time shows which
        said = _message(error, table)
        fitting = {(*table.key, name): value for name, value in room(cursor, table, error).items()}
        if any(found.row_sets.fixes.get(key) != value for key, value in fitting.items()):
            found.row_sets.fixes |= fitting
        elif not search.learn(error):
            break
    rows = found.row_sets.rows(table)
    for row in rows:
        error = _try_rows(cursor, found, [row])
        if error is not None and error.pgcode == "23505" and table.key == FILES[0]:
            return ""  # the bucket exists already
        fitted = search.repaired(row, error) if error is not None else None
        if fitted is not None:
            error = _try_rows(cursor, found, [fitted])
        said = said if error is None else _message(error, table)
    return "" if found.rows.get(table.key) else said


def _message(error: Error, table: Table) -> str:
    """Return what PostgreSQL said, with the columns of the constraint."""
    said = (error.diag.message_primary or str(error)).strip()
    named = [one for one in table.constraints if one.name and one.name == error.diag.constraint_name]
    return f"{said} on {', '.join(named[0].columns)}" if named and named[0].columns else said


def _try_rows(cursor: Cursor, found: PlantedRows, rows: list[Row]) -> Error | None:
    from psycopg2 import Error

    try:  # in one round trip; psycopg2 returns the rows of the last statement that returns some
        cursor.execute(f"SAVEPOINT gatepost_plant; {insert(rows)} RETURNING tableoid::int8, ctid::text")
        places = cursor.fetchall()
    except Error as error:
        cursor.execute("ROLLBACK TO SAVEPOINT gatepost_plant; RELEASE SAVEPOINT gatepost_plant")
        return error
    cursor.execute("RELEASE SAVEPOINT gatepost_plant")
    if len(places) == len(rows):  # a trigger may swallow rows
        found.rows.setdefault(rows[0].table.key, {}).update(zip(places, rows, strict=True))
    return None
