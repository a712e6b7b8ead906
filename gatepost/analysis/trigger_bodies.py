"""The bodies of the functions that triggers run."""

from __future__ import annotations

from collections.abc import Iterator

from gatepost.schema import Schema, Table, is_platform


def trigger_bodies(live: Schema) -> Iterator[tuple[Table, str]]:
    """Yield each table that has triggers with the body of each of their functions."""
    bodies = {one.key: one.body for one in live.functions if one.language == "plpgsql" and not is_platform(one.schema)}
    for trigger in live.triggers:
        table = live.table(trigger.schema, trigger.table)
        if table is not None and trigger.function in bodies and trigger.enabled != "D":
            yield table, bodies[trigger.function]
