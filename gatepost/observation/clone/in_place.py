"""What an observation in place lacks of one on a clone, where a login of ours stands for that of the Data API."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from gatepost import sql
from gatepost.database.reading import reading
from gatepost.finding import NotChecked
from gatepost.local.throwaway.image import LOGIN
from gatepost.observation.clone.roles import token_roles
from gatepost.reflect import read_all
from gatepost.schema import Schema, is_platform

if TYPE_CHECKING:
    from psycopg2.extensions import connection as Connection


def lacking_in_place(connection: Connection) -> tuple[NotChecked, ...]:
    """Return what only a clone shows: the project's own roles, and what depends on who logged in.

    Args:
        connection: psycopg2, in no transaction.

    Raises:
        DatabaseUnreachable: the database cannot be read.
    """
    with reading(connection) as found:
        live = read_all(found)
        found.cursor.execute("SELECT session_user::text")
        (login,) = found.cursor.fetchone() or ("",)
    roles = (NotChecked(role, "a token can name it; only a clone tries it", ours=True) for role in token_roles(live))
    why = f'it asks for session_user, which is "{login}" here and "{LOGIN}" in a request'
    asking = (NotChecked(name, why, ours=True) for name in _asking_who_logged_in(live))
    return (*roles, *(() if login == LOGIN else asking))


def _asking_who_logged_in(live: Schema) -> Iterator[str]:
    texts = [(f"{policy.schema}.{policy.table}.{policy.name}", f"{policy.using} {policy.check}")
             for table in live.tables for policy in table.policies]  # fmt: skip
    texts += [(str(function), function.body) for function in live.functions if not is_platform(function.schema)]
    for name, text in texts:
        if any(token.name == "session_user" for token in sql.tokens(text)):
            yield name
