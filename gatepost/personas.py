"""Describe a caller, a role with the claims of a token, and take it on as the Data API does."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from gatepost import sql

if TYPE_CHECKING:
    from psycopg2.extensions import cursor as Cursor


REQUEST_SETTINGS = """
       pg_catalog.set_config('request.jwt.claims', %(claims)s, true),
       pg_catalog.set_config('request.headers', %(headers)s, true),
       pg_catalog.set_config('request.cookies', %(cookies)s, true),
       pg_catalog.set_config('request.jwt.claim', '', true),
       pg_catalog.set_config('request.jwt.claim.sub', '', true),
       pg_catalog.set_config('request.jwt.claim.role', '', true),
       pg_catalog.set_config('request.jwt.claim.email', '', true)
"""
"""The expressions that set a token until the transaction ends, as PostgREST does for a request
(https://docs.postgrest.org/en/v13/references/transactions.html). The values are `Persona.settings`.

The single settings are the older form. `auth.uid()` reads them first, so a stale one would override ours.
"""
TAKE_ON_ROLE = f"{REQUEST_SETTINGS}, pg_catalog.set_config('role', %(role)s, true)"
"""The same, and the expression that takes on the role after them."""
RESET_ROLE = "SET LOCAL ROLE none"
"""The statement that returns to the session's own role, which needs no privilege. The settings stay."""


NOBODY = "nobody"
"""The owner of planted rows that belong to no persona."""


@dataclass(frozen=True)
class Traits:
    """What an observation expects of a persona.

    Args:
        row_set: Whose planted rows are its own, if not those of the persona's name.
        ordinary: Whether it may never access what belongs to others.
        signed_out: Whether it has no account.
        ranked: Whether it has rows in tables that may give a rank, such as a table of roles.
        anonymous_sign_in: Whether its account has no e-mail address or other identity.
        administrator: Whether its `app_metadata` makes it an administrator.
        self_claiming: Whether its `user_metadata`, which users write themselves, claims everything.
        newcomer: Whether it has just signed up, with no row and no claim.
        onlooker: Whether it only reads, so that others can be compared with it.
        tries_every_column: Whether it changes every column of its role, so that others need not.
        of_own_role: Whether its role is one of the project's own, which an administrator gives to some users.
        teammate: Whether it shares a tenant with another persona, with the lowest rank there.
    """

    row_set: str = ""
    ordinary: bool = False
    signed_out: bool = False
    ranked: bool = False
    anonymous_sign_in: bool = False
    administrator: bool = False
    self_claiming: bool = False
    newcomer: bool = False
    onlooker: bool = False
    tries_every_column: bool = False
    of_own_role: bool = False
    teammate: bool = False


@dataclass(frozen=True)
class Persona:
    """A role and, as JSON, the claims of the token that chose it. The text is empty where there is no token.

    `headers` and `cookies` are those of the request, as JSON. The caller chooses them.
    """

    name: str
    role: str
    claims: str = ""
    headers: str = "{}"
    cookies: str = "{}"
    traits: Traits = Traits()

    @property
    def settings(self) -> dict[str, str]:
        """The values of `TAKE_ON_ROLE`."""
        return {"claims": self.claims, "headers": self.headers, "cookies": self.cookies, "role": self.role}

    @property
    def set_role(self) -> str:
        """The statement that takes on the role alone, where the settings stand already."""
        return f"SET LOCAL ROLE {sql.identifier(self.role)}"

    @property
    def user_id(self) -> str:
        """The id of its user, the claim `sub`, or the empty string."""
        return str(json.loads(self.claims or "{}").get("sub") or "")

    @property
    def row_set(self) -> str:
        """The name of the set of planted rows that are its own."""
        return self.traits.row_set or self.name

    @property
    def watched(self) -> bool:
        """Whether access to rows of others is a finding."""
        return self.traits.ordinary or self.traits.signed_out


ANON = Persona(
    "anon",
    "anon",
    json.dumps({"role": "anon"}),
    traits=Traits(row_set=NOBODY, signed_out=True, tries_every_column=True),
)
SERVICE = Persona("service_role", "service_role", json.dumps({"role": "service_role"}), traits=Traits(row_set=NOBODY))


def signed_in(user_id: str, name: str = "authenticated", **claims: object) -> Persona:
    """Return a signed-in user.

    Args:
        user_id: The user's id, the claim `sub`.
        name: The name of the persona.
        claims: More claims, such as `app_metadata={"org_id": …}`.
    """
    token = {"sub": user_id, "role": "authenticated", "aud": "authenticated", **claims}
    return Persona(name, "authenticated", json.dumps(token))


@contextmanager
def impersonated(cursor: Cursor, persona: Persona) -> Iterator[None]:
    """Be a persona inside a block. Everything that the block changes is rolled back, even after an error.

    Args:
        cursor: Inside a transaction.
        persona: The persona.
    """
    cursor.execute("SAVEPOINT gatepost_persona")
    try:
        cursor.execute(f"SELECT {TAKE_ON_ROLE}", persona.settings)
        yield
    finally:
        cursor.execute("ROLLBACK TO SAVEPOINT gatepost_persona; RELEASE SAVEPOINT gatepost_persona")
