"""Translate sqlglot's node types, names and keys."""

from __future__ import annotations

from sqlglot import exp

from gatepost.analysis.conditions.grammar import NotUnderstood
from gatepost.analysis.conditions.terms import Cast, Const, Term

COMPARISONS: dict[type[exp.Expression], str] = {
    exp.EQ: "=",
    exp.NEQ: "<>",
    exp.LT: "<",
    exp.LTE: "<=",
    exp.GT: ">",
    exp.GTE: ">=",
    exp.NullSafeEQ: "is",
    exp.NullSafeNEQ: "is not",
    exp.Like: "like",
    exp.ILike: "ilike",
    exp.RegexpLike: "~",
    exp.RegexpILike: "~*",
    exp.SimilarTo: "similar",
}
JSON: dict[type[exp.Expression], bool] = {
    exp.JSONExtract: False,
    exp.JSONExtractScalar: True,
    exp.JSONBExtract: False,
    exp.JSONBExtractScalar: True,
}
SYMBOLS = {op: op for op in ("=", "<>", "<", "<=", ">", ">=", "~", "~*")} | {"~~": "like", "~~*": "ilike"}
UNREAD = exp.Order | exp.Filter | exp.WithinGroup | exp.Window | exp.Collate
OPERATORS = {"explode": "unnest", "dpipe": "||", "bracket": "[]", "sub": "-", "add": "+", "mul": "*"}


def number(text: str) -> int | str:
    """Return a number as an integer where it is one."""
    return int(text) if text.lstrip("-").isdigit() else text


def cast(term: Term, type_: str) -> Term:
    """Return a value as a type; a literal takes the type on."""
    if isinstance(term, Const):
        value: str | bool | int | None = term.value
        if type_ == "boolean" and isinstance(value, str):
            value = value.lower() in ("t", "true", "yes", "on", "1", "y")
        return Const(value, type_)
    return Cast(term, type_)


def name_of(node: object) -> str:
    """Return the name of an identifier, folded as PostgreSQL folds it."""
    if not isinstance(node, exp.Expression):
        return ""
    name = str(node.name)
    return name if getattr(node, "quoted", False) or node.args.get("quoted") else name.lower()


def children(node: exp.Expression) -> list[exp.Expression]:
    """Return the expressions directly inside a node."""
    found: list[exp.Expression] = []
    for value in node.args.values():
        found.extend(v for v in (value if isinstance(value, list) else [value]) if isinstance(v, exp.Expression))
    return [child for child in found if not isinstance(child, exp.DataType | exp.Var | exp.Identifier)]


def keys_of(node: exp.Expression, whole: bool) -> tuple[str, ...] | None:
    """Return the keys that `->` or `#>` follow, or None where they are not constants."""
    if isinstance(node, exp.JSONPath):
        return tuple(str(part.this) for part in node.expressions if not isinstance(part, exp.JSONPathRoot))
    while isinstance(node, exp.Cast | exp.Paren):
        node = node.this
    if isinstance(node, exp.Array):
        return tuple(str(one.name) for one in node.expressions)
    if not isinstance(node, exp.Literal):
        return None
    text = str(node.this)
    return tuple(part.strip().strip('"') for part in text.strip("{}").split(",")) if whole else (text,)


def aggregates(node: exp.Expression) -> bool:
    """Return whether an output is computed over all rows."""
    own = node.find_ancestor(exp.Select)
    return any(found.find_ancestor(exp.Select) is own for found in node.find_all(exp.AggFunc))


def refuse_unread(node: exp.Expression) -> None:
    """Refuse a SELECT with something that decides which rows and values it returns, and that is not read here.

    Raises:
        NotUnderstood: it has an outer join, a HAVING, an ORDER BY or the like.
    """
    limit = node.args.get("limit")
    few = limit is None or (not isinstance(limit, exp.Fetch) and str(limit.expression) == "1")
    distinct = node.args.get("distinct")
    joins = node.args.get("joins") or ()
    grouped = node.args.get("group") is not None and any(aggregates(one) for one in node.expressions)
    if (
        not few
        or grouped
        or any(node.args.get(one) is not None for one in ("having", "offset", "order"))
        or any(join.side or join.method for join in joins)
        or (isinstance(distinct, exp.Distinct) and distinct.args.get("on") is not None)
        or (isinstance(node, exp.SetOperation) and (limit is not None or not isinstance(node, exp.Union)))
    ):
        raise NotUnderstood("a part of its SELECT is read by PostgreSQL's own grammar alone")
