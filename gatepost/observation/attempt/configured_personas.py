"""The personas of a project: `[tool.gatepost.personas]` in `pyproject.toml`."""

from __future__ import annotations

import difflib
import json
import uuid
from collections.abc import Iterable, Mapping
from typing import Any, cast

from gatepost.errors import SettingsError
from gatepost.observation.attempt.personas import ONLOOKERS, USERS, own_id
from gatepost.personas import Persona

BUILT_IN = ("anon", *USERS, *ONLOOKERS, "service_role")
"""The personas that every observation has."""
_EXAMPLE = 'support = { role = "authenticated", claims = { app_metadata = { role = "support" } } }'


def configured(table: Mapping[str, object]) -> tuple[Persona, ...]:
    """Return the personas of a table of settings: for each name a role and the claims of its token.

    Who has no claim `sub` gets a user id that is always the same; rows are planted for it as for every other user.

    Args:
        table: What stands in `[tool.gatepost.personas]`.

    Raises:
        SettingsError: something in it is not known, is not of its type, or has a name that is taken.
    """
    return tuple(_persona(name, said) for name, said in table.items())


def _persona(name: str, said: object) -> Persona:
    place = f'the persona "{name}" in [tool.gatepost.personas]'
    if name in BUILT_IN or name == "nobody" or not name.strip():
        raise SettingsError(f'{place} has a name that is taken: "{name}" is there always', _EXAMPLE)
    if not isinstance(said, dict):
        raise SettingsError(f"{place} is not a table, but {said!r}", _EXAMPLE)
    for key in said:
        if key not in ("role", "claims"):
            near = difflib.get_close_matches(key, ("role", "claims"), 1)
            hint = f'"{near[0]}"?' if near else f"role or claims: {_EXAMPLE}"
            raise SettingsError(f'{place} holds "{key}", which means nothing', hint)
    role, claims = said.get("role", "authenticated"), said.get("claims", {})
    if not isinstance(role, str) or not role:
        raise SettingsError(f'"role" of {place} is not the name of a role, but {role!r}', 'role = "authenticated"')
    if not isinstance(claims, dict):
        raise SettingsError(f'"claims" of {place} is not a table, but {claims!r}', _EXAMPLE)
    return Persona(name, role, _token(place, name, role, cast("dict[str, Any]", claims)))


def _token(place: str, name: str, role: str, claims: dict[str, Any]) -> str:
    told = {"sub": own_id(name), "role": role, **claims}
    try:
        told["sub"] = str(uuid.UUID(str(told["sub"])))
    except ValueError:
        raise SettingsError(
            f'the claim "sub" of {place} is {told["sub"]!r}, which is no UUID', "leave it out: it gets one of its own"
        ) from None
    if role == "anon" and "sub" not in claims:
        del told["sub"]
    try:
        return json.dumps(told)
    except TypeError:
        raise SettingsError(f"a claim of {place} is no JSON, such as a date without quotes", _EXAMPLE) from None


def known(names: Iterable[str], personas: Iterable[Persona]) -> None:
    """Refuse a name that no persona has.

    Args:
        names: What was asked for.
        personas: The project's own personas.

    Raises:
        SettingsError: there is no persona of a name.
    """
    there = ["anon", *USERS, *(persona.name for persona in personas), "service_role"]
    for name in names:
        if name not in there:
            near = difflib.get_close_matches(name, there, 1)
            raise SettingsError(
                f'there is no persona "{name}"', f'"{near[0]}"?' if near else f"one of {', '.join(there)}"
            )


def chosen(personas: Iterable[Persona], names: Iterable[str]) -> tuple[Persona, ...]:
    """Return the personas of some names, and those that they are held against; without a name, all."""
    names = frozenset(names)
    return tuple(persona for persona in personas if not names or persona.name in {*names, *ONLOOKERS})
