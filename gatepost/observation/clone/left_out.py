"""List what a clone leaves out on purpose, and why the verdict stands without it, where it does."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from gatepost import sql
from gatepost.finding import NotChecked
from gatepost.observation.clone.roles import reachable
from gatepost.schema import Function, Schema, is_platform

if TYPE_CHECKING:
    from psycopg2.extensions import connection as Connection

_COUNTED = """
SELECT 'foreign server', s.srvname::pg_catalog.text FROM pg_catalog.pg_foreign_server s
 UNION ALL
SELECT 'subscription', s.subname::pg_catalog.text
  FROM pg_catalog.pg_subscription s
  JOIN pg_catalog.pg_database d ON d.oid = s.subdbid AND d.datname = pg_catalog.current_database()
 UNION ALL
SELECT 'large objects', pg_catalog.count(*)::pg_catalog.text FROM pg_catalog.pg_largeobject_metadata
HAVING pg_catalog.count(*) > 0
 ORDER BY 1, 2
"""
_COVERED = {
    "foreign server": "every foreign table on it is reported itself",
    "subscription": "it brings rows in, and gives none to a caller of the API",
    "large objects": "the Data API serves none",
}
_PLATFORM = ("ensure_rls", "supabase_realtime")
"""An event trigger and a publication that the platform creates in every project."""


def left_out(source: Connection, live: Schema) -> list[NotChecked]:
    """Return what a clone never contains.

    Args:
        source: Inside a transaction that only reads.
        live: The source's schema.
    """
    with source.cursor() as cursor:
        cursor.execute(_COUNTED)
        found = [
            NotChecked(
                kind if kind == "large objects" else f"{kind} {name}", "left out of the clone", True, _COVERED[kind]
            )
            for kind, name in cursor.fetchall()
        ]
    return [*found, *_of_the_catalog(live)]


def _may_set(function: Function | None) -> bool:
    """Return whether what runs at a login may set something for the session in which the API's requests run."""
    if function is None or function.language not in ("sql", "plpgsql"):
        return True
    return bool({piece.name for piece in sql.tokens(function.body)} & {"set", "set_config", "execute", "reset"})


def _of_the_catalog(live: Schema) -> Iterable[NotChecked]:
    for trigger in live.event_triggers:
        if not is_platform(trigger.function[0]) and trigger.name not in _PLATFORM:
            covered = "it fires for changes of the schema, and the Data API makes none"
            if trigger.event == "login":
                covered = "" if _may_set(live.function(*trigger.function)) else "it sets nothing for the session"
            yield NotChecked(f"event trigger {trigger.name}", "left out of the clone", True, covered)
    for publication in live.publications:
        if publication.name not in _PLATFORM:
            covered = "it sends rows to replicas, and gives none to a caller of the API"
            yield NotChecked(f"publication {publication.name}", "left out of the clone", True, covered)
    api = reachable(live)
    for table in live.tables:
        if table.kind == "foreign" and table.extension is None:
            open_ = any(grant.grantee in api for grant in table.grants)
            why = "a foreign table: its rows lie elsewhere, and nothing is planted there"
            yield NotChecked(str(table), why, True, "" if open_ else "no role of the API has a privilege on it")
