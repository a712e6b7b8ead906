"""Somebody who asks: a role and the claims of a token, taken on as the Data API takes them on."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from psycopg2.extensions import cursor as Cursor


TAKE_ON_ROLE = """
       pg_catalog.set_config('request.jwt.claims', %(claims)s, true),
       pg_catalog.set_config('request.headers', %(headers)s, true),
       pg_catalog.set_config('request.cookies', %(cookies)s, true),
       pg_catalog.set_config('request.jwt.claim', '', true),
       pg_catalog.set_config('request.jwt.claim.sub', '', true),
       pg_catalog.set_config('request.jwt.claim.role', '', true),
       pg_catalog.set_config('request.jwt.claim.email', '', true),
       pg_catalog.set_config('role', %(role)s, true)
"""
"""What a SELECT evaluates to take on a role and a token until the transaction ends, as PostgREST does for a request
(https://docs.postgrest.org/en/v13/references/transactions.html). The values are `Persona.settings`.

The single settings are the older form; `auth.uid()` reads them first, so that one left over would win over ours.
"""


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

    @property
    def settings(self) -> dict[str, str]:
        """The values of `TAKE_ON_ROLE`."""
        return {"claims": self.claims, "headers": self.headers, "cookies": self.cookies, "role": self.role}


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

    Args:
        cursor: Inside a transaction.
        persona: Who to be.
    """
    cursor.execute("SAVEPOINT gatepost_persona")
    try:
        cursor.execute(f"SELECT {TAKE_ON_ROLE}", persona.settings)
        yield
    finally:
        cursor.execute("ROLLBACK TO SAVEPOINT gatepost_persona; RELEASE SAVEPOINT gatepost_persona")
