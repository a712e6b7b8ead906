"""Ways into rows that depend on no caller: on the row, on what other tables hold, or on the state of the server.

Such a way may be open in one database and closed in another of the same schema. A trial in which it never held says
nothing about a database in which it does.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property

from gatepost import sql
from gatepost.analysis.conditions.outcomes import Outcome
from gatepost.analysis.conditions.parse import parse
from gatepost.analysis.conditions.rewrite import rebuilt
from gatepost.analysis.conditions.term_queries import (
    conjuncts,
    counts,
    read_by,
    relations,
    row_columns,
    sessions,
    unknown,
)
from gatepost.analysis.conditions.terms import (
    Call,
    Case,
    Compare,
    Const,
    Or,
    Source,
    Term,
    conjunction,
    unwrapped,
)
from gatepost.analysis.policies import Analysis, PolicyFacts
from gatepost.analysis.row_ownership import OF_EVERYBODY, ONLY_AN_AUTHORITY, RowOwnership
from gatepost.analysis.solver import Frame, RuledOut, can_pass
from gatepost.analysis.ways.cutter import Cutter
from gatepost.analysis.ways.undecided_conditions import ways_in
from gatepost.analysis.ways.written_bodies import cutter_of
from gatepost.analysis.ways.written_ways import WrittenWay
from gatepost.finding import NotChecked
from gatepost.schema import Command, Function, Policy, Table, View, is_platform

_OF_THE_CALLER = frozenset({"uid", "email", "request"})
_MARKS_OF_A_CALLER = ("auth.", "current_setting", "current_user", "session_user", "request.")


@dataclass(frozen=True)
class UntiedWay:
    """A way in which a permissive policy lets a role use a command, and which is the same for every caller.

    Args:
        policy: The policy.
        command: The command.
        roles: The roles.
        written: The way's condition, as PostgreSQL can evaluate it.
        depends_on: What decides whether it holds, as a clause.
        unsuspected: Whether rules take it for what few callers fulfil, because no row says for whom it is.
    """

    policy: Policy
    command: Command
    roles: tuple[str, ...]
    written: WrittenWay
    depends_on: str
    unsuspected: bool = False

    @property
    def text(self) -> str:
        """The way's condition, for people."""
        return sql.one_line(self.written.described)

    @property
    def what(self) -> str:
        """What is not known as long as nobody met the way."""
        return f"{self.policy}: who passes it"


@dataclass(frozen=True)
class UntiedWays:
    """Finds them.

    Args:
        analysis: What the policies mean.
        ownership: What ties rows to their caller.
    """

    analysis: Analysis
    ownership: RowOwnership

    def of(self, table: Table) -> Iterator[UntiedWay]:
        """Yield the ways of a table, each once."""
        seen: set[tuple[Policy, WrittenWay]] = set()
        for one in self.analysis.by_table.get(table.key, ()):
            for command in one.commands if one.policy.permissive else ():
                if self._is_one_tied_way(one, command):
                    continue
                text = (one.policy.check or one.policy.using) if command == "insert" else one.policy.using
                for written in self._cutter.ways(text or "false"):
                    way = self._untied(one, command, written)
                    if way is not None and (one.policy, written) not in seen:
                        seen.add((one.policy, written))
                        yield way

    def unsuspected(self, tables: Iterable[Table], suspected: Collection[str]) -> Iterator[NotChecked]:
        """Yield the policies of which no rule says that something other than the caller opens them.

        Args:
            tables: The tables, whose row security is on.
            suspected: The policies about which a rule says something, as reports write them.
        """
        for table in tables:
            for way in self.of(table):
                if way.unsuspected and str(way.policy) not in suspected and not self.ruled_out(way, table):
                    why = f"{way.depends_on}, and not on who asks: gatepost check would try it on a clone"
                    yield NotChecked(way.what, why, ours=True)

    def ruled_out(self, way: UntiedWay, table: Table) -> bool:
        """Return whether it is proved that no row, no claims and no content of other tables open a way."""
        one = next(one for one in self.analysis.by_table[table.key] if one.policy == way.policy)
        term = self._term(way.written)
        owners = self.analysis.owner_columns(table)
        return all(
            isinstance(
                can_pass(
                    conjunction(term, *self._restrictions(one, way.command, role)),
                    Frame(table, self.analysis.live, self.analysis.caller(role), owners),
                ),
                RuledOut,
            )
            for role in way.roles
        )

    def _is_one_tied_way(self, one: PolicyFacts, command: Command) -> bool:
        """Return whether a condition has one way, which ties the row to the caller: most have, and need no more."""
        term = one.condition(command)
        several = bool(term.all_of_type(Or)) or bool(term.all_of_type(Case))
        several = several or any(self.analysis.live.view(*one) is not None for one in relations(term))
        return not several and all(
            self.ownership.columns_tied(term, one.table, role) - ONLY_AN_AUTHORITY for role in one.callers[command]
        )

    @cached_property
    def _cutter(self) -> Cutter:
        return cutter_of(self.analysis.live, self.analysis.follower)

    def _term(self, written: WrittenWay) -> Term:
        """Return what a way means, with the functions and views as they are in it."""
        changed = tuple([one for one in written.changed if isinstance(one, Function)])
        follower = self.analysis.follower.changed(changed)
        inside = {one.key: follower.follow(follower.view(one)) for one in written.changed if isinstance(one, View)}

        def viewed(part: Term) -> Term:
            rows = inside.get(part.relation) if isinstance(part, Source) and part.relation is not None else None
            return Source(part.name, None, rows) if isinstance(part, Source) and rows is not None else part

        return rebuilt(follower.follow(parse(written.text)), viewed)

    def _untied(self, one: PolicyFacts, command: Command, written: WrittenWay) -> UntiedWay | None:
        """Return a way with the roles for which it is tied to nobody, or None where there is none."""
        term = self._term(written)
        roles, reason, unsuspected = [], "", False
        for role in one.callers[command]:
            limits = self._restrictions(one, command, role)
            for way in ways_in(term):
                whole = conjunction(*way, *limits)
                if self._is_open(whole, one.table, role):
                    roles.append(role)
                    reason = reason or depends_on(conjunction(*way), one.table)
                    tied = bool(self.ownership.columns_tied(whole, one.table, role))
                    unsuspected = unsuspected or tied or _is_switch(conjunction(*way))
                    break
        return UntiedWay(one.policy, command, tuple(roles), written, reason, unsuspected) if roles else None

    def _restrictions(self, one: PolicyFacts, command: Command, role: str) -> list[Term]:
        return [
            other.condition(command)
            for other in self.analysis.by_table[one.table.key]
            if not other.policy.permissive and command in other.commands and role in other.callers[command]
        ]

    def _is_open(self, whole: Term, table: Table, role: str) -> bool:
        if unknown(whole):
            return False  # that nobody knows for whom it is open is reported already
        if not self.analysis.truth(table, role).possible_outcomes(whole) & Outcome.TRUE:
            return False
        tied = self.ownership.columns_tied(whole, table, role)
        return not tied or (tied == ONLY_AN_AUTHORITY and not any(self._asks(p, role) for p in conjuncts(whole)))

    def _asks(self, part: Term, role: str) -> bool:
        """Return whether a condition turns on who the caller is, and not on how many rows they made."""
        if _quantity(part):
            return False
        for session in sessions(part):
            if session.kind in _OF_THE_CALLER:
                return True
            if session.kind == "claim" and (not session.path or session.path[0] not in OF_EVERYBODY):
                return True
        if any(call.name[0] and not is_platform(call.name[0]) for call in part.all_of_type(Call)):
            return True
        return any(self._shows_each_its_own(*read, role) for read in read_by(part))

    def _shows_each_its_own(self, relation: tuple[str, str], reader: str, role: str) -> bool:
        """Return whether a relation shows a caller only rows of their own, so that finding one says who they are."""
        view = self.analysis.live.view(*relation)
        return self._view_asks(view, role) if view is not None else self.ownership.guarded(relation, role, reader)

    def _view_asks(self, view: View, role: str) -> bool:
        if any(mark in view.definition for mark in _MARKS_OF_A_CALLER):
            return True
        own = [reference for reference in view.reads if reference.kind == "relation"]
        return any(self._shows_each_its_own(one.key, "" if view.invoker else view.owner, role) for one in own)


def depends_on(term: Term, table: Table) -> str:
    """Return what decides a condition that depends on no caller, as a clause.

    Args:
        term: The condition.
        table: The table whose row it is about, and which it may read once more.
    """
    if any(_quantity(part) for part in conjuncts(term)):
        return "it depends on how many rows the caller has"
    read = sorted(relations(term))
    ours = [".".join(one) for one in read if not _of_the_server(one)]
    ours = [one for one in ours if one != str(table)] or ours
    if ours:
        return f"it depends on what {' and '.join(ours)} hold{'s' if len(ours) == 1 else ''}"
    if read or not row_columns(term):
        return "it depends on the state of the server or of the connection"
    return "it depends on what the row holds"


def _is_switch(term: Term) -> bool:
    """Return whether a condition reads neither the row nor the session, and is the same for everybody at a time."""
    return bool(relations(term)) and not row_columns(term) and not sessions(term)


def _quantity(part: Term) -> bool:
    """Return whether a condition compares a number of rows with more than none."""
    if not isinstance(part, Compare):
        return False
    for counted, other in ((part.left, part.right), (part.right, part.left)):
        number = unwrapped(other)
        if counts(counted):
            least = 1 if ">=" in part.op or "<=" in part.op else 0
            return not (isinstance(number, Const) and str(number.value).isdigit() and int(str(number.value)) <= least)
    return False


def _of_the_server(relation: tuple[str, str]) -> bool:
    return relation[0] in ("", "pg_catalog", "information_schema")
