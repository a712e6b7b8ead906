"""Refuse writes through a parent that everybody can read, because all of them could change the child rows."""

from __future__ import annotations

from collections.abc import Iterator

from gatepost import sql
from gatepost.declare.declaration import Declaration, ProtectedTable, Rule
from gatepost.errors import DeclarationError
from gatepost.schema import Command

_ASKS_THE_CALLER = frozenset({"select", "current_user", "session_user", "current_role", "user"})
"""Words that make a condition depend on the caller; `uid()` and similar functions render as a SELECT."""

_ASKS_THE_ROW = frozenset("and or not in any all array between coalesce nullif lower upper now date_trunc".split())
"""Words before a bracket that are no functions of the project; any other function could check the caller."""


def refuse_writes_through_open_parents(declaration: Declaration) -> None:
    """Refuse `through(…, "update")` and `through(…, "delete")` if everybody with the role can read the parent.

    What cannot be decided from the declaration, such as a parent's condition by a function, is left to `verify` and
    `observe`. An insert is not refused, because comments on public rows are common.

    Raises:
        DeclarationError: a reader of the parent could write rows below it that it could not write in the parent.
    """
    for table in (one for one in declaration if not one.as_found):
        for rule in (part for one in table.rules for part in _alternatives(one)):
            for command in ("update", "delete"):
                if rule.meaning == "through" and rule.derived and command in rule.commands:
                    _refuse(table, rule, command, declaration)


def _refuse(child: ProtectedTable, rule: Rule, command: Command, declaration: Declaration) -> None:
    assert rule.column is not None and rule.parent is not None  # noqa: S101, PT018  through() sets both
    parent = declaration.table(*rule.parent[:2])
    if parent is None:
        return
    for role in rule.roles:
        if role == "service_role" or _restricted(child, role, command):
            continue
        opening = next(
            (one for one in _open_ways(parent, role, declaration) if not _also(parent, one, role, command)), None
        )
        if opening is None:
            continue
        kept = ", ".join(f'"{one}"' for one in rule.commands if one not in ("update", "delete")) or '"select"'
        verb = "change" if command == "update" else "delete"
        raise DeclarationError(
            f'{child.place}: "{role}" could {verb} all rows of "{child}" below every "{parent}" that it can read by'
            f" {_written(opening)}, also those of other users",
            f'through({child.name}.{rule.column[2]}, {kept}), and owner(…, "{command}") or'
            f' allow("{command}", …, where=…) for the rows that may be written',
        )


def _open_ways(
    table: ProtectedTable, role: str, declaration: Declaration, seen: frozenset[str] = frozenset()
) -> Iterator[Rule]:
    """Yield the rules by which a role can read rows of a table regardless of the caller."""
    if _restricted(table, role, "select") or str(table) in seen:
        return
    for rule in (part for one in _of(table, role, "select") for part in _alternatives(one)):
        if rule.meaning == "allow" and not _depends_on_caller(rule):
            yield rule
        elif rule.meaning == "through" and rule.derived and rule.parent is not None:
            parent = declaration.table(*rule.parent[:2])
            if parent is not None and any(_open_ways(parent, role, declaration, seen | {str(table)})):
                yield rule


def _alternatives(rule: Rule) -> Iterator[Rule]:
    """Yield the rules each of which is enough by itself; what is joined by `&` is not."""
    if rule.meaning == "any":
        for part in rule.parts:
            yield from _alternatives(part)
    elif rule.meaning != "all":
        yield rule


def _also(table: ProtectedTable, reading: Rule, role: str, command: Command) -> bool:
    """Return whether those who can read rows by a rule can also write them, so that the children add nothing."""
    return any(
        (rule.meaning, rule.where, rule.parent) == (reading.meaning, reading.where, reading.parent)
        for one in _of(table, role, command)
        for rule in _alternatives(one)
    )


def _restricted(table: ProtectedTable, role: str, command: Command) -> bool:
    return any(_depends_on_caller(rule) for rule in _of(table, role, command, restrictive=True))


def _of(table: ProtectedTable, role: str, command: Command, *, restrictive: bool = False) -> Iterator[Rule]:
    for rule in table.rules:
        its_kind = (rule.meaning == "restrict") is restrictive
        if its_kind and command in rule.commands and {role, "public"} & {*rule.roles}:
            yield rule


def _depends_on_caller(rule: Rule) -> bool:
    """Return whether the condition of a rule could depend on the caller."""
    if rule.where is None:
        return False
    pieces = [token for token in sql.tokens(rule.where.text) if token.kind not in ("space", "comment")]
    following = [*(token.text for token in pieces[1:]), ""]
    return any(
        (token.kind == "word" and token.name in _ASKS_THE_CALLER)
        or (after == "(" and token.name is not None and token.name not in _ASKS_THE_ROW)
        for token, after in zip(pieces, following, strict=True)
    )


def _written(rule: Rule) -> str:
    if rule.meaning == "through":
        return f"through({'.'.join((rule.column or ())[1:])})"
    return f'allow("select", where={rule.where.text})' if rule.where is not None else 'allow("select")'
