"""Somebody who asks: a role and the claims of a token, taken on as the Data API takes them on."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from gatepost import sql

if TYPE_CHECKING:
    from psycopg2.extensions import cursor as Cursor


@dataclass(frozen=True)
class Persona:
    """A role and, as JSON, the claims of the token that chose it; the text is empty where there is no token.

    `headers` and `cookies` are what the request says of itself, as JSON: anybody may write them.
    """

    name: str
    role: str
    claims: str = ""
    headers: str = "{}"
    cookies: str = "{}"


ANON = Persona("anon", "anon", json.dumps({"role": "anon"}))
SERVICE = Persona("service_role", "service_role", json.dumps({"role": "service_role"}))


def signed_in(user_id: str, name: str = "authenticated", **claims: object) -> Persona:
    """Return a signed-in user.

    Args:
        user_id: The user's id, the claim `sub`.
        name: How the persona is called.
        claims: More claims, such as `app_metadata={"org_id": …}`.
    """
    told = {"sub": user_id, "role": "authenticated", "aud": "authenticated", **claims}
    return Persona(name, "authenticated", json.dumps(told))


@contextmanager
def impersonated(cursor: Cursor, persona: Persona) -> Iterator[None]:
    """Be a persona inside a block: what it changes is rolled back, and so is an error.

    The role and the claims are set for the transaction only, exactly as PostgREST sets them
    (https://docs.postgrest.org/en/v13/references/transactions.html).

    Args:
        cursor: Inside a transaction.
        persona: Who to be.
    """
    cursor.execute("SAVEPOINT gatepost_persona")
    try:
        cursor.execute(
            "SELECT pg_catalog.set_config('request.jwt.claims', %s, true),"
            " pg_catalog.set_config('request.headers', %s, true),"
            " pg_catalog.set_config('request.cookies', %s, true)",
            (persona.claims, persona.headers, persona.cookies),
        )
        cursor.execute(f"SET LOCAL ROLE {sql.identifier(persona.role)}")
        yield
    finally:
        cursor.execute("ROLLBACK TO SAVEPOINT gatepost_persona; RELEASE SAVEPOINT gatepost_persona")
