"""Read a condition as PostgreSQL prints it; each distinct text is read once."""

from __future__ import annotations

from functools import lru_cache

from gatepost.access.conditions.terms import FALSE, TRUE, Const, Term


class NotUnderstood(Exception):
    """The parser does not know a piece of SQL; the message is why."""


@lru_cache(maxsize=20_000)
def parse(text: str) -> Term:
    """Return a policy's expression, as `pg_get_expr` prints it with an empty search path, as a term.

    Args:
        text: The expression.

    Raises:
        NotUnderstood: the parser does not know it.
    """
    plain = _PLAIN.get(text.strip().lower())
    if plain is not None:
        return plain
    from sqlglot.errors import SqlglotError
    from sqlglot.parser import Parser  # noqa: F401  the import is what costs, so it is made once and here

    from gatepost.access.conditions.convert import Converter

    try:
        return Converter().term(_tree(text))
    except (SqlglotError, RecursionError, AttributeError, KeyError, IndexError, TypeError, AssertionError) as error:
        raise NotUnderstood(str(error).partition("\n")[0] or type(error).__name__) from None


_PLAIN: dict[str, Const] = {"true": TRUE, "(true)": TRUE, "false": FALSE, "(false)": FALSE}


def _tree(text: str):  # type: ignore[no-untyped-def]  # noqa: ANN202  sqlglot is imported where it is used
    import sqlglot

    return sqlglot.parse_one(text, dialect="postgres")
