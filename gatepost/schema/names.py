"""Names that all packages use: commands, the roles of the API, and the schemas that belong to the platform."""

from __future__ import annotations

from typing import Literal

Command = Literal["all", "select", "insert", "update", "delete"]
RowCommand = Literal["select", "insert", "update", "delete"]
"""What a statement does with rows; a policy may also be for all of it."""
COMMANDS: tuple[RowCommand, ...] = ("select", "insert", "update", "delete")

API_ROLES = ("anon", "authenticated", "service_role")
"""The roles that a token of the Data API can hold."""

PLATFORM_SCHEMAS = frozenset(
    "auth storage realtime _realtime graphql graphql_public extensions vault net cron pgbouncer pgmq pgsodium"
    " pgsodium_masks pgtle supabase_functions supabase_migrations tiger tiger_data topology etl _analytics"
    " _supavisor repack".split()
)
"""Schemas whose tables belong to the platform or to an extension: their policies can be declared, nothing else.

Source: the Supabase documentation on the schemas that `postgres` does not own.
"""

IN_OWN_FOLDER = "(storage.foldername(name))[1] = (SELECT auth.uid())::text"
"""The condition by which a file of the storage service lies in its caller's folder.

Source: https://supabase.com/docs/guides/storage/security/access-control
"""

PLATFORM_GRANTORS = frozenset({"supabase_admin"})
"""Roles whose grants and default privileges a project cannot change."""


def is_platform(schema: str) -> bool:
    """Return whether a schema belongs to PostgreSQL, to the platform or to an extension of the platform."""
    return schema in PLATFORM_SCHEMAS or schema == "information_schema" or schema.startswith("pg_")
