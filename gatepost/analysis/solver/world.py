"""The world that a question is about: rows, the session, literals, and what holds of them whatever is asked."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import combinations

from gatepost.analysis.conditions.caller import CLAIMS_OF_ALL
from gatepost.analysis.conditions.terms import Const, Session
from gatepost.analysis.solver.formulas import (
    NO,
    ONE,
    YES,
    ZERO,
    Apply,
    Expression,
    Flag,
    Formula,
    Number,
    Symbol,
    Whole,
    both,
    either,
    implies,
    less,
    opposite,
    same,
)
from gatepost.analysis.solver.given import literal_values, sql_types
from gatepost.analysis.solver.given.constraints import ForeignKey
from gatepost.analysis.solver.given.frame import Given

RelationKey = tuple[str, ...]
"""A relation and who reads it; two readers see different rows."""


@dataclass(frozen=True)
class Value:
    """A value that may be NULL; `expression` says nothing where it is."""

    expression: Expression
    null: Formula
    type: str = ""


NULL = Value(ZERO, YES)


@dataclass
class Row:
    """A row of a relation. Its columns are made as they are read.

    `present` says whether the relation holds it at all; `depth` is how many sub-selects deep it was needed.
    """

    name: str
    relation: RelationKey
    table: tuple[str, str] | None
    present: Formula
    depth: int = 0
    columns: dict[str, Value] = field(default_factory=dict)


class World:
    """Everything that exists in one question.

    Args:
        frame: What is given.
    """

    def __init__(self, frame: Given) -> None:
        self.frame = frame
        self.constraints: list[Formula] = []
        self.rows: dict[RelationKey, list[Row]] = {}
        self.session: dict[Session, Value] = {}
        self.literals: dict[tuple[str, str], Expression] = {}
        self.assumed: dict[str, None] = {}
        self.row = Row("row", ("row",), None, YES)
        self._count = 0

    def demand(self, *formulas: Formula) -> None:
        """Take something as given."""
        self.constraints.extend(one for one in formulas if one != YES)

    def fresh(self, what: str) -> str:
        """Return a name that nothing has yet."""
        self._count += 1
        return f"{what} #{self._count}"

    def new_row(self, relation: RelationKey, table: tuple[str, str] | None, depth: int) -> Row:
        """Make a row that a relation may hold."""
        name = self.fresh(".".join(relation))
        row = Row(name, relation, table, Flag(f"{name} is there"), depth)
        self.rows.setdefault(relation, []).append(row)
        return row

    def column(self, row: Row, name: str) -> Value:
        """Return the value of a row's column."""
        known = row.columns.get(name)
        if known is None:
            type_, filled = "", False
            if row is self.row or row.table is not None:
                type_, filled = self.frame.column(row.table, name)
            full = f"{row.name}.{name}"
            known = row.columns[name] = self.typed(Symbol(full), NO if filled else Flag(f"{full} is null"), type_)
        return known

    def typed(self, expression: Expression, null: Formula, type_: str) -> Value:
        """Return a value of a type, and take as given what every value of that type fulfils."""
        type_ = type_.partition("(")[0] + type_.rpartition(")")[2] if "(" in type_ else type_
        if type_ == "boolean":
            self.demand(either(same(expression, ZERO), same(expression, ONE)))
        elif type_ in sql_types.INTEGERS:
            self.demand(Whole(expression))
        elif labels := self.frame.labels(type_):  # a label is its place in the order of its type
            last = Number(Fraction(len(labels) - 1))
            self.demand(Whole(expression), opposite(less(expression, ZERO)), opposite(less(last, expression)))
        return Value(expression, null, type_)

    def exact(self, type_: str) -> bool:
        """Return whether two equal values of a type cannot be told apart by any function."""
        return sql_types.exact(type_) or bool(self.frame.labels(type_))

    def session_value(self, session: Session) -> Value:
        """Return a value of the session, as the caller has it."""
        known = self.session.get(session)
        if known is None:
            known = self.session[session] = self._session_value(session)
        return known

    def _session_value(self, session: Session) -> Value:
        name = named(session)
        type_ = "uuid" if session.kind == "uid" else "jsonb" if session.raw else "text"
        caller = self.frame.caller
        null: Formula = Flag(f"{name} is null")
        if session.kind == "session_user":
            return self.literal(Const("authenticator", "text"))
        if caller is None:
            if session.kind == "current_user":
                null = NO
            return Value(Symbol(name), null, type_)
        if session.kind in ("role", "current_user"):
            return self.literal(Const(caller.role, "text"))
        if caller.value(session) is None:
            return Value(Symbol(name), YES, type_)
        filled = session.kind == "uid" or (session.kind == "claim" and not session.path)
        of_all = session.kind == "claim" and bool(session.path) and session.path[0] in CLAIMS_OF_ALL
        if of_all and caller.signed_in and len(session.path) == 1:
            filled = True
        return Value(Symbol(name), NO if filled else null, type_)

    def always_claims(self, claim: str) -> bool:
        """Return whether every token of the caller has a claim."""
        return self.frame.caller is not None and self.frame.caller.signed_in and claim in CLAIMS_OF_ALL

    def literal(self, const: Const, type_: str = "") -> Value:
        """Return a literal; `type_` is the type that it takes on where it says none itself."""
        if const.value is None:
            return Value(ZERO, YES, const.type)
        type_ = const.type or type_
        if isinstance(const.value, bool):
            if type_ in ("", "boolean"):
                return Value(ONE if const.value else ZERO, NO, "boolean")
            return Value(self._point(type_, str(const.value).lower()), NO, type_)
        number = literal_values.number(const.value, type_)
        if number is not None:
            return Value(Number(number), NO, type_ or ("integer" if number.denominator == 1 else "numeric"))
        text = str(const.value)
        if type_ == "uuid":
            text = literal_values.canonical(text)
        family = "text" if type_ in sql_types.TEXTS | {"name"} else type_
        return Value(self._point(family, text), NO, family)

    def _point(self, family: str, text: str) -> Expression:
        known = self.literals.get((family, text))
        if known is not None:
            return known
        labels = self.frame.labels(family)
        if text in labels:
            place = self.literals[family, text] = Number(Fraction(labels.index(text)))
            return place
        found: Expression = Symbol(f"'{text}'::{family}")
        moment = literal_values.moment(text) if family == "timestamp with time zone" else None
        if moment is not None and moment[1]:
            found = Number(moment[0])
        elif moment is not None:  # where it is that time is not known, but no two days lie between
            for (other, said), point in self.literals.items():
                beside = literal_values.moment(said) if other == family else None
                if beside is not None and abs(beside[0] - moment[0]) > literal_values.TWO_DAYS:
                    self.demand(less(point, found) if beside[0] < moment[0] else less(found, point))
            if moment[0] < literal_values.today() - literal_values.TWO_DAYS:
                self.demand(less(found, self.now().expression))
        elif family in ("text", "uuid"):  # one of these is another wherever its text is
            for (other, _), point in self.literals.items():
                if other == family:
                    self.demand(opposite(same(point, found)))
        self.literals[family, text] = found
        if family == "text" and literal_values.is_uuid(text):
            self.demand(same(self.cast("text", "uuid", found), self._point("uuid", literal_values.canonical(text))))
        return found

    def cast(self, source: str, target: str, value: Expression) -> Expression:
        """Return a value that is cast from one type to another."""
        source, target = (("text" if one in sql_types.TEXTS else one) for one in (source, target))
        found = Apply(f"{source}::{target}", (value,))
        if target == "text":
            for label in self.frame.labels(source):
                text = Apply(f"{source}::text", (self._point(source, label),))
                self.demand(same(text, self._point("text", label)))
        if sql_types.faithful(source, target):
            self.demand(same(Apply(f"text::{source}", (found,)), value))
        return found

    def now(self) -> Value:
        """Return the moment of the statement, which is later than every literal that is two days old."""
        now = Symbol("now()")
        self.demand(less(Number(literal_values.today() - literal_values.TWO_DAYS), now))
        return Value(now, NO, "timestamp with time zone")

    def all_rows(self) -> list[Row]:
        """Return the row that is asked about, and those of the tables that sub-selects read."""
        return [self.row, *(row for rows in self.rows.values() for row in rows if row.table is not None)]

    def demand_parent(self, row: Row, key: ForeignKey, parent: Row) -> None:
        """Take as given that a row refers to another one, where its columns have values."""
        pairs = [
            (row.columns[one], self.column(parent, other)) for one, other in zip(key.columns, key.others, strict=True)
        ]
        filled = both(row.present, *(opposite(one.null) for one, _ in pairs))
        equal = (both(opposite(other.null), same(one.expression, other.expression)) for one, other in pairs)
        self.demand(implies(filled, both(parent.present, *equal)))

    def demand_keys(self) -> None:
        """Take as given that two rows of a table with the same key are one row."""
        for rows in self.rows.values():
            for one, other in combinations(rows, 2):
                for key in self.frame.keys(one.table) if one.table is not None else ():
                    if all(column in row.columns for column in key for row in (one, other)):
                        self.demand(implies(both(one.present, other.present, self._equal(one, other, key)),
                                            self._one_row(one, other)))  # fmt: skip

    def _equal(self, one: Row, other: Row, columns: Iterable[str]) -> Formula:
        pairs = [(one.columns[name], other.columns[name]) for name in columns]
        return both(*(both(opposite(a.null), opposite(b.null), same(a.expression, b.expression)) for a, b in pairs))

    @staticmethod
    def _one_row(one: Row, other: Row) -> Formula:
        pairs = [(value, other.columns[name]) for name, value in one.columns.items() if name in other.columns]
        return both(
            *(either(both(a.null, b.null), both(opposite(a.null), opposite(b.null), same(a.expression, b.expression)))
              for a, b in pairs)
        )  # fmt: skip


def named(session: Session) -> str:
    """Return how SQL reads a value of the session."""
    if session.kind in ("uid", "role", "email"):
        return f"auth.{session.kind}()"
    path = ".".join(session.path)
    kind = session.kind.replace("_", " ")
    return f"{kind} {path}".strip() + (" as json" if session.raw and path else "")
