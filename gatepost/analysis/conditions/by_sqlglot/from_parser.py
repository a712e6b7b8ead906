"""Convert sqlglot's tree to terms. An unknown node becomes Unknown, with what is inside it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any

from sqlglot import exp

from gatepost.analysis.conditions import session_values
from gatepost.analysis.conditions.by_sqlglot.parser_names import (
    COMPARISONS,
    JSON,
    OPERATORS,
    SYMBOLS,
    UNREAD,
    aggregates,
    cast,
    children,
    keys_of,
    name_of,
    number,
    refuse_unread,
)
from gatepost.analysis.conditions.rewrite import compared, compared_rows
from gatepost.analysis.conditions.terms import (
    NULL,
    TRUE,
    Call,
    Case,
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


@dataclass
class Converter:
    """Turns a policy's condition into terms; PostgreSQL qualified every name in it that is not the row's."""

    stack: list[dict[str, Source]] = field(default_factory=list)
    ctes: dict[str, Term] = field(default_factory=dict)

    def term(self, node: exp.Expression | None) -> Term:
        """Return an expression as a term."""
        match node:
            case None:
                return TRUE
            case exp.Paren() | exp.Alias():
                return self.term(node.this)
            case exp.And():
                return conjunction(self.term(node.this), self.term(node.expression))
            case exp.Or():
                return disjunction(self.term(node.this), self.term(node.expression))
            case exp.Not():
                return Not(self.term(node.this))
            case exp.Boolean():
                return Const(bool(node.this), "boolean")
            case exp.Null():
                return NULL
            case exp.Literal():
                return Const(str(node.this) if node.is_string else number(str(node.this)))
            case exp.Cast():
                return cast(self.term(node.this), node.to.sql("postgres").lower())
            case exp.Column():
                return self.column(node)
            case exp.Parameter():
                return Param(f"${node.this.name}")
            case exp.CurrentUser():
                return Session("current_user")
            case exp.SessionUser():
                return Session("session_user")
            case exp.Exists():
                return Exists(self.select(node.this))
            case exp.Query():
                return self.scalar(node)
            case exp.In():
                return self.among(node)
            case exp.Is():
                return self.is_(node)
            case exp.Case() | exp.If():
                return self.case(node)
            case exp.Between():
                low = Compare(">=", self.term(node.this), self.term(node.args["low"]))
                return conjunction(low, Compare("<=", self.term(node.this), self.term(node.args["high"])))
            case exp.Array() | exp.Tuple():
                return self.items(node)
            case exp.Operator():
                # OPERATOR(schema.=), as an extension's operator is printed
                op = SYMBOLS.get(str(node.args["operator"]).rpartition(".")[2])
                return self.compare(node, op) if op is not None else self.call(node)
            case _ if isinstance(node, UNREAD):
                return Unknown(type(node).__name__, self.terms(children(node)))
            case _ if type(node) in COMPARISONS:
                return self.compare(node, COMPARISONS[type(node)])
            case _ if type(node) in JSON:
                return self.extract(node, JSON[type(node)])
            case _:
                return self.call(node)

    def terms(self, nodes: Iterable[object]) -> tuple[Term, ...]:
        """Return several expressions as terms."""
        return tuple(self.term(node) for node in nodes if isinstance(node, exp.Expression))

    def column(self, node: exp.Column) -> Term:
        """Return what a name means here."""
        name, prefix = name_of(node.this), name_of(node.args.get("table"))
        if name.lower() in ("current_role", "current_user") and not prefix:
            return Session("current_user")
        for sources in reversed(self.stack):
            if prefix in sources:
                return Column(prefix, name)
        return Column("", name)

    def compare(self, node: exp.Expression, op: str) -> Term:
        """Return a comparison, with one value or with many."""
        left, right = self.term(node.this), node.args["expression"]
        many = right if not isinstance(right, exp.Paren) else right.this
        if isinstance(many, exp.Any):
            inner = many.this.this if isinstance(many.this, exp.Paren) else many.this
            return CompareMany(op, left, self.many(inner))
        if isinstance(many, exp.Anonymous | exp.All) and (isinstance(many, exp.All) or str(many.this).upper() == "ALL"):
            inner = many.this if isinstance(many, exp.All) else many.expressions[0]
            return CompareMany(op, left, self.many(inner), all=True)
        other = self.term(right)
        if isinstance(left, Items) and isinstance(other, Items) and isinstance(node.this, exp.Tuple):
            found = compared_rows(op, left, other)
        else:
            found = compared(op, left, other) if op in ("=", "<>") else Compare(op, left, other)
        return Not(found) if node.args.get("negate") else found

    def many(self, node: exp.Expression) -> Term:
        """Return the many values of an ANY or an IN."""
        while isinstance(node, exp.Paren):
            node = node.this
        return self.select(node) if isinstance(node, exp.Query) else self.term(node)

    def among(self, node: exp.In) -> Term:
        """Return an IN."""
        query = node.args.get("query")
        if query is not None:
            return CompareMany("=", self.term(node.this), self.many(query))
        return CompareMany("=", self.term(node.this), Items(self.terms(node.expressions)))

    def is_(self, node: exp.Is) -> Term:
        """Return an IS [NOT] NULL, TRUE or FALSE."""
        against = node.args["expression"]
        negate = bool(node.args.get("negate"))
        if isinstance(against, exp.Not):
            negate, against = not negate, against.this
        left = self.term(node.this)
        found: Term = IsNull(left) if isinstance(against, exp.Null) else Compare("is", left, self.term(against))
        return Not(found) if negate else found

    def case(self, node: exp.Expression) -> Term:
        """Return a CASE."""
        if isinstance(node, exp.If):
            pairs = [(self.term(node.this), self.term(node.args.get("true")))]
            return Case(tuple(pairs), self.term(node.args.get("false") or exp.Null()))
        operand = node.args.get("this")
        whens = []
        for when in node.args.get("ifs") or ():
            condition = self.term(when.this)
            condition = Compare("=", self.term(operand), condition) if operand is not None else condition
            whens.append((condition, self.term(when.args.get("true"))))
        return Case(tuple(whens), self.term(node.args.get("default") or exp.Null()))

    def items(self, node: exp.Expression) -> Term:
        """Return an array or a row; ARRAY(SELECT …) is the select."""
        only = node.expressions[0] if len(node.expressions) == 1 else None
        if isinstance(node, exp.Array) and isinstance(only, exp.Select | exp.SetOperation):
            return self.many(only)
        return Items(self.terms(node.expressions))

    def extract(self, node: exp.Expression, text: bool) -> Term:
        """Return what is taken out of a JSON value."""
        base = self.term(node.this)
        key = node.args["expression"]
        keys = keys_of(key, whole=isinstance(node, exp.JSONBExtract | exp.JSONBExtractScalar))
        found = session_values.extract(base, keys, text)
        if found is not None:
            return found
        inside = () if isinstance(key, exp.JSONPath) else (self.term(key),)
        parts = tuple(Const(k) for k in keys) if keys is not None else inside
        return Call(("", "->>" if text else "->"), (base, *parts))

    def call(self, node: Any) -> Term:  # noqa: ANN401  sqlglot types its own nodes loosely
        """Return a function call or an operator."""
        schema = ""
        if isinstance(node, exp.Dot):
            if not isinstance(node.expression, exp.Func):
                return Call(("", f".{name_of(node.expression)}"), (self.term(node.this),))
            schema = name_of(node.this)
            node = node.expression
        if isinstance(node, exp.Anonymous):
            return session_values.call((schema, str(node.this)), self.terms(node.expressions))
        if isinstance(node, exp.CurrentTimestamp | exp.CurrentDate):
            return session_values.current(type(node).sql_name(), 0)
        name = node.sql_name().lower() if isinstance(node, exp.Func) else type(node).__name__.lower()
        args = self.terms(children(node))
        return session_values.call((schema, OPERATORS.get(name, name)), args)

    def scalar(self, node: exp.Expression) -> Term:
        """Return a sub-select as a value."""
        inner = node.this if isinstance(node, exp.Subquery) else node
        if isinstance(inner, exp.Table):
            return Unknown("a table as a value")
        select = self.select(inner)
        return OncePerStatement(select.outputs[0]) if isinstance(select, Select) and select.computed else Scalar(select)

    def select(self, node: exp.Expression) -> Term:
        """Return a select, a union or a VALUES."""
        while isinstance(node, exp.Subquery | exp.Paren):
            node = node.this
        refuse_unread(node)
        before = dict(self.ctes)
        for cte in node.ctes if isinstance(node, exp.Query) else ():
            self.ctes[cte.alias] = self.select(cte.this)
        try:
            if isinstance(node, exp.SetOperation):
                first, second = self.select(node.this), self.select(node.expression)
                if isinstance(first, Select):
                    return replace(first, others=(*first.others, second))
                return Unknown("a union", (first, second))
            return self.plain(node) if isinstance(node, exp.Select) else Unknown(type(node).__name__)
        finally:
            self.ctes = before

    def plain(self, node: exp.Select) -> Term:
        """Return a SELECT … FROM … WHERE."""
        self.stack.append({})
        try:
            conditions: list[Term] = []
            start = node.args.get("from_") or node.args.get("from")
            if start is not None:
                self.source(start.this, conditions)
            for join in node.args.get("joins") or ():
                self.join(join, conditions)
            for lateral in node.args.get("laterals") or ():
                self.source(lateral, conditions)
            where = node.args.get("where")
            conditions.append(self.term(where.this) if where is not None else TRUE)
            outputs = self.terms(node.expressions)
            grouped = node.args.get("group") is not None
            total = not grouped and any(aggregates(one) for one in node.expressions)
            limit = node.args.get("limit")
            sources = tuple(dict.fromkeys(self.stack[-1].values()))
            return Select(
                sources, outputs, conjunction(*conditions), limit is not None or total, total and limit is None
            )
        finally:
            self.stack.pop()

    def join(self, join: exp.Join, conditions: list[Term]) -> None:
        """Add what a JOIN brings."""
        self.source(join.this, conditions)
        if join.args.get("on") is not None:
            conditions.append(self.term(join.args["on"]))
        for using in join.args.get("using") or ():
            columns = [Column(source.name, name_of(using)) for source in self.stack[-1].values()]
            if len(columns) > 1:
                conditions.append(Compare("=", columns[0], columns[-1]))

    def source(self, node: exp.Expression, conditions: list[Term]) -> None:
        """Add one thing that stands after FROM."""
        alias = node.alias_or_name
        if isinstance(node, exp.Subquery) and isinstance(node.this, exp.Table):
            self.source(node.this, conditions)
            return
        if isinstance(node, exp.Subquery):
            found = Source(alias, None, self.select(node.this))
        elif isinstance(node, exp.Table) and isinstance(node.this, exp.Func):
            function: Any = exp.Dot(this=node.args["db"], expression=node.this) if node.args.get("db") else node.this
            found = Source((alias or node.this.name), None, self.call(function))
        elif isinstance(node, exp.Table):
            name, schema = name_of(node.this), name_of(node.args.get("db"))
            inner = None if schema else self.ctes.get(name)
            found = Source(alias, (schema, name)) if inner is None else Source(alias, None, inner)
        else:
            found = Source(alias, None, self.many(node.this if isinstance(node, exp.Lateral) else node))
        self.stack[-1][alias or found.name] = found
        for join in node.args.get("joins") or ():
            self.join(join, conditions)
