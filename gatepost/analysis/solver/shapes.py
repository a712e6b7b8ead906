"""Questions that differ only in names are one question: it is put once, and the answer gets the names back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from gatepost.analysis.conditions.caller import Caller
from gatepost.analysis.conditions.rewrite import rebuilt
from gatepost.analysis.conditions.terms import Call, Column, Source, Term
from gatepost.analysis.solver.answers import Answer
from gatepost.analysis.solver.frame import Frame, Key
from gatepost.finding import Candidate, Values
from gatepost.schema import Column as TableColumn
from gatepost.schema import Constraint, RowSecurity, Schema, Table

Columns = tuple[tuple[str, str, bool], ...]
"""The name, the type and whether it always has a value."""


@dataclass(frozen=True)
class Shape:
    """A question with numbers for the names of columns, sources and relations.

    Args:
        condition: What the row must fulfil.
        beyond: What is allowed.
        row: The columns of the row.
        relations: The tables that sub-selects read: their columns and their keys.
        caller: Who asks.
        steady: The functions that answer alike wherever they are called.
    """

    condition: Term
    beyond: Term
    row: Columns
    relations: tuple[tuple[str, Columns, tuple[tuple[str, ...], ...]], ...]
    caller: Caller | None
    steady: frozenset[Key]

    def frame(self) -> Frame:
        """Return the tables of the question."""
        tables = tuple([_table(name, columns, keys) for name, columns, keys in self.relations])
        return Frame(_table("row", self.row), Schema("", 0, "", (), tables=tables), self.caller, steady=self.steady)


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
        self.shape = Shape(
            terms[0],
            terms[1],
            self._types(lambda name: frame.column(None, name)),
            tuple([self._relation(relation, number, frame) for relation, number in self._relations.items()]),
            frame.caller,
            frame.steady & called,
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

    def _types(self, of: Callable[[str], tuple[str, bool]]) -> Columns:
        found = [(number, *of(name)) for name, number in self._columns.items()]
        return tuple([(number, type_, filled) for number, type_, filled in found if type_ or filled])

    def _relation(self, relation: Key, number: str, frame: Frame) -> tuple[str, Columns, tuple[tuple[str, ...], ...]]:
        keys = [key for key in frame.keys(relation) if set(key) <= set(self._columns)]
        numbered = tuple([tuple([self._columns[name] for name in key]) for key in keys])
        return number, self._types(lambda name: frame.column(relation, name)), numbered


def _table(name: str, columns: Columns, keys: tuple[tuple[str, ...], ...] = ()) -> Table:
    return Table(
        "", name, "table", "", RowSecurity(True, False),
        columns=tuple([TableColumn(*column) for column in columns]),
        constraints=tuple([Constraint("", "unique", key, "") for key in keys]),
    )  # fmt: skip
