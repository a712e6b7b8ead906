"""Grants as the Python of `as_found(…)`: the privileges of each role, without the owner's and the platform's own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from gatepost.declare.as_found import Privilege
from gatepost.schema import API_ROLES

_ROLES = frozenset({"public", *API_ROLES})


def role_code(name: str, words: set[str]) -> str:
    """Return a role as Python, and note the name that it needs."""
    if name in _ROLES:
        words.add(name)
        return name
    words.add("Role")
    return f"Role({name!r})"


def grants_code(held: Mapping[str, Sequence[Privilege]], words: set[str], named: Mapping[tuple[str, ...], str]) -> str:
    """Return what each role holds as a Python dictionary, and note the names that it needs.

    Args:
        held: From `held_by_role`.
        words: The names that the file imports; those of the roles are added.
        named: The privileges that have a name in the file.
    """
    parts = []
    for role, privileges in held.items():
        together = tuple(one for one in privileges if isinstance(one, str))
        known = named.get(together) if len(together) == len(privileges) else None
        parts.append(f"{role_code(role, words)}: {known or repr(tuple(privileges))}")
    return "{" + ", ".join(parts) + "}"
