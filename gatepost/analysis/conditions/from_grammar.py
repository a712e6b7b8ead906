"""From PostgreSQL's parse tree to terms; a node that is not known here becomes Unknown, with what is inside it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from gatepost.analysis.conditions import session_values
from gatepost.analysis.conditions.by_identity import ByIdentity
from gatepost.analysis.conditions.grammar import Node, NotUnderstood, constant, kind_of, qualified, strings, type_name
from gatepost.analysis.conditions.terms import (
    NULL,
    RECURSION,
    TRUE,
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
    Param,
    Scalar,
    Select,
    Session,
    Source,
    Term,
    Unknown,
    conjunction,
    disjunction,
)

Columns = Callable[[tuple[str, str]], frozenset[str] | None]

_COMPARISONS = {op: op for op in ("=", "<", "<=", ">", ">=", "~", "~*")} | {"~~": "like", "~~*": "ilike"}
_OPPOSITES = {"<>": "=", "!=": "=", "!~": "~", "!~*": "~*", "!~~": "like", "!~~*": "ilike"}
_JSON = {"->": False, "->>": True, "#>": False, "#>>": True}
_TESTS = {
    "IS_TRUE": (False, True),
    "IS_NOT_TRUE": (True, True),
    "IS_FALSE": (False, False),
    "IS_NOT_FALSE": (True, False),
}
_NOW = ("SVFOP_CURRENT_", "SVFOP_LOCALTIME")
_SAME_NAME = {"char_length": "length", "character_length": "length", "current_schema": "current_schema"}
_AGGREGATES = frozenset(
    "count sum avg min max bool_and bool_or every array_agg string_agg json_agg jsonb_agg json_object_agg"
    " jsonb_object_agg any_value bit_and bit_or bit_xor xmlagg stddev variance mode percentile_cont"
    " percentile_disc".split()
)
"""PostgreSQL's aggregates: a SELECT of one, without GROUP BY, returns exactly one row."""


@dataclass
class Reader:
    """Turns one statement into terms.

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

    def term(self, node: Node | None) -> Term:
        """Return an expression as a term."""
        if node is None:
            return TRUE
        kind, of = kind_of(node)
        read = getattr(self, f"_read_{kind}", None)
        return read(of) if read is not None else Unknown(kind, tuple(self._inside(of)))

    def terms(self, nodes: Iterable[Node]) -> tuple[Term, ...]:
        """Return several expressions as terms."""
        return tuple([self.term(node) for node in nodes])

    def _inside(self, value: object) -> Iterator[Term]:
        """Yield what can be read inside a node that is not known."""
        for one in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
            if isinstance(one, dict) and len(one) == 1 and hasattr(self, f"_read_{next(iter(one))}"):
                yield self.term(one)
            else:
                yield from self._inside(one)

    def _read_A_Const(self, of: Node) -> Term:
        value = constant(of)
        return (
            NULL if value is None else Const(value, "boolean" if "boolval" in of else "numeric" if "fval" in of else "")
        )

    def _read_ParamRef(self, of: Node) -> Term:
        return Param(f"${of['number']}")

    def _read_TypeCast(self, of: Node) -> Term:
        term, type_ = self.term(of["arg"]), type_name(of["typeName"])
        if isinstance(term, Const):  # a literal takes the type on
            value = term.value
            if type_ == "boolean" and isinstance(value, str):
                value = value.strip().lower() in ("t", "true", "y", "yes", "on", "1")
            return Const(value, type_) if not isinstance(term.value, bool) or type_ == "boolean" else Cast(term, type_)
        return Cast(term, type_)

    def _read_CollateClause(self, of: Node) -> Term:
        return self.term(of["arg"])

    def _read_BoolExpr(self, of: Node) -> Term:
        terms = self.terms(of["args"])
        if of["boolop"] == "NOT_EXPR":
            return terms[0].term if isinstance(terms[0], Not) else Not(terms[0])
        return conjunction(*terms) if of["boolop"] == "AND_EXPR" else disjunction(*terms)

    def _read_NullTest(self, of: Node) -> Term:
        term, denied = self.term(of["arg"]), of["nulltesttype"] != "IS_NULL"
        if "RowExpr" in of["arg"] and isinstance(term, Items):
            # A row is NULL where all its fields are, and NOT NULL where none is.
            return conjunction(*(Not(IsNull(one)) if denied else IsNull(one) for one in term.items))
        return Not(IsNull(term)) if denied else IsNull(term)

    def _read_BooleanTest(self, of: Node) -> Term:
        term, test = self.term(of["arg"]), of["booltesttype"]
        if test.endswith("UNKNOWN"):
            return Not(IsNull(term)) if "NOT" in test else IsNull(term)
        denied, value = _TESTS[test]
        found = Compare("is", term, Const(value, "boolean"))
        return Not(found) if denied else found

    def _read_ColumnRef(self, of: Node) -> Term:
        parts = strings(of["fields"])
        name, prefix = parts[-1], parts[-2] if len(parts) > 1 else ""
        for sources in reversed(self.stack):
            if prefix in sources:
                return Column(self.prefix + prefix, self._output(sources[prefix], name))
            if not prefix and self.columns is not None:
                holder = next((s for s in sources.values() if self._holds(s, name)), None)
                if holder is not None:
                    return Column(holder.name, self._output(holder, name))
        if self.columns is None:
            return Column("", name)
        return Param(name if not prefix or prefix == self.function else f"{prefix}.{name}")

    def _output(self, source: Source, name: str) -> str:
        """Return the name that a source's column has inside of the select that the source is."""
        inside = source.inside
        own = self.outputs.get(inside) or ()
        names = self.renamed.get(source.name, ())
        names = (*names, *own[len(names) :])
        if not isinstance(inside, Select) or name not in names or names.index(name) >= len(inside.outputs):
            return name
        output = inside.outputs[names.index(name)]
        return output.name if isinstance(output, Column) else name

    def _holds(self, source: Source, name: str) -> bool:
        if source.relation is not None and self.columns is not None:
            known = self.columns(source.relation)
            return known is not None and name in known
        if isinstance(source.inside, Select):
            names = self.outputs.get(source.inside) or ()
            return name in (*names, *self.renamed.get(source.name, ()))
        return source.name == self.prefix + name

    def _read_A_Expr(self, of: Node) -> Term:
        kind, (_, op) = of["kind"], qualified(of["name"])
        left, right = of.get("lexpr"), of.get("rexpr")
        match kind:
            case "AEXPR_OP" if left is None:
                return self._prefixed(op, self.term(right))
            case "AEXPR_OP" if op in _JSON:
                return self._extract(self.term(left), right, op)
            case "AEXPR_OP" | "AEXPR_LIKE" | "AEXPR_ILIKE":
                return _compared(op, self.term(left), self.term(right))
            case "AEXPR_OP_ANY" | "AEXPR_OP_ALL":
                return self._among(op, self.term(left), self.term(right), all=kind.endswith("ALL"))
            case "AEXPR_IN":
                items = self.terms(right["List"]["items"])  # type: ignore[index]
                found = _in_list(self.term(left), items)
                return found if op == "=" else Not(found)
            case "AEXPR_DISTINCT" | "AEXPR_NOT_DISTINCT":
                same = Compare("is", self.term(left), self.term(right))
                return Not(same) if kind == "AEXPR_DISTINCT" else same
            case "AEXPR_NULLIF":
                return session_values.call(("", "nullif"), (self.term(left), self.term(right)))
            case "AEXPR_BETWEEN" | "AEXPR_NOT_BETWEEN":
                low, high = self.terms(right["List"]["items"])  # type: ignore[index]
                inside = conjunction(_compared(">=", self.term(left), low), _compared("<=", self.term(left), high))
                return inside if kind == "AEXPR_BETWEEN" else Not(inside)
            case "AEXPR_SIMILAR":
                found = Compare("similar", self.term(left), self.term(right))
                return found if op == "~" else Not(found)
        return Unknown(kind, tuple(self._inside(of)))

    @staticmethod
    def _prefixed(op: str, term: Term) -> Term:
        if op == "+":
            return term
        if op == "-" and isinstance(term, Const) and isinstance(term.value, int):
            return Const(-term.value, term.type)
        return Call(("", "neg" if op == "-" else op), (term,))

    @staticmethod
    def _among(op: str, left: Term, many: Term, *, all: bool) -> Term:
        many = many.select if isinstance(many, Scalar) else many
        if op in ("<>", "!=") and all:
            return Not(CompareMany("=", left, many))  # x <> ALL (...) is NOT (x = ANY (...))
        if op in _OPPOSITES and op not in ("<>", "!="):
            return Unknown(op, (left, many))
        return CompareMany(_COMPARISONS.get(op, "<>" if op == "!=" else op), left, many, all)

    def _extract(self, base: Term, key: Node | None, op: str) -> Term:
        inside = self.term(key)
        keys = _keys(inside, whole=op.startswith("#"))
        found = session_values.extract(base, keys, _JSON[op])
        if found is not None:
            return found
        path = tuple(Const(one) for one in keys) if keys is not None else (inside,)
        return Call(("", "->>" if _JSON[op] else "->"), (base, *path))

    def _read_FuncCall(self, of: Node) -> Term:
        schema, name = qualified(of["funcname"])
        args = self.terms(of.get("args", ()))
        if of.get("agg_star"):
            args = (Call(("", "star")),)
        if not schema:
            name = _SAME_NAME.get(name, name)
            if name == "overlaps" or "over" in of:
                return Unknown(name, args)
            if name in ("like", "notlike"):
                return Compare("like", *args) if name == "like" else Not(Compare("like", *args))
        return session_values.call((schema, name), args)

    def _read_NamedArgExpr(self, of: Node) -> Term:
        return Unknown(f"{of.get('name', '')} =>", (self.term(of["arg"]),))

    def _read_CoalesceExpr(self, of: Node) -> Term:
        return session_values.call(("", "coalesce"), self.terms(of["args"]))

    def _read_MinMaxExpr(self, of: Node) -> Term:
        return Call(("", "greatest" if of["op"] == "IS_GREATEST" else "least"), self.terms(of["args"]))

    def _read_SQLValueFunction(self, of: Node) -> Term:
        op = str(of["op"])
        if op in ("SVFOP_CURRENT_USER", "SVFOP_CURRENT_ROLE", "SVFOP_USER"):
            return Session("current_user")
        if op == "SVFOP_SESSION_USER":
            return Session("session_user")
        if op.startswith(("SVFOP_CURRENT_DATE", "SVFOP_CURRENT_TIME", "SVFOP_LOCALTIME")):
            return Call(("", "now"))
        return Call(("", op.removeprefix("SVFOP_").lower()))

    def _read_A_ArrayExpr(self, of: Node) -> Term:
        return Items(self.terms(of.get("elements", ())))

    def _read_RowExpr(self, of: Node) -> Term:
        return Items(self.terms(of.get("args", ())))

    def _read_A_Indirection(self, of: Node) -> Term:
        found = self.term(of["arg"])
        for step in of["indirection"]:
            kind, fields = kind_of(step)
            if kind == "String":
                found = Call(("", f".{fields['sval']}"), (found,))
            elif kind == "A_Indices":
                places = [self.term(fields[place]) for place in ("lidx", "uidx") if place in fields]
                found = Call(("", "[:]" if fields.get("is_slice") else "[]"), (found, *places))
            else:
                found = Call(("", ".*"), (found,))
        return found

    def _read_CaseExpr(self, of: Node) -> Term:
        operand = self.term(of["arg"]) if "arg" in of else None
        whens = []
        for one in of["args"]:
            when = one["CaseWhen"]
            asked = self.term(when["expr"])
            whens.append((asked if operand is None else _compared("=", operand, asked), self.term(when["result"])))
        return Case(tuple(whens), self.term(of["defresult"]) if "defresult" in of else NULL)

    def _read_SubLink(self, of: Node) -> Term:
        select = self.select(of["subselect"])
        match of["subLinkType"]:
            case "EXISTS_SUBLINK":
                return Exists(select)
            case "ANY_SUBLINK" | "ALL_SUBLINK" as kind:
                op = qualified(of["operName"])[1] if "operName" in of else "="
                return self._among(op, self.term(of["testexpr"]), select, all=kind == "ALL_SUBLINK")
            case "EXPR_SUBLINK":
                return _value_of(select)
            case "ARRAY_SUBLINK":
                return select
        return Unknown(str(of["subLinkType"]), (select,))

    def _read_SelectStmt(self, of: Node) -> Term:
        return _value_of(self.select({"SelectStmt": of}))

    def select(self, node: Node) -> Term:
        """Return a SELECT, a UNION or a VALUES."""
        kind, of = kind_of(node)
        if kind != "SelectStmt":
            return Unknown(kind, tuple(self._inside(of)))
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
        if of["op"] != "SETOP_UNION" or not isinstance(first, Select):
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
            few = limit in (0, 1) or (total or (not grouped and any(_aggregates(one) for one in targets)))
            certain = total and limit != 0 and "limitOffset" not in of
            sources = tuple(dict.fromkeys(self.stack[-1].values()))
            found = Select(sources, outputs, conjunction(*conditions), few, certain)
            self.outputs.keep(tuple([_named(one["ResTarget"]) for one in of.get("targetList", ())]), found)
            return found
        finally:
            self.stack.pop()

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
            found = Source(self.prefix + (alias or kind), None, Unknown(kind, tuple(self._inside(of))))
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


def _named(target: Node) -> str:
    """Return the name of an output: its alias, or that of the column that it is."""
    if "name" in target:
        return str(target["name"])
    kind, of = kind_of(target["val"])
    return (
        strings(of["fields"])[-1] if kind == "ColumnRef" else strings(of["funcname"])[-1] if kind == "FuncCall" else ""
    )


def _value_of(select: Term) -> Term:
    """Return a sub-select as a value."""
    if isinstance(select, Select) and not select.sources and select.where == TRUE and not select.others:
        return (
            OncePerStatement(select.outputs[0]) if len(select.outputs) == 1 else OncePerStatement(Items(select.outputs))
        )
    return Scalar(select)


def _compared(op: str, left: Term, right: Term) -> Term:
    """Return an operator between two values."""
    if isinstance(left, Items) and isinstance(right, Items) and op in ("=", "<>"):
        if len(left.items) != len(right.items):
            raise NotUnderstood("rows of different lengths")
        same = conjunction(*(Compare("=", one, other) for one, other in zip(left.items, right.items, strict=True)))
        return same if op == "=" else Not(same)
    if op in _OPPOSITES:
        return Not(Compare(_OPPOSITES[op], left, right))  # the same atom as its opposite
    if op in _COMPARISONS:
        return Compare(_COMPARISONS[op], left, right)
    return Call(("", op), (left, right))


def _in_list(left: Term, items: tuple[Term, ...]) -> Term:
    if isinstance(left, Items):
        return disjunction(*(_compared("=", left, one) for one in items))
    return CompareMany("=", left, Items(items))


def _keys(term: Term, whole: bool) -> tuple[str, ...] | None:
    """Return the keys that `->` or `#>` follow, or None where they are not written out."""
    while isinstance(term, Cast | OncePerStatement):
        term = term.term
    if isinstance(term, Items):
        values = [one.value if isinstance(one, Const) else None for one in term.items]
        return None if None in values else tuple(str(value) for value in values)
    if not isinstance(term, Const) or term.value is None:
        return None
    text = str(term.value)
    return tuple(part.strip().strip('"') for part in text.strip("{}").split(",")) if whole else (text,)


def _aggregates(node: Any) -> bool:  # noqa: ANN401  a piece of a parse tree
    """Tell whether an output is computed over all rows of its own SELECT."""
    if isinstance(node, list):
        return any(_aggregates(one) for one in node)
    if not isinstance(node, dict):
        return False
    call = node.get("FuncCall")
    if call is not None and "over" not in call and qualified(call["funcname"])[1] in _AGGREGATES:
        return True
    return any(_aggregates(value) for key, value in node.items() if key != "SubLink")


__all__ = ["Reader"]
