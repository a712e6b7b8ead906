"""Judge tables in which no row could be planted, by the catalog alone."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from gatepost.finding import NotChecked
from gatepost.observation.attempt.trial.statement import TrialSession
from gatepost.observation.attempt.trial.witness import bypasses
from gatepost.observation.plant.held_privileges import HeldPrivileges
from gatepost.observation.plant.survey import Survey
from gatepost.schema import COMMANDS, Command, Schema, Table

NO_PRIVILEGE = "no API role holds a privilege on it"


def by_catalog(live: Schema, table: Table, role: str, command: Command) -> str:
    """Return why a role is refused for every row, or the empty string where only a row would show it.

    Args:
        live: The database.
        table: The table.
        role: A role that holds the privilege.
        command: The command.
    """
    if not table.row_security.enabled or table.owner == role or bypasses(live, role):
        return ""
    if any(policy.permissive and policy.command in (command, "all") for policy in table.policies):
        return ""
    return f"row security is on, and no policy allows {command}"


def judged(stage: TrialSession, missing: Iterable[NotChecked], roles: Sequence[str]) -> list[NotChecked]:
    """Return what could not be planted, with the other way by which the verdict stands, where there is one.

    Args:
        stage: The session of the trials.
        missing: What could not be planted.
        roles: The roles that the Data API takes on, except the one that may do everything.
    """
    held = [stage.privileges(role) for role in roles]
    by_name = {str(table): table for table in stage.survey.tables}
    return [
        NotChecked(one.what, one.why, ours=True, covered_by=_covered(stage.survey, by_name.get(one.what), held))
        for one in missing
    ]


def _covered(survey: Survey, table: Table | None, held: Sequence[HeldPrivileges]) -> str:
    """Return why nobody can access a table, according to the catalog alone."""
    if table is None or table.key in survey.read_elsewhere or _runs_any_sql(survey):
        return ""
    open_to = any(privileges.has(table.key, command) for privileges in held for command in COMMANDS)
    return "" if open_to else NO_PRIVILEGE


def _runs_any_sql(survey: Survey) -> bool:
    """Return whether a function builds the SQL that it runs, so that it may read any table."""
    return any("execute" in names for names in survey.calls.bodies.values())
