"""Find wrong access to undeclared tables, whose owners are inferred from keys, claims and memberships.

Only what cannot be intended is an error: writing another's row, a row in another's name, a write without signing in.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from gatepost import sql
from gatepost.finding import Finding
from gatepost.name_hints import says_author, word_list
from gatepost.observation.attempt.ordinary_users import OrdinaryUsers
from gatepost.observation.attempt.personas import (
    SELF_CLAIMING_BY_HEADER,
    SELF_CLAIMING_SILENT,
    describe,
)
from gatepost.observation.attempt.trial.results import Observations
from gatepost.observation.attempt.trial.witness import bypasses, comma_joined, in_force, no_longer, to_change, witness
from gatepost.observation.judge.buckets import Buckets
from gatepost.observation.judge.foreign_reads import Reading
from gatepost.observation.judge.moved_rows import sees_parents
from gatepost.observation.judge.submissions import from_outside
from gatepost.observation.judge.tenants.teammates import Teammates
from gatepost.observation.plant.insert_rows import PlantedRows
from gatepost.observation.plant.storage_rows import files_have_owners, folders_matter
from gatepost.observation.plant.survey import FILES, Survey, tenant_claims
from gatepost.observation.plant.users import SELF_CLAIMING
from gatepost.personas import NOBODY, Persona
from gatepost.schema import Command, Table

_ANOTHERS = "another's"
_VERBS = {"update": "change", "delete": "remove"}
_FROM_APP_METADATA = "read the claim from app_metadata, which only the backend writes"
_FROM_TOKEN = "use the token, with auth.uid() or a claim of app_metadata: callers choose their headers"  # noqa: S105


@dataclass(frozen=True)
class Inferred:
    """Compares the results with the inferred owners of rows."""

    planted_rows: PlantedRows
    record: Observations
    personas: Sequence[Persona]

    @cached_property
    def ordinary_users(self) -> OrdinaryUsers:
        """The ordinary users of the tables."""
        return OrdinaryUsers(self.planted_rows, self.record)

    @cached_property
    def teammates(self) -> Teammates:
        """What a member of a tenant did there."""
        return Teammates(self.planted_rows, self.record, self.personas, self.ordinary_users)

    @property
    def survey(self) -> Survey:
        """The database."""
        return self.planted_rows.survey

    def findings(self, table: Table) -> Iterator[Finding]:
        """Yield what is wrong with access to one table."""
        yield from Reading(self.planted_rows, self.record, self.personas, self.ordinary_users).findings(table)
        yield from self.foreign_writes(table)
        if table.key in self.survey.owned and files_have_owners(table):
            if table.key != FILES[1]:
                yield from self._forged_rows(table)
            yield from self._trusted_claims(table)
        yield from self._anonymous_writes(table)
        yield from self.teammates.findings(table)
        buckets = Buckets(self.planted_rows, self.record, self.personas)
        yield from buckets.findings(table)
        if table.key == FILES[1] and table.key in self.survey.owned and folders_matter(table):
            yield from buckets.uploads(table, self.ordinary_users.plain(table))

    def foreign_writes(self, table: Table) -> Iterator[Finding]:
        """Yield the commands that write rows of others, unless a table's rows belong to nobody."""
        if table.key not in self.survey.owned or not files_have_owners(table):
            return
        commands: tuple[tuple[Command, str], ...] = (("update", "change"), ("delete", "remove"))
        for command, what in commands:
            found: list[tuple[Persona, str]] = []
            whose = "rows that name no owner"
            for persona in self.personas:
                if persona.name in self.ordinary_users.plain(table):
                    cell = self.record.cell(persona.name, table, command)
                    others = [
                        number
                        for number in sorted(cell.rows)
                        if self._of_another(table, number, persona)
                        or self._of_nobody(table, number, cell.statements.get(number, ""))
                    ]
                    if any(self._of_another(table, number, persona) for number in others):
                        whose = "other users' rows"
                    if others:
                        found.append((persona, witness(self.planted_rows, persona, table, cell, others[0])))
            if found:
                shared = all(self.ordinary_users.writes_parents(one, table, command) for one, _ in found)
                yield Finding(
                    "foreign-row-written",
                    "warning" if shared else "error",
                    str(table),
                    f"{comma_joined([p.name for p, _ in found])} can {what} {whose} in {table}"
                    f" ({self.ordinary_users.why(table)})",
                    fix=self._policies_to_fix(table, command),
                    detail=command,
                    witness=found[0][1],
                )

    def _forged_rows(self, table: Table) -> Iterator[Finding]:
        for way in ("another's", "own among another's"):
            found, doubtful = [], True
            for persona in self.personas:
                cell = self.record.cell(persona.name, table, "insert")
                if persona.name not in self.ordinary_users.plain(table) or self._plausible(persona, table, way):
                    continue
                done = [name for name, let_in in cell.inserts.items() if let_in and name.startswith(way)]
                if way == _ANOTHERS:
                    done = [name for name in done if not self._names_the_caller(table, cell.statements[name])]
                if done:
                    aside = way != _ANOTHERS and self.ordinary_users.met_by_nobody_else(persona.name, table)
                    aside = aside or from_outside(self.record, self.ordinary_users, persona, table)
                    doubtful = doubtful and (aside or all(self._decides_nothing(table, name) for name in done))
                    found.append((persona, f"{describe(persona)}: {cell.statements[done[0]]}"))
            if found:
                what = "in another user's name" if way == "another's" else "among another user's"
                yield Finding(
                    "row-forged",
                    "warning" if doubtful else "error",
                    str(table),
                    f"{comma_joined([p.name for p, _ in found])} can insert rows {what} into {table}"
                    f" ({self.ordinary_users.why(table)})",
                    fix=self._policies_to_fix(table, "insert"),
                    detail=way.replace(" ", "-").replace("'", ""),
                    witness=found[0][1],
                )

    def _names_the_caller(self, table: Table, statement: str) -> bool:
        """Return whether a statement leaves whose row it is to a default, which is the caller."""
        written = statement.partition(" (")[2].partition(") VALUES")[0]
        return any(
            "auth.uid()" in (column.default or "")
            and (*table.key, column.name) in self.survey.identities
            and sql.identifier(column.name) not in written
            for column in table.columns
        )

    def _decides_nothing(self, table: Table, way: str) -> bool:
        """Return whether only a note of who created a row is forged, which no policy reads and no message shows."""
        author = way.partition(" as ")[2].partition(" in ")[0]
        noted = author.endswith("_by") and not says_author(author)
        return noted and (*table.key, author) not in self.survey.clues.read

    def _plausible(self, persona: Persona, table: Table, way: str) -> bool:
        """Return whether a row under a stranger's may be intended, because the persona may see its parent."""
        if way == "another's" and self.ordinary_users.names_users(table) and table.key not in FILES:
            return False
        if table.key in FILES:
            return not folders_matter(table)
        if any(key[:2] == table.key for key in tenant_claims(self.survey)):
            return False
        ordinary = self.ordinary_users
        opened = ordinary.open_parent(persona.name, table) or ordinary.kept_to_oneself(persona.name, table)
        opened = opened or (ordinary.unread(table) and bool(ordinary.names_users(table)))
        return opened or sees_parents(self.planted_rows, self.record, persona, table)

    def _anonymous_writes(self, table: Table) -> Iterator[Finding]:
        for persona in self.personas:
            if persona.role != "anon":
                continue
            for command in ("update", "delete"):
                cell = self.record.cell(persona.name, table, "update" if command == "update" else "delete")
                if cell.rows:
                    yield Finding(
                        "anonymous-write",
                        "error",
                        str(table),
                        f"anyone can {_VERBS[command]} rows of {table} without signing in",
                        fix=f"REVOKE {command.upper()} ON {sql.qualified(*table.key)} FROM anon",
                        detail=command,
                        witness=witness(self.planted_rows, persona, table, cell, min(cell.rows)),
                    )
            cell = self.record.cell(persona.name, table, "insert")
            if cell.inserts.get("another's") and not self._plausible(persona, table, _ANOTHERS):
                intended = from_outside(self.record, self.ordinary_users, persona, table)
                yield Finding(
                    "anonymous-write",
                    "warning" if intended else "error",
                    str(table),
                    f"anyone can insert rows in a user's name into {table} without signing in"
                    f" ({self.ordinary_users.why(table)})",
                    fix=f"REVOKE INSERT ON {sql.qualified(*table.key)} FROM anon",
                    detail="insert",
                    witness=f"{describe(persona)}: {cell.statements[_ANOTHERS]}",
                )

    def _trusted_claims(self, table: Table) -> Iterator[Finding]:
        """Report rows that users see only because of what they write into `user_metadata` or into a header."""
        for name, rule, how, fix in (
            (SELF_CLAIMING, "user-metadata-trusted", "a claim into their own user_metadata", _FROM_APP_METADATA),
            (
                SELF_CLAIMING_BY_HEADER,
                "request-trusted",
                "the owner's value into a header or a cookie of the request",
                _FROM_TOKEN,
            ),
        ):
            cell = self.record.cell(name, table, "select")
            more = cell.rows - self.record.sees(SELF_CLAIMING_SILENT, table.key)
            others = sorted(
                n for n in more if (row := self.planted_rows.row(table.key, n)) and row.world != SELF_CLAIMING
            )
            persona = next((p for p in self.personas if p.name == name), None)
            if others and persona is not None:
                yield Finding(
                    rule,
                    "error",
                    str(table),
                    f"a user can read other users' rows in {table} by writing {how}",
                    fix=fix,
                    witness=witness(self.planted_rows, persona, table, cell, others[0]),
                )

    def _of_another(self, table: Table, number: int, persona: Persona) -> bool:
        row = self.planted_rows.row(table.key, number)
        return row is not None and row.world != NOBODY and not row.is_of(persona.row_set)

    def _of_nobody(self, table: Table, number: int, statement: str) -> bool:
        """Return whether a row names no owner and still names none: it is not taken over, and every account writes it.

        Only where nothing but a plain owner decides: what belongs to a tenant, or waits for somebody, is for several.
        """
        users = self.ordinary_users.names_users(table)
        keys = [child for child in self.survey.keys if child[:2] == table.key and child not in self.survey.identities]
        if keys or len(users) != 1 or users[0] not in word_list("owner_columns") or table.key in FILES:
            return False
        row = self.planted_rows.row(table.key, number)
        taken = f"SET {sql.identifier(users[0])} =" in statement
        return row is not None and row.values.get(users[0]) is None and not taken

    def _policies_to_fix(self, table: Table, command: Command) -> str:
        if not table.row_security.enabled:
            return f"ALTER TABLE {sql.qualified(*table.key)} ENABLE ROW LEVEL SECURITY"
        if bypasses(self.survey.live, "authenticated"):
            return no_longer("authenticated")
        return to_change(table, in_force(table, "authenticated", command))
