"""One statement, tried as somebody: what came of it, and everything as it was before."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from gatepost import sql
from gatepost.access.observation.ground import Ground, Privileges, privileges
from gatepost.access.observation.population import Population
from gatepost.access.observation.worlds import Row
from gatepost.access.personas import Persona, acting_as
from gatepost.schema import Table

if TYPE_CHECKING:
    from psycopg2 import Error
    from psycopg2.extensions import cursor as Cursor

Outcome = Literal["done", "refused", "constraint", "error", "cut off"]

TIMEOUT = "3s"


@dataclass(frozen=True)
class Tried:
    """What came of a statement: how many rows it reached, or what PostgreSQL said.

    `constraint` means that row security let it pass and a constraint stopped it: PostgreSQL asks row security first
    (https://www.postgresql.org/docs/17/ddl-rowsecurity.html).
    """

    statement: str
    outcome: Outcome
    count: int = 0
    said: str = ""
    code: str = ""


@dataclass(frozen=True)
class Seen:
    """The planted rows that a persona sees in a table; none where it was refused, with what PostgreSQL said."""

    statement: str
    rows: frozenset[int] = frozenset()
    outcome: Outcome = "done"
    said: str = ""


@dataclass
class Stage:
    """Where personas try statements: the cursor, what was planted, and what each role holds."""

    cursor: Cursor
    population: Population
    persona: Persona | None = None
    _undo: str = ""
    _privileges: dict[str, Privileges] = field(default_factory=dict)
    _known: dict[tuple[tuple[str, str], tuple[str, ...]], dict[tuple[str, ...], list[int]]] = field(
        default_factory=dict
    )

    @property
    def ground(self) -> Ground:
        """The database."""
        return self.population.ground

    def privileges(self, role: str) -> Privileges:
        """Return what a role holds, read once."""
        if role not in self._privileges:
            with self._as_owner():
                self._privileges[role] = privileges(self.cursor, role)
        return self._privileges[role]

    @contextmanager
    def being(self, persona: Persona) -> Iterator[None]:
        """Be a persona inside the block."""
        self.privileges(persona.role)
        with acting_as(self.cursor, persona):
            self.persona = persona
            try:
                yield
            finally:
                self.persona = None
                self._undo = ""  # the persona's own savepoint takes the others with it

    def _execute(self, statement: str) -> None:
        """Run a statement after what is still to be undone: one way to the server and back instead of two."""
        before, self._undo = self._undo, ""
        self.cursor.execute(before + statement)

    @contextmanager
    def attempt(self, statement: str, *, keys_aside: bool = False) -> Iterator[Tried]:
        """Run a statement; what it did stands until the block ends, and is rolled back then.

        Args:
            statement: The SQL.
            keys_aside: Whether foreign keys and triggers are not asked, where the session's role may put them aside.
        """
        from psycopg2 import Error

        before = ""
        if keys_aside and self.population.keys_aside and self.persona is not None:
            role = sql.identifier(self.persona.role)
            before = f"SET LOCAL ROLE none; SET LOCAL session_replication_role = replica; SET LOCAL ROLE {role}; "
        try:
            self._execute(f"SAVEPOINT gatepost_trial; {before}{statement}")
            tried = Tried(statement, "done", max(self.cursor.rowcount, 0))
        except Error as error:
            tried = self._what(statement, error)
        try:
            yield tried
        finally:
            self._undo += "ROLLBACK TO SAVEPOINT gatepost_trial; RELEASE SAVEPOINT gatepost_trial; "

    def look(self, table: Table) -> Seen:
        """Return the planted rows of a table that the persona sees now."""
        assert self.persona is not None  # noqa: S101  asked inside being()
        held = self.privileges(self.persona.role)
        if not held.has(table.key, "select"):
            return Seen("", outcome="refused", said="no privilege")
        target = sql.qualified(table.schema, table.name)
        if held.whole(table.key, "select"):
            statement = f"SELECT tableoid::int8, ctid::text FROM {target}"
            with self.attempt(statement) as tried:
                rows = self.cursor.fetchall() if tried.outcome == "done" else []
            places = self.population.of(table)
            numbers = {places[place].number for place in rows if place in places}
        else:
            columns = self._telling(table, held.columns(table, "select"))
            statement = f"SELECT {', '.join(f'{sql.identifier(name)}::text' for name in columns)} FROM {target}"
            known = self._rows_by(table, columns)
            with self.attempt(statement) as tried:
                rows = self.cursor.fetchall() if tried.outcome == "done" else []
            numbers = _matched(rows, known)
        return Seen(self._plain(table, held), frozenset(numbers), tried.outcome, tried.said)

    def unchanged(self, table: Table) -> set[int]:
        """Return the planted rows of a table that stand where they were planted, whoever sees them."""
        with self._as_owner():
            self._execute(f"SELECT tableoid::int8, ctid::text FROM {sql.qualified(table.schema, table.name)}")
            places = self.population.of(table)
            return {places[place].number for place in self.cursor.fetchall() if place in places}

    def count(self, table: Table, where: Sequence[tuple[str, str | None]]) -> int:
        """Return how many rows of a table hold these values, whoever sees them."""
        asked = " AND ".join(f"{sql.identifier(name)} = {sql.literal(value)}" for name, value in where)
        with self._as_owner():
            self._execute(f"SELECT count(*) FROM {sql.qualified(table.schema, table.name)} WHERE {asked}")
            found = self.cursor.fetchone()
            return int(found[0]) if found else 0

    def changed(self, table: Table) -> list[Row]:
        """Return the planted rows of a table that a statement has changed or removed."""
        left = self.unchanged(table)
        return sorted(
            (row for row in self.population.of(table).values() if row.number not in left), key=lambda row: row.number
        )

    @contextmanager
    def _as_owner(self) -> Iterator[None]:
        """Be the session's own role inside the block, without losing what the transaction did."""
        persona = self.persona
        if persona is not None:
            self._undo += "SET LOCAL ROLE none; "
        try:
            yield
        finally:
            if persona is not None:
                self._undo += f"SET LOCAL ROLE {sql.identifier(persona.role)}; "

    def _plain(self, table: Table, held: Privileges) -> str:
        columns = "*" if held.whole(table.key, "select") else sql.identifiers(held.columns(table, "select"))
        return f"SELECT {columns} FROM {sql.qualified(table.schema, table.name)}"

    def _telling(self, table: Table, readable: tuple[str, ...]) -> tuple[str, ...]:
        """Return the readable columns that tell rows apart: the primary key where it is readable."""
        keys = [index.columns for index in table.indexes if index.primary]
        if keys and all(name in readable for name in keys[0]):
            return tuple(name for name in keys[0] if name is not None)
        return readable

    def _rows_by(self, table: Table, columns: tuple[str, ...]) -> dict[tuple[str, ...], list[int]]:
        """Return the planted rows by what these columns hold; a persona's own come first where several are alike."""
        if (table.key, columns) not in self._known:
            listed = ", ".join(f"{sql.identifier(name)}::text" for name in columns)
            found: dict[tuple[str, ...], list[int]] = {}
            places = self.population.of(table)
            with self._as_owner():
                self._execute(
                    f"SELECT tableoid::int8, ctid::text, {listed} FROM {sql.qualified(table.schema, table.name)}"
                )
                for oid, ctid, *values in self.cursor.fetchall():
                    if (oid, ctid) in places:
                        found.setdefault(tuple(values), []).append(places[oid, ctid].number)
            self._known[table.key, columns] = found
        return self._known[table.key, columns]

    def _what(self, statement: str, error: Error) -> Tried:
        """Say what an error means."""
        code = error.pgcode or ""
        said = (error.diag.message_primary or str(error)).strip()
        outcome: Outcome = "error"
        if code.startswith("23"):
            outcome = "constraint"
        elif code == "57014":
            outcome = "cut off"
        elif code in ("P0001", "0A000", "428C9", "55000", "44000", "25006"):
            outcome = "refused"  # a trigger says no, or the relation cannot be written at all
        elif code == "42501":
            own = [part for part in said.split() if part]
            target = own[-1].strip('"') if own else ""
            known = "row-level security" in said or any(f'."{target}"' in part for part in statement.split())
            outcome = "refused" if known else "error"
        return Tried(statement, outcome, 0, said, code)


def _matched(rows: list[tuple[str, ...]], known: Mapping[tuple[str, ...], list[int]]) -> set[int]:
    seen: dict[tuple[str, ...], int] = {}
    for row in rows:
        seen[tuple(row)] = seen.get(tuple(row), 0) + 1
    return {number for values, count in seen.items() for number in known.get(values, [])[:count]}
