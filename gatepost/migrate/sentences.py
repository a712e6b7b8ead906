"""What a change is about, as a sentence: for the log, for `alembic check` and for the end of an upgrade."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator

from gatepost.diff import PROTECTED, Change, TableGrants, TableRowSecurity
from gatepost.schema import Grant, Policy

_FEW = 4


def sentence(change: Change) -> str:
    """Return what differs between the database and the declaration."""
    subject, before = change.subject, change.before
    table = f'"{".".join(change.table)}"'
    if isinstance(subject, TableRowSecurity):
        if change.kind == "drop":
            return f"row security of {table} goes with the table"
        there = isinstance(before, TableRowSecurity) and before.state.enabled
        state = "off" if not there else "on but not forced" if subject.state == PROTECTED else "forced"
        return f"row security of {table} is {state}"
    if isinstance(subject, Policy):
        if isinstance(before, Policy) and change.after is not None:
            return f'the policy "{subject.name}" on {table} differs: {_policy(before, subject)}'
        where = "is not declared" if change.kind == "drop" else "is not in the database"
        return f'the policy "{subject.name}" on {table} {where}'
    return f"the grants on {table} differ: {'; '.join(_grants(change)) or 'a role cannot use the schema'}"


def _policy(live: Policy, declared: Policy) -> str:
    parts = (
        ("command", live.command, declared.command),
        ("roles", ", ".join(live.roles), ", ".join(declared.roles)),
        ("permissive", live.permissive, declared.permissive),
        ("USING", live.using, declared.using),
        ("WITH CHECK", live.check, declared.check),
    )
    return "; ".join(f"{name} is {is_}, declared is {should}" for name, is_, should in parts if is_ != should)


def _grants(change: Change) -> Iterator[str]:
    before, after = (_held(side) for side in (change.before, change.after))
    for name in sorted({*before, *after}):
        there, declared = before.get(name, set()), after.get(name, set())
        on = f" on {name}" if name else ""
        yield from (f"{role} has {held}{on}, which is not declared" for role, held in privileges(there - declared))
        yield from (f"{role} has no {held}{on}" for role, held in privileges(declared - there))


def _held(found: object) -> dict[str, set[Grant]]:
    if not isinstance(found, TableGrants):
        return {}
    return {"": set(found.grants)} | {f'the sequence "{name}"': set(grants) for _, name, grants in found.sequences}


def privileges(grants: Iterable[Grant]) -> Iterator[tuple[str, str]]:
    """Yield each role with its privileges in a few words: `anon`, `SELECT, UPDATE (title)`."""
    by_role: defaultdict[str, defaultdict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    for grant in grants:
        columns = by_role[grant.grantee][grant.privilege]
        columns += [grant.column] if grant.column is not None else []
    for role, held in sorted(by_role.items()):
        named = [
            f"{name} ({', '.join(sorted(columns))})" if columns else name for name, columns in sorted(held.items())
        ]
        more = f" and {len(named) - _FEW} more" if len(named) > _FEW else ""
        yield role, ", ".join(named[:_FEW]) + more
