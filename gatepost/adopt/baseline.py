"""Write the first revision: the database as it is, as the SQL that `pg_dump` writes of it.

The revision is stamped on the database that was adopted, and run on an empty one.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from gatepost import sql
from gatepost.adopt.reprinted import as_written
from gatepost.adopt.roles import role_statements
from gatepost.ddl import create_sql
from gatepost.observation.clone.schema import Kept
from gatepost.schema import Schema, is_platform
from gatepost.sql_script import statements

REVISION = '''"""The database as it was adopted: stamped there, run on an empty one.

Revision ID: 0001
Revises:
"""

from pathlib import Path

from gatepost.migrate import execute_file

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    execute_file(Path(__file__).with_suffix(".sql"))


def downgrade() -> None:
    execute_file(Path(__file__).with_suffix(".down.sql"))
'''
VERSION_TABLE = '''"""Close Alembic's own table to the API, as it is closed in a project that began with Gatepost.

Revision ID: 0002
Revises: 0001
"""

from alembic import op

from gatepost.migrate import RevokeAll, RowSecurityEntity

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_entity(RevokeAll("public", "alembic_version"))
    op.create_entity(RowSecurityEntity("public", "alembic_version", forced=False))


def downgrade() -> None:
    """Alembic keeps its table, and nobody needs it open again."""
'''
_SKIPPED = re.compile(
    r"(?:SET (?:statement_timeout|lock_timeout|idle_in_transaction_session_timeout|transaction_timeout|client_encoding"
    r"|standard_conforming_strings|check_function_bodies|xmloption|client_min_messages|row_security"
    r"|default_tablespace|default_table_access_method)\b"
    r"|SELECT pg_catalog\.set_config\('search_path'"
    r"|ALTER (?:.|\n)* OWNER TO (?:\"[^\"]+\"|\w+)\Z"
    r"|GRANT (?:USAGE|ALL) ON SCHEMA public TO (?:postgres|anon|authenticated|service_role)\Z"
    r"|CREATE SCHEMA public\Z"
    r"|COMMENT ON EXTENSION )"
)
NOTHING = "-- The tables were there, and others make them.\n"
"""The SQL of a baseline for a project that declares a part of a database."""
_EXTENSION = re.compile(r'CREATE EXTENSION IF NOT EXISTS ("?)([\w-]+)\1')
_ALWAYS = frozenset({"pg_graphql", "pg_stat_statements", "pgcrypto", "supabase_vault", "uuid-ossp", "plpgsql"})
_EVENT_TRIGGER = re.compile(r"(?:CREATE|ALTER) EVENT TRIGGER (\"[^\"]+\"|\w+) ")
PLATFORM_FUNCTION = "public.rls_auto_enable()"
"""A function that the platform itself puts into `public`."""
_DEFAULTS = re.compile(r"ALTER DEFAULT PRIVILEGES FOR ROLE (\"[^\"]+\"|\w+) ")


def upgrade_sql(source: Kept, comments: Iterable[str]) -> str:
    """Return the statements that make the database out of an empty one.

    Args:
        source: What was read of it.
        comments: The statements that make its comments.
    """
    found = [
        "SELECT pg_catalog.set_config('search_path', '', true)",
        "SET LOCAL check_function_bodies = off",
        *role_statements(source.live),
        *_closed_defaults(),
        *own_statements(source),
        *_on_platform(source.live),
        *_published(source.live),
        *comments,
        "RESET check_function_bodies",
        "RESET search_path",
    ]
    return "".join(f"{one};\n\n" for one in found)


def own_statements(source: Kept) -> Iterator[str]:
    """Yield the statements of a dump that make the project's own objects, as whoever migrates runs them."""
    for one in statements(source.dump, "the dump", dumped=True):
        text = _own(one.text, source)
        if text is not None:
            yield text


def _own(statement: str, source: Kept) -> str | None:
    """Return a statement of the dump as whoever migrates runs it, or None for what is there already."""
    text = as_written(statement.strip())
    if _SKIPPED.match(text) or PLATFORM_FUNCTION in text.partition("\n")[0]:
        return None
    if (trigger := _EVENT_TRIGGER.match(text)) is not None:
        own = {one.name for one in source.live.event_triggers if one.owner == source.owner}
        return text if trigger[1].strip('"') in own else None
    if (extension := _EXTENSION.match(text)) is not None and extension[2] in _ALWAYS:
        return None
    if (defaults := _DEFAULTS.match(text)) is not None:
        # Those of other roles are the platform's.
        mine = defaults[1].strip('"') in (source.owner, "postgres")
        return f"ALTER DEFAULT PRIVILEGES {text[defaults.end() :]}" if mine else None
    return text


def _closed_defaults() -> Iterator[str]:
    """Take the platform's grants on new objects away: the dump says of each object who holds what."""
    for kind in ("TABLES", "SEQUENCES", "FUNCTIONS"):
        yield (
            f"ALTER DEFAULT PRIVILEGES IN SCHEMA public REVOKE ALL ON {kind} FROM anon, authenticated, service_role,"
            " postgres"
        )


def _on_platform(live: Schema) -> Iterator[str]:
    """Yield what the project added to tables of the platform: policies, and triggers that call its own functions."""
    for table in live.tables:
        if is_platform(table.schema):
            for policy in table.policies:
                yield from create_sql(policy)
    for trigger in live.triggers:
        if is_platform(trigger.schema) and not is_platform(trigger.function[0]):
            yield trigger.definition


def _published(live: Schema) -> Iterator[str]:
    """Add tables to the publications of the project, and to the platform's own, which an empty database has."""
    for one in live.publications:
        name = sql.identifier(one.name)
        own = [sql.qualified(*key) for key in one.tables if not is_platform(key[0])]
        parts = [f"TABLE {', '.join(own)}"] if own else []
        parts += [f"TABLES IN SCHEMA {sql.identifier(schema)}" for schema in one.schemas]
        if parts and not one.all_tables:
            yield (
                f"DO $$ BEGIN IF NOT EXISTS (SELECT FROM pg_catalog.pg_publication WHERE pubname ="
                f" {sql.literal(one.name)}) THEN CREATE PUBLICATION {name}; END IF; END $$"
            )
            yield f"ALTER PUBLICATION {name} ADD {', '.join(parts)}"


def downgrade_sql(live: Schema) -> str:
    """Return the statements that drop what the baseline makes."""
    found = []
    for trigger in live.triggers:
        if is_platform(trigger.schema) and not is_platform(trigger.function[0]):
            on = sql.qualified(trigger.schema, trigger.table)
            found.append(f"DROP TRIGGER IF EXISTS {sql.identifier(trigger.name)} ON {on}")
    for table in live.tables:
        if is_platform(table.schema):
            name = sql.qualified(table.schema, table.name)
            found += [f"DROP POLICY IF EXISTS {sql.identifier(one.name)} ON {name}" for one in table.policies]
    own = sorted({one.name for one in live.namespaces if one.name != "public" and not is_platform(one.name)})
    found += [f"DROP SCHEMA IF EXISTS {sql.identifier(name)} CASCADE" for name in own]
    for view in live.views:
        if view.schema == "public" and view.extension is None:
            kind = "MATERIALIZED VIEW" if view.kind == "materialized" else "VIEW"
            found.append(f"DROP {kind} IF EXISTS {sql.qualified('public', view.name)} CASCADE")
    for table in live.tables:
        if table.schema == "public" and table.extension is None and not table.partition:
            kind = "FOREIGN TABLE" if table.kind == "foreign" else "TABLE"
            found.append(f"DROP {kind} IF EXISTS {sql.qualified('public', table.name)} CASCADE")
    for function in live.functions:
        if function.schema == "public" and str(function) != PLATFORM_FUNCTION:
            kind = {"procedure": "PROCEDURE", "aggregate": "AGGREGATE"}.get(function.kind, "FUNCTION")
            name = sql.qualified("public", function.name)
            found.append(f"DROP {kind} IF EXISTS {name}({function.arguments}) CASCADE")
    return "".join(f"{one};\n\n" for one in found)
