"""Create the personas: strangers to each other, each with a token that the database's policies read."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from gatepost import sql
from gatepost.observation.plant.fitting.look_alikes import MOST, look_alikes
from gatepost.observation.plant.implied_keys import of_a_catalogue
from gatepost.observation.plant.row_sets import RowSets
from gatepost.observation.plant.survey import Survey
from gatepost.observation.plant.users import ANN, BOB, BUILT_IN_USERS, NEW_USER, SELF_CLAIMING, TEAMMATE
from gatepost.personas import ANON, NOBODY, SERVICE, Persona, Traits, signed_in

USERS = {name: f"9e500000-0000-4000-8000-0000000000{number:02d}" for number, name in enumerate(BUILT_IN_USERS, 1)}
"""The ids of the signed-in personas, by name, without the teammate."""

ORDINARY = tuple(name for name, traits in BUILT_IN_USERS.items() if traits.ordinary)
"""The personas that may never access what belongs to others."""
SELF_CLAIMING_SILENT = f"{SELF_CLAIMING}, without claims"
"""The same user as `self_claiming` with an empty `user_metadata`. What only `self_claiming` sees, its claims opened."""
SELF_CLAIMING_BY_HEADER = f"{SELF_CLAIMING}, by a header"
"""The same user, who sends the headers and cookies that policies read."""
NEWCOMER = "newcomer"
"""A user who has just signed up, with no row and no claim. Every account may see what it sees."""
LOOK_ALIKES = ("look_alike", *(f"look_alike, with address {number}" for number in range(2, MOST + 1)))
"""Users who have just signed up with an address that resembles one which policies ask for."""
ONLOOKERS = (SELF_CLAIMING_SILENT, SELF_CLAIMING_BY_HEADER, NEWCOMER, *LOOK_ALIKES)
"""The personas that only read. The others are compared with them."""

_TEAMMATE_ID = "9e500000-0000-4000-8000-000000000099"
_NAMESPACE = uuid.UUID("9e500000-0000-4000-8000-00000000ffff")
_TIMES = {"iat": 1577836800, "exp": 4102444800}
"""When a token was issued, 2020, and when it ends, 2100: they do not pass while somebody reads a report."""
_ADMIN = {"role": "admin", "user_role": "admin", "is_admin": True, "admin": True, "roles": ["admin"]}


def users_of(configured: Iterable[Persona], *, teammate: bool = False) -> dict[str, str]:
    """Return the user of each row set: the built-in personas and the project's own.

    Args:
        configured: The project's own personas.
        teammate: Whether users share tenants, so that ann has a teammate.
    """
    own = {p.name: json.loads(p.claims).get("sub") or own_id(p.name) for p in configured}
    return {**USERS, **({TEAMMATE: _TEAMMATE_ID} if teammate else {}), **own}


def own_id(name: str) -> str:
    """Return the fixed user id of a project's own persona without the claim `sub`."""
    return str(uuid.uuid5(_NAMESPACE, name))


def cast(row_sets: RowSets, configured: Iterable[Persona] = ()) -> tuple[Persona, ...]:
    """Return the personas, with the claims that the policies compare.

    Args:
        row_sets: The row sets with the values for the claims.
        configured: The project's own personas. Their own claims take precedence.
    """
    silent = Traits(row_set=SELF_CLAIMING, onlooker=True)
    plain = replace(_user(row_sets, SELF_CLAIMING, silent=True), name=SELF_CLAIMING_SILENT, traits=silent)
    look_alike = look_alikes(row_sets.survey.clues.addresses).items()
    resembling = (
        _signed_up(name, user, address, Traits(row_set=NOBODY, onlooker=True))
        for name, (user, address) in zip(LOOK_ALIKES, look_alike, strict=False)
    )
    newcomer = _signed_up(
        NEWCOMER, NEW_USER, "newcomer@example.org", Traits(row_set=NOBODY, onlooker=True, newcomer=True)
    )
    forged = _forged(row_sets)
    headers, cookies = forged.get("headers", "{}"), forged.get("cookies", "{}")
    by_header = (replace(plain, name=SELF_CLAIMING_BY_HEADER, headers=headers, cookies=cookies),) if forged else ()
    own = tuple(_configured(row_sets, persona) for persona in configured)
    built_in = [name for name in (*USERS, TEAMMATE) if name in row_sets.users]
    everybody = (
        ANON,
        *(_user(row_sets, name) for name in built_in),
        *own,
        plain,
        *by_header,
        newcomer,
        *resembling,
        SERVICE,
    )
    times = _times(row_sets.survey)
    return tuple(_at(times, persona) for persona in everybody) if times else everybody


def _times(survey: Survey) -> dict[str, int]:
    """Return the times of a token that a policy or a function reads: every token has them, and none of ours is over."""
    policies = (policy for table in survey.live.tables for policy in table.policies)
    texts = [f"{policy.using} {policy.check}" for policy in policies] + [one.body for one in survey.live.functions]
    return {name: time for name, time in _TIMES.items() if any(f"'{name}'" in text for text in texts)}


def _at(times: Mapping[str, int], persona: Persona) -> Persona:
    return replace(persona, claims=json.dumps({**times, **json.loads(persona.claims or "{}")}))


def _signed_up(name: str, user: str, address: str, traits: Traits) -> Persona:
    """Return a user who has just signed up, with no row and no claim."""
    given = {"provider": "email", "providers": ["email"]}
    claims = {"email": address, "aal": "aal2", "is_anonymous": False, "app_metadata": given, "user_metadata": {}}
    return replace(signed_in(user, name, **claims), traits=traits)


def _configured(row_sets: RowSets, persona: Persona) -> Persona:
    """Return a project's own persona, with the claims of any user where it does not set them."""
    said = json.loads(persona.claims)
    if "sub" not in said:
        return persona
    usual = json.loads(_user(row_sets, persona.name).claims)
    nested = {key: {**usual[key], **value} for key, value in said.items() if isinstance(value, dict) and key in usual}
    return replace(persona, claims=json.dumps({**usual, **said, **nested}))


def other_of(persona: str) -> str:
    """Return the row set of a stranger to a persona."""
    return BOB if persona == ANN else ANN


def _user(row_sets: RowSets, name: str, *, silent: bool = False) -> Persona:
    traits = Traits(teammate=True) if name == TEAMMATE else BUILT_IN_USERS.get(name, Traits())
    claims: dict[str, Any] = {
        "email": f"{name}@example.org",
        "app_metadata": {"provider": "email", "providers": ["email"]},
        "user_metadata": {},
        "is_anonymous": traits.anonymous_sign_in,
        "aal": "aal1" if traits.anonymous_sign_in else "aal2",
        "session_id": row_sets.users[name],
    }
    lists = row_sets.survey.clues.lists
    for key, path in sorted(row_sets.survey.clues.claims.items()):
        if of_a_catalogue(path[-1]) and not traits.ranked:
            continue
        if traits.anonymous_sign_in and path[0] == "app_metadata":
            continue  # no backend has given anything to whoever signs in without a name
        if len(path) > 1 or path[0] not in claims or path == ("email",):
            _put(claims, path, row_sets.claim(key, name), path in lists)
    for path, value in row_sets.survey.clues.flags.items():
        if traits.administrator and path[0] != "user_metadata" and path[0] not in ("aal", "role", "is_anonymous"):
            _put(claims, path, value, path in lists)
    if traits.administrator:
        claims["app_metadata"] = _ADMIN | claims["app_metadata"]
    if traits.self_claiming and not silent:
        claims["user_metadata"] = claims["user_metadata"] | _own_claims(row_sets)
    return replace(signed_in(row_sets.users[name], name, **claims), traits=traits)


def _own_claims(row_sets: RowSets) -> dict[str, Any]:
    """Return every claim that a policy could read, as a user would write it: an administrator of ann's tenant."""
    lies: dict[str, Any] = dict(_ADMIN)
    for key, path in sorted(row_sets.survey.clues.claims.items()):
        _put(lies, path[1:] or path, row_sets.claim(key, ANN), path in row_sets.survey.clues.lists)
    for path, value in row_sets.survey.clues.flags.items():
        _put(lies, path[1:] or path, value, path in row_sets.survey.clues.lists)
    return lies


def _forged(row_sets: RowSets) -> dict[str, str]:
    """Return the headers and cookies that make a request look like ann's."""
    said: dict[str, dict[str, Any]] = {}
    for path, what in sorted(row_sets.survey.clues.requests.items()):
        if len(path) == 2 and path[0] in ("headers", "cookies"):
            value = what if isinstance(what, str) else row_sets.claim(what, ANN)
            _put(said.setdefault(path[0], {}), path[1:], value)
    return {name: json.dumps(values) for name, values in said.items()}


def _put(claims: dict[str, Any], path: tuple[str, ...], value: str | None, listed: bool = False) -> None:
    """Add a value to claims; one that policies use as an array holds each value that was put there."""
    for step in path[:-1]:
        inner = claims.setdefault(step, {})
        if not isinstance(inner, dict):
            return
        claims = inner
    if value is not None and listed:
        there = claims.get(path[-1])
        claims[path[-1]] = [*(there if isinstance(there, list) else ()), value]
    elif value is not None:
        claims[path[-1]] = True if value == "true" else value


def as_sql(persona: Persona) -> str:
    """Return the SQL that makes the rest of a transaction this persona's, to be pasted."""
    values = (("jwt.claims", persona.claims), ("headers", persona.headers), ("cookies", persona.cookies))
    said = [
        f"pg_catalog.set_config('request.{name}', {sql.literal(text)}, true)"
        for name, text in values
        if text not in ("", "{}")
    ]
    return (f"SELECT {', '.join(said)}; " if said else "") + f"{persona.set_role};"


def describe(persona: Persona) -> str:
    """Return a session of this persona for a witness: the role, the claims, the headers and the cookies."""
    parts = [persona.role]
    if persona.role not in ("anon", "service_role"):
        parts.append(json.dumps(json.loads(persona.claims or "{}")))
    parts += [
        f"{what} {said}" for what, said in (("headers", persona.headers), ("cookies", persona.cookies)) if said != "{}"
    ]
    return f"as {persona.name} ({', '.join(parts)})"
