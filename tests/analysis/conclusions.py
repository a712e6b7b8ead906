"""Everything that the analysis concludes of a database, as lines of text."""

from dataclasses import fields
from itertools import groupby

from gatepost.analysis.compared_values import clues
from gatepost.analysis.conditions.outcomes import Outcome
from gatepost.analysis.solver import Candidate, NotKnown, RuledOut
from gatepost.analysis.solver.access_question import can
from gatepost.analysis.trusted_tables import forged_by, trusted
from gatepost.rules import all_rules
from gatepost.schema import COMMANDS, is_platform

_ANSWERS = {RuledOut: "own", Candidate: "others", NotKnown: "not known"}
_OUTCOMES = {Outcome.TRUE: "true", Outcome.FALSE: "false", Outcome.NULL: "null", Outcome.ERROR: "error"}
_NOTHING = ((), {}, frozenset(), False, "", "none")


def conclusions(context):
    """Return what is found, what policies come to, whose rows are in reach, what is trusted, compared and done."""
    parts = (_findings, _policies, _rows, _trusts, _functions, _compared)
    return [line.replace(context.live.database, "DATABASE") for part in parts for line in part(context)]


def _findings(context):
    """What the rules find, and what is assumed for it; sentences and information are recorded with the scenarios."""
    for rule in all_rules():
        for one in rule.check(context):
            if one.severity != "info":
                by = f" by {one.candidate.assumed}" if one.candidate is not None else ""
                yield f"{one.severity} {one.verdict} {one.key}{by}"


def _policies(context):
    """What the condition of a policy can come to for each role, and the columns that tie a row to the caller."""
    for one in context.decisive:
        said = []
        for command in one.commands:
            for role in one.callers[command]:
                term = one.condition(command)
                possible = context.analysis.truth(one.table, role).possible_outcomes(term)
                outcomes = "/".join(name for bit, name in _OUTCOMES.items() if possible & bit)
                tied = " ".join(sorted(context.ownership.columns_tied(term, one.table, role)))
                said.append((f"{role} {outcomes}" + (f" by {tied}" if tied else ""), command))
        for outcome, found in groupby(sorted(said), lambda pair: pair[0]):
            yield f"{one.policy} {' '.join(command for _, command in found)} {outcome}"


def _rows(context):
    """Whether a role can use a command with a row of somebody else, by all policies together."""
    for table in {one.table.key: one.table for one in context.decisive}.values():
        for role in context.privileges.api_roles:
            held = [one for one in COMMANDS if context.privileges.reaches(role, table, one.upper())]
            answers = [(_ANSWERS[type(can(context.analysis, role, one, table))], one) for one in held]
            found = [f"{answer} {' '.join(one for _, one in many)}"
                     for answer, many in groupby(sorted(answers), lambda pair: pair[0])]  # fmt: skip
            yield f"rows of {table} {role}: {', '.join(found) or 'none'}"


def _trusts(context):
    """The tables that a policy or a hook trusts, and how a role writes what they say of it."""
    for one in trusted(context):
        forged = [f"{role}: {way}" for role in context.privileges.api_roles if (way := forged_by(context, one, role))]
        demands = [f"{name} in {_name(values)}" for name, values in one.demands]
        yield f"trusted {one.table} of {_name(one.subject)}: {' '.join(demands)}" + (
            f", {', '.join(forged)}" if forged else ""
        )


def _functions(context):
    """What each function reads, writes and calls."""
    for function in context.live.functions:
        if not is_platform(function.schema):
            yield f"function {function}: {', '.join(_fields(context.bodies.follow(function)))}"


def _compared(context):
    """What policies and functions compare."""
    for line in _fields(clues(context.live)):
        yield f"compared {line}"


def _fields(value):
    kept = [(one.name, getattr(value, one.name)) for one in fields(value)]
    return [f"{name} {_name(of)}" for name, of in kept if of not in _NOTHING]


def _name(value):
    if isinstance(value, dict):
        return " ".join(sorted(f"{_name(key)}={_name(of)}" for key, of in value.items()))
    if isinstance(value, frozenset | set):
        return " ".join(sorted(map(_name, value)))
    if isinstance(value, tuple | list):
        return ("; " if any(isinstance(one, tuple) for one in value) else ".").join(map(_name, value))
    return str(value)
