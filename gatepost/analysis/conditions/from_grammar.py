"""Convert PostgreSQL's parse tree to terms. An unknown node becomes Unknown, with what is inside it."""

from __future__ import annotations

from collections.abc import Iterator

from gatepost.analysis.conditions import session_values
from gatepost.analysis.conditions.from_grammar_selects import SelectReader
from gatepost.analysis.conditions.grammar import Node, constant, kind_of, qualified, strings, type_name
from gatepost.analysis.conditions.rewrite import COMPARISONS, OPPOSITES, compared, compared_rows
from gatepost.analysis.conditions.terms import (
    NULL,
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
    Term,
    Unknown,
    conjunction,
    disjunction,
)

_JSON = {"->": False, "->>": True, "#>": False, "#>>": True}
_TESTS = {
    "IS_TRUE": (False, True),
    "IS_NOT_TRUE": (True, True),
    "IS_FALSE": (False, False),
    "IS_NOT_FALSE": (True, False),
}
_PASS_OVER_NULL = frozenset("count sum avg min max bool_or bool_and every".split())
_SAME_NAME = {"char_length": "length", "character_length": "length", "current_schema": "current_schema"}


class Reader(SelectReader):
    """Turns one statement into terms: its expressions here, its SELECTs in `SelectReader`."""

    def term(self, node: Node | None) -> Term:
        """Return an expression as a term."""
        if node is None:
            return TRUE
        kind, of = kind_of(node)
        read = getattr(self, f"_read_{kind}", None)
        return read(of) if read is not None else Unknown(kind, tuple(self.inside(of)))

    def inside(self, value: object) -> Iterator[Term]:
        """Yield what can be read inside a node that is not known."""
        for one in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
            if isinstance(one, dict) and len(one) == 1 and hasattr(self, f"_read_{next(iter(one))}"):
                yield self.term(one)
            else:
                yield from self.inside(one)

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
        return Cast(self.term(of["arg"]), f"text COLLATE {'.'.join(strings(of['collname']))}")

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
                return Column(self.prefix + prefix, self.output(sources[prefix], name))
            if not prefix and self.columns is not None:
                holder = next((s for s in sources.values() if self.holds(s, name)), None)
                if holder is not None:
                    return Column(holder.name, self.output(holder, name))
        if self.columns is None:
            return Column("", name)
        return Param(name if not prefix or prefix == self.function else f"{prefix}.{name}")

    def _read_A_Expr(self, of: Node) -> Term:
        kind, (_, op) = of["kind"], qualified(of["name"])
        left, right = of.get("lexpr"), of.get("rexpr")
        match kind:
            case "AEXPR_OP" if left is None:
                return self._prefixed(op, self.term(right))
            case "AEXPR_OP" if op in _JSON:
                return self._extract(self.term(left), right, op)
            case "AEXPR_OP" | "AEXPR_LIKE" | "AEXPR_ILIKE":
                return self._operator(op, left, right)
            case "AEXPR_OP_ANY" | "AEXPR_OP_ALL":
                return self._among(op, self.term(left), self.term(right), all=kind.endswith("ALL"))
            case "AEXPR_IN":
                items = right["List"]["items"]  # type: ignore[index]
                found = (
                    disjunction(*(self._operator("=", left, one) for one in items))
                    if _is_row(left)
                    else CompareMany("=", self.term(left), Items(self.terms(items)))
                )
                return found if op == "=" else Not(found)
            case "AEXPR_DISTINCT" | "AEXPR_NOT_DISTINCT":
                same = self._operator("is", left, right)
                return Not(same) if kind == "AEXPR_DISTINCT" else same
            case "AEXPR_NULLIF":
                return session_values.call(("", "nullif"), (self.term(left), self.term(right)))
            case "AEXPR_BETWEEN" | "AEXPR_NOT_BETWEEN":
                low, high = self.terms(right["List"]["items"])  # type: ignore[index]
                inside = conjunction(compared(">=", self.term(left), low), compared("<=", self.term(left), high))
                return inside if kind == "AEXPR_BETWEEN" else Not(inside)
            case "AEXPR_SIMILAR":
                found = Compare("similar", self.term(left), self.term(right))
                return found if op == "~" else Not(found)
        return Unknown(kind, tuple(self.inside(of)))

    def _operator(self, op: str, left: Node | None, right: Node | None) -> Term:
        """Return an operator between two values, or between two rows."""
        one, other = self.term(left), self.term(right)
        if not _is_row(left) and not _is_row(right):
            return Compare(op, one, other) if op == "is" else compared(op, one, other)
        if not isinstance(one, Items) or not isinstance(other, Items) or not (_is_row(left) and _is_row(right)):
            return Unknown(f"{op} of a row", (one, other))
        return compared_rows(op, one, other)

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
        if op in OPPOSITES and op not in ("<>", "!="):
            return Unknown(op, (left, many))
        return CompareMany(COMPARISONS.get(op, "<>" if op == "!=" else op), left, many, all)

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
        args = self._aggregated(name, args, of)
        if not schema:
            name = _SAME_NAME.get(name, name)
            if name == "overlaps" or "over" in of:
                return Unknown(name, args)
            if name in ("like", "notlike"):
                return Compare("like", *args) if name == "like" else Not(Compare("like", *args))
        return session_values.call((schema, name), args)

    def _aggregated(self, name: str, args: tuple[Term, ...], of: Node) -> tuple[Term, ...]:
        """Return what an aggregate is computed over; a FILTER makes NULL of what it leaves out."""
        if "agg_distinct" in of:
            args = tuple([Call(("", "distinct"), (one,)) for one in args])
        if "agg_filter" in of and len(args) == 1 and name in _PASS_OVER_NULL:
            counted = TRUE if of.get("agg_star") else args[0]
            args = (Case(((self.term(of["agg_filter"]), counted),), NULL),)
        elif "agg_filter" in of or "agg_order" in of:
            beside = [of.get("agg_filter"), of.get("agg_order")]
            args = (*args, Unknown("a FILTER or an ORDER BY", tuple(self.inside(beside))))
        return args

    def _read_NamedArgExpr(self, of: Node) -> Term:
        return Unknown(f"{of.get('name', '')} =>", (self.term(of["arg"]),))

    def _read_CoalesceExpr(self, of: Node) -> Term:
        return session_values.call(("", "coalesce"), self.terms(of["args"]))

    def _read_MinMaxExpr(self, of: Node) -> Term:
        return Call(("", "greatest" if of["op"] == "IS_GREATEST" else "least"), self.terms(of["args"]))

    def _read_SQLValueFunction(self, of: Node) -> Term:
        return session_values.current(str(of["op"]).removeprefix("SVFOP_"), of.get("typmod", 0))

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
            term = self.term(when["expr"])
            whens.append((term if operand is None else compared("=", operand, term), self.term(when["result"])))
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


def _value_of(select: Term) -> Term:
    """Return a sub-select as a value."""
    return OncePerStatement(select.outputs[0]) if isinstance(select, Select) and select.computed else Scalar(select)


def _is_row(node: Node | None) -> bool:
    return node is not None and "RowExpr" in node


def _keys(term: Term, whole: bool) -> tuple[str, ...] | None:
    """Return the keys that `->` or `#>` follow, or None where they are not constants."""
    while isinstance(term, Cast | OncePerStatement):
        term = term.term
    if isinstance(term, Items):
        values = [one.value if isinstance(one, Const) else None for one in term.items]
        return None if None in values else tuple(str(value) for value in values)
    if not isinstance(term, Const) or term.value is None:
        return None
    text = str(term.value)
    return tuple(part.strip().strip('"') for part in text.strip("{}").split(",")) if whole else (text,)
