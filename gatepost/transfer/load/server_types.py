"""Values of types that have no cast of ours: PostgreSQL reads and prints them, and both texts are compared."""

from __future__ import annotations

from collections.abc import Iterable

import psycopg2
from psycopg2.extensions import connection as Connection

from gatepost.transfer.casts.same_value import same_value
from gatepost.transfer.casts.text import text_from_text
from gatepost.transfer.casts.time_options import Refused, TimeOptions
from gatepost.transfer.values import Type

_TEXT = Type("text", "text")
_KEPT = 10_000
"""Texts of which it is remembered what PostgreSQL makes of them."""


class ServerTypes:
    """What PostgreSQL's own input functions make of texts; a batch is one query."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._known: dict[tuple[str, str], str | Refused] = {}

    def prefetch(self, values: Iterable[object], target: Type) -> None:
        """Find what PostgreSQL makes of all values of a batch, with as few queries as it takes."""
        if len(self._known) > _KEPT:
            self._known.clear()
        new = dict.fromkeys(text for text in map(_written, values) if (target.printed, text) not in self._known)
        self._ask([text for text in new if text is not None and _storable(text)], target)

    def stored(self, value: object, target: Type, *, exact: bool) -> str:
        """Return what PostgreSQL prints of a value.

        Args:
            value: The value in the source.
            target: The type.
            exact: Whether it has to be the same value.

        Raises:
            Refused: the type has no such value, or another one that is only like it.
        """
        text = _written(value)
        if text is None:
            raise Refused(f"is a BLOB, which {target.printed} cannot hold exactly")
        text_from_text(text, _TEXT, TimeOptions())
        if (target.printed, text) not in self._known:
            self._ask([text], target)
        found = self._known[target.printed, text]
        if isinstance(found, Refused):
            raise Refused(str(found))
        if exact and not same_value(text, found, target.family):
            raise Refused(f"would be stored as {found[:80]!r}, which is not known to be the same {target.printed}")
        return found

    def _ask(self, texts: list[str], target: Type) -> None:
        """Have PostgreSQL read texts; where it refuses one, halve them until only that is left."""
        waiting = [texts] if texts else []
        with self._connection.cursor() as cursor:
            while waiting:
                part = waiting.pop()
                cursor.execute("SAVEPOINT gatepost_types")
                try:
                    cursor.execute(
                        f"SELECT pg_catalog.concat(v::{target.printed}) FROM pg_catalog.unnest(%s::pg_catalog.text[])"
                        " WITH ORDINALITY AS given (v, place) ORDER BY place",
                        (part,),
                    )
                    found = [printed for (printed,) in cursor.fetchall()]
                except psycopg2.Error as error:
                    if self._connection.closed:
                        raise
                    cursor.execute("ROLLBACK TO SAVEPOINT gatepost_types")
                    if len(part) == 1:
                        said = error.diag.message_primary or str(error).strip()
                        self._known[target.printed, part[0]] = Refused(f"is refused by PostgreSQL: {said}")
                    else:
                        waiting += [part[: len(part) // 2], part[len(part) // 2 :]]
                else:
                    self._known.update(((target.printed, text), one) for text, one in zip(part, found, strict=True))
                cursor.execute("RELEASE SAVEPOINT gatepost_types")


def _written(value: object) -> str | None:
    """Return a value as the text that an input function reads; a BLOB has none, and NULL needs none."""
    if isinstance(value, str):
        return value
    return repr(value) if isinstance(value, int | float) else None


def _storable(text: str) -> bool:
    try:
        text_from_text(text, _TEXT, TimeOptions())
    except Refused:
        return False
    return True
