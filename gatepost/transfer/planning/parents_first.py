"""Sort tables so that parents come first; tables whose foreign keys go round in a circle stay together."""

from __future__ import annotations

from graphlib import CycleError, TopologicalSorter

from gatepost.transfer.values import TargetTable


def order(tables: tuple[TargetTable, ...]) -> list[str]:
    """Return names, parents first; in a circle of keys, by name."""
    return [name for group in groups(tables) for name in group]


def groups(tables: tuple[TargetTable, ...]) -> list[tuple[str, ...]]:
    """Return names, parents first, with those of a circle of keys in one group; most groups are one table."""
    names = {(t.schema, t.name) for t in tables}
    parents = {
        t.name: sorted(k.parent for k in t.foreign_keys if (k.parent_schema, k.parent) in names)
        for t in sorted(tables, key=lambda t: t.name)
    }
    group = {name: name for name in parents}
    while True:
        above: dict[str, dict[str, None]] = {}
        for name, found in parents.items():
            wanted = {group[parent]: None for parent in found if group[parent] != group[name]}
            above[group[name]] = above.get(group[name], {}) | wanted
        try:
            sorted_groups = tuple(TopologicalSorter(above).static_order())
        except CycleError as error:
            circle = set(error.args[1])
            group = {name: min(circle) if one in circle else one for name, one in group.items()}
        else:
            return [tuple(name for name in parents if group[name] == one) for one in sorted_groups]
