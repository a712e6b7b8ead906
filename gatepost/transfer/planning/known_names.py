"""Refuse a mapping that names what neither side has: whoever wrote it counts on every line."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

from gatepost.errors import TransferError
from gatepost.transfer.mapping.values import Mapping
from gatepost.transfer.source.tables import SourceTable
from gatepost.transfer.values import TargetTable


def refuse_unknown_names(mapping: Mapping, source: Iterable[SourceTable], target: Iterable[TargetTable]) -> None:
    """Refuse a mapping with a table or column that is not there.

    Args:
        mapping: What a person decided.
        source: The tables of the source.
        target: The tables of the target.

    Raises:
        TransferError: a name is unknown.
    """
    here = {table.name.lower(): table for table in source}
    there = {table.name.lower(): table for table in target}
    for table in mapping.tables:
        _refuse("table of the source", table.source, (t.name for t in here.values()))
        if table.target:
            _refuse("table of the target", table.target, (t.name for t in there.values()))
        ours = [c.name for c in here[table.source.lower()].columns]
        theirs = [c.name for c in there[table.target.lower()].columns] if table.target else []
        for column in table.columns:
            if column.source:
                _refuse(f'column of "{table.source}" in the source', column.source, ours)
            if column.target and table.target:
                _refuse(f'column of "{table.target}" in the target', column.target, theirs)


def _refuse(what: str, name: str, known: Iterable[str]) -> None:
    names = list(known)
    if name.lower() not in {one.lower() for one in names}:
        near = difflib.get_close_matches(name, names, 1)
        hint = f'Did you mean "{near[0]}"?' if near else f"it has {', '.join(names)}"
        raise TransferError(f'the mapping names the {what} "{name}", which is not there', hint)
