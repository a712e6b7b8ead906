"""Compare two databases, object by object and statement by statement: what autogenerate does not see counts too."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from typing import Any

from gatepost import sql
from gatepost.adopt.baseline import PLATFORM_FUNCTION, own_statements
from gatepost.observation.clone.schema import Kept
from gatepost.schema import Grant, Schema, is_platform

VERSION_TABLE = "alembic_version"


def differences(found: Schema, made: Schema) -> list[str]:
    """Return what differs between a database and the one that its project makes, one phrase each.

    Owners count only where they are not who migrates.
    """
    kinds: tuple[tuple[str, Callable[[Schema], dict[str, Any]]], ...] = (
        ("table", _tables),
        ("view", _views),
        ("function", _functions),
        ("trigger", _triggers),
        ("sequence", _sequences),
        ("policy", _policies_of_others),
        ("schema", _namespaces),
        ("publication", _publications),
        ("rule", _rules),
    )
    listed = []
    for kind, values in kinds:
        one, other = values(found), values(made)
        for name in sorted({*one, *other}):
            if name not in other:
                listed.append(f'the {kind} "{name}" is missing')
            elif name not in one:
                listed.append(f'the {kind} "{name}" is new')
            elif one[name] != other[name]:
                listed.append(f'the {kind} "{name}" differs: {", ".join(_fields(one[name], other[name]))}')
    return listed


def unlike_statements(found: Kept, made: Kept) -> list[str]:
    """Return what `pg_dump` writes of one database and not of the other: types, defaults, and whatever else there is.

    Policies are left to `differences`: `pg_dump` lists their roles in the order in which the server got them.

    Args:
        found: The database.
        made: The one that the project makes.
    """
    there, here = (
        Counter(one for one in own_statements(of) if VERSION_TABLE not in one and not one.startswith("CREATE POLICY "))
        for of in (found, made)
    )
    lacking = [f"this statement is not run again: {sql.one_line(one)}" for one in sorted((there - here).elements())]
    new = [f"this statement is run besides: {sql.one_line(one)}" for one in sorted((here - there).elements())]
    return lacking + new


def _fields(one: Any, other: Any) -> Iterator[str]:  # noqa: ANN401
    for name, value in vars(one).items():
        if value != getattr(other, name):
            yield name.replace("_", " ")


def _own(schema: str) -> bool:
    return not is_platform(schema)


def _grants(grants: Iterable[Grant], owner: str) -> tuple[Grant, ...]:
    kept = {replace(grant, grantor="") for grant in grants if grant.grantee not in (owner, "postgres")}
    return tuple(sorted(kept, key=lambda one: (one.grantee, one.privilege, one.column or "", one.grantable)))


def _tables(of: Schema) -> dict[str, Any]:
    return {
        str(one): replace(
            one,
            rows=-1,
            owner="",
            grants=_grants(one.grants, one.owner),
            policies=tuple(sorted(one.policies)),
            constraints=tuple(sorted(one.constraints)),
            indexes=tuple(sorted(one.indexes, key=lambda index: index.name)),
        )
        for one in of.tables
        if _own(one.schema) and one.extension is None and one.name != VERSION_TABLE
    }


def _views(of: Schema) -> dict[str, Any]:
    return {
        str(one): replace(one, owner="", reads=(), grants=_grants(one.grants, one.owner))
        for one in of.views
        if _own(one.schema) and one.extension is None
    }


def _functions(of: Schema) -> dict[str, Any]:
    return {
        str(one): replace(one, owner="", reads=(), grants=_grants(one.grants, one.owner))
        for one in of.functions
        if _own(one.schema) and str(one) != PLATFORM_FUNCTION
    }


def _triggers(of: Schema) -> dict[str, Any]:
    return {str(one): one for one in of.triggers if _own(one.function[0])}


def _sequences(of: Schema) -> dict[str, Any]:
    return {
        str(one): replace(one, owner="", grants=_grants(one.grants, one.owner))
        for one in of.sequences
        if _own(one.schema)
    }


def _publications(of: Schema) -> dict[str, Any]:
    kept = (replace(one, owner="", tables=tuple(key for key in one.tables if _own(key[0]))) for one in of.publications)
    return {one.name: one for one in kept if one.tables or one.schemas or one.all_tables}


def _rules(of: Schema) -> dict[str, Any]:
    return {str(one): replace(one, reads=()) for one in of.rewrite_rules if _own(one.schema)}


def _policies_of_others(of: Schema) -> dict[str, Any]:
    return {
        str(policy): replace(policy, reads=(), comment=None)
        for one in of.tables
        if is_platform(one.schema) or one.extension is not None
        for policy in one.policies
    }


def _namespaces(of: Schema) -> dict[str, Any]:
    return {
        one.name: replace(one, owner="", grants=_grants(one.grants, one.owner))
        for one in of.namespaces
        if _own(one.name)
    }
