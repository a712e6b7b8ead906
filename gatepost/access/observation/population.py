"""Plant the rows: many at once, and where a constraint refuses one, with the value that it asks for."""

from __future__ import annotations

import random
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from gatepost import sql
from gatepost.access.observation.canaries import FUTURE, PAST, is_word
from gatepost.access.observation.ground import FILES, Ground, TableKey
from gatepost.access.observation.partitions import room
from gatepost.access.observation.worlds import STRANGERS, Row, Worlds
from gatepost.finding import NotChecked
from gatepost.schema import Table

if TYPE_CHECKING:
    from psycopg2 import Error
    from psycopg2.extensions import cursor as Cursor

Place = tuple[int, str]
"""Where PostgreSQL keeps a row: the relation's number and the `ctid`."""

_ATTEMPTS = 60
_WORDS = (
    "cnry-{}@example.org", "https://example.org/cnry-{}", "cnry_{}", "+15550100000", "#c0ffee", "cnry", "CNRY",
    "en", "EN", "USD", "a", "A", "1", "00000", "1.0.0", "en-US", "Europe/London",
)  # fmt: skip
_NUMBERS = ("1", "0", "2", "5", "10", "50", "100", "1000", "-1")
_SHAPES = ("[]", "{ }", '"x"', "1")


@dataclass
class Population:
    """The rows that stand in the database, by where PostgreSQL keeps them.

    `missing` says which tables hold none, and why; `keys_aside` whether triggers and foreign keys could be put aside.
    """

    ground: Ground
    worlds: Worlds
    rows: dict[TableKey, dict[Place, Row]] = field(default_factory=dict)
    missing: list[NotChecked] = field(default_factory=list)
    keys_aside: bool = False

    def of(self, table: Table) -> Mapping[Place, Row]:
        """Return the rows of a table."""
        return self.rows.get(table.key, {})

    def row(self, table: TableKey, number: int) -> Row | None:
        """Return the row of a number, which a canary tells."""
        return next((row for row in self.rows.get(table, {}).values() if row.number == number), None)


def plant(cursor: Cursor, ground: Ground, users: Mapping[str, str]) -> Population:
    """Plant the rows of every world.

    Triggers and foreign keys are not asked where the role may put them aside, so that a trigger changes nothing and
    no order is needed; the keys hold all the same, because every row refers to one that is planted too.

    Args:
        cursor: Inside a transaction that will be rolled back, as a role that passes row security by.
        ground: The database.
        users: The user of each world.
    """
    found = Population(ground, Worlds(ground, users), keys_aside=_put_triggers_aside(cursor))
    for table in ground.tables:
        refused = _plant_table(cursor, found, table)
        if refused:
            found.missing.append(NotChecked(str(table), f"no row could be planted: {refused}"))
    if found.keys_aside:
        cursor.execute("SET LOCAL session_replication_role = origin")
    return found


def insert(rows: Iterable[Row], columns: Iterable[str] | None = None) -> str:
    """Return the INSERT of rows of one table, with literals, so that it can be tried by hand.

    Args:
        rows: At least one.
        columns: Only these columns; the others get their defaults.
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


def _plant_table(cursor: Cursor, found: Population, table: Table) -> str:
    """Plant the rows of one table and return why there is none, if there is none."""
    said = ""
    tried: set[tuple[tuple[str, str | None], ...]] = set()
    for _ in range(_ATTEMPTS):
        rows = found.worlds.rows(table)
        error = _try_rows(cursor, found, rows)
        if error is None:
            if found.rows.get(table.key):
                return ""
            break  # a trigger swallows rows, or the table has no columns: one at a time shows which
        said = (error.diag.message_primary or str(error)).strip()
        fitting = {(*table.key, name): value for name, value in room(cursor, table, error).items()}
        if any(found.worlds.fixes.get(key) != value for key, value in fitting.items()):
            found.worlds.fixes |= fitting
        elif not _learn(found, table, error, tried):
            break
    rows = found.worlds.rows(table)
    for row in rows:
        error = _try_rows(cursor, found, [row])
        if error is not None and error.pgcode == "23505" and table.key == FILES[0]:
            return ""  # the bucket is there already
        said = said if error is None else (error.diag.message_primary or str(error)).strip()
    return "" if found.rows.get(table.key) else said


def _try_rows(cursor: Cursor, found: Population, rows: list[Row]) -> Error | None:
    from psycopg2 import Error

    try:  # in one way to the server and back; psycopg2 gives the rows of the last statement that returns some
        cursor.execute(f"SAVEPOINT gatepost_plant; {insert(rows)} RETURNING tableoid::int8, ctid::text")
        places = cursor.fetchall()
    except Error as error:
        cursor.execute("ROLLBACK TO SAVEPOINT gatepost_plant; RELEASE SAVEPOINT gatepost_plant")
        return error
    cursor.execute("RELEASE SAVEPOINT gatepost_plant")
    if len(places) == len(rows):  # a trigger may swallow rows
        found.rows.setdefault(rows[0].table.key, {}).update(zip(places, rows, strict=True))
    return None


def _learn(
    found: Population, table: Table, error: Error, tried: set[tuple[tuple[str, str | None], ...]]
) -> bool:  # fmt: skip
    """Choose other values for the columns that a constraint is about. Return False where nothing is left to try."""
    columns = _columns_of(table, error)
    if not columns:
        return False
    users = [name for name in columns if (*table.key, name) in found.ground.identities]
    options = {name: _options(found, table, name) for name in columns if name not in users[:1]}
    if any(not values for values in options.values()):
        options = {name: values for name, values in options.items() if values}
    if not options:
        return False
    for combination in _some_of(options):
        if combination not in tried:
            tried.add(combination)
            for name, value in combination:
                found.worlds.fixes[*table.key, name] = value
            return True
    return False


def _some_of(options: Mapping[str, list[str | None]]) -> list[tuple[tuple[str, str | None], ...]]:
    """Return combinations to try: all columns alike first, then one different, then any, in a fixed order."""
    names = list(options)
    longest = max(len(values) for values in options.values())
    alike = [tuple((n, options[n][min(at, len(options[n]) - 1)]) for n in names) for at in range(longest)]
    chance = random.Random(0)  # noqa: S311  # any order will do, if it is the same each time
    mixed = [tuple((n, chance.choice(options[n])) for n in names) for _ in range(200 if len(names) > 1 else 0)]
    return [*alike, *mixed]


def _columns_of(table: Table, error: Error) -> list[str]:
    """Return the columns that an error is about."""
    if error.pgcode == "23514" and error.diag.constraint_name:
        named = [c for c in table.constraints if c.name == error.diag.constraint_name]
        if named:
            return list(named[0].columns)
        return [c.name for c in table.columns if c.type == error.diag.datatype_name or _of_domain(c.type, error)]
    if error.pgcode == "23502" and error.diag.column_name:
        return [error.diag.column_name]
    return []


def _of_domain(type_name: str, error: Error) -> bool:
    name = error.diag.datatype_name
    return name is not None and type_name.rpartition(".")[2].strip('"') == name


def _options(found: Population, table: Table, name: str) -> list[str | None]:
    """Return values that a constraint on a column may be content with."""
    column = table.column(name)
    if column is None:
        return []
    if (*table.key, name) in found.ground.identities:
        return [STRANGERS[1], STRANGERS[2]] if column.not_null else [None, STRANGERS[1]]
    if (*table.key, name) in found.ground.keys:
        return []
    base = found.ground.base_type(column.type)
    options: list[str | None] = list(_by_type(base, found.ground))
    return options if column.not_null else [*options, None]


def _by_type(base: str, ground: Ground) -> tuple[str, ...]:
    if base in ground.enums:
        return ground.enums[base]
    if is_word(base):
        return _WORDS
    if base == "boolean":
        return ("false", "true")
    if base.startswith(("timestamp", "date")):
        return (PAST, FUTURE)
    if base in ("json", "jsonb"):
        return _SHAPES
    if base.endswith("[]"):
        return ("{ }",)
    return _NUMBERS
