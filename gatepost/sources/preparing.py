"""A throw-away server as a new hosted project: who runs migrations, what they may do, and which extensions are there.

The migrations run as `postgres`, who is no superuser and has no privilege over the server. What the platform lets its
`postgres` do with tables of others (policies on `storage.objects`, and the like) is done as a second role, `PLATFORM`,
for such a statement alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING

from gatepost import sql
from gatepost.local import platform_sql
from gatepost.local.throwaway.image import DATABASE, LOADER, LOGIN, PLATFORM
from gatepost.reflect.standins import PREINSTALLED

if TYPE_CHECKING:
    from psycopg2.extensions import connection as Connection
    from psycopg2.extensions import cursor as Cursor

    from gatepost.sources.profile import Profile

OWNER = "postgres"
_SCHEMA = {"pg_graphql": "graphql", "supabase_vault": "vault"}
_SWITCHED_ON = {
    "pg_cron": r"\bcron\.(schedule|unschedule|job)\b",
    "pg_net": r"\bnet\.http_(get|post|delete)\b",
    "http": r"(?<![\w.])(extensions\.)?http_(get|post|put|delete|header)\s*\(|::\s*http_(request|header)\b",
    "vector": r"\bvector\s*\(\s*\d+\s*\)|::\s*(extensions\.)?(half)?vec(tor)?\b|\bvector_(cosine|l2|ip)_ops\b",
    "pgmq": r"\bpgmq\.\w+\s*\(",
    "pg_jsonschema": r"\bjsonb?_matches_schema\s*\(",
    "pg_trgm": r"\bg(in|ist)_trgm_ops\b|\bsimilarity\s*\(",
    "postgis": r"\b(geography|geometry)\s*\(\s*\w+|\bst_(makepoint|dwithin|distance|setsrid)\s*\(",
    "citext": r"\bcitext\b",
    "unaccent": r"\bunaccent\s*\(",
    "moddatetime": r"\bmoddatetime\s*\(",
}
"""What a script calls that does not make the extension: somebody switched it on in the Dashboard."""
_SETTING = re.compile(
    r"\balter\s+(?:role|user|database)\s+\S+\s+(?:in\s+database\s+\S+\s+)?set\s+"
    r"(?P<quote>\"?)(?P<name>[a-z_]\w*(?:\.[a-z_]\w*)+)(?P=quote)\s*(?:=|\bto\b)",
    re.IGNORECASE,
)
"""A setting of the project's own that a script gives a role or the database, which the platform's `postgres` may."""
_OWNERS = "supabase_auth_admin, supabase_storage_admin, supabase_realtime_admin"
_TIMEOUT = "60s"


def prepare(admin: Connection, profile: Profile, texts: Iterable[str], *, lent: bool = False) -> tuple[str, ...]:
    """Make the server's database what a new project is.

    Args:
        admin: The server's superuser, in no transaction, before anything foreign is there.
        profile: Who may use what is made.
        texts: The scripts that will be run.
        lent: Whether `postgres` itself may do what owners of the platform's tables may: for code that sends its own
            statements, which cannot be sent as another role. The platform allows less.

    Returns:
        The extensions that the scripts use and do not make, which are there now as if somebody had switched them on.
    """
    text = "\n".join(texts)
    with admin, admin.cursor() as cursor:
        platform_sql.apply(admin, *platform_sql.PROFILES["old" if profile.grants == "open" else "new"])
        cursor.execute("SELECT pg_catalog.current_setting('server_version_num')::pg_catalog.int4")
        (version,) = cursor.fetchone() or (0,)
        cursor.execute("; ".join([*_roles(version, profile), *_settings(text)]))
        if lent:
            cursor.execute(f"GRANT {_OWNERS} TO {OWNER}")
        cursor.execute("DROP FUNCTION IF EXISTS extensions.uuid_generate_v4()")
        cursor.execute(f"SET ROLE {OWNER}")  # so that a migration may drop them
        for name in PREINSTALLED:
            _make(cursor, name)
        used = _switched_on(text)
        for name in used:
            _make(cursor, name)
        cursor.execute("RESET ROLE")
    return used


def _roles(version: int, profile: Profile) -> list[str]:
    serving = sql.literal(",".join(profile.schemas))
    statements = [
        f"ALTER DATABASE {DATABASE} OWNER TO {OWNER}",
        f"ALTER ROLE {LOGIN} NOINHERIT NOBYPASSRLS CONNECTION LIMIT -1",
        f"REVOKE SET ON PARAMETER session_replication_role FROM {LOGIN}",
        f"GRANT anon, authenticated, service_role TO {LOGIN}; GRANT {LOGIN} TO supabase_storage_admin",
        f"CREATE ROLE {PLATFORM} NOLOGIN",  # `postgres` is no member of the owners of the platform's tables
        f"GRANT {OWNER}, {_OWNERS} TO {PLATFORM}",
        f"GRANT {OWNER}, {PLATFORM}, anon, authenticated, service_role, {LOGIN} TO {LOADER}",
        f"ALTER ROLE {LOADER} SET role = '{OWNER}'",
        f'ALTER ROLE {LOADER} SET search_path = "$user", public, extensions',
        f"ALTER ROLE {LOADER} SET statement_timeout = '{_TIMEOUT}'",
        f"ALTER ROLE {LOADER} SET client_min_messages = 'error'",
        f"ALTER ROLE {LOADER} SET storage.allow_delete_query = 'true'",
        f"ALTER ROLE {LOGIN} SET pgrst.db_schemas = {serving}",
    ]
    if version >= 160000:  # before, CREATEROLE is enough to become a role that runs programs
        statements += [
            f"ALTER ROLE {OWNER} CREATEROLE",
            f"GRANT {LOGIN} TO {OWNER} WITH ADMIN TRUE, INHERIT FALSE, SET FALSE",
        ]
    return statements


def _settings(text: str) -> list[str]:
    found = sorted({match["name"].lower() for match in _SETTING.finditer(text)})
    parts = [".".join(sql.identifier(part) for part in name.split(".")) for name in found]
    return [f"GRANT SET ON PARAMETER {name} TO {OWNER}" for name in parts]


def _make(cursor: Cursor, name: str) -> None:
    schema = _SCHEMA.get(name, "extensions")
    cursor.execute("SELECT FROM pg_catalog.pg_available_extensions WHERE name = %s", [name])
    if cursor.fetchone() is not None:
        cursor.execute(f"CREATE EXTENSION IF NOT EXISTS {sql.identifier(name)} SCHEMA {sql.identifier(schema)}")


def _switched_on(text: str) -> tuple[str, ...]:
    made = {name.lower() for name in _CREATED.findall(text)}
    return tuple(
        name
        for name, use in _SWITCHED_ON.items()
        if name not in made and re.search(use, text, re.IGNORECASE) is not None
    )


_CREATED = re.compile(r"\bcreate\s+extension\s+(?:if\s+not\s+exists\s+)?\"?([\w-]+)", re.IGNORECASE)
