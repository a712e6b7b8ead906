"""Questions that differ only in names are one question: it is put once, and the answer gets the names back."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from gatepost.analysis.conditions.caller import Caller
from gatepost.analysis.conditions.rewrite import rebuilt
from gatepost.analysis.conditions.term_queries import row_columns
from gatepost.analysis.conditions.terms import Call, Cast, Column, Const, Source, Term
from gatepost.analysis.solver.answers import Answer
from gatepost.analysis.solver.given.constraints import ForeignKey, Key
from gatepost.analysis.solver.given.frame import Frame
from gatepost.finding import Candidate, Values

Columns = tuple[tuple[str, str, bool], ...]
"""The name, the type and whether it always has a value."""


@dataclass(frozen=True)
class Relation:
    """What is given of a table, with numbers for names; the table of the row has none itself."""

    number: str
    columns: Columns
    keys: tuple[tuple[str, ...], ...]
    checks: tuple[Term, ...]
    foreign_keys: tuple[ForeignKey, ...]


@dataclass(frozen=True)
class Shape:
    """A question with numbers for the names of columns, sources and relations. It is `Given` itself.

    Args:
        condition: What the row must fulfil.
        beyond: What is allowed.
        relations: The table of the row, and those that sub-selects read.
        caller: Who asks.
        steady: The functions that answer alike wherever they are called.
        enums: The enum types that it mentions, with their labels.
    """

    condition: Term
    beyond: Term
    relations: tuple[Relation, ...]
    caller: Caller | None
    steady: frozenset[Key]
    enums: tuple[tuple[str, tuple[str, ...]], ...]

    def column(self, relation: Key | None, name: str) -> tuple[str, bool]:
        """Return the type of a column, empty where it is not known, and whether it always has a value."""
        columns = self._relation(relation).columns
        return next(((type_, filled) for column, type_, filled in columns if column == name), ("", False))

    def keys(self, relation: Key | None) -> tuple[tuple[str, ...], ...]:
        """Return the columns of each key of a table."""
        return self._relation(relation).keys

    def checks(self, relation: Key | None) -> tuple[Term, ...]:
        """Return conditions that are true or NULL for each row of a table."""
        return self._relation(relation).checks

    def foreign_keys(self, relation: Key | None) -> tuple[ForeignKey, ...]:
        """Return the foreign keys of a table whose parents some reader sees in full."""
        return self._relation(relation).foreign_keys

    def labels(self, type_: str) -> tuple[str, ...]:
        """Return the labels of an enum type in their order, and nothing of another type."""
        return next((labels for name, labels in self.enums if name == type_), ())

    def _relation(self, relation: Key | None) -> Relation:
        number = "" if relation is None else relation[1]
        return next(one for one in self.relations if one.number == number)


class Names:
    """The numbers of one question's names.

    Args:
        condition: What the row must fulfil.
        beyond: What is allowed.
        frame: The tables and the caller.
    """

    def __init__(self, condition: Term, beyond: Term, frame: Frame) -> None:
        self._columns: dict[str, str] = {}
        self._sources: dict[str, str] = {}
        self._relations: dict[Key, str] = {}
        terms = [rebuilt(term, self._numbered) for term in (condition, beyond)]
        called = frozenset(call.name for term in terms for call in term.all_of_type(Call))
        relations = (self._relation(None, "", frame), *self._read(frame))
        self.shape = Shape(
            terms[0], terms[1], relations, frame.caller, frame.steady & called, self._enums(terms, relations, frame)
        )

    def put_back(self, answer: Answer) -> Answer:
        """Return an answer with the names of this question."""
        if not isinstance(answer, Candidate):
            return answer
        columns = {number: name for name, number in self._columns.items()}
        relations = {f".{number}": ".".join(key) for key, number in self._relations.items()}

        def named(values: Values) -> Values:
            return tuple(sorted((columns.get(name, name), value) for name, value in values))

        others = tuple([(relations.get(table, table), named(row)) for table, row in answer.others])
        return replace(answer, row=named(answer.row), others=others)

    def _numbered(self, part: Term) -> Term:
        if isinstance(part, Column) and part.name != "*":
            return Column(self._source(part.source), self._columns.setdefault(part.name, f"c{len(self._columns)}"))
        if isinstance(part, Column):
            return Column(self._source(part.source), part.name)
        if isinstance(part, Source):
            relation = part.relation
            number = self._relations.setdefault(relation, f"r{len(self._relations)}") if relation is not None else None
            return Source(self._source(part.name), ("", number) if number else None, part.inside, part.reader)
        return part

    def _source(self, name: str) -> str:
        return self._sources.setdefault(name, f"s{len(self._sources)}") if name else ""

    def _read(self, frame: Frame) -> list[Relation]:
        return [self._relation(relation, number, frame) for relation, number in self._relations.items()]

    def _relation(self, relation: Key | None, number: str, frame: Frame) -> Relation:
        """Return what is given of a table; what speaks of a column that the question does not read is left out."""
        columns = [(known, *frame.column(relation, name)) for name, known in self._columns.items()]
        checks = [one for one in frame.checks(relation) if row_columns(one) <= set(self._columns)]
        return Relation(
            number,
            tuple([(known, type_, filled) for known, type_, filled in columns if type_ or filled]),
            tuple([self._numbers(key) for key in frame.keys(relation) if set(key) <= set(self._columns)]),
            tuple([rebuilt(one, self._numbered) for one in checks]),
            tuple(self._foreign_keys(frame.foreign_keys(relation))),
        )

    def _foreign_keys(self, found: tuple[ForeignKey, ...]) -> Iterator[ForeignKey]:
        for one in found:
            if one.parent in self._relations and {*one.columns, *one.others} <= set(self._columns):
                parent = ("", self._relations[one.parent])
                yield replace(one, columns=self._numbers(one.columns), parent=parent, others=self._numbers(one.others))

    def _numbers(self, columns: Iterable[str]) -> tuple[str, ...]:
        return tuple([self._columns[name] for name in columns])

    @staticmethod
    def _enums(
        terms: Iterable[Term], relations: Iterable[Relation], frame: Frame
    ) -> tuple[tuple[str, tuple[str, ...]], ...]:
        types = {type_ for one in relations for _, type_, _ in one.columns}
        every = [*terms, *(check for one in relations for check in one.checks)]
        types |= {part.type for term in every for part in term.walk() if isinstance(part, Cast | Const)}
        return tuple([(one, labels) for one in sorted(types) if (labels := frame.labels(one))])
