"""Event triggers of a project, which a superuser alone may create: the one that enables row security is acted out."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from gatepost.schema import PLATFORM_SCHEMAS

if TYPE_CHECKING:
    from psycopg2.extensions import cursor as Cursor

_FUNCTION = re.compile(
    r"\bexecute\s+(?:function|procedure)\s+(?P<name>(?:\"?(?P<schema>\w+)\"?\s*\.\s*)?\"?\w+\"?)\s*\(", re.IGNORECASE
)
_ENABLES = """
SELECT EXISTS (
    SELECT FROM pg_catalog.pg_proc
     WHERE oid = pg_catalog.to_regproc(%s) AND prosrc ~* 'pg_event_trigger_ddl_commands'
       AND prosrc ~* 'enable\\s+row\\s+level\\s+security'
)
"""
_LAST = "SELECT pg_catalog.max(oid::pg_catalog.int8) FROM pg_catalog.pg_class"
_NEW = """
SELECT pg_catalog.format('ALTER TABLE %%I.%%I ENABLE ROW LEVEL SECURITY', n.nspname, c.relname)
  FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
 WHERE c.oid::pg_catalog.int8 > %s AND n.nspname = 'public' AND c.relkind IN ('r', 'p') AND NOT c.relrowsecurity
"""


@dataclass
class EventTriggers:
    """What the event triggers of a project would do here.

    Source: https://supabase.com/docs/guides/database/postgres/event-triggers (row security for new tables)
    """

    cursor: Cursor
    enables: bool = False
    last: int = 0

    def created(self, text: str) -> bool:
        """Take a CREATE EVENT TRIGGER; return whether nothing is lost without it.

        Args:
            text: The statement.
        """
        found = _FUNCTION.search(text)
        if found is None:
            return False
        if (found["schema"] or "").lower() in PLATFORM_SCHEMAS:
            return True  # the platform's own, which a dump writes too
        self.cursor.execute(_ENABLES, [found["name"]])
        (enables,) = self.cursor.fetchone() or (False,)
        self.enables = self.enables or bool(enables)
        return bool(enables)

    def before(self) -> None:
        """Remember which tables are there."""
        if self.enables:
            self.cursor.execute(_LAST)
            (self.last,) = self.cursor.fetchone() or (0,)

    def after(self) -> None:
        """Enable row security on the tables in `public` that came since."""
        if self.enables:
            self.cursor.execute(_NEW, [self.last])
            for (statement,) in self.cursor.fetchall():
                self.cursor.execute(statement)
