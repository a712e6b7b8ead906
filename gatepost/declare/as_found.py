"""What a table had before it was declared: its row security, and who holds which privilege."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from gatepost.auth import Role
from gatepost.declare.source_location import with_source_location
from gatepost.errors import DeclarationError
from gatepost.schema import PLATFORM_GRANTORS, Grant, RowSecurity

Privilege = str | tuple[str, ...]
"""`"SELECT"`, or `("UPDATE", "title", "done")` on columns; `"SELECT*"` may be granted to others."""


@dataclass(frozen=True)
class AsFound:
    """The row security and the grants of a table; `sequences` has those behind its columns."""

    row_security: RowSecurity
    grants: tuple[Grant, ...]
    sequences: tuple[tuple[str, tuple[Grant, ...]], ...]


@with_source_location
def as_found(
    grants: Mapping[Role, Iterable[Privilege]],
    *,
    enabled: bool = True,
    forced: bool = False,
    sequences: Mapping[str, Mapping[Role, Iterable[Privilege]]] | None = None,
) -> AsFound:
    """Say what a table had before it was declared, for `protect(…, found=as_found(…))`; `gatepost adopt` writes it.

    Nothing of it is judged at declaration: neither indexes nor what a policy lets through. `gatepost verify` does. A
    statement without it demands forced row security, and grants what its rules need.

    Args:
        grants: The privileges of each role: `"SELECT"`, or `("UPDATE", "title")` on columns. `"SELECT*"` is one that
            the role may grant to others.
        enabled: Whether row security is on.
        forced: Whether it holds for the owner of the table too.
        sequences: The privileges on the sequence behind each column that has one.

    Raises:
        DeclarationError: a privilege or a role is none.
    """
    behind = sorted((sequences or {}).items())
    return AsFound(
        RowSecurity(enabled, forced), _grants(grants), tuple((column, _grants(given)) for column, given in behind)
    )


def _grants(given: Mapping[Role, Iterable[Privilege]]) -> tuple[Grant, ...]:
    found = {grant for role, privileges in given.items() for one in privileges for grant in _of(role, one)}
    return tuple(sorted(found, key=lambda grant: (grant.grantee, grant.privilege, grant.column or "")))


def _of(role: object, privilege: object) -> Iterable[Grant]:
    if not isinstance(role, Role):
        raise DeclarationError(f"as_found() takes roles, not {role!r}", 'as_found({authenticated: ("SELECT",)})')
    name, *columns = (
        (privilege,) if isinstance(privilege, str) else privilege if isinstance(privilege, tuple) else ("",)
    )
    plain = name.removesuffix("*")
    if not plain.isalpha() or not plain.isupper():
        raise DeclarationError(f"{privilege!r} is no privilege", 'as_found({authenticated: ("SELECT", "INSERT")})')
    return [Grant(role.name, plain, column, grantable=name.endswith("*")) for column in columns or (None,)]


def held_by_role(grants: Iterable[Grant], owner: str) -> dict[str, list[Privilege]]:
    """Return the privileges of each role as `as_found` takes them, without the owner's and those of the platform."""
    found: defaultdict[str, list[Privilege]] = defaultdict(list)
    columns: defaultdict[tuple[str, str], set[str]] = defaultdict(set)
    for grant in sorted(grants, key=lambda one: (one.grantee, one.privilege, one.column or "")):
        if grant.grantee == owner or grant.grantor in PLATFORM_GRANTORS:
            continue
        name = grant.privilege + ("*" if grant.grantable else "")
        if grant.column is None:
            found[grant.grantee].append(name)
        else:
            columns[grant.grantee, name].add(grant.column)
    for (grantee, name), of in sorted(columns.items()):
        found[grantee].append((name, *sorted(of)))
    return dict(sorted(found.items()))
