"""Callers beside the usual ones: with the claims that either side reads, of several tenants, with another address."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from gatepost.observation.plant.users import ANN
from gatepost.personas import Persona

MIXED = ("mixed_1", "mixed_2", "mixed_3")
"""Users whose rows are mixed with those of others: members of several teams, in every state."""


def with_claims(head: Persona, base: Persona | None) -> Iterator[Persona]:
    """Yield a caller with the claims that either side reads; two, where the sides read one claim differently."""
    if base is None or base.claims == head.claims or not head.claims:
        yield head
        return
    new, old = json.loads(head.claims), json.loads(base.claims)
    yield replace(head, claims=json.dumps(_merged(old, new)))
    if _conflict(old, new):
        yield replace(head, name=f"{head.name}, as before", claims=json.dumps(_merged(new, old)), traits=replace(
            head.traits, row_set=head.row_set))  # fmt: skip


def _merged(one: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    found = dict(one)
    for key, value in over.items():
        known = found.get(key)
        found[key] = _merged(known, value) if isinstance(known, dict) and isinstance(value, dict) else value
    return found


def _conflict(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    return any(
        _conflict(one[key], other[key])
        if isinstance(one[key], dict) and isinstance(other[key], dict)
        else one[key] != other[key]
        for key in one.keys() & other.keys()
    )


def mixed(persona: Persona, everybody: Iterable[Persona]) -> Persona:
    """Return a mixed user with claims of their own: all, those of ann's tenant, or hardly any."""
    claims = json.loads(persona.claims)
    ann = json.loads(next(one.claims for one in everybody if one.name == ANN))
    own = {"sub": claims["sub"], "role": claims["role"], "session_id": claims.get("session_id")}
    if persona.name == MIXED[1]:
        claims = {**ann, **own, "email": "Mixed_2@EXAMPLE.org"}
    elif persona.name == MIXED[2]:
        claims = {**own, "aal": "aal1", "is_anonymous": False, "app_metadata": {}, "user_metadata": {}}
    return replace(persona, claims=json.dumps(claims))


def with_email(persona: Persona, email: str) -> Persona:
    """Return ann with another address: another caller, with the same rows."""
    claims = {**json.loads(persona.claims), "email": email}
    traits = replace(persona.traits, row_set=ANN, onlooker=True)
    return replace(persona, name=f"{ANN} as {email}", claims=json.dumps(claims), traits=traits)
