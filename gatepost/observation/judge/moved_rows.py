"""Find rows that a user can move among the rows of another, by changing what they refer to."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from gatepost.finding import Finding
from gatepost.observation.attempt.ordinary_users import OrdinaryUsers
from gatepost.observation.attempt.personas import describe, other_of
from gatepost.observation.attempt.trial.results import Crossing, Observations
from gatepost.observation.plant.insert_rows import PlantedRows
from gatepost.observation.plant.storage_rows import folders_matter
from gatepost.observation.plant.survey import FILES, Survey, tenant_claims
from gatepost.personas import Persona
from gatepost.schema import Table


@dataclass(frozen=True)
class MovedRows:
    """Judges the rows that were moved.

    Args:
        planted_rows: The planted rows.
        record: The trials.
        ordinary_users: Who is an ordinary user of which table.
    """

    planted_rows: PlantedRows
    record: Observations
    ordinary_users: OrdinaryUsers

    @property
    def survey(self) -> Survey:
        """The database."""
        return self.planted_rows.survey

    def findings(self) -> Iterator[Finding]:
        """Yield the rows that users can move among the rows of others, in declared tables too."""
        seen: set[tuple[str, str]] = set()
        for crossing in self.record.crossings:
            key = (str(crossing.table), crossing.column)
            if key in seen or not self._unmistakable(crossing):
                continue
            seen.add(key)
            how = ", with an UPDATE that has no filter, which the Data API does not send" if crossing.unfiltered else ""
            yield Finding(
                "row-moved-to-another",
                "warning" if crossing.unfiltered or not self._matters(crossing) else "error",
                str(crossing.table),
                f"{crossing.persona.name} can move a row of its own among another user's rows by changing "
                f"{crossing.table}.{crossing.column}{how}",
                fix=f"WITH CHECK must limit {crossing.column} to the user's own value, for UPDATE too",
                detail=crossing.column,
                witness=f"{describe(crossing.persona)}: {crossing.write}",
            )

    def _unmistakable(self, crossing: Crossing) -> bool:
        key = (*crossing.table.key, crossing.column)
        if key in tenant_claims(self.survey):
            return True
        if crossing.table.key in FILES:
            return folders_matter(crossing.table)
        if key in self.survey.clues.claims or crossing.persona.name not in self.ordinary_users.plain(crossing.table):
            return False
        if key in self.survey.identities:
            alone = self.ordinary_users.names_users(crossing.table) == [crossing.column]
            return alone and crossing.table.key not in self.survey.read_elsewhere
        parent = self.survey.keys[key][:2]
        name = crossing.persona.name
        if parent not in self.survey.owned or self.ordinary_users.open_parent(name, crossing.table):
            return False
        if self.ordinary_users.kept_to_oneself(name, crossing.table):
            return False
        return not sees_parents(self.planted_rows, self.record, crossing.persona, crossing.table, crossing.column)

    def _matters(self, crossing: Crossing) -> bool:
        """Return whether somebody's access turns on the column; else the row only refers to another's."""
        if self.ordinary_users.met_by_nobody_else(crossing.persona.name, crossing.table):
            return False
        read = {key for key in self.survey.clues.read if key[:2] == crossing.table.key}
        asked = (*crossing.table.key, crossing.column) in read
        asked = asked and not self.ordinary_users.asked_of_new_rows(crossing.table, crossing.column)
        if asked or crossing.table.key in FILES:
            return True
        return not read and crossing.table.key in self.survey.read_elsewhere


def sees_parents(
    planted_rows: PlantedRows, record: Observations, persona: Persona, table: Table, column: str | None = None
) -> bool:
    """Return whether a persona sees the stranger's rows that a table's keys, or one of its columns, refer to."""
    survey, seen = planted_rows.survey, True
    other = other_of(persona.name)
    for child, parent in survey.keys.items():
        if child[:2] != table.key or child in survey.identities or column not in (None, child[2]):
            continue
        target = survey.live.table(*parent[:2])
        if target is not None and target.key in survey.owned:
            rows = [r for r in planted_rows.of(target).values() if r.world == other and r.base]
            seen = seen and all(r.number in record.sees(persona.name, target.key) for r in rows)
    return seen
