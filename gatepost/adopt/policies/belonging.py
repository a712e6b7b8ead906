"""Recognise conditions that say whose a row is by another table: `through(…)` a parent, or a `member(…)` of a group.

PostgreSQL has the last word here too: a rule counts only where it prints the same text as the policy.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import and_

from gatepost.adopt.model_names import ModelName, Written
from gatepost.adopt.policies.conditions import Condition
from gatepost.adopt.policies.scope import From
from gatepost.adopt.reprinted import as_written
from gatepost.analysis.conditions.grammar import Node, NotUnderstood, expression, kind_of, strings
from gatepost.auth import SessionValue
from gatepost.declare.belonging import member, owner, through
from gatepost.declare.declaration import Rule

Way = tuple[str, str, Callable[..., Rule]]
"""A rule as Python, before and after its command, and how to make it."""


@dataclass(frozen=True)
class _Looked:
    """A look into another table: from which column, into which one, under which further conditions."""

    column: Written
    inner: Written
    model: ModelName
    rest: tuple[Written, ...]
    options: Mapping[str, Any]


def through_owner(text: str, condition: Condition) -> Way | None:
    """Return `through(fk, by=owner(…))` for rows whose parent has a column with the user's id, and nothing else."""
    found = _looked(text, condition)
    if found is None or not _is_parent(found) or len(found.rest) != 1:
        return None
    person = _own_column(found.rest[0])
    if person is None:
        return None
    column, session = person
    condition.words -= {"uid"}
    condition.words |= {"through", "owner"}
    options = ", per_row=True" if session.per_row else ""
    by = owner(column.value, per_row=session.per_row)
    after = f"by=owner({column.code}{options}){_options(found)}"
    return (
        f"through({found.column.code}",
        after,
        lambda command, **more: through(found.column.value, command, by=by, **found.options, **more),
    )


def through_condition(text: str, condition: Condition) -> Way | None:
    """Return `through(fk, by=…)` for rows whose parent meets a condition."""
    found = _looked(text, condition)
    if found is None or not _is_parent(found):
        return None
    by = _joined(found.rest, condition)
    condition.word("through")
    given = {"by": by.value} if by is not None else {}
    return (
        f"through({found.column.code}",
        (f"by={by.code}" if by is not None else "") + _options(found),
        lambda command, **more: through(found.column.value, command, **given, **found.options, **more),
    )


def of_member(text: str, condition: Condition) -> Way | None:
    """Return `member(column, of=…, user=…)` for rows whose group the user is in."""
    found = _looked(text, condition)
    if found is None or _is_parent(found) or not found.rest:
        return None
    person = _own_column(found.rest[0])
    if person is None:
        return None
    column, session = person
    where = _joined(found.rest[1:], condition)
    condition.words -= set() if any("uid(" in one.code for one in found.rest[1:]) else {"uid"}
    condition.word("member")
    shown = f", where={where.code}" if where is not None else ""
    shown += ", per_row=True" if session.per_row else ""
    given: dict[str, Any] = {"of": found.inner.value, "user": column.value, "per_row": session.per_row}
    given |= {"where": where.value} if where is not None else {}
    return (
        f"member({found.column.code}",
        f"of={found.inner.code}, user={column.code}{shown}{_options(found)}",
        lambda command, **more: member(found.column.value, command, **given, **found.options, **more),
    )


def _options(found: _Looked) -> str:
    return "".join(f", {name}={value!r}" for name, value in found.options.items())


def _looked(text: str, condition: Condition) -> _Looked | None:
    try:
        kind, fields = kind_of(expression(as_written(text)))
    except NotUnderstood:
        return None
    if kind != "SubLink" or fields["subLinkType"] not in ("ANY_SUBLINK", "EXISTS_SUBLINK") or "operName" in fields:
        return None
    query = fields["subselect"]["SelectStmt"]
    if set(query) - {"targetList", "fromClause", "whereClause", "limitOption", "op"}:
        return None
    sources, targets = query.get("fromClause", ()), query.get("targetList", ())
    if len(sources) != 1 or len(targets) != 1 or "RangeVar" not in sources[0]:
        return None
    there = sources[0]["RangeVar"]
    model = condition.model((there.get("schemaname", "public"), there["relname"]))
    alias = there["alias"]["aliasname"] if "alias" in there else None
    if model.key == condition.own:
        return None
    own = condition.row()
    scope = (own, From(model, model.name, model.table, alias))
    parts = list(_conjuncts(query.get("whereClause")))
    target = targets[0]["ResTarget"]["val"]
    if fields["subLinkType"] == "EXISTS_SUBLINK":
        if "A_Const" not in target or not parts or not (sides := _sides(parts.pop(0))):
            return None
        inner, column = (condition.value(one, scope) for one in sides)
    else:
        column, inner = condition.value(fields["testexpr"], (own,)), condition.value(target, scope)
    if getattr(column.value, "table", None) is not own.table or getattr(inner.value, "table", None) is not model.table:
        return None
    rest = tuple(condition.part(one, scope) for one in parts)
    shape = "exists" if fields["subLinkType"] == "EXISTS_SUBLINK" else "in"
    return _Looked(column, inner, model, rest, {"shape": shape} | ({"alias": alias} if alias else {}))


def _conjuncts(node: Node | None) -> Iterator[Node]:
    if node is not None:
        kind, fields = kind_of(node)
        yield from fields["args"] if kind == "BoolExpr" and fields["boolop"] == "AND_EXPR" else (node,)


def _sides(node: Node) -> tuple[Node, Node] | None:
    kind, fields = kind_of(node)
    if kind != "A_Expr" or fields["kind"] != "AEXPR_OP" or strings(fields["name"]) != ("=",) or "lexpr" not in fields:
        return None
    return fields["lexpr"], fields["rexpr"]


def _is_parent(found: _Looked) -> bool:
    keys = list(found.column.value.foreign_keys)
    return len(keys) == 1 and len(keys[0].constraint.elements) == 1 and keys[0].column is found.inner.value


def _own_column(found: Written) -> tuple[Written, SessionValue] | None:
    """Return the column that a condition compares with the user's id, where it does nothing else."""
    left, right = getattr(found.value, "left", None), getattr(found.value, "right", None)
    code, sign, _ = found.code.partition(" == ")
    if not sign or not isinstance(right, SessionValue) or right.reads != "auth.uid()" or not hasattr(left, "table"):
        return None
    return Written(code, left), right


def _joined(parts: tuple[Written, ...], condition: Condition) -> Written | None:
    if len(parts) < 2:
        return parts[0] if parts else None
    code = ", ".join(one.code for one in parts)
    return Written(f"{condition.word('and_')}({code})", and_(*(one.value for one in parts)))
