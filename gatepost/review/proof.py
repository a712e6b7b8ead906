"""Tables whose policies were rewritten and let through the same rows: proved by the solver, so they need no trial."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from gatepost.analysis.conditions.bodies.inlining import Follower
from gatepost.analysis.conditions.caller import ANON, SIGNED_IN
from gatepost.analysis.conditions.grammar import NotUnderstood
from gatepost.analysis.conditions.parse import parse
from gatepost.analysis.conditions.terms import FALSE, TRUE, Term, conjunction, disjunction
from gatepost.analysis.privileges import Privileges
from gatepost.analysis.solver import Candidate, Comparison, Frame, RuledOut, compare
from gatepost.observation.attempt.trial.contained_failures import SLIPS
from gatepost.review.names import ColumnKey, TableKey
from gatepost.review.plant.possibilities import Found
from gatepost.review.scope import scope_of
from gatepost.review.structure import ObjectChange
from gatepost.review.verdict.catalog import callers_of
from gatepost.schema import COMMANDS, Command, Policy, Schema, Table

_MOST = 60
"""The most tables that are given to the solver."""


@dataclass(frozen=True)
class Proof:
    """What the solver says.

    Args:
        equal: The tables that let through the same rows.
        hints: Values by column with which the sides may differ: they are planted, and PostgreSQL decides.
        found: Whom it found to gain something, with the values by which that comes true.
    """

    equal: frozenset[TableKey] = frozenset()
    hints: Mapping[ColumnKey, tuple[str, ...]] = field(default_factory=dict)
    found: tuple[Found, ...] = ()

    def without(self, doubtful: frozenset[TableKey]) -> Proof:
        """Return the same without what stands on something that could not be compared."""
        return replace(self, equal=self.equal - doubtful)


def prove(before: Schema, after: Schema, changes: Iterable[ObjectChange]) -> Proof:
    """Return which of the tables whose policies changed are proved equal.

    Args:
        before: The base in the words of the head.
        after: The head.
        changes: What is not the same.
    """
    changes = list(changes)
    equal: set[TableKey] = set()
    hints: dict[ColumnKey, dict[str, None]] = {}
    found: list[Found] = []
    for key in _only_policies(changes)[:_MOST]:
        old, new = before.table(*key), after.table(*key)
        others = [one for one in changes if one.on != key]
        if old is None or new is None or key in scope_of(before, after, others).tables:
            continue
        sides = _Sides(before, after, old, new)
        if sides.equal():
            equal.add(key)
        found += sides.found
        for name, values in sides.values.items():
            hints.setdefault((*key, name), {}).update(values)
    return Proof(frozenset(equal), {key: tuple(values) for key, values in hints.items()}, tuple(found))


def _only_policies(changes: Iterable[ObjectChange]) -> list[TableKey]:
    """Return the tables of which policies alone differ, and not only by their names."""
    kinds: dict[TableKey, set[str]] = {}
    for one in changes:
        if one.on is not None:
            kinds.setdefault(one.on, set()).add(one.what if one.how != "renamed" or one.what != "policy" else "name")
    return sorted(key for key, several in kinds.items() if "policy" in several and several <= {"policy", "name"})


@dataclass
class _Sides:
    """The two versions of one table."""

    before: Schema
    after: Schema
    old: Table
    new: Table
    found: list[Found] = field(default_factory=list)
    values: dict[str, dict[str, None]] = field(default_factory=dict)

    def equal(self) -> bool:
        """Return whether every role's every command is proved equal; keep what the solver found instead."""
        same = True
        base, head = Privileges(self.before), Privileges(self.after)
        for role in (*callers_of(self.after), "service_role"):
            caller = {"anon": ANON, "authenticated": SIGNED_IN}.get(role)
            frame = Frame(self.new, self.after, caller, steady=self._steady())
            for command in COMMANDS:
                one, other = base.policies(role, self.old, command), head.policies(role, self.new, command)
                for clause in ("using", "check") if command == "update" else (_clause(command),):
                    answers = self._compared(_applied(one, clause), _applied(other, clause), frame)
                    same = answers is not None and answers.relation == "equal" and same
                    if answers is not None and not head.bypasses(role, self.new):
                        self._keep(answers, role, command, clause)
        return same

    def _compared(
        self, one: tuple[list[str], list[str]], other: tuple[list[str], list[str]], frame: Frame
    ) -> Comparison | None:  # fmt: skip
        """Return what the solver says of two sides' conditions, or None where it cannot read them."""
        if one == other:
            return Comparison(RuledOut(), RuledOut())
        try:
            return compare(_joined(one, Follower(self.before)), _joined(other, Follower(self.after)), frame)
        except (NotUnderstood, RuntimeError, *SLIPS):  # a bug there costs a trial, and no verdict
            return None

    def _keep(self, answers: Comparison, role: str, command: Command, clause: str) -> None:
        for answer in (answers.gains, answers.loses):
            for name, value in answer.row if isinstance(answer, Candidate) else ():
                if isinstance(value, (str, int, float)) and not isinstance(value, bool):
                    self.values.setdefault(name, {})[str(value)] = None
        for answer, gains in ((answers.gains, True), (answers.loses, False)):
            if isinstance(answer, Candidate) and (command, clause) != ("update", "check"):
                self.found.append(Found(role, self.new.key, command, answer, gains=gains))

    def _steady(self) -> frozenset[tuple[str, str]]:
        """Return the functions that are the same on both sides and answer alike wherever they are called."""
        return frozenset(
            (one.schema, one.name)
            for one in self.after.functions
            if one.volatility != "volatile" and (old := self.before.function(*one.key)) is not None
            and (old.body, old.definer, old.owner, old.settings) == (one.body, one.definer, one.owner, one.settings)
        )  # fmt: skip


def _clause(command: Command) -> str:
    return "check" if command == "insert" else "using"


def _applied(policies: Iterable[Policy], clause: str) -> tuple[list[str], list[str]]:
    """Return the conditions of the permissive and of the restrictive policies; a missing check is the using.

    A policy with neither adds no condition: a permissive one lets no row through, and a restrictive one stops none.
    """
    found: tuple[list[str], list[str]] = ([], [])
    for policy in policies:
        text = policy.using if clause == "using" else policy.check if policy.check is not None else policy.using
        if text is not None:
            found[0 if policy.permissive else 1].append(text)
    return sorted(found[0]), sorted(found[1])


def _joined(conditions: tuple[list[str], list[str]], follower: Follower) -> Term:
    """Return what a row has to pass: one of the permissive conditions, and each restrictive one.

    Raises:
        NotUnderstood: the parser does not know one.
    """
    permissive, restrictive = (list(_terms(texts, follower)) for texts in conditions)
    if not permissive:
        return FALSE
    one = disjunction(*permissive) if len(permissive) > 1 else permissive[0]
    return conjunction(one, *restrictive) if restrictive else one


def _terms(texts: Iterable[str], follower: Follower) -> Iterator[Term]:
    yield from (TRUE if text == "true" else follower.follow(parse(text)) for text in texts)
