"""Find the columns of the row that a condition ties to the caller.

A condition that ties no column, and does not require a privileged caller either, gives every caller with the role
access to the rows that it names. A privileged caller fulfils a condition on the caller alone that others do not: a
claim of app_metadata, a row in a table of administrators.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from gatepost.analysis.by_identity import ByIdentity
from gatepost.analysis.conditions.outcomes import Outcome
from gatepost.analysis.conditions.term_queries import (
    alternatives,
    as_exists,
    branches,
    conjuncts,
    counts,
    not_true,
    read_by,
    row_columns,
    sessions,
    unknown,
)
from gatepost.analysis.conditions.terms import (
    And,
    Call,
    Case,
    Cast,
    Column,
    Compare,
    CompareMany,
    Const,
    Exists,
    IsNull,
    Items,
    Not,
    OncePerStatement,
    Or,
    Select,
    Session,
    Term,
    conjunction,
    remembered,
    unwrapped,
)
from gatepost.analysis.conditions.three_valued_logic import Truth
from gatepost.analysis.policies import Analysis
from gatepost.name_hints import contains_any
from gatepost.schema import Table, is_platform

ONLY_AN_AUTHORITY = frozenset({"*"})
"""The result for a condition that only a privileged caller fulfils."""
OF_EVERYBODY = frozenset(
    "aal amr is_anonymous role aud exp iat iss session_id email_verified phone_verified email phone".split()
)
"""Claims that say nothing about which rows a user may access."""


class RowOwnership:
    """Finds the columns that conditions tie to the caller.

    Args:
        analysis: The database's policies.
    """

    def __init__(self, analysis: Analysis) -> None:
        self._analysis = analysis
        self._guarded: dict[tuple[tuple[str, str], str], bool] = {}
        self._known: ByIdentity[frozenset[str]] = ByIdentity()
        self._tied: ByIdentity[frozenset[str]] = ByIdentity()

    def columns_tied(self, term: Term, table: Table, role: str) -> frozenset[str]:
        """Return the columns that a condition ties to a caller with a role, `*` where only an authority passes."""
        known = self._known.get(term, table.key, role)
        if known is None:
            known = self._known.keep(self._of(term, self._analysis.truth(table, role), role), term, table.key, role)
        return known

    def ties_nothing(self, term: Term, table: Table, role: str) -> bool:
        """Return whether every caller with a role can access rows that nothing ties to anybody."""
        return not self.columns_tied(term, table, role)

    def owners(self, table: Table, roles: Iterable[str]) -> frozenset[str]:
        """Return the columns that a table's policies for reading tie to a caller with one of some roles."""
        return frozenset(
            column
            for one in self._analysis.by_table.get(table.key, ())
            if one.policy.permissive and "select" in one.commands
            for role in roles
            if role in one.callers["select"]
            for column in self.columns_tied(one.old, table, role) - ONLY_AN_AUTHORITY
        )

    def _of(self, term: Term, truth: Truth, role: str) -> frozenset[str]:
        """Return what a condition ties; the same piece of many tables' conditions is weighed once."""
        filled = truth.filled & _columns(term)
        known = self._tied.get(term, filled, role)
        if known is None:
            known = self._tied.keep(self._weighed(term, truth, role), term, filled, role)
        return known

    def _weighed(self, term: Term, truth: Truth, role: str) -> frozenset[str]:
        possible = truth.possible_outcomes(term)
        if not possible & Outcome.TRUE:
            return ONLY_AN_AUTHORITY
        if possible == Outcome.TRUE:
            return frozenset()
        match term:
            case And(terms):
                return frozenset().union(*(self._of(one, truth, role) for one in terms))
            case Or(terms):
                return _common([self._of(one, truth, role) for one in terms])
            case OncePerStatement(one) | Cast(one, "boolean"):
                return self._of(one, truth, role)
            case Compare("is", one, Const(True)):
                return self._of(one, truth, role)
            case Call(("", "coalesce"), (one, Const(False))):
                return self._of(one, truth, role)
            case Case(whens, otherwise):
                return _common([self._of(one, truth, role) for one in arms(whens, otherwise)])
            case Not(one):
                # A caller passes by not being something, so nothing is tied, unless the negated condition is itself a
                # difference.
                denied = unwrapped(one)
                differs = isinstance(denied, Compare) and denied.op in ("<>", "is not")
                return self._leaf(one, role) if differs else self._leaf(term, role) if as_exists(term) else frozenset()
            case Compare("<>" | "is not") | CompareMany("<>"):
                return frozenset()
            case Compare("<" | "<=", left, _) if counts(left):
                return frozenset()  # at first everyone has few rows
        return self._leaf(term, role)

    def _leaf(self, term: Term, role: str) -> frozenset[str]:
        found = as_exists(term)
        if found is None or not isinstance(found.select, Select):
            return self._plain(term, role)
        ways = [
            Exists(Select(side.sources, (), conjunction(*way)))
            for side in branches(found.select)
            for way in alternatives(side.where)
        ]
        return self._plain(term, role) if len(ways) < 2 else _common([self._plain(way, role) for way in ways])

    def _plain(self, term: Term, role: str) -> frozenset[str]:
        columns = frozenset(row_columns(term))
        caller = self.about_caller(term)
        if columns and caller:
            return columns
        read = read_by(term)
        guarded = any(self.guarded(relation, role, reader) for relation, reader in read)
        if columns and read:
            return columns if guarded else frozenset()
        if columns:
            return frozenset()
        if self.everybody(term):
            return frozenset()
        return ONLY_AN_AUTHORITY if caller or guarded else frozenset()

    def about_caller(self, term: Term) -> bool:
        """Return whether a condition says something about the caller that is not true for everyone."""
        if unknown(term):
            return True
        found = as_exists(term)
        if found is not None and isinstance(found.select, Select):
            # A sub-select that excludes the caller picks nobody out.
            kept = [part for part in conjuncts(found.select.where) if not _denies(part)]
            term = Items((*kept, *found.select.sources))
        for session in sessions(term):
            if session.kind in ("uid", "email", "request"):
                return True
            if session.kind == "setting" and "." in session.path[0]:
                return True  # a setting of PostgreSQL's own says nothing about the caller
            if session.kind == "claim" and (not session.path or session.path[0] not in OF_EVERYBODY):
                return True
        return any(one.name[0] and not is_platform(one.name[0]) for one in term.all_of_type(Call))

    def guarded(self, relation: tuple[str, str], role: str, reader: str = "") -> bool:
        """Return whether a relation shows a caller only some of its rows, so that finding a row in it means something.

        Args:
            relation: The relation.
            role: The caller's role.
            reader: The owner of the SECURITY DEFINER function that reads it, if one does.
        """
        table = self._analysis.live.table(*relation) if reader else None
        if table is not None and self._analysis.holds.bypasses(reader, table):
            return False
        key = (relation, role)
        if key not in self._guarded:
            self._guarded[key] = True  # a relation that refers to itself is not open because of that
            self._guarded[key] = self._is_guarded(relation, role)
        return self._guarded[key]

    def _is_guarded(self, relation: tuple[str, str], role: str) -> bool:
        table = self._analysis.live.table(*relation)
        if relation[0] in ("", "pg_catalog", "information_schema"):
            return False  # everyone can read the catalog
        if table is None:
            return True  # a view or an unknown relation: not known to be open
        if not table.row_security.enabled:
            return False
        readers = [
            one
            for one in self._analysis.by_table.get(table.key, ())
            if one.policy.permissive and "select" in one.commands and role in one.callers["select"]
        ]
        return not any(self.ties_nothing(one.old, table, role) for one in readers)

    def everybody(self, term: Term) -> bool:
        """Return whether a sub-select finds a row for every signed-in user, such as their own profile."""
        found = as_exists(term)
        if found is None or not isinstance(found.select, Select):
            return False
        select = found.select
        if len(select.sources) != 1 or select.sources[0].relation is None:
            return False
        conditions = conjuncts(select.where)
        if len(conditions) != 1 or not isinstance(conditions[0], Compare) or conditions[0].op != "=":
            return False
        sides = (unwrapped(conditions[0].left), unwrapped(conditions[0].right))
        column = next((side for side in sides if isinstance(side, Column)), None)
        if column is None or Session("uid") not in sides:
            return False
        return self._filled_for_everybody(select.sources[0].relation, column.name)

    def _filled_for_everybody(self, relation: tuple[str, str], column: str) -> bool:
        if relation == ("auth", "users"):
            return column == "id"
        if relation not in self._analysis.people or contains_any(relation[1], "power_tables"):
            return False
        by_trigger = self._analysis.triggers.get(("auth", "users"), ())
        if any("insert" in body.lower() and relation[1] in body for _, _, body in by_trigger):
            return True
        return any(
            "insert" in one.commands and one.callers["insert"] and column in row_columns(one.new)
            for one in self._analysis.by_table.get(relation, ())
        )


def arms(whens: tuple[tuple[Term, Term], ...], otherwise: Term) -> Iterator[Term]:
    """Yield each way through a CASE: its condition, the conditions before it that were not true, and its value."""
    denied: tuple[Term, ...] = ()
    for condition, value in whens:
        yield conjunction(*denied, condition, value)
        denied = (*denied, not_true(condition))
    yield conjunction(*denied, otherwise)


def _denies(term: Term) -> bool:
    if not isinstance(term, Not):
        return False
    denied = unwrapped(term.term)
    return not isinstance(denied, IsNull) and not (isinstance(denied, Compare) and denied.op in ("<>", "is not"))


@remembered
def _columns(term: Term) -> frozenset[str]:
    return frozenset(row_columns(term))


def _common(found: list[frozenset[str]]) -> frozenset[str]:
    plain = [one for one in found if one != ONLY_AN_AUTHORITY and "*" not in one]
    if not plain:
        return ONLY_AN_AUTHORITY
    common = plain[0]
    for one in plain[1:]:
        common &= one
    if not common and all(plain):
        return frozenset().union(*plain)  # each alternative ties something, each another column
    return common
