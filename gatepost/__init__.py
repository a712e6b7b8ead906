"""Row-level security as code for SQLModel and Supabase.

The public names are imported when they are first used, so that the command line starts without SQLAlchemy.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gatepost.lazy_names import lazy_names

if TYPE_CHECKING:
    from sqlalchemy import text

    from gatepost.auth import Role, anon, authenticated, claim, claims, jwt, public, role, service_role, uid
    from gatepost.database.async_engine import create_async_engine
    from gatepost.database.engine import create_engine
    from gatepost.database.impersonation.acting import acting_as, acting_as_service
    from gatepost.declare.as_found import as_found
    from gatepost.declare.belonging import member, owner, through
    from gatepost.declare.expression import anything
    from gatepost.declare.helper_call import call
    from gatepost.declare.language import allow, declaring, protect, restrict
    from gatepost.declare.platform_tables import auth_users, bucket, folder, topic
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
    "acting_as": "gatepost.database.impersonation.acting",
    "acting_as_service": "gatepost.database.impersonation.acting",
    "allow": "gatepost.declare.language",
    "anon": "gatepost.auth",
    "anything": "gatepost.declare.expression",
    "as_found": "gatepost.declare.as_found",
    "assert_row_security": "gatepost.verification",
    "auth_users": "gatepost.declare.platform_tables",
    "authenticated": "gatepost.auth",
    "bucket": "gatepost.declare.platform_tables",
    "call": "gatepost.declare.helper_call",
    "claim": "gatepost.auth",
    "claims": "gatepost.auth",
    "create_async_engine": "gatepost.database.async_engine",
    "create_engine": "gatepost.database.engine",
    "declared": "gatepost.project",
    "declaring": "gatepost.declare.language",
    "folder": "gatepost.declare.platform_tables",
    "jwt": "gatepost.auth",
    "member": "gatepost.declare.belonging",
    "observe": "gatepost.observation.api",
    "owner": "gatepost.declare.belonging",
    "protect": "gatepost.declare.language",
    "public": "gatepost.auth",
    "restrict": "gatepost.declare.language",
    "role": "gatepost.auth",
    "service_role": "gatepost.auth",
    "text": "sqlalchemy",
    "through": "gatepost.declare.belonging",
    "topic": "gatepost.declare.platform_tables",
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
    "anything",
    "as_found",
    "assert_row_security",
    "auth_users",
    "authenticated",
    "bucket",
    "call",
    "claim",
    "claims",
    "create_async_engine",
    "create_engine",
    "declared",
    "declaring",
    "folder",
    "jwt",
    "member",
    "observe",
    "owner",
    "protect",
    "public",
    "restrict",
    "role",
    "service_role",
    "text",
    "through",
    "topic",
    "uid",
    "verify",
]

__getattr__ = lazy_names(__name__, _HOMES)


def __dir__() -> list[str]:
    return __all__
