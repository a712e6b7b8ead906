"""Find what policies compare with what, with the project's functions inlined: users, claims, values, other columns.

A helper such as `private.my_org()` is called in the policy, but its comparison is in its body. The call is replaced by
the body first, so that the column is seen next to the value that it is compared with.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cached_property

from gatepost.analysis.conditions.bodies.inlining import Follower
from gatepost.analysis.conditions.compared_terms import ELEMENTS, is_given, members_of, text_of, unequal, values_of
from gatepost.analysis.conditions.grammar import NotUnderstood
from gatepost.analysis.conditions.parse import parse
from gatepost.analysis.conditions.terms import (
    Call,
    Cast,
    Column,
    Compare,
    CompareMany,
    Const,
    Items,
    Session,
    Source,
    Term,
    unwrapped,
)
from gatepost.schema import Schema, Table, is_platform

ColumnKey = tuple[str, str, str]
"""The (schema, table, column) of a column."""
Limit = tuple[str, str]
"""An operator, and the number on its right."""

_FILES = ("storage", "objects")
_AS_JSON = frozenset({"to_json", "to_jsonb", "json_build_array", "jsonb_build_array"})
_HOLDS = {"?": False, "?|": False, "?&": False, "@>": False, "<@": True}
"""Operators between an array and its elements, and whether the array stands on the right."""
_ORDERS = frozenset({"<", "<=", ">", ">="})
_TURNED = str.maketrans("<>", "><")
_NUMBER = re.compile(r"-?\d{1,17}(?:\.\d{1,9})?")
_OBJECTS = frozenset({("app_metadata",), ("user_metadata",)})


@dataclass
class ComparedColumns:
    """The comparisons that were found.

    `requests` are values that the caller sends along, a header or a cookie, each with the column or the literal that it
    is compared with. `metadata` are columns that are compared with what a user wrote at sign-up. `links` are columns of
    two tables that hold the same value. `lists` are the claims that are used as arrays. `others` are the values that a
    column must not have, and `limits` the numbers that it must lie above or below, each with the operator. `addresses`
    are what a part of the caller's address is compared with, and patterns that it must match. `unread` are the
    conditions that could not be parsed.
    """

    identities: set[ColumnKey] = field(default_factory=set)
    claims: dict[ColumnKey, tuple[str, ...]] = field(default_factory=dict)
    flags: dict[tuple[str, ...], str] = field(default_factory=dict)
    requests: dict[tuple[str, ...], ColumnKey | str] = field(default_factory=dict)
    metadata: set[ColumnKey] = field(default_factory=set)
    literals: dict[ColumnKey, dict[str, None]] = field(default_factory=lambda: defaultdict(dict))
    links: dict[tuple[ColumnKey, ColumnKey], None] = field(default_factory=dict)
    lists: set[tuple[str, ...]] = field(default_factory=set)
    others: dict[ColumnKey, set[str]] = field(default_factory=lambda: defaultdict(set))
    limits: dict[ColumnKey, set[Limit]] = field(default_factory=lambda: defaultdict(set))
    addresses: dict[str, None] = field(default_factory=dict)
    read: set[ColumnKey] = field(default_factory=set)
    unread: list[tuple[Table, str]] = field(default_factory=list)


def compared_columns(live: Schema, tables: Iterable[Table]) -> ComparedColumns:
    """Return what the policies of some tables compare.

    Args:
        live: The database. Its functions are inlined.
        tables: The tables with the policies.
    """
    found = ComparedColumns()
    follower = Follower(live)
    for table in tables:
        if is_platform(table.schema) and table.key != _FILES:
            continue
        for policy in table.policies:
            for text in filter(None, (policy.using, policy.check)):
                try:
                    term = follower.follow(parse(text))
                except NotUnderstood:
                    found.unread.append((table, text))
                else:
                    _Reader(live, table, term, found).read()
    return found


@dataclass
class _Reader:
    """Collects the comparisons of one condition of one table."""

    live: Schema
    table: Table
    term: Term
    found: ComparedColumns

    def read(self) -> None:
        for one in unequal(self.term):
            self._other_than(one.left, one.right)
            self._other_than(one.right, one.left)
        for part in self.term.walk():
            if isinstance(part, Column):
                self.found.read.update(self._keys(part))
            elif isinstance(part, Compare):
                self._pair(part.left, part.right)
                self._pair(part.right, part.left)
                if part.op in _ORDERS:
                    self._beside(part.left, part.op, part.right)
                    self._beside(part.right, part.op.translate(_TURNED), part.left)
                self._address(part)
            elif isinstance(part, CompareMany):
                self._address(part)
                for member in members_of(part.many):
                    self._pair(part.left, member)
                    self._pair(member, part.left)
            elif isinstance(part, Call):
                self._array(part)
                self._address(part)
            elif isinstance(part, Cast) and part.type == "boolean":
                inner = unwrapped(part)
                if isinstance(inner, Session) and inner.kind == "claim" and inner.path:
                    self.found.flags.setdefault(inner.path, "true")

    def _address(self, part: Compare | CompareMany | Call) -> None:
        """Note the texts that are compared with a part of the caller's address, and not with the whole of it."""
        if isinstance(part, Call):
            parts = any(self._is_address(value) for one in part.args for value in values_of(one))
        else:
            whole = part.op in ("=", "<>", "is", "is not") and any(map(self._is_address, values_of(part.left)))
            parts = not whole and any(map(self._is_address, part.walk()))
        if not parts:
            return
        texts = [value for one in part.all_of_type(Const) if isinstance(value := one.value, str)]
        self.found.addresses.update(dict.fromkeys(texts))

    def _is_address(self, term: Term) -> bool:
        """Return whether a term is the caller's address, in the token or in `auth.users`."""
        if isinstance(term, Session):
            return term.kind == "email"
        users = ("auth", "users")
        return isinstance(term, Column) and term.name == "email" and users in self._sources.get(term.source, ())

    def _array(self, call: Call) -> None:
        """Note a claim that is used as an array, and what is looked for in it."""
        if call.name[1] in _HOLDS and len(call.args) == 2:
            many, one = reversed(call.args) if _HOLDS[call.name[1]] else call.args
        elif call.name[1] in ELEMENTS and call.args:
            many, one = call.args[0], None
        else:
            return
        claim = values_of(many)[0]
        if not isinstance(claim, Session) or claim.kind != "claim" or not claim.path or claim.path in _OBJECTS:
            return
        inner = unwrapped(one) if one is not None else None
        if isinstance(inner, Call) and inner.name[1] in _AS_JSON:
            inner = Items(inner.args)
        elif isinstance(inner, Const) and call.name[1] in ("@>", "<@"):
            return  # the text of a JSON value, which may be an object
        self.found.lists.add(claim.path)
        if inner is not None:
            self._pair(inner, claim)
            self._pair(claim, inner)

    @cached_property
    def _elements(self) -> Mapping[str, Term]:
        """The claims whose elements are selected from, by what they are called there."""
        sources = (part for part in self.term.walk() if isinstance(part, Source))
        return {one.name: values_of(one.inside)[0] for one in sources if isinstance(one.inside, Call)}

    @cached_property
    def _sources(self) -> Mapping[str, list[tuple[str, str]]]:
        found: defaultdict[str, list[tuple[str, str]]] = defaultdict(list)
        for part in self.term.walk():
            if isinstance(part, Source) and part.relation is not None:
                found[part.name].append(part.relation)
        return found

    def _pair(self, one: Term, other: Term) -> None:
        """Note what a column, or a claim, is compared with."""
        for left in map(self._element, values_of(one)):
            for right in map(self._element, values_of(other)):
                if isinstance(left, Column):
                    for key in self._keys(left):
                        self._column(key, right)
                elif (
                    isinstance(left, Session) and isinstance(right, Const) and is_given(one) and right.value is not None
                ):
                    self._flag(left, text_of(right))

    def _other_than(self, one: Term, other: Term) -> None:
        """Note a value that a column must not have."""
        value = unwrapped(other)
        if not isinstance(value, Const):
            return
        for column in values_of(one):
            for key in self._keys(column) if isinstance(column, Column) else ():
                self.found.others[key].add(text_of(value))

    def _beside(self, one: Term, op: str, other: Term) -> None:
        """Note the numbers on both sides of a limit, so that a row stands on each."""
        limit = unwrapped(other)
        if not isinstance(limit, Const) or not _NUMBER.fullmatch(text_of(limit)):
            return
        for column in values_of(one):
            for key in self._keys(column) if isinstance(column, Column) else ():
                self.found.limits[key].add((op, text_of(limit)))
                for step in (-1, 1):
                    self.found.literals[key][str(Decimal(text_of(limit)) + step)] = None

    def _element(self, term: Term) -> Term:
        return self._elements.get(term.source, term) if isinstance(term, Column) else term

    def _column(self, key: ColumnKey, other: Term) -> None:
        if isinstance(other, Const):
            if other.value is not None:
                self.found.literals[key][text_of(other)] = None
        elif isinstance(other, Column):
            self.found.links.update(((key, theirs), None) for theirs in self._keys(other) if theirs[:2] != key[:2])
        elif not isinstance(other, Session):
            if any(isinstance(part, Column) and part.name == "raw_user_meta_data" for part in other.walk()):
                self.found.metadata.add(key)
        else:
            if other.kind == "uid":
                self.found.identities.add(key)
            elif other.kind == "email":
                self.found.claims.setdefault(key, ("email",))
            elif other.kind == "claim" and other.path:
                self.found.claims.setdefault(key, other.path)
            elif other.kind == "request":
                self.found.requests.setdefault(other.path, key)

    def _flag(self, session: Session, value: str) -> None:
        if session.kind == "claim" and session.path:
            self.found.flags.setdefault(session.path, value)
        elif session.kind == "request":
            self.found.requests.setdefault(session.path, value)

    def _keys(self, column: Column) -> Iterator[ColumnKey]:
        for key in self._sources.get(column.source, ()) if column.source else (self.table.key,):
            table = self.live.table(*key)
            if table is not None and table.column(column.name) is not None:
                yield (*key, column.name)
