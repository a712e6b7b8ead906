"""Run the SQL in `sql/*.sql`, which makes a database look like a hosted project.

The files are split by subject. A line `-- makes: KIND NAME` starts a section that runs only if that object is missing.
`-- always: …` starts one that runs every time. So the same files build an embedded server and complete another one.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from psycopg2.extensions import connection as Connection

ROLES = ("roles", "platform_roles")
"""Files with roles, which belong to the whole cluster."""
DATABASE = ("extensions", "auth", "storage", "realtime", "vault", "platform", "platform_policies")
"""Files that every database of this shape gets, before the default privileges of a profile."""
PROFILES = {"old": ("profile_old",), "new": ("profile_old", "profile_new")}
"""Default privileges in `public`: before and after the change of 2026."""

_SQL = Path(__file__).parent / "sql"
_EXISTS = {
    "role": "EXISTS (SELECT 1 FROM pg_roles WHERE rolname = %s)",
    "schema": "EXISTS (SELECT 1 FROM pg_namespace WHERE nspname = %s)",
    "table": "to_regclass(%s) IS NOT NULL",
    "type": "to_regtype(%s) IS NOT NULL",
    "function": "to_regprocedure(%s) IS NOT NULL",
    "publication": "EXISTS (SELECT 1 FROM pg_publication WHERE pubname = %s)",
    "event trigger": "EXISTS (SELECT 1 FROM pg_event_trigger WHERE evtname = %s)",
    # An extension that this server does not offer counts as present, because it cannot be created.
    "available extension": "EXISTS (SELECT 1 FROM (SELECT %s::name AS name) AS wanted WHERE "
    "EXISTS (SELECT 1 FROM pg_extension WHERE extname = wanted.name) OR "
    "NOT EXISTS (SELECT 1 FROM pg_available_extensions AS offered WHERE offered.name = wanted.name))",
}
_HEADER = re.compile(r"^-- (?:makes: (role|schema|table|type|function|publication|event trigger|available extension)"
                     r" (.+)|always: (.+))$", re.MULTILINE)  # fmt: skip


@dataclass(frozen=True)
class Section:
    """Statements that create one object, or (without a kind) run every time."""

    kind: str
    name: str
    sql: str


def sections(*files: str) -> tuple[Section, ...]:
    """Read the sections of files in `sql/`, in order."""
    found = []
    for file in files:
        text = (_SQL / f"{file}.sql").read_text(encoding="utf-8")
        headers = list(_HEADER.finditer(text))
        ends = [header.start() for header in headers[1:]] + [len(text)]
        for header, end in zip(headers, ends, strict=True):
            found.append(Section(header[1] or "", header[2] or header[3], text[header.end() : end].strip()))
    return tuple(found)


def digest() -> str:
    """Return a hash of the SQL in `sql/`; a server with another hash was created by another version of it."""
    mark = hashlib.sha256()
    for file in sorted(_SQL.glob("*.sql")):
        mark.update(file.read_bytes())
    return mark.hexdigest()[:12]


def missing(connection: Connection, wanted: Iterable[Section]) -> tuple[Section, ...]:
    """Return the sections that still have something to do, in order, with one query."""
    wanted = tuple(wanted)
    named = [section for section in wanted if section.kind]
    if not named:
        return wanted
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT " + ", ".join(_EXISTS[section.kind] for section in named), [section.name for section in named]
        )
        row = cursor.fetchone()
    there = {section for section, exists in zip(named, row or (), strict=True) if exists}
    return tuple(section for section in wanted if section not in there)


def apply(connection: Connection, *files: str) -> tuple[Section, ...]:
    """Create what is missing, in one batch, and return the sections that ran.

    The caller decides about the transaction.
    """
    todo = missing(connection, sections(*files))
    if todo:
        with connection.cursor() as cursor:
            cursor.execute("\n".join(section.sql for section in todo))
    return todo
