"""Put the claims of a token together, and refuse those that no database takes."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any
from uuid import UUID

from gatepost.errors import SettingsError

_REFUSED_BY_JSONB = re.compile("[\x00\ud800-\udfff]")
"""Characters of which jsonb has no form: NUL, and half of a surrogate pair."""


def claims_of(user_id: str | UUID | None, role: str, claims: Mapping[str, Any] | None) -> dict[str, Any]:
    """Return the claims of a user and a role, beside those that were given.

    Raises:
        SettingsError: the claims name another user or role, or PostgreSQL could not read them as jsonb.
    """
    own: dict[str, Any] = {"role": role}
    if user_id is not None:
        own["sub"] = str(user_id)
    given = dict(claims or {})
    for name, value in own.items():
        if name in given and given[name] != value:
            raise SettingsError(
                f'the claims say {name} "{given[name]}" and the call says "{value}"', f"leave {name} out of one of them"
            )
    return given | own


def as_json(claims: Mapping[str, Any]) -> str:
    """Return the claims as the JSON that `auth.jwt()` reads.

    A claim that jsonb refuses would fail every policy that reads any claim.

    Raises:
        SettingsError: there is a number without end, a NUL or half a character in it, or a value that is no JSON.
    """
    for name, value in claims.items():
        if any(_REFUSED_BY_JSONB.search(text) for text in _texts({name: value})):
            raise SettingsError(f"the claim {name!a} holds a character that no jsonb can hold", "remove it")
    try:
        return json.dumps(claims, allow_nan=False)
    except (TypeError, ValueError):
        raise SettingsError("the claims hold a value that is not JSON", "pass the claims of the token") from None


def _texts(value: object) -> Iterator[str]:
    waiting = [value]
    while waiting:
        found = waiting.pop()
        if isinstance(found, str):
            yield found
        elif isinstance(found, Mapping):
            waiting += [*found.keys(), *found.values()]
        elif isinstance(found, list | tuple):
            waiting += found
