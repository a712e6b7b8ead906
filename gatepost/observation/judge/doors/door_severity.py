"""Decide how bad it is that rows come out of a door. What somebody published on purpose is only information."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from gatepost.analysis.compared_columns import ColumnKey
from gatepost.analysis.compared_values import identifiers_in
from gatepost.analysis.views.exposed_rows import Shown, intended_for_everybody
from gatepost.declare.declaration import Declaration
from gatepost.finding import Severity
from gatepost.name_hints import (
    about_people,
    is_public_side,
    is_secret,
    likely_audience,
    name_parts,
    says_open,
    word_list,
)
from gatepost.observation.attempt.doors.door import Door
from gatepost.observation.attempt.doors.realtime_channels import MESSAGES
from gatepost.observation.attempt.ordinary_users import OrdinaryUsers
from gatepost.observation.plant.insert_rows import PlantedRows
from gatepost.observation.plant.row import Row
from gatepost.observation.plant.survey import USERS, TableKey
from gatepost.schema import Table, View

_FIGURES = frozenset("sum avg count min max percentile_cont date_trunc".split())


@dataclass(frozen=True)
class DoorSeverity:
    """Judges what came out by its rows and columns."""

    planted_rows: PlantedRows
    declaration: Declaration | None = None

    @cached_property
    def _standing(self) -> OrdinaryUsers:
        return OrdinaryUsers(self.planted_rows)

    def of(self, doors: Sequence[Door], how: str) -> Severity:
        """Return how bad it is what some personas got through one door.

        Args:
            doors: What came of it, at least once.
            how: `read`, `written` or `forged`.
        """
        if how == "forged":
            return "error"
        if how == "written":
            if all(door.counted for door in doors):
                return "info"
            rows = [row for door in doors if not door.counted for row in door.written]
            return "error" if any(self._kept(row.table.key) for row in rows) else "warning"
        leaked = {row.key: row for door in doors for row in door.leaked}
        columns = frozenset(column for door in doors for column in door.columns)
        anonymous = any(door.persona.role == "anon" for door in doors)
        found: list[Severity] = []
        for table in {row.table.key: row.table for row in leaked.values()}.values():
            shown = frozenset(key for key in columns if key[:2] == table.key)
            rows = [row for row in leaked.values() if row.table.key == table.key]
            if self._gives_figures(doors[0]):
                shown = frozenset(key for key in shown if not self._is_figure(table, key[2]))
            found.append(self._of_table(table, rows, shown, anonymous, self._view(doors[0])))
        return "error" if "error" in found else "warning" if "warning" in found else "info"

    def _of_table(
        self, table: Table, rows: Sequence[Row], columns: frozenset[ColumnKey], anonymous: bool, view: View | None
    ) -> Severity:
        names = {key[2] for key in columns}
        if table.key == USERS:
            return "error" if names - {"id"} else "info"
        if table.key == MESSAGES:
            return "error"  # compared with a user who has just signed up and could not join
        if any(is_secret(name, anonymous) for name in names):
            return "error"
        if not any(self._tells(table, name) for name in names) or self._published(table, rows):
            return "info"
        if view is not None and self._shown_on_purpose(view, table):
            return "info"
        if self._kept(table.key):
            return "warning" if self._is_public_side(table, names) else "error"
        if not table.row_security.enabled:
            return "info"  # only grants kept it closed
        return "info" if self._opened_by_functions(table, names, view) else "warning"

    def _opened_by_functions(self, table: Table, names: set[str], view: View | None) -> bool:
        """Return whether a table without a policy is read by functions alone, and nothing personal came out."""
        personal = any(is_secret(name, True) or name_parts(name) & word_list("personal_columns") for name in names)
        private = personal or about_people(table) or likely_audience(table) == "private"
        return view is None and not table.policies and not private

    def _is_public_side(self, table: Table, names: frozenset[str] | set[str]) -> bool:
        """Return whether each row is a user, and what is theirs alone did not come out."""
        identities = self.planted_rows.survey.identities
        keys = [constraint.columns for constraint in table.constraints if constraint.kind == "primary key"]
        a_person = any(len(key) == 1 and (*table.key, key[0]) in identities for key in keys)
        return a_person and is_public_side(names, [column.name for column in table.columns])

    def _gives_figures(self, door: Door) -> bool:
        """Return whether a view or a function only counts and sums. A sum over one planted row is that row's number."""
        live, view = self.planted_rows.survey.live, self._view(door)
        schema, _, name = door.name.partition("(")[0].partition(".")
        texts = (
            [view.definition]
            if view is not None
            else [f.body for f in live.functions if (f.schema, f.name) == (schema, name)]
        )
        return any(identifiers_in(text) & _FIGURES for text in texts)

    def _view(self, door: Door) -> View | None:
        schema, _, name = door.name.partition("(")[0].partition(".")
        return self.planted_rows.survey.live.view(schema, name)

    def _shown_on_purpose(self, view: View, table: Table) -> bool:
        """Return whether a view that reads a table directly was opened to show only what is no secret of it."""
        read = [reference for reference in view.reads if reference.kind == "relation" and reference.key == table.key]
        return view.kind == "view" and any(
            intended_for_everybody(Shown(table, view.owner, reference.columns, (view,)), view) for reference in read
        )

    def _is_figure(self, table: Table, name: str) -> bool:
        column = table.column(name)
        base = self.planted_rows.survey.base_type(column.type) if column is not None else ""
        return base.startswith(("smallint", "integer", "bigint", "numeric", "real", "double", "date", "time"))

    def _kept(self, table: TableKey) -> bool:
        declared = self.declaration is not None and self.declaration.table(*table) is not None
        return declared or table in self.planted_rows.survey.owned

    def _tells(self, table: Table, name: str) -> bool:
        """Return whether a column says more than which row it is. A figure contains the keys by which it counts."""
        if self._standing.names_owner(table, name):
            return True
        keys = {column for index in table.indexes if index.unique for column in index.columns}
        return not (name in keys or name.endswith("_id") or (*table.key, name) in self.planted_rows.survey.keys)

    def _published(self, table: Table, rows: Sequence[Row]) -> bool:
        """Return whether exactly those rows came out whose owner marked them as open."""
        out = {row.number for row in rows}
        kept = [row for row in self.planted_rows.of(table).values() if row.number not in out]
        return any(
            all(says_open(name, row.values.get(name)) for row in rows)
            and any(not says_open(name, row.values.get(name)) for row in kept)
            for name in self.planted_rows.row_sets.edges(table)
        )
