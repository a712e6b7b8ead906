"""Read a project's own personas from `[tool.gatepost.personas]` in `pyproject.toml`."""

from __future__ import annotations

import difflib
import json
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any, cast

from gatepost.errors import SettingsError
from gatepost.observation.attempt.personas import ONLOOKERS, USERS, own_id
from gatepost.observation.plant.users import TEAMMATE
from gatepost.personas import Persona, Traits

BUILT_IN = ("anon", *USERS, TEAMMATE, *ONLOOKERS, "service_role")
"""The names of the personas that every observation has."""
_EXAMPLE = 'support = { role = "authenticated", claims = { app_metadata = { role = "support" } } }'


def configured(table: Mapping[str, object]) -> tuple[Persona, ...]:
    """Return the personas of a settings table. Each has a name, a role and the claims of its token.

    A persona without the claim `sub` gets a fixed user id. Rows are planted for it as for every other user.

    Args:
        table: The content of `[tool.gatepost.personas]`.

    Raises:
        SettingsError: something in it is not known, is not of its type, or has a name that is taken.
    """
    return tuple(_persona(name, said) for name, said in table.items())


def of_roles(roles: Iterable[str], personas: Iterable[Persona]) -> tuple[Persona, ...]:
    """Return a signed-in user for each role of the project's own that a token can name and no persona has.

    Args:
        roles: The roles.
        personas: The project's own personas.
    """
    personas = tuple(personas)
    taken = {*BUILT_IN, "nobody", *(persona.name for persona in personas)}
    return tuple(
        replace(_persona(f"role {role}" if role in taken else role, {"role": role}), traits=Traits(of_own_role=True))
        for role in sorted({*roles} - {persona.role for persona in personas})
    )


def _persona(name: str, said: object) -> Persona:
    place = f'the persona "{name}" in [tool.gatepost.personas]'
    if name in BUILT_IN or name == "nobody" or not name.strip():
        raise SettingsError(f'{place} has a reserved name: "{name}" is a built-in persona', _EXAMPLE)
    if not isinstance(said, dict):
        raise SettingsError(f"{place} must be a table, not {said!r}", _EXAMPLE)
    for key in said:
        if key not in ("role", "claims"):
            near = difflib.get_close_matches(key, ("role", "claims"), 1)
            hint = f'Did you mean "{near[0]}"?' if near else f"role or claims: {_EXAMPLE}"
            raise SettingsError(f'unknown key "{key}" in {place}', hint)
    role, claims = said.get("role", "authenticated"), said.get("claims", {})
    if not isinstance(role, str) or not role:
        raise SettingsError(f'"role" of {place} must be the name of a role, not {role!r}', 'role = "authenticated"')
    if not isinstance(claims, dict):
        raise SettingsError(f'"claims" of {place} must be a table, not {claims!r}', _EXAMPLE)
    return Persona(name, role, _token(place, name, role, cast("dict[str, Any]", claims)))


def _token(place: str, name: str, role: str, claims: dict[str, Any]) -> str:
    full = {"sub": own_id(name), "role": role, **claims}
    try:
        full["sub"] = str(uuid.UUID(str(full["sub"])))
    except ValueError:
        raise SettingsError(
            f'the claim "sub" of {place} is {full["sub"]!r}, which is not a UUID',
            "remove it: the persona gets an id of its own",
        ) from None
    if role == "anon" and "sub" not in claims:
        del full["sub"]
    try:
        return json.dumps(full)
    except TypeError:
        raise SettingsError(f"a claim of {place} is not JSON, such as a date without quotes", _EXAMPLE) from None


def known(names: Iterable[str], personas: Iterable[Persona]) -> None:
    """Refuse the name of a persona that does not exist.

    Args:
        names: The requested names.
        personas: The project's own personas.

    Raises:
        SettingsError: there is no persona of a name.
    """
    there = ["anon", *USERS, TEAMMATE, *(persona.name for persona in personas), "service_role"]
    for name in names:
        if name not in there:
            near = difflib.get_close_matches(name, there, 1)
            raise SettingsError(
                f'there is no persona "{name}"',
                f'Did you mean "{near[0]}"?' if near else f"one of {', '.join(there)}",
            )


def chosen(personas: Iterable[Persona], names: Iterable[str]) -> tuple[Persona, ...]:
    """Return the personas with some names, and those that they are compared with. Without a name, all."""
    wanted = frozenset(names)
    return tuple(persona for persona in personas if not wanted or persona.name in wanted or persona.traits.onlooker)
