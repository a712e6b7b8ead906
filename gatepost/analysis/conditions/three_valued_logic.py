"""What a condition can come to, for a persona and any row.

The three values of SQL are bits, and so is an error: a set of them is what a condition can come to. A value that is not
known can be anything, so "always" and "never" are said only where they hold (PostgreSQL shows a row only where USING is
true). Strict functions and operators are NULL over NULL (`pg_proc.proisstrict`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import product

from gatepost.analysis.conditions import constants
from gatepost.analysis.conditions.caller import CLAIMS_OF_ALL, MAYBE, SOME, Caller
from gatepost.analysis.conditions.terms import (
    And,
    Call,
    Case,
    Cast,
    Column,
    Compare,
    CompareMany,
    Const,
    Error,
    Exists,
    IsNull,
    Items,
    Not,
    OncePerStatement,
    Or,
    Scalar,
    Select,
    Session,
    Term,
    remembered,
    unwrapped,
)

T, F, N, E = 1, 2, 4, 8
ANY = T | F | N
_MANY_ATOMS = 7


@dataclass(frozen=True)
class Truth:
    """Weighs conditions for one persona.

    Args:
        caller: Who asks.
        filled: The row's columns that always have a value.
        fixed: What some conditions come to, whatever they say.
    """

    caller: Caller
    filled: frozenset[str] = frozenset()
    fixed: Mapping[Term, int] = field(default_factory=dict)

    def possible(self, term: Term) -> int:
        """Return the set of what a condition can come to."""
        found = self._possible(term)
        if found in (T, F, N, E):
            return found
        again = _again(term)
        return self._tried(term, list(again)) if again else found

    def always(self, term: Term) -> bool:
        """Tell whether a condition holds for every row."""
        return self.possible(term) == T

    def never(self, term: Term) -> bool:
        """Tell whether a condition holds for no row."""
        return not self.possible(term) & T

    def _tried(self, term: Term, atoms: list[Term]) -> int:
        found = 0
        atoms = [atom for atom in atoms if not (isinstance(atom, IsNull) and atom.term in atoms)]
        each = [[bit for bit in (T, F, N, E) if self._possible(atom) & bit] for atom in atoms]
        for values in product(*each):
            found |= Truth(self.caller, self.filled, dict(zip(atoms, values, strict=True)))._possible(term)
        return found

    def _possible(self, term: Term) -> int:
        if self.fixed and term in self.fixed:
            return self.fixed[term]
        match term:
            case Const(value):
                return N if value is None else T if value in (True, "true", "t") else F
            case Error():
                return E
            case And(terms):
                return _all(self._possible(one) for one in terms)
            case Or(terms):
                return _negated(_all(_negated(self._possible(one)) for one in terms))
            case Not(one):
                return _negated(self._possible(one))
            case OncePerStatement(one):
                return self._possible(one)
            case Cast(Cast(one, "text"), "boolean") | Cast(one, "boolean"):
                return (
                    self._possible(one) if _boolean(one) or isinstance(unwrapped(one), Const) else self._unfollowed(one)
                )
            case IsNull(one):
                return self._is_null(one)
            case Compare(op, left, right):
                return self._compare(op, left, right)
            case CompareMany():
                return self._among(term)
            case Case(whens, otherwise):
                return self._case(whens, otherwise)
            case Call(("", "coalesce"), args):
                return self._coalesce(args)
            case Exists(select):
                return self._exists(select)
            case Scalar(Select(_, (output,), _, _, False, ()) as select):
                return F | N | (T if self._finds(select) and self._possible(output) & T else 0)
            case Column() | Session():
                told = self._value(term)
                return N if told is None else T | F if told is SOME else ANY
            case Call(("", "?"), (Session("claim", ()), Const(str() as claim))) if self.caller.signed_in:
                return T if claim in CLAIMS_OF_ALL else ANY
            case Call():
                return N if self._value(term) is None else ANY
            case _:
                return ANY

    def _unfollowed(self, term: Term) -> int:
        """Return what a value that is cast to a boolean can come to."""
        value = self._value(term)
        return N if value is None else T | F if value is not MAYBE else ANY

    def _is_null(self, term: Term) -> int:
        if self.fixed and term in self.fixed:
            return T if self.fixed[term] == N else F
        value = self._value(term)
        if value is MAYBE and _boolean(term):
            found = self._possible(term)
            return (T if found & N else 0) | (F if found & (T | F) else 0) | (found & E)
        return T if value is None else T | F if value is MAYBE else F

    def _value(self, term: Term) -> object:
        term = unwrapped(term)
        match term:
            case Const(value):
                return value
            case Session():
                return self.caller.value(term)
            case Column("", name):
                return SOME if name in self.filled else MAYBE
            case Call(("", "coalesce"), args):
                values = [self._value(arg) for arg in args]
                if values and values[0] not in (None, MAYBE):
                    return values[0]
                told = [value for value in values if value is not None]
                return (told[0] if len(told) == 1 or told[0] is not MAYBE else MAYBE) if told else None
            case Call(("", "now"), _) | Items() | Exists():
                return SOME
            case Call((schema, name), args) if not schema and name not in _NOT_STRICT:
                return None if None in [self._value(arg) for arg in args] else MAYBE
            case Scalar(select):
                return MAYBE if self._finds(select) else None
        return MAYBE

    def _compare(self, op: str, left: Term, right: Term) -> int:
        if op in ("is", "is not"):
            found = self._same(left, right)
            return found if op == "is" else _negated(found)
        one, other = self._value(left), self._value(right)
        if one is None or other is None:
            return N
        null = N if MAYBE in (one, other) else 0
        if op == "=" and _boolean(left) and isinstance(unwrapped(right), Const):
            found = self._possible(left)
            return found if other in (True, "true") else _negated(found)
        if unwrapped(left) == unwrapped(right) and settled(left):
            return {"=": T, ">=": T, "<=": T, "<>": F, "<": F, ">": F}.get(op, T | F) | null
        if op in ("like", "ilike") and isinstance(other, str) and not other.strip("%") and other:
            return T | null
        decided = self._literals(op, left, right)
        return (T | F if decided is None else T if decided else F) | null

    def _literals(self, op: str, left: Term, right: Term) -> bool | None:
        """Return what a comparison of two known values comes to, or None where it takes PostgreSQL to say."""
        sides = [constants.folded(_unwrapped(side)) for side in (left, right)]
        consts = [self._as_literal(side) for side in sides]
        order = None
        if consts[0] is not None and consts[1] is not None:
            if op in ("=", "<>"):
                same = constants.equal(consts[0], consts[1])
                return None if same is None else same == (op == "=")
            order = constants.compared(consts[0], consts[1])
        elif sides[0] == _NOW:
            order = constants.beside_now(sides[1])
        elif sides[1] == _NOW:
            later = constants.beside_now(sides[0])
            order = None if later is None else -later
        if order is None:
            return None
        holds = {"=": (0,), "<>": (-1, 1), "<": (-1,), "<=": (-1, 0), ">": (1,), ">=": (0, 1)}.get(op)
        return None if holds is None else order in holds

    def _as_literal(self, side: Term) -> Const | None:
        if isinstance(side, Const):
            return side if side.value is not None else None
        value = self.caller.value(side) if isinstance(side, Session) else None
        return Const(value, "text") if isinstance(value, str) else None

    def _same(self, left: Term, right: Term) -> int:
        if isinstance(unwrapped(right), Const) and isinstance(unwrapped(right).value, bool):  # type: ignore[attr-defined]
            found = self._possible(left)
            wanted = T if unwrapped(right).value else F  # type: ignore[attr-defined]
            return (T if found & wanted else 0) | (F if found & ~wanted & ~E else 0) | (found & E)
        one, other = self._value(left), self._value(right)
        if unwrapped(left) == unwrapped(right) and settled(left):
            return T
        if one is None and other is None:
            return T
        if (one is None and other not in (None, MAYBE)) or (other is None and one not in (None, MAYBE)):
            return F
        if None not in (one, other):
            decided = self._literals("=", left, right)
            return T | F if decided is None else T if decided else F
        return T | F

    def _among(self, term: CompareMany) -> int:
        left = self._value(term.left)
        if isinstance(term.many, Items):
            found = [self._compare(term.op, term.left, item) for item in term.many.items]
            if not found:
                return T if term.all else F
            return _all(found) if term.all else _negated(_all(_negated(one) for one in found))
        empty = T if term.all else F
        if isinstance(term.many, Select):
            if not self._finds(term.many):
                return empty
            if term.all:
                return N | empty if left is None else ANY
            return F | N | (T if any(self._matches(term, side) for side in _sides(term.many)) else 0)
        if self._value(term.many) is None:
            return N
        return N | empty if left is None else ANY  # an array may be empty

    def _matches(self, term: CompareMany, side: Term) -> bool:
        """Tell whether a value can equal one that a side of the many holds."""
        if not isinstance(side, Select) or len(side.outputs) != 1:
            return True
        return self._finds(side) and bool(self._compare(term.op, term.left, side.outputs[0]) & T)

    def _finds(self, select: Term) -> bool:
        """Tell whether a select can find a row at all."""
        if not isinstance(select, Select):
            return True
        if select.aggregated or any(self._finds(other) for other in select.others):
            return True
        if not self._possible(select.where) & T:
            return False
        inner = [source.inside for source in select.sources if source.inside is not None]
        return all(self._rows(one) for one in inner) and all(self._rows(one) for one in select.outputs)

    def _rows(self, term: Term) -> bool:
        """Tell whether what stands after FROM, or is selected, can be a row."""
        if isinstance(term, Select):
            return self._finds(term)
        # A strict function that returns a set returns nothing for NULL.
        return not (
            isinstance(term, Call) and term.name[1] in _RETURN_SETS and None in [self._value(a) for a in term.args]
        )

    def _case(self, whens: tuple[tuple[Term, Term], ...], otherwise: Term) -> int:
        found = 0
        for asked, value in whens:
            possible = self._possible(asked)
            if possible & T:
                found |= self._possible(value)
            if possible == T:
                return found
        return found | self._possible(otherwise)

    def _coalesce(self, args: tuple[Term, ...]) -> int:
        found = 0
        for arg in args:
            possible = self._possible(arg)
            found |= possible & ~N
            if not possible & N:
                return found
        return found | N

    def _exists(self, select: Term) -> int:
        if not self._finds(select):
            return F
        if not isinstance(select, Select) or select.others:
            return T | F
        if select.aggregated:
            return T
        where = self._possible(select.where)
        if not select.sources:
            return T if where == T and not _of_many(select) else T | F
        if self.caller.signed_in and _own_user(select):
            return T
        return T | F


_NOT_STRICT = frozenset(
    "coalesce nullif greatest least concat concat_ws format num_nulls num_nonnulls quote_nullable array_append"
    " array_prepend array_cat array_fill array_position array_positions array_remove array_replace array_to_string"
    " string_to_array string_to_table json_build_array json_build_object jsonb_build_array jsonb_build_object"
    " jsonb_set_lax json_populate_record jsonb_populate_record current_query inet_client_addr inet_client_port"
    " inet_server_addr inet_server_port int4range int8range numrange daterange tsrange tstzrange enum_first enum_last"
    " enum_range overlaps format_type set_config row current_schema current_catalog pg_has_role".split()
    + "count bool_or bool_and every max min sum avg array_agg string_agg json_agg jsonb_agg any_value star ||".split()
)
"""What of PostgreSQL's own need not be NULL over NULL (pg_proc, PostgreSQL 17); `||` appends to an array."""
_RETURN_SETS = frozenset(
    "unnest generate_series json_array_elements json_array_elements_text jsonb_array_elements"
    " jsonb_array_elements_text json_each json_each_text jsonb_each jsonb_each_text json_object_keys"
    " jsonb_object_keys regexp_matches regexp_split_to_table jsonb_path_query".split()
)
"""PostgreSQL's own strict functions that return a set."""
_VOLATILE = frozenset(
    "random random_normal clock_timestamp timeofday gen_random_uuid nextval currval lastval statement_timestamp"
    " array_sample array_shuffle txid_current pg_current_xact_id set_config".split()
)
_SETTLED = ("", "auth", "storage")
"""The schemas whose functions, but the volatile ones, answer alike for the whole statement."""
_NOW = Call(("", "now"))


def _unwrapped(term: Term) -> Term:
    """Return a value without the sub-selects around it; its casts stay."""
    while isinstance(term, OncePerStatement):
        term = term.term
    return term


def _sides(select: Select) -> Iterable[Term]:
    """Return a select without its unions, and what is united with it."""
    yield Select(select.sources, select.outputs, select.where, select.one_row, select.aggregated)
    for other in select.others:
        yield from _sides(other) if isinstance(other, Select) else (other,)


def _of_many(select: Select) -> bool:
    """Tell whether an output may be a function that returns a set, and so no row at all."""
    return any(select.outputs[at].all_of_type(Call) for at in range(len(select.outputs)))


@remembered
def leaves(term: Term) -> tuple[Term, ...]:
    """Return the conditions that a condition is put together from, in order, each as often as it stands there."""
    match term:
        case And(terms) | Or(terms):
            return tuple([leaf for one in terms for leaf in leaves(one)])
        case Not(one) | OncePerStatement(one):
            return leaves(one)
        case Case(whens, otherwise):
            return (*(leaf for pair in whens for one in pair for leaf in leaves(one)), *leaves(otherwise))
        case Call(("", "coalesce"), args) if any(_boolean(arg) for arg in args):
            return tuple([leaf for arg in args for leaf in leaves(arg)])
        case Compare("is", left, Const(bool())):
            return leaves(left)
        case Const() | Error():
            return ()
    return (term,)


@remembered
def _again(term: Term) -> tuple[Term, ...]:
    """Return what a condition is put together from, once each, where something stands there twice, and not too much."""
    atoms = leaves(term)
    once = set(atoms)
    twice = len(once) < len(atoms) or any(isinstance(a, IsNull) and a.term in atoms for a in atoms)
    return tuple(sorted(once, key=repr)) if twice and len(once) <= _MANY_ATOMS else ()


def settled(term: Term) -> bool:
    """Tell whether a value stays the same within a row."""
    return not any(part.name[1] in _VOLATILE or part.name[0] not in _SETTLED for part in term.all_of_type(Call))


def _boolean(term: Term) -> bool:
    kinds = And | Or | Not | Compare | CompareMany | Exists | IsNull
    return isinstance(unwrapped(term), kinds) or (isinstance(term, Case) and _boolean(term.whens[0][1]))


def _own_user(select: Select) -> bool:
    """Tell whether a select finds the user's own row of auth.users, which everybody signed in has."""
    relations = [source.relation for source in select.sources]
    if relations != [("auth", "users")] or not isinstance(select.where, Compare) or select.where.op != "=":
        return False
    sides = {unwrapped(select.where.left), unwrapped(select.where.right)}
    return sides == {Session("uid"), Column(select.sources[0].name, "id")}


def _all(found: Iterable[int]) -> int:
    total = T
    for one in found:
        total = _AND[total, one]
    return total


def _conjunction(one: int, other: int) -> int:
    found = 0
    for a, b in product((T, F, N, E), repeat=2):
        if one & a and other & b:
            # PostgreSQL need not come to the error where the other side decides already.
            found |= (F | (E if E in (a, b) else 0)) if F in (a, b) else E if E in (a, b) else N if N in (a, b) else T
    return found


_AND = {(one, other): _conjunction(one, other) for one in range(16) for other in range(16)}


def _negated(found: int) -> int:
    return (found & (N | E)) | (T if found & F else 0) | (F if found & T else 0)
