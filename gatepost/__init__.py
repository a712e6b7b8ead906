"""Row-level security as code for SQLModel and Supabase.

The public names are imported when they are first used, so that the command line starts without SQLAlchemy.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gatepost.auth import Role, anon, authenticated, claim, jwt, public, role, service_role, uid
    from gatepost.database.engine import create_engine
    from gatepost.database.impersonation import acting_as, acting_as_service
    from gatepost.declare.language import allow, declaring, owner, protect, restrict, through
    from gatepost.errors import GatepostError
    from gatepost.finding import Finding, NotChecked, Result
    from gatepost.observation.api import observe
    from gatepost.project import declared
    from gatepost.verification import assert_row_security, verify

_HOMES = {
    "Finding": "gatepost.finding",
    "GatepostError": "gatepost.errors",
    "NotChecked": "gatepost.finding",
    "Result": "gatepost.finding",
    "Role": "gatepost.auth",
    "acting_as": "gatepost.database.impersonation",
    "acting_as_service": "gatepost.database.impersonation",
    "allow": "gatepost.declare.language",
    "anon": "gatepost.auth",
    "assert_row_security": "gatepost.verification",
    "authenticated": "gatepost.auth",
    "claim": "gatepost.auth",
    "create_engine": "gatepost.database.engine",
    "declared": "gatepost.project",
    "declaring": "gatepost.declare.language",
    "jwt": "gatepost.auth",
    "observe": "gatepost.observation.api",
    "owner": "gatepost.declare.language",
    "protect": "gatepost.declare.language",
    "public": "gatepost.auth",
    "restrict": "gatepost.declare.language",
    "role": "gatepost.auth",
    "service_role": "gatepost.auth",
    "through": "gatepost.declare.language",
    "uid": "gatepost.auth",
    "verify": "gatepost.verification",
}

__all__ = [
    "Finding",
    "GatepostError",
    "NotChecked",
    "Result",
    "Role",
    "acting_as",
    "acting_as_service",
    "allow",
    "anon",
    "assert_row_security",
    "authenticated",
    "claim",
    "create_engine",
    "declared",
    "declaring",
    "jwt",
    "observe",
    "owner",
    "protect",
    "public",
    "restrict",
    "role",
    "service_role",
    "through",
    "uid",
    "verify",
]


def __getattr__(name: str) -> object:
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module 'gatepost' has no attribute {name!r}")
    return getattr(import_module(home), name)


def __dir__() -> list[str]:
    return __all__
