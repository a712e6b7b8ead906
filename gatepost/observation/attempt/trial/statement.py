"""Try one statement as a persona, return its result, and undo it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from gatepost import sql
from gatepost.observation.attempt.trial.probes import (
    BARRED,
    PLACE,
    Found,
    Known,
    Look,
    Probe,
    Seen,
    Tried,
    counting,
    listing,
    places,
    says,
    stopped,
    tried_as,
)
from gatepost.observation.attempt.trial.time_limits import Patience
from gatepost.observation.plant.held_privileges import HeldPrivileges, privileges
from gatepost.observation.plant.insert_rows import PlantedRows
from gatepost.observation.plant.row import Row
from gatepost.observation.plant.survey import Survey
from gatepost.personas import RESET_ROLE, Persona, impersonated
from gatepost.schema import Table

if TYPE_CHECKING:
    from psycopg2.extensions import cursor as Cursor

_NO_TABLE = "42P01"


@dataclass
class TrialSession:
    """The session in which personas try statements: the cursor, the planted rows, and each role's privileges."""

    cursor: Cursor
    planted_rows: PlantedRows
    persona: Persona | None = None
    patience: Patience = field(default_factory=Patience)
    _undo: str = ""
    _privileges: dict[str, HeldPrivileges] = field(default_factory=dict)
    _looks: dict[tuple[str, tuple[str, str]], Look | None] = field(default_factory=dict)

    @property
    def survey(self) -> Survey:
        """The database."""
        return self.planted_rows.survey

    def privileges(self, role: str) -> HeldPrivileges:
        """Return the privileges of a role, read once."""
        if role not in self._privileges:
            with self._as_owner():
                self._privileges[role] = privileges(self.cursor, role)
        return self._privileges[role]

    @contextmanager
    def being(self, persona: Persona) -> Iterator[None]:
        """Be a persona inside the block."""
        self.privileges(persona.role)
        self.settle()
        with impersonated(self.cursor, persona):
            self.persona = persona
            try:
                yield
            finally:
                self.persona = None
                self._undo = ""  # the persona's own savepoint undoes the others too

    def execute(self, statement: str, values: Sequence[object] | None = None) -> None:
        """Run a statement after the pending undo, in one round trip instead of two."""
        before, self._undo = self._undo, ""
        filled = statement if values is None else self.cursor.mogrify(statement, values).decode()
        self.cursor.execute(before + filled)

    def afterwards(self, statement: str) -> None:
        """Run a statement together with the next one."""
        self._undo += statement

    def recover(self, savepoint: str) -> None:
        """Go back to a savepoint after an error, including the pending undo."""
        self._undo = ""
        self.cursor.execute(f"ROLLBACK TO SAVEPOINT {savepoint}; RELEASE SAVEPOINT {savepoint}")

    def settle(self) -> None:
        """Run the pending undo now, before switching to a persona."""
        if self._undo:
            self.execute("SELECT")

    @contextmanager
    def attempt(self, statement: str, *, keys_aside: bool = False, ours: bool = False) -> Iterator[Tried]:
        """Run a statement. Its effects last until the block ends, and are rolled back then.

        Args:
            statement: The SQL.
            keys_aside: Whether foreign keys and triggers are disabled, where the session's role may do that.
            ours: Whether it is run as the session's own role, and not as the persona.
        """
        from psycopg2 import Error

        role = self.persona.role if self.persona is not None and not ours else ""
        if self.patience.is_out(role, statement):
            yield stopped(statement)
            return
        before = ""
        if keys_aside and self.planted_rows.keys_aside and self.persona is not None:
            before = f"{RESET_ROLE}; SET LOCAL session_replication_role = replica; {self.persona.set_role}; "
        try:
            self.execute(f"SAVEPOINT gatepost_trial; {before}{statement}")
            tried = tried_as(statement, self.cursor.rowcount, "", "")
        except Error as error:
            said = error.diag.message_primary or str(error)
            tried = tried_as(statement, 0, error.pgcode or "XX000", said, error.diag.context or "")
        if tried.outcome == "cut off":
            self.patience.lose(role, statement)
        try:
            yield tried
        finally:
            self._undo += "ROLLBACK TO SAVEPOINT gatepost_trial; RELEASE SAVEPOINT gatepost_trial; "

    def query(self, probe: Probe) -> Found:
        """Run a probe now. An error in it leaves the effects of the trial as they are."""
        if probe.as_persona:
            with self.attempt(probe.statement) as tried:
                return Found(tried, self.listed() if tried.outcome == "done" else ())
        with (
            self._as_owner(),
            self.attempt(probe.statement, ours=True) as tried,
        ):  # the tried statement may have changed a table
            return Found(tried, self.listed() if tried.outcome == "done" else ())

    def listed(self) -> Sequence[Sequence[str | None]]:
        """Return the one array of rows that a query returned, or nothing where it returned none."""
        if self.cursor.description is None:
            return ()
        return (self.cursor.fetchone() or (None,))[0] or ()

    def look(self, table: Table) -> Seen:
        """Return the planted rows of a table that the persona sees now."""
        assert self.persona is not None  # noqa: S101  called inside being()
        look = self.looking(self.persona.role, table)
        return look.seen(self.query(look.probe)) if look is not None else BARRED

    def looking(self, role: str, table: Table) -> Look | None:
        """Return how a role reads a table, or None where it has no privilege.

        Call it while the rows are as they were planted.
        """
        if (role, table.key) not in self._looks:
            self._looks[role, table.key] = self._looking(role, table)
        return self._looks[role, table.key]

    def _looking(self, role: str, table: Table) -> Look | None:
        held = self.privileges(role)
        if not held.has(table.key, "select"):
            return None
        if held.whole(table.key, "select"):
            plain = f"SELECT * FROM {sql.qualified(table.schema, table.name)}"
            known: Known = {(str(oid), ctid): [row.number] for (oid, ctid), row in self.planted_rows.of(table).items()}
            return Look(plain, Probe(places(table).statement, as_persona=True), known)
        readable = held.columns(table, "select")
        columns = [f"{sql.identifier(name)}::text" for name in self._distinguishing(table, readable)]
        plain = f"SELECT {sql.identifiers(readable)} FROM {sql.qualified(table.schema, table.name)}"
        return Look(plain, Probe(listing(table, columns), as_persona=True), self._rows_by(table, columns))

    def left(self, table: Table, found: Found) -> list[Row]:
        """Return the planted rows of a table that are no longer in their places: changed or deleted.

        All of them, where the table itself is gone.
        """
        if found.tried.outcome != "done" and found.tried.code != _NO_TABLE:
            return []
        there = {(int(oid), ctid) for oid, ctid in found.rows if oid is not None}
        rows = (row for place, row in self.planted_rows.of(table).items() if place not in there)
        return sorted(rows, key=lambda row: row.number)

    def count(self, table: Table, where: Sequence[tuple[str, str | None]]) -> int:
        """Return how many rows of a table hold these values, bypassing row security."""
        found = self.query(counting(table, where)).rows
        return int(found[0][0] or 0) if found else 0

    def still_there(self, row: Row) -> Probe | None:
        """Return a query that counts a row by its words and keys: 1 where only its figures and times changed."""
        kept = [c.name for c in row.table.columns if row.values.get(c.name) is not None and says(c.type)]
        keys = [index.columns for index in row.table.indexes if index.primary]
        names = [name for name in (keys[0] if keys else ()) if name is not None]
        wanted = [(name, row.values[name]) for name in dict.fromkeys([*names, *kept])]
        return counting(row.table, wanted) if names else None

    @contextmanager
    def _as_owner(self) -> Iterator[None]:
        """Be the session's own role inside the block, without undoing the effects of the transaction."""
        persona = self.persona
        if persona is not None:
            self._undo += f"{RESET_ROLE}; "
        try:
            yield
        finally:
            if persona is not None:
                self._undo += f"{persona.set_role}; "

    def _distinguishing(self, table: Table, readable: tuple[str, ...]) -> tuple[str, ...]:
        """Return the readable columns that distinguish rows: the primary key where it is readable."""
        keys = [index.columns for index in table.indexes if index.primary]
        if keys and all(name in readable for name in keys[0]):
            return tuple(name for name in keys[0] if name is not None)
        return readable

    def _rows_by(self, table: Table, columns: Sequence[str]) -> Known:
        """Return the planted rows by what these columns hold, which may be the same for several."""
        found: dict[tuple[str | None, ...], list[int]] = {}
        planted = self.planted_rows.of(table)
        for oid, ctid, *values in self.query(Probe(listing(table, [*PLACE, *columns]))).rows:
            if (int(oid or 0), str(ctid)) in planted:
                found.setdefault(tuple(values), []).append(planted[int(oid or 0), str(ctid)].number)
        return found
