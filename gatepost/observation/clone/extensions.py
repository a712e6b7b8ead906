"""Create the source's extensions in the clone, from this server's own files, before anything foreign is there."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from gatepost import sql
from gatepost.finding import NotChecked
from gatepost.reflect.standins import USED_OF_EXTENSIONS
from gatepost.schema import Extension, Schema

if TYPE_CHECKING:
    from psycopg2.extensions import connection as Connection
    from psycopg2.extensions import cursor as Cursor

_HARMLESS = frozenset(
    "earthdistance moddatetime autoinc insert_username refint bloom pg_stat_statements postgis".split()
)
"""Extensions that PostgreSQL does not mark as trusted, but that access nothing outside the database."""
_LANGUAGE = re.compile(r"(^|_)pl(perl|tcl|v8|coffee|ls|python|rust|java|sh|r$)")
_OFFERED = """
SELECT a.name, v.trusted OR NOT v.superuser, coalesce(v.requires, '{}')
  FROM pg_catalog.pg_available_extensions a
  JOIN pg_catalog.pg_available_extension_versions v ON v.name = a.name AND v.version = a.default_version
"""
_DEPENDENTS = (
    USED_OF_EXTENSIONS
    + """
, user_of AS (
    SELECT DISTINCT u.extname, d.classid, d.objid
      FROM used u JOIN pg_catalog.pg_depend d ON d.refclassid = u.classid AND d.refobjid = u.objid AND d.deptype <> 'e'
     WHERE NOT EXISTS (SELECT FROM member m WHERE m.classid = d.classid AND m.objid = d.objid)
), relation AS (
    SELECT u.extname, coalesce(a.adrelid, k.conrelid, p.polrelid, t.tgrelid, r.ev_class, c.oid) AS oid
      FROM user_of u
      LEFT JOIN pg_catalog.pg_attrdef a ON u.classid = 'pg_catalog.pg_attrdef'::pg_catalog.regclass AND a.oid = u.objid
      LEFT JOIN pg_catalog.pg_constraint k
             ON u.classid = 'pg_catalog.pg_constraint'::pg_catalog.regclass AND k.oid = u.objid
      LEFT JOIN pg_catalog.pg_policy p ON u.classid = 'pg_catalog.pg_policy'::pg_catalog.regclass AND p.oid = u.objid
      LEFT JOIN pg_catalog.pg_trigger t ON u.classid = 'pg_catalog.pg_trigger'::pg_catalog.regclass AND t.oid = u.objid
      LEFT JOIN pg_catalog.pg_rewrite r ON u.classid = 'pg_catalog.pg_rewrite'::pg_catalog.regclass AND r.oid = u.objid
      LEFT JOIN pg_catalog.pg_class c ON u.classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND c.oid = u.objid
)
SELECT r.extname, n.nspname, c.relname
  FROM relation r
  JOIN pg_catalog.pg_class c ON c.oid = r.oid AND c.relkind IN ('r', 'p', 'v', 'm', 'f')
  JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
UNION
SELECT u.extname, n.nspname, p.proname
  FROM user_of u
  JOIN pg_catalog.pg_proc p ON u.classid = 'pg_catalog.pg_proc'::pg_catalog.regclass AND p.oid = u.objid
  JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace
UNION
SELECT u.extname, n.nspname, t.typname
  FROM user_of u
  JOIN pg_catalog.pg_type t ON u.classid = 'pg_catalog.pg_type'::pg_catalog.regclass AND t.oid = u.objid
  JOIN pg_catalog.pg_namespace n ON n.oid = t.typnamespace
"""
)

Dependents = Mapping[tuple[str, str], frozenset[str]]
"""The extensions that a table, view, function or type needs, by its schema and name."""


@dataclass(frozen=True)
class Lacking:
    """The extensions that the clone lacks, each with the reason."""

    why: Mapping[str, str]
    dependents: Dependents

    def of(self, key: tuple[str, str]) -> str:
        """Return why something could not be created, if it needs such an extension, or an empty text."""
        needed = sorted(self.dependents.get(key, frozenset()) & set(self.why))
        return f'it needs the extension "{needed[0]}", and {self.why[needed[0]]}' if needed else ""

    def not_checked(self) -> Iterable[NotChecked]:
        """Yield each missing extension. The verdict stands without it, because what needs it is reported itself."""
        needed = frozenset[str]().union(*self.dependents.values())
        for name, why in sorted(self.why.items()):
            covered = "what needs it is reported itself" if name in needed else "nothing in the schema needs it"
            yield NotChecked(f"extension {name}", f"is not in the clone: {why}", ours=True, covered_by=covered)


def dependents(source: Connection) -> Dependents:
    """Return what needs an extension in the source, according to its catalog. Function bodies are not searched."""
    found: dict[tuple[str, str], set[str]] = {}
    with source.cursor() as cursor:
        cursor.execute(_DEPENDENTS)
        for extension, schema, name in cursor.fetchall():
            found.setdefault((schema, name), set()).add(extension)
    return {key: frozenset(names) for key, names in found.items()}


def make_extensions(admin: Connection, live: Schema, needed: Dependents) -> Lacking:
    """Create the extensions of the source, each in its schema and in the version that this server has.

    Args:
        admin: The clone's superuser, in no transaction, while nothing foreign is there; the schemas are.
        live: The source.
        needed: From `dependents`.
    """
    with admin, admin.cursor() as cursor:
        cursor.execute(_OFFERED)
        offered = {str(name): (bool(fit), tuple(requires)) for name, fit, requires in cursor.fetchall()}
        cursor.execute("SELECT e.extname, n.nspname FROM pg_catalog.pg_extension e"
                       " JOIN pg_catalog.pg_namespace n ON n.oid = e.extnamespace")  # fmt: skip
        there = dict(cursor.fetchall())
        lacking: dict[str, str] = {}
        todo: list[Extension] = []
        for extension in live.extensions:
            if there.get(extension.name) == extension.schema or extension.name == "plpgsql":
                continue
            if extension.name not in offered:
                lacking[extension.name] = "this server does not have it"
            elif not _may(extension.name, trusted=offered[extension.name][0]):
                lacking[extension.name] = "it can access things outside the database"
            else:
                todo.append(extension)
        lacking |= _make_in_order(cursor, todo, {name: requires for name, (_, requires) in offered.items()}, there)
    return Lacking(lacking, needed)


def _may(name: str, *, trusted: bool) -> bool:
    return name in _HARMLESS or (trusted and _LANGUAGE.search(name) is None)


def _make_in_order(
    cursor: Cursor, todo: list[Extension], requires: Mapping[str, tuple[str, ...]], there: Mapping[str, str]
) -> dict[str, str]:
    from psycopg2 import Error

    lacking: dict[str, str] = {}
    made = set(there)
    while todo:
        ready = [one for one in todo if set(requires[one.name]) <= made]
        if not ready:
            return lacking | {one.name: "an extension that it requires is missing" for one in todo}
        for one in ready:
            name = sql.identifier(one.name)
            again = f"DROP EXTENSION IF EXISTS {name}; " if one.name in there else ""
            if one.name == "uuid-ossp":
                again = "DROP FUNCTION IF EXISTS extensions.uuid_generate_v4(); "  # our stand-in
            cursor.execute("SAVEPOINT gatepost_extension")
            try:
                cursor.execute(f"{again}CREATE EXTENSION {name} SCHEMA {sql.identifier(one.schema)}")
            except Error as error:
                cursor.execute("ROLLBACK TO SAVEPOINT gatepost_extension")
                lacking[one.name] = f"this server cannot create it: {error.diag.message_primary}"
            else:
                made.add(one.name)
            cursor.execute("RELEASE SAVEPOINT gatepost_extension")
        todo = [one for one in todo if one not in ready]
    return lacking
