"""Read the types of the target's columns; a domain counts as its base type, an array has an element type."""

from __future__ import annotations

from dataclasses import dataclass, replace

from psycopg2.extensions import cursor as Cursor

from gatepost.transfer.values import Type

_TYPES = """
WITH RECURSIVE found AS (
    SELECT DISTINCT a.atttypid AS oid
    FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE n.nspname = %s AND c.relkind IN ('r', 'p') AND a.attnum > 0 AND NOT a.attisdropped
    UNION
    SELECT CASE WHEN t.typbasetype <> 0 THEN t.typbasetype ELSE t.typelem END
    FROM found JOIN pg_type t ON t.oid = found.oid
    WHERE t.typbasetype <> 0 OR (t.typcategory = 'A' AND t.typelem <> 0)
)
SELECT t.oid::int8, t.typname, t.typbasetype::int8, t.typtypmod, format_type(t.typbasetype, t.typtypmod),
       CASE WHEN t.typbasetype = 0 AND t.typcategory = 'A' THEN t.typelem::int8 ELSE 0 END,
       CASE WHEN t.typtype = 'e' THEN (SELECT array_agg(e.enumlabel::text ORDER BY e.enumsortorder)
                                       FROM pg_enum e WHERE e.enumtypid = t.oid) END
FROM found JOIN pg_type t ON t.oid = found.oid
"""


@dataclass(frozen=True, slots=True)
class _Known:
    """What the catalog says of a type; `base` is what a domain is made of, `element` what an array holds."""

    name: str
    base: int
    base_typmod: int
    base_printed: str | None
    element: int
    labels: list[str] | None


class Types:
    """The types of one schema's columns."""

    def __init__(self, known: dict[int, _Known]) -> None:
        self._known = known

    def type(self, oid: int, typmod: int, printed: str) -> Type:
        """Return a type as a cast needs it.

        Args:
            oid: The type.
            typmod: Its modifier, as `pg_attribute` holds it.
            printed: What `format_type` prints.
        """
        known = self._known[oid]
        if known.base:
            # The checks of a domain stay PostgreSQL's own business: a row that fails them is refused there.
            return replace(self.type(known.base, known.base_typmod, known.base_printed or printed), printed=printed)
        if known.element:
            return Type("array", printed, element=self.type(known.element, typmod, printed.removesuffix("[]")))
        if known.labels is not None:
            return Type("enum", printed, labels=tuple(known.labels))
        return _plain(known.name, printed, typmod)


def read_types(cursor: Cursor, schema: str) -> Types:
    """Return the types of the columns of a schema, and those that they are made of."""
    cursor.execute(_TYPES, (schema,))
    return Types({int(oid): _Known(*row) for oid, *row in cursor.fetchall()})


def _plain(name: str, printed: str, typmod: int) -> Type:
    if typmod < 0:
        return Type(name, printed)
    if name in ("varchar", "bpchar"):
        return Type(name, printed, limit=typmod - 4)
    if name == "numeric":
        # https://www.postgresql.org/docs/17/datatype-numeric.html: the scale is kept in 11 bits, signed.
        packed = typmod - 4
        return Type(name, printed, limit=((packed & 0x7FF) ^ 1024) - 1024, precision=(packed >> 16) & 0xFFFF)
    if name == "interval":
        # The low half is the precision, 0xFFFF where none was given; the high half restricts the fields.
        precision = typmod & 0xFFFF
        if (typmod >> 16) & 0x7FFF != 0x7FFF:
            return Type("interval with restricted fields", printed)
        return Type(name, printed, limit=None if precision == 0xFFFF else precision)
    return Type(name, printed, limit=typmod)
