"""Which parts a condition is put together from, and what can be said of them without knowing a value."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from gatepost.analysis.conditions.term_queries import counts
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
    Not,
    OncePerStatement,
    Or,
    Select,
    Session,
    Term,
    Unknown,
    remembered,
    unwrapped,
)

_MANY_ATOMS = 7
"""Trying each outcome of more parts than these takes too long."""
NOT_STRICT = frozenset(
    "coalesce nullif greatest least concat concat_ws format num_nulls num_nonnulls quote_nullable array_append"
    " array_prepend array_cat array_fill array_position array_positions array_remove array_replace array_to_string"
    " string_to_array string_to_table json_build_array json_build_object jsonb_build_array jsonb_build_object"
    " jsonb_set_lax json_populate_record jsonb_populate_record current_query inet_client_addr inet_client_port"
    " inet_server_addr inet_server_port int4range int8range numrange daterange tsrange tstzrange enum_first enum_last"
    " enum_range overlaps format_type set_config row current_schema current_catalog pg_has_role".split()
    + "count bool_or bool_and every max min sum avg array_agg string_agg json_agg jsonb_agg any_value star ||".split()
)
"""What of PostgreSQL's own need not be NULL over NULL (pg_proc, PostgreSQL 17); `||` appends to an array."""
RETURN_SETS = frozenset(
    "unnest generate_series json_array_elements json_array_elements_text jsonb_array_elements"
    " jsonb_array_elements_text json_each json_each_text jsonb_each jsonb_each_text json_object_keys"
    " jsonb_object_keys regexp_matches regexp_split_to_table jsonb_path_query".split()
)
"""PostgreSQL's own strict functions that return a set."""
UNFOLD = frozenset(
    "unnest json_array_elements json_array_elements_text jsonb_array_elements jsonb_array_elements_text".split()
)
"""Those that return a row for each element of an array."""
_VOLATILE = frozenset(
    "random random_normal clock_timestamp timeofday gen_random_uuid nextval currval lastval statement_timestamp"
    " array_sample array_shuffle txid_current pg_current_xact_id set_config".split()
)
_KEPT_BY_CAST = frozenset({"text", "character varying", "uuid", "boolean", "jsonb", "timestamp with time zone"})
"""Types to which a value is cast without another one becoming equal to it, where the two can be compared at all."""
_SETTLED = ("", "auth", "storage")
"""The schemas whose functions, but the volatile ones, answer alike for the whole statement."""


def sides(select: Select) -> Iterable[Term]:
    """Return a select without its unions, and what is united with it."""
    yield replace(select, others=())
    for other in select.others:
        yield from sides(other) if isinstance(other, Select) else (other,)


def of_many(select: Select) -> bool:
    """Return whether an output may be a function that returns a set, and so no row at all."""
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
        case Call(("", "coalesce"), args) if any(boolean(arg) for arg in args):
            return tuple([leaf for arg in args for leaf in leaves(arg)])
        case Compare("is", left, Const(bool())):
            return leaves(left)
        case Const() | Error():
            return ()
    return (term,)


@remembered
def repeated(term: Term) -> tuple[Term, ...]:
    """Return what a condition is put together from, once each, where something stands there twice, and not too much."""
    atoms = leaves(term)
    once = set(atoms)
    twice = len(once) < len(atoms) or any(isinstance(a, IsNull) and a.term in atoms for a in atoms)
    if twice and not all(settled(one) and not one.all_of_type(Unknown) for one in once):
        return ()  # what looks alike may come to something else the second time
    return tuple(sorted(once, key=repr)) if twice and len(once) <= _MANY_ATOMS else ()


def settled(term: Term) -> bool:
    """Return whether a value stays the same within a row."""
    return not any(part.name[1] in _VOLATILE or part.name[0] not in _SETTLED for part in term.all_of_type(Call))


def same_value(left: Term, right: Term) -> bool:
    """Return whether two values are equal wherever neither is NULL, because they are read from the same place.

    A cast to a narrower type changes a value: `at::date = at`.
    """
    return settled(left) and _uncast(left) == _uncast(right)


def _uncast(term: Term) -> Term:
    while isinstance(term, OncePerStatement) or (isinstance(term, Cast) and term.type in _KEPT_BY_CAST):
        term = term.term
    return term


def boolean(term: Term) -> bool:
    """Return whether a term is a condition by its shape."""
    kinds = And | Or | Not | Compare | CompareMany | Exists | IsNull
    return isinstance(unwrapped(term), kinds) or (isinstance(term, Case) and boolean(term.whens[0][1]))


def own_user(select: Select) -> bool:
    """Return whether a select finds the user's own row of auth.users, which everybody signed in has."""
    relations = [source.relation for source in select.sources]
    if relations != [("auth", "users")] or not isinstance(select.where, Compare) or select.where.op != "=":
        return False
    sides = {unwrapped(select.where.left), unwrapped(select.where.right)}
    return sides == {Session("uid"), Column(select.sources[0].name, "id")}


def of_count(op: str, left: Term, right: Term) -> bool | None:
    """Return whether a number of rows compares so with a literal, however many there are; None where it depends."""
    number = unwrapped(right)
    if not counts(left) or not isinstance(number, Const) or not isinstance(number.value, int | float):
        return None
    if op in (">=", "<") and number.value <= 0:
        return op == ">="
    if op in (">", "<>", "<=", "=") and number.value < 0:
        return op in (">", "<>")
    return None
