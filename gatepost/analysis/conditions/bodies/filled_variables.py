"""Which variables a statement of a body fills, and where the value of an assignment starts."""

from __future__ import annotations

from gatepost.sql import Token


def assigned(chunk: list[Token]) -> int | None:
    """Return where the value of an assignment or a declaration starts."""
    for at, token in enumerate(chunk[:-1]):
        if token.text == ":" and chunk[at + 1].text == "=":
            return at
        if token.name in ("select", "update", "insert", "delete", "for", "return"):
            return None
        if token.name == "default":
            return at + 1
    return None


def into(chunk: list[Token]) -> list[str]:
    """Return the variables that a statement fills."""
    names = [token for token in chunk if token.kind != "space"]
    found: list[str] = []
    if names and names[0].name == "for" and len(names) > 1:
        return [names[1].name or ""]
    for at, token in enumerate(names):
        if token.name != "into" or (at and names[at - 1].name in ("insert", "merge")):
            continue
        rest = names[at + 1 :]
        rest = rest[1:] if rest and rest[0].name == "strict" else rest
        for place, one in enumerate(rest):
            if place % 2 and one.text != ",":
                break
            if place % 2 == 0 and one.name is not None:
                found.append(one.name)
    return found


def without_into(chunk: list[Token], inserts: bool) -> list[Token]:
    """Return a statement without the INTO that fills variables."""
    at = next((at for at, token in enumerate(chunk) if token.name == "into" and not inserts), None)
    if at is None or chunk[0].name == "insert":
        return chunk
    end, filled = at + 1, 0
    names = len(into(chunk))
    while end < len(chunk) and (filled < names or chunk[end].kind == "space"):
        if chunk[end].name is not None and chunk[end].name != "strict":
            filled += 1
        end += 1
    return [*chunk[:at], *chunk[end:]]
