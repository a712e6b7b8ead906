"""Find the ways into rows that depend on no caller and that no trial met: in another database they may be open."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from gatepost.analysis.policies import Analysis
from gatepost.analysis.privileges import Privileges
from gatepost.analysis.row_ownership import RowOwnership
from gatepost.analysis.ways.untied_ways import UntiedWay, UntiedWays
from gatepost.finding import NotChecked
from gatepost.observation.attempt.trial.statement import TrialSession
from gatepost.observation.judge.open_table import OpenTable, matching, put_in
from gatepost.observation.plant.survey import TableKey
from gatepost.personas import NOBODY, Persona
from gatepost.schema import Table


@dataclass(frozen=True)
class UnmetWays:
    """Evaluates each way on the planted rows, as the personas whom it is for.

    Args:
        stage: The session of the trials, with the rows as they were planted.
        personas: The personas that tried.
    """

    stage: TrialSession
    personas: Sequence[Persona]

    def by_table(self) -> Mapping[TableKey, tuple[UntiedWay, ...]]:
        """Return the ways that held for no row but the caller's own, by table, unless a proof rules them out."""
        live = self.stage.survey.live
        analysis = Analysis(live, Privileges(live))
        ways = UntiedWays(analysis, RowOwnership(analysis))
        found: dict[TableKey, tuple[UntiedWay, ...]] = {}
        for table in self.stage.survey.observed:
            if not table.row_security.enabled or not self.stage.planted_rows.of(table):
                continue
            unmet = [way for way in ways.of(table) if not self._met(table, way) and not ways.ruled_out(way, table)]
            if unmet:
                found[table.key] = tuple(unmet)
        return found

    def _met(self, table: Table, way: UntiedWay) -> bool:
        """Return whether a way held for a row that is not the caller's own, or whether it can be evaluated by nobody.

        What ends in an error, or takes too long, does so in the whole policy too, which is reported.
        """
        from psycopg2 import Error

        evaluated = False
        with OpenTable(self.stage, table, way.roles):
            try:
                put_in(self.stage, way.written.changed)
            except Error:
                return False  # it could not be tried by itself
            for persona in (one for one in self.personas if one.role in way.roles):
                tried, places = matching(self.stage, table, way.written.text, persona)
                evaluated = evaluated or tried.outcome == "done"
                worlds = {row.world for place, row in self.stage.planted_rows.of(table).items() if place in places}
                if worlds - {persona.row_set} or NOBODY in worlds:
                    return True
        return not evaluated


def not_met(found: Mapping[TableKey, Sequence[UntiedWay]]) -> Iterator[NotChecked]:
    """Yield what is not known because of the ways that no trial met, one line a policy and way."""
    for ways in found.values():
        for way in ways:
            why = f"no trial met {way.text}, and {way.depends_on}: another database may let everybody in"
            yield NotChecked(way.what, why, ours=True)
