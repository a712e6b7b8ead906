"""SELECTs of PostgreSQL's parse tree as terms: what stands after FROM, its joins, and the names of the outputs."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from gatepost.analysis.by_identity import ByIdentity
from gatepost.analysis.conditions.grammar import Node, constant, kind_of, qualified, strings
from gatepost.analysis.conditions.terms import (
    FALSE,
    RECURSION,
    TRUE,
    Call,
    Column,
    Compare,
    Items,
    Select,
    Source,
    Term,
    Unknown,
    conjunction,
    disjunction,
)

Columns = Callable[[tuple[str, str]], frozenset[str] | None]

_AGGREGATES = frozenset(
    "count sum avg min max bool_and bool_or every array_agg string_agg json_agg jsonb_agg json_object_agg"
    " jsonb_object_agg any_value bit_and bit_or bit_xor xmlagg stddev variance mode percentile_cont"
    " percentile_disc".split()
)
"""PostgreSQL's aggregates: a SELECT of one, without GROUP BY, returns exactly one row."""


@dataclass
class SelectReader(ABC):
    """Turns the SELECTs of one statement into terms.

    Args:
        prefix: Put before the name of every source, so that an inlined body never captures a name.
        columns: The columns of a relation, for a body whose names are not qualified; None in a policy, where PostgreSQL
            qualified every name that is not the row's.
        relation: Finds the relation that a bare name means.
        function: The name of the function whose body it is.
    """

    prefix: str = ""
    columns: Columns | None = None
    relation: Callable[[str], tuple[str, str]] = lambda name: ("", name)
    function: str = ""
    stack: list[dict[str, Source]] = field(default_factory=list)
    ctes: dict[str, Term] = field(default_factory=dict)
    outputs: ByIdentity[tuple[str, ...]] = field(default_factory=ByIdentity)
    """The names of each select's outputs."""
    renamed: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """The names that an alias gives the columns of a source."""

    @abstractmethod
    def term(self, node: Node | None) -> Term:
        """Return an expression as a term."""

    @abstractmethod
    def inside(self, value: object) -> Iterator[Term]:
        """Yield what can be read inside a node that is not known."""

    def terms(self, nodes: Iterable[Node]) -> tuple[Term, ...]:
        """Return several expressions as terms."""
        return tuple([self.term(node) for node in nodes])

    def select(self, node: Node) -> Term:
        """Return a SELECT, a UNION or a VALUES."""
        kind, of = kind_of(node)
        if kind != "SelectStmt":
            return Unknown(kind, tuple(self.inside(of)))
        before = dict(self.ctes)
        for one in of.get("withClause", {}).get("ctes", ()):
            cte = one["CommonTableExpr"]
            if of["withClause"].get("recursive"):
                self.ctes[cte["ctename"]] = RECURSION
            inside = self.select(cte["ctequery"])
            if "aliascolnames" in cte:
                self.outputs.keep(strings(cte["aliascolnames"]), inside)
            self.ctes[cte["ctename"]] = inside
        try:
            return self._set_operation(of) if of.get("op", "SETOP_NONE") != "SETOP_NONE" else self._plain(of)
        finally:
            self.ctes = before

    def _set_operation(self, of: Node) -> Term:
        first, second = self.select({"SelectStmt": of["larg"]}), self.select({"SelectStmt": of["rarg"]})
        some = "limitCount" in of or "limitOffset" in of
        if of["op"] != "SETOP_UNION" or some or not isinstance(first, Select):
            return Unknown(str(of["op"]), (first, second))
        found = Select(first.sources, first.outputs, first.where, others=(*first.others, second))
        self.outputs.keep(self.outputs.get(first) or (), found)
        return found

    def _plain(self, of: Node) -> Term:
        if "valuesLists" in of:
            rows = [self.terms(row["List"]["items"]) for row in of["valuesLists"]]
            return Items(tuple([row[0] if len(row) == 1 else Items(row) for row in rows]))
        self.stack.append({})
        try:
            conditions: list[Term] = []
            for one in of.get("fromClause", ()):
                self._source(one, conditions)
            if "whereClause" in of:
                conditions.append(self.term(of["whereClause"]))
            if "havingClause" in of:
                conditions.append(self.term(of["havingClause"]))
            targets = [one["ResTarget"]["val"] for one in of.get("targetList", ())]
            outputs = self.terms(targets)
            grouped = "groupClause" in of
            total = not grouped and "havingClause" not in of and any(_aggregates(one) for one in targets)
            limit = constant(of["limitCount"]["A_Const"]) if "A_Const" in of.get("limitCount", {}) else None
            aggregates = any(_aggregates(one) for one in (*targets, of.get("havingClause", {})))
            if grouped and aggregates:
                conditions.append(Unknown("a group of rows", self.terms(of["groupClause"])))
            if _picks(of, limit):
                conditions.append(Unknown("some of the rows"))
            if limit == 0:
                conditions.append(FALSE)
            few = limit in (0, 1) or (total or (not grouped and any(_aggregates(one) for one in targets)))
            certain = total and limit != 0 and "limitOffset" not in of
            if (total and not certain) or ("havingClause" in of and not grouped) or _grouping_sets(of):
                return Unknown("one group of all rows", (*outputs, *conditions, *self.stack[-1].values()))
            sources = tuple(dict.fromkeys(self.stack[-1].values()))
            ordered = () if total else tuple([self._ordered(one["SortBy"]) for one in of.get("sortClause", ())])
            found = Select(sources, outputs, conjunction(*conditions), few, certain, ordered=ordered)
            self.outputs.keep(tuple([_named(one["ResTarget"]) for one in of.get("targetList", ())]), found)
            return found
        finally:
            self.stack.pop()

    def _ordered(self, of: Node) -> Term:
        """Return an item of an ORDER BY; its direction is what it is called."""
        return Call(("", f"order by {of['sortby_dir']} {of['sortby_nulls']}"), (self.term(of["node"]),))

    def _source(self, node: Node, conditions: list[Term]) -> None:
        """Add one thing that stands after FROM, and what its joins demand."""
        kind, of = kind_of(node)
        if kind == "JoinExpr":
            self._join(of, conditions)
            return
        alias = of.get("alias", {}).get("aliasname", "")
        names = strings(of.get("alias", {}).get("colnames", ()))
        if kind == "RangeVar":
            schema, name = of.get("schemaname", ""), of["relname"]
            alias = alias or name
            if not schema and name in self.ctes:
                found = Source(self.prefix + alias, None, self.ctes[name])
            else:
                relation = (schema, name) if schema else self.relation(name)
                found = Source(self.prefix + alias, relation)
            if names and found.relation is not None:
                whole = Select((found,), (), TRUE)
                found = Source(self.prefix + alias, None, Unknown("columns of other names", (whole,)))
        elif kind == "RangeSubselect":
            found = Source(self.prefix + alias, None, self.select(of["subquery"]))
        elif kind == "RangeFunction":
            calls = [self.term(one["List"]["items"][0]) for one in of["functions"]]
            only = calls[0] if len(calls) == 1 else Unknown("ROWS FROM", tuple(calls))
            name = only.name[1] if isinstance(only, Call) else ""
            alias = alias or name
            found = Source(self.prefix + alias, None, only)
        else:
            found = Source(self.prefix + (alias or kind), None, Unknown(kind, tuple(self.inside(of))))
        self.renamed[found.name] = names
        self.stack[-1][alias or found.name] = found

    def _join(self, of: Node, conditions: list[Term]) -> None:
        self._source(of["larg"], conditions)
        left = list(self.stack[-1].values())
        self._source(of["rarg"], conditions)
        right = [source for source in self.stack[-1].values() if source not in left]
        wanted: list[Term] = [self.term(of["quals"])] if "quals" in of else []
        for name in strings(of.get("usingClause", ())):
            pairs = [Column(sources[0].name, name) for sources in (left, right) if sources]
            wanted += [Compare("=", *pairs)] if len(pairs) == 2 else []
        if of.get("isNatural"):
            wanted.append(Unknown("NATURAL JOIN"))
        if of.get("jointype", "JOIN_INNER") == "JOIN_INNER":
            conditions.extend(wanted)
        else:
            # An outer join keeps the rows of its other side where the condition fails, and NULL for these columns.
            lost = left if of["jointype"] == "JOIN_RIGHT" else right
            missing = Unknown("a row of an outer join", tuple(Column(one.name, "*") for one in lost))
            conditions.append(disjunction(conjunction(*wanted), missing))

    def output(self, source: Source, name: str) -> str:
        """Return the name that a source's column has inside of the select that the source is."""
        inside = source.inside
        own = self.outputs.get(inside) or ()
        names = self.renamed.get(source.name, ())
        names = (*names, *own[len(names) :])
        if not isinstance(inside, Select) or name not in names or names.index(name) >= len(inside.outputs):
            return name
        output = inside.outputs[names.index(name)]
        return output.name if isinstance(output, Column) else name

    def holds(self, source: Source, name: str) -> bool:
        """Return whether a source has a column of that name."""
        if source.relation is not None and self.columns is not None:
            known = self.columns(source.relation)
            return known is not None and name in known
        if isinstance(source.inside, Select):
            names = self.outputs.get(source.inside) or ()
            return name in (*names, *self.renamed.get(source.name, ()))
        return source.name == self.prefix + name


def _picks(of: Node, limit: object) -> bool:
    """Tell whether a SELECT returns only some of the rows that it finds, other than one of them or none."""
    some = "limitOffset" in of or ("limitCount" in of and limit not in (None, 0, 1))
    some = some or ("limitCount" in of and "A_Const" not in of["limitCount"])
    return some or any(one for one in of.get("distinctClause", ()))


def _grouping_sets(of: Node) -> bool:
    """Tell whether a SELECT may return a group of no rows."""
    return any("GroupingSet" in one for one in of.get("groupClause", ()))


def _named(target: Node) -> str:
    """Return the name of an output: its alias, or that of the column that it is."""
    if "name" in target:
        return str(target["name"])
    kind, of = kind_of(target["val"])
    return (
        strings(of["fields"])[-1] if kind == "ColumnRef" else strings(of["funcname"])[-1] if kind == "FuncCall" else ""
    )


def _aggregates(node: Any) -> bool:  # noqa: ANN401  a piece of a parse tree
    """Return whether an output is computed over all rows of its own SELECT."""
    if isinstance(node, list):
        return any(_aggregates(one) for one in node)
    if not isinstance(node, dict):
        return False
    call = node.get("FuncCall")
    if call is not None and "over" not in call and qualified(call["funcname"])[1] in _AGGREGATES:
        return True
    return any(_aggregates(value) for key, value in node.items() if key != "SubLink")
