"""Who reaches for the rows: strangers to each other, each with a token that the policies at hand listen to."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from gatepost.observation.plant.implied_keys import of_a_catalogue
from gatepost.observation.plant.row_sets import NEW_USER, NOBODY, RANKED, RowSets
from gatepost.personas import ANON, SERVICE, Persona, signed_in

USERS = {
    name: f"9e500000-0000-4000-8000-0000000000{number:02d}"
    for number, name in enumerate(("ann", "bob", "anonymous_sign_in", "admin", "self_claiming"), 1)
}
"""The signed-in personas: two in different tenants, an anonymous sign-in, one whose `app_metadata` makes them an
administrator, and one whose `user_metadata`, which users write themselves, claims everything."""

ORDINARY = ("ann", "bob", "anonymous_sign_in", "self_claiming")
"""Those who may never touch what is another's."""
SELF_CLAIMING_SILENT = "self_claiming, without claims"
"""The same user as `self_claiming` with nothing in `user_metadata`: what `self_claiming` alone sees, the claim
has opened."""
SELF_CLAIMING_BY_HEADER = "self_claiming, by a header"
"""The same user, which sends the headers and cookies that policies ask for."""
NEWCOMER = "newcomer"
"""Somebody who has just signed up, with no row and no claim: what it sees, everybody with an account may see."""
ONLOOKERS = (SELF_CLAIMING_SILENT, SELF_CLAIMING_BY_HEADER, NEWCOMER)
"""Those who only look: the others are held against them."""

_NAMESPACE = uuid.UUID("9e500000-0000-4000-8000-00000000ffff")
_ADMIN = {"role": "admin", "user_role": "admin", "is_admin": True, "admin": True, "roles": ["admin"]}


def users_of(configured: Iterable[Persona]) -> dict[str, str]:
    """Return the user of each world: of the personas that are there always, and of a project's own."""
    return {**USERS, **{p.name: json.loads(p.claims).get("sub") or own_id(p.name) for p in configured}}


def own_id(name: str) -> str:
    """Return the user id of a project's own persona that says none: always the same."""
    return str(uuid.uuid5(_NAMESPACE, name))


def cast(row_sets: RowSets, configured: Iterable[Persona] = ()) -> tuple[Persona, ...]:
    """Return the personas, with the claims that the policies compare.

    Args:
        row_sets: Whose claims lead to whose rows.
        configured: The project's own personas; what they say of themselves counts.
    """
    plain = _user(row_sets, "self_claiming", SELF_CLAIMING_SILENT)
    newcomer = signed_in(NEW_USER, NEWCOMER, email="newcomer@example.org", aal="aal2", is_anonymous=False,
                         app_metadata={"provider": "email", "providers": ["email"]}, user_metadata={})  # fmt: skip
    forged = _forged(row_sets)
    by_header = (replace(plain, name=SELF_CLAIMING_BY_HEADER, **forged),) if forged else ()
    own = tuple(_configured(row_sets, persona) for persona in configured)
    return (ANON, *(_user(row_sets, name) for name in USERS), *own, plain, *by_header, newcomer, SERVICE)


def _configured(row_sets: RowSets, persona: Persona) -> Persona:
    """Return a project's own persona, with the claims of any user where it says nothing of them."""
    said = json.loads(persona.claims)
    if "sub" not in said:
        return persona
    usual = json.loads(_user(row_sets, persona.name).claims)
    nested = {key: {**usual[key], **value} for key, value in said.items() if isinstance(value, dict) and key in usual}
    return replace(persona, claims=json.dumps({**usual, **said, **nested}))


def other_of(persona: str) -> str:
    """Return the world of a stranger to a persona."""
    return "bob" if persona == "ann" else "ann"


def world_of(persona: str) -> str:
    """Return the world that belongs to a persona."""
    if persona in (SELF_CLAIMING_SILENT, SELF_CLAIMING_BY_HEADER):
        return "self_claiming"
    return NOBODY if persona in ("anon", "service_role", NEWCOMER) else persona


def _user(row_sets: RowSets, name: str, called: str | None = None) -> Persona:
    claims: dict[str, Any] = {
        "email": f"{name}@example.org",
        "app_metadata": {"provider": "email", "providers": ["email"]},
        "user_metadata": {},
        "is_anonymous": name == "anonymous_sign_in",
        "aal": "aal1" if name == "anonymous_sign_in" else "aal2",
        "session_id": row_sets.users[name],
    }
    for key, path in sorted(row_sets.survey.clues.claims.items()):
        if of_a_catalogue(path[-1]) and name not in RANKED:
            continue
        if len(path) > 1 or path[0] not in claims or path == ("email",):
            _put(claims, path, row_sets.claim(key, name))
    for path, value in row_sets.survey.clues.flags.items():
        if name == "admin" and path[0] != "user_metadata" and path[0] not in ("aal", "role", "is_anonymous"):
            _put(claims, path, value)
    if name == "admin":
        claims["app_metadata"] = _ADMIN | claims["app_metadata"]
    if name == "self_claiming" and called is None:
        claims["user_metadata"] = claims["user_metadata"] | _own_claims(row_sets)
    return signed_in(row_sets.users[name], called or name, **claims)


def _own_claims(row_sets: RowSets) -> dict[str, Any]:
    """Return everything that a policy could want, as its user would write it: an administrator of ann's tenant."""
    lies: dict[str, Any] = dict(_ADMIN)
    for key, path in sorted(row_sets.survey.clues.claims.items()):
        _put(lies, path[1:] or path, row_sets.claim(key, "ann"))
    for path, value in row_sets.survey.clues.flags.items():
        _put(lies, path[1:] or path, value)
    return lies


def _forged(row_sets: RowSets) -> dict[str, str]:
    """Return the headers and cookies that make a request look like ann's."""
    said: dict[str, dict[str, Any]] = {}
    for path, what in sorted(row_sets.survey.clues.requests.items()):
        if len(path) == 2 and path[0] in ("headers", "cookies"):
            value = what if isinstance(what, str) else row_sets.claim(what, "ann")
            _put(said.setdefault(path[0], {}), path[1:], value)
    return {name: json.dumps(values) for name, values in said.items()}


def _put(claims: dict[str, Any], path: tuple[str, ...], value: str | None) -> None:
    for step in path[:-1]:
        inner = claims.setdefault(step, {})
        if not isinstance(inner, dict):
            return
        claims = inner
    if value is not None:
        claims[path[-1]] = True if value == "true" else value


def describe(persona: Persona) -> str:
    """Return the SQL that makes a session this persona, for a witness."""
    told = [persona.role]
    if persona.role not in ("anon", "service_role"):
        told.append(json.dumps(json.loads(persona.claims or "{}")))
    told += [
        f"{what} {said}" for what, said in (("headers", persona.headers), ("cookies", persona.cookies)) if said != "{}"
    ]
    return f"as {persona.name} ({', '.join(told)})"
