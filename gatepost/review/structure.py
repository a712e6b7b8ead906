"""Structural change: which objects were added, removed, changed or renamed. What PostgreSQL prints alike is no change.

A function's body is kept as text, so it is compared without spaces and comments.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from gatepost import sql
from gatepost.review.names import Names, TableKey, in_words_of_head
from gatepost.review.state import State
from gatepost.schema import Function, Grant, Policy, Schema, Table, Trigger, View, is_platform

How = Literal["added", "removed", "changed", "renamed"]
_TOUCHED = frozenset({("storage", "objects"), ("realtime", "messages"), ("auth", "users"), ("storage", "buckets")})
"""Tables of the platform that a project adds policies and triggers to."""
_OWNERS = frozenset({"postgres", "pg_database_owner"})
"""Who may grant themselves anything on what a project owns."""
_OWN_ROLES = ("pg_", "supabase_", "gatepost_")


@dataclass(frozen=True, order=True)
class ObjectChange:
    """One object that is not the same on both sides.

    Args:
        what: What kind of object, in PostgreSQL's words.
        name: Its name in the head, or in the base where it is gone.
        how: What happened to it.
        on: The table, view or function that it belongs to, by its schema and name; None where it is about none.
        before: What it was, as text, or the empty string.
        after: What it is.
    """

    what: str
    name: str
    how: How
    on: tuple[str, str] | None = None
    before: str = ""
    after: str = ""

    def __str__(self) -> str:
        return f"{self.what} {self.name} {self.how}"


@dataclass(frozen=True)
class _Part:
    """One comparable piece of a state: two are the same where `value` is; `shown` is for people."""

    value: object
    shown: str
    on: tuple[str, str] | None = None


_Key = tuple[str, str]


def object_changes(before: State, after: State, names: Names) -> tuple[ObjectChange, ...]:
    """Return what is not the same on both sides, sorted.

    Args:
        before: The base.
        after: The head.
        names: What was renamed.
    """
    old = dict(_parts(before, in_words_of_head(before.live, names)))
    new = dict(_parts(after, after.live))
    found = [_change(key, old.get(key), new.get(key)) for key in {*old, *new}]
    changes = [one for one in found if one is not None]
    changes += [
        ObjectChange("table", ".".join(to), "renamed", to, ".".join(was), ".".join(to))
        for was, to in names.tables.items()
    ]
    changes += [
        ObjectChange("column", ".".join((*key[:2], to)), "renamed", key[:2], key[2], to)
        for key, to in names.columns.items()
    ]
    return tuple(sorted(_with_renamed(changes, old, new)))


def _change(key: _Key, old: _Part | None, new: _Part | None) -> ObjectChange | None:
    part = new or old
    if part is None or (old is not None and new is not None and old.value == new.value):
        return None
    how: How = "added" if old is None else "removed" if new is None else "changed"
    return ObjectChange(*key, how, part.on, old.shown if old else "", new.shown if new else "")


def _with_renamed(
    changes: Iterable[ObjectChange], old: Mapping[_Key, _Part], new: Mapping[_Key, _Part]
) -> Iterator[ObjectChange]:
    """Yield the changes, with one that only took another name as renamed: a policy, a trigger, a constraint."""
    gone: dict[tuple[object, ...], list[ObjectChange]] = {}
    changes = list(changes)
    for one in changes:
        if one.how == "removed" and one.what in ("policy", "trigger", "constraint", "unique index"):
            gone.setdefault((one.what, one.on, _nameless(one, old)), []).append(one)
    taken: set[ObjectChange] = set()
    for one in changes:
        if one.how != "added":
            continue
        same = gone.get((one.what, one.on, _nameless(one, new)))
        if same:
            was = same.pop()
            taken |= {was, one}
            yield ObjectChange(one.what, one.name, "renamed", one.on, was.name, one.name)
    yield from (one for one in changes if one not in taken)


def _nameless(change: ObjectChange, parts: Mapping[_Key, _Part]) -> object:
    return parts[change.what, change.name].value


def _parts(state: State, live: Schema) -> Iterator[tuple[_Key, _Part]]:
    for table in live.tables:
        if table.extension is None and (not is_platform(table.schema) or table.key in _TOUCHED):
            yield from _of_table(table)
    for view in live.views:
        if view.extension is None and not is_platform(view.schema):
            yield from _of_view(view)
    for function in live.functions:
        if not is_platform(function.schema):
            yield from _of_function(function)
    for trigger in live.triggers:
        if not is_platform(trigger.schema) or (trigger.schema, trigger.table) in _TOUCHED:
            yield ("trigger", str(trigger)), _Part(
                (_without_name(trigger), trigger.enabled), trigger.definition, (trigger.schema, trigger.table)
            )  # fmt: skip
    for rule in live.rewrite_rules:
        if not is_platform(rule.schema):
            yield (
                ("rule", str(rule)),
                _Part((rule.definition, rule.enabled), rule.definition, (rule.schema, rule.table)),
            )
    yield from _of_roles(live)
    for sequence in live.sequences:
        if not is_platform(sequence.schema):
            yield from _grants("sequence", str(sequence), (sequence.schema, sequence.name), sequence.grants)
    for kind in state.types:
        if not is_platform(kind.schema):
            what = "enum" if kind.kind == "e" else "domain"
            text = ", ".join(kind.labels) or kind.definition
            yield (what, f"{kind.schema}.{kind.name}"), _Part((kind.labels, kind.definition), text)
    for bucket in state.buckets:
        shown = "public" if bucket.public else "private"
        yield ("bucket", bucket.name), _Part(bucket, shown)
    for publication in live.publications:
        yield ("publication", publication.name), _Part(publication, str(publication.tables))
    for extension in live.extensions:
        yield ("extension", extension.name), _Part(extension.name, extension.name)


def _of_table(table: Table) -> Iterator[tuple[_Key, _Part]]:
    name, on = str(table), table.key
    if not is_platform(table.schema):
        yield ("table", name), _Part((table.kind, table.owner, table.parents), f"owner {table.owner}", on)
        for column in table.columns:
            value = (column.type, column.not_null, column.default, column.identity, column.generated)
            shown = " ".join(
                filter(None, (column.type, "NOT NULL" if column.not_null else "", column.default and
                              f"DEFAULT {column.default}"))
            )  # fmt: skip
            yield ("column", f"{name}.{column.name}"), _Part(value, shown, on)
        for one in table.constraints:
            if one.kind != "not null":
                yield ("constraint", f"{name}.{one.name}"), _Part(one.definition, one.definition, on)
        for index in table.indexes:
            if index.unique and not any(one.name == index.name for one in table.constraints):
                part = _Part((index.columns, index.predicate), index.definition, on)
                yield ("unique index", f"{name}.{index.name}"), part
    state = table.row_security
    shown = "forced" if state.forced else "enabled" if state.enabled else "disabled"
    yield ("row security", name), _Part(state, shown, on)
    for policy in table.policies:
        yield ("policy", str(policy)), _Part(_policy(policy), policy_text(policy), on)
    yield from _grants("table", name, on, table.grants)


def _policy(policy: Policy) -> object:
    return (policy.command, policy.roles, policy.permissive, policy.using, policy.check)


def policy_text(policy: Policy) -> str:
    """Return a policy as it stands in CREATE POLICY, without its name and table."""
    parts = ["" if policy.permissive else "AS RESTRICTIVE", f"FOR {policy.command.upper()}"]
    parts.append(f"TO {', '.join(policy.roles)}")
    parts += [f"USING ({policy.using})" if policy.using is not None else ""]
    parts += [f"WITH CHECK ({policy.check})" if policy.check is not None else ""]
    return " ".join(filter(None, parts))


def _of_view(view: View) -> Iterator[tuple[_Key, _Part]]:
    value = (view.kind, view.owner, tokens_of(view.definition), tuple(sorted(view.options)))
    options = f" WITH ({', '.join(view.options)})" if view.options else ""
    yield ("view", str(view)), _Part(value, f"owner {view.owner}{options} AS {view.definition.strip()}", view.key)
    yield from _grants("view", str(view), view.key, view.grants)


def _of_function(one: Function) -> Iterator[tuple[_Key, _Part]]:
    value = (
        tokens_of(one.body), one.language, one.definer, one.owner, one.volatility, one.strict, one.settings,
        one.returns, one.returns_set, one.parameters, one.kind,
    )  # fmt: skip
    how = "SECURITY DEFINER" if one.definer else "SECURITY INVOKER"
    shown = " ".join([one.volatility.upper(), how, *(f"SET {s}" for s in one.settings), "AS", one.body.strip()])
    yield ("function", str(one)), _Part(value, shown, one.key)
    yield from _grants("function", str(one), one.key, one.grants)


def _of_roles(live: Schema) -> Iterator[tuple[_Key, _Part]]:
    for space in live.namespaces:
        if not is_platform(space.name):
            owner = "postgres" if space.owner in _OWNERS else space.owner
            yield ("schema", space.name), _Part(owner, f"owner {owner}")
            yield from _grants("schema", space.name, None, space.grants)
    for role in live.roles:
        if role.name.startswith(_OWN_ROLES):
            continue
        value = (role.superuser, role.bypass_row_security, role.inherit, role.settings)
        marks = [
            ("SUPERUSER", role.superuser),
            ("BYPASSRLS", role.bypass_row_security),
            ("NOINHERIT", not role.inherit),
        ]
        yield ("role", role.name), _Part(value, " ".join([mark for mark, has in marks if has] + list(role.settings)))
    for member in live.memberships:
        if not member.member.startswith(_OWN_ROLES):
            how = f"INHERIT {member.inherit}, SET {member.set_role}"
            yield ("membership", f"{member.member} in {member.role}"), _Part((member.inherit, member.set_role), how)
    for setting, text in live.settings:
        yield ("setting", setting), _Part(text, text)


def _grants(what: str, name: str, on: tuple[str, str] | None, grants: Iterable[Grant]) -> Iterator[tuple[_Key, _Part]]:
    for grant in grants:
        if grant.grantee in _OWNERS:
            continue
        privilege = grant.privilege + (f" ({grant.column})" if grant.column else "")
        key = ("grant", f"{privilege} on {what} {name} to {grant.grantee}")
        yield key, _Part(grant.grantable, "WITH GRANT OPTION" if grant.grantable else "granted", on)


def tokens_of(text: str) -> tuple[str, ...]:
    """Return SQL without spaces and comments, with its unquoted words in lower case."""
    kept = (token for token in sql.tokens(text) if token.kind not in ("space", "comment"))
    return tuple(token.text if token.name is None or token.text.startswith('"') else token.name for token in kept)


def _without_name(trigger: Trigger) -> tuple[str, ...]:
    before, _, after = trigger.definition.partition(" TRIGGER ")
    return tokens_of(f"{before} TRIGGER {after.removeprefix(identifier_printed(trigger.name, after))}")


def identifier_printed(name: str, text: str) -> str:
    """Return a name as a text begins with it: bare, or in quotes."""
    quoted = sql.identifier(name)
    return quoted if text.startswith(quoted) else name


def shown_changes(changes: Iterable[ObjectChange]) -> tuple[ObjectChange, ...]:
    """Return the changes that a reader has to see: not each part of a table that is new, or gone, as a whole."""
    changes = list(changes)
    whole = {one.on for one in changes if one.what in ("table", "view", "function") and one.how in ("added", "removed")}
    return tuple(
        one for one in changes if one.on not in whole or one.what in ("table", "view", "function", "policy", "trigger")
    )


def tables_of(changes: Iterable[ObjectChange]) -> frozenset[TableKey]:
    """Return the tables, views and functions that changes belong to."""
    return frozenset(one.on for one in changes if one.on is not None)
