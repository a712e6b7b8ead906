"""Roles, memberships, schemas and default privileges."""

from __future__ import annotations

from dataclasses import dataclass

from gatepost.schema.tables import Grant


@dataclass(frozen=True, order=True)
class Namespace:
    """A PostgreSQL schema: its owner and its grants."""

    name: str
    owner: str
    grants: tuple[Grant, ...] = ()


@dataclass(frozen=True, order=True)
class Membership:
    """That `member` belongs to `role`: it inherits its privileges, and may `SET ROLE` to it."""

    role: str
    member: str
    inherit: bool
    set_role: bool


@dataclass(frozen=True, order=True)
class DatabaseRole:
    """A role of the server with the attributes that decide what row security means for it."""

    name: str
    superuser: bool
    bypass_row_security: bool
    inherit: bool
    login: bool
    settings: tuple[str, ...] = ()


@dataclass(frozen=True, order=True)
class DefaultPrivilege:
    """What `grantee` will hold on objects that `creator` makes later; `schema` is empty for every schema."""

    creator: str
    schema: str
    kind: str
    grant: Grant
