"""The tables whose columns roles may use in some commands only."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TypeVar

from gatepost.analysis.context import Context
from gatepost.schema import Command, Table

_COMMANDS: tuple[Command, ...] = ("select", "insert", "update")
Judged = TypeVar("Judged")


def by_command(
    context: Context, judge: Callable[[Context, Table, str, Command], Judged | None]
) -> Iterator[tuple[Table, Command, Judged, list[str]]]:
    """Yield what holds for roles in the commands that name columns, with the roles for which the same holds.

    A table that is declared, or whose row security is off, is for other rules.

    Args:
        context: What is checked.
        judge: Returns what holds for a role, or None.
    """
    for table in context.reachable_tables:
        if not table.row_security.enabled or context.declaration_of(table) is not None:
            continue
        for command in _COMMANDS:
            found: dict[Judged, list[str]] = {}
            for role in context.privileges.api_roles:
                if (judged := judge(context, table, role, command)) is not None:
                    found.setdefault(judged, []).append(role)
            for judged, roles in found.items():
                yield table, command, judged, roles
