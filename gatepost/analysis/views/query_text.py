"""Read the query of a view, as PostgreSQL prints it, with a parser."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from functools import lru_cache

from sqlglot import exp, parse_one
from sqlglot.errors import SqlglotError

from gatepost.analysis.function_effects import reads_identity
from gatepost.name_hints import marks_public

_FIGURES = (exp.Count, exp.Sum, exp.Avg, exp.Min, exp.Max, exp.CountIf)


def filters_by_identity(definition: str, target: tuple[str, str], helpers: Collection[str]) -> bool:
    """Return whether every place where a view reads a relation is filtered by who is signed in.

    Args:
        definition: The view's query.
        target: The relation, (schema, name).
        helpers: Names of functions that check who is signed in.
    """
    if not _names_reader(definition) and not helpers:
        return False
    tree = _parsed(definition)
    if tree is None:
        return False
    sources = list(_sources(tree, target))
    return all(any(_checks_reader(c, helpers) for c in _conditions(select)) for select in sources)


def aggregates(definition: str, identity: Collection[str]) -> bool:
    """Return whether a view returns only figures: counts, sums and so on, grouped by columns that identify nobody."""
    tree = _parsed(definition)
    if tree is None:
        return False
    return isinstance(tree, exp.Select) and _figures(tree, identity)


def _figures(top: exp.Select, identity: Collection[str]) -> bool:
    """Return whether a query returns only figures, including figures that are computed in a sub-query."""
    beside = [p.unalias().this for p in top.expressions if isinstance(p.unalias(), exp.Subquery)]
    beside = [one for one in beside if isinstance(one, exp.Select) and not one.args.get("group")]
    if len(list(top.find_all(exp.Select))) != 1 + len(beside) or not any(
        _inside(figure, top) for figure in top.find_all(*_FIGURES)
    ):
        return False
    if not all(any(one.find_all(*_FIGURES)) and _figures(one, identity) for one in beside):
        return False
    for projection in top.expressions:
        inner = projection.unalias()
        if isinstance(inner, exp.Column) and inner.name in identity:
            return False
        if any(isinstance(f, exp.AggFunc) and not isinstance(f, _FIGURES) for f in inner.find_all(exp.AggFunc)):
            return False
    return True


def condition_mentions(definition: str, parts: Collection[str]) -> bool:
    """Return whether the outer WHERE names a column or a value that contains one of some words."""
    tree = _parsed(definition)
    where = tree.args.get("where") if tree is not None else None
    if where is None:
        return False
    names = [node.name.lower() for node in where.find_all(exp.Column, exp.Literal)]
    return any(part in name for part in parts for name in names)


def written_tables(definition: str) -> tuple[tuple[str, str], ...]:
    """Return the relations of a view's outermost FROM, to which PostgreSQL passes a write."""
    tree = _parsed(definition)
    if not isinstance(tree, exp.Select):
        return ()
    return tuple((table.db, table.name) for table in _from(tree))


@lru_cache(maxsize=1024)
def _parsed(definition: str) -> exp.Expr | None:
    try:
        return parse_one(definition.rstrip().rstrip(";"), dialect="postgres")
    except SqlglotError:
        return None


def _from(select: exp.Select) -> Iterator[exp.Table]:
    clauses = [select.args.get("from_") or select.args.get("from"), *(select.args.get("joins") or [])]
    for clause in clauses:
        if clause is not None:
            yield from (table for table in clause.find_all(exp.Table) if _inside(table, select))


def _sources(tree: exp.Expr, target: tuple[str, str]) -> Iterator[exp.Select]:
    """Yield each query that reads the target, except those inside a condition."""
    for select in tree.find_all(exp.Select):
        named = any((table.db, table.name) == target for table in _from(select))
        if named and select.find_ancestor(exp.Where, exp.Having) is None:
            yield select


def _conditions(select: exp.Select) -> Iterator[exp.Expr]:
    """Yield the conditions that a row passes on its way out, from the query itself to the outermost one."""
    at: exp.Expr | None = select
    while at is not None:
        if isinstance(at, exp.Select):
            yield from (at.args[name] for name in ("where", "having") if at.args.get(name) is not None)
            for join in at.find_all(exp.Join):
                if join.args.get("on") is not None and not join.side and _inside(join, at):
                    yield join.args["on"]
        at = at.parent


def _names_reader(text: str) -> bool:
    """Return whether SQL text reads who is calling. CURRENT_USER does in a view, but not in such a function."""
    return reads_identity(text) or re.search(r"\bcurrent_user\b", text, re.IGNORECASE) is not None


def _inside(node: exp.Expr, select: exp.Select) -> bool:
    """Return whether a piece belongs to a query itself, not to a query inside it."""
    return node.find_ancestor(exp.Select) is select


def _marked(condition: exp.Expr) -> bool:
    values = [literal.name for literal in condition.find_all(exp.Literal)]
    return any(marks_public(column.name, values) for column in condition.find_all(exp.Column))


def _checks_reader(condition: exp.Expr, helpers: Collection[str]) -> bool:
    """Return whether each alternative of a condition checks who is signed in or lets only public rows through."""
    if isinstance(condition, exp.Paren | exp.Where | exp.Having):
        return _checks_reader(condition.this, helpers)
    if isinstance(condition, exp.Or):
        sides = (condition.this, condition.expression)
        checked = [_checks_reader(side, helpers) for side in sides]
        return any(checked) and all(done or _marked(side) for done, side in zip(checked, sides, strict=True))
    if isinstance(condition, exp.And):
        return _checks_reader(condition.this, helpers) or _checks_reader(condition.expression, helpers)
    if _names_reader(condition.sql(dialect="postgres")):
        return True
    calls = {call.name.lower() for call in condition.find_all(exp.Anonymous)}
    return bool(calls & {helper.lower() for helper in helpers})
