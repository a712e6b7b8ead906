"""Describe the caller for whom a condition is evaluated."""

from __future__ import annotations

from dataclasses import dataclass

from gatepost.analysis.conditions.terms import Session

CLAIMS_OF_ALL = frozenset({"sub", "role", "aud", "iss", "exp", "iat", "aal", "session_id", "is_anonymous"})
"""The claims that every token of a signed-in user has (the Supabase documentation on the JWT's fields)."""
CLAIMS_OF_THE_KEY = frozenset({"role", "iss", "iat", "exp", "aud", "ref"})
"""The claims that the key of `anon` may have, which is a token without a user."""


@dataclass(frozen=True)
class Caller:
    """The caller for whom a condition is evaluated.

    Args:
        role: The database role.
        signed_in: Whether there is a user's id.
        missing_claims: Whether to assume that what not every token or request has is missing: other claims, headers.
    """

    role: str
    signed_in: bool
    missing_claims: bool = False

    def value(self, session: Session) -> object:
        """Return a session's value: a text, None for NULL, or SOME (some value) or MAYBE (some value or none)."""
        if session.kind == "session_user":
            return "authenticator"
        if session.kind in ("role", "current_user"):
            return self.role
        if session.kind == "claim":
            if not session.path:
                return SOME
            if not self.signed_in:
                return MAYBE if session.path[0] in CLAIMS_OF_THE_KEY and len(session.path) == 1 else None
            if self.missing_claims and session.path[0] not in CLAIMS_OF_ALL:
                return None
            return SOME if session.path[0] in CLAIMS_OF_ALL and len(session.path) == 1 else MAYBE
        if session.kind in ("uid", "email"):
            return (SOME if session.kind == "uid" else MAYBE) if self.signed_in else None
        return None if self.missing_claims and session.kind in ("setting", "request") else MAYBE


class Mark:
    """A value of which only this is known."""

    def __init__(self, name: str) -> None:
        self.name = name

    def __repr__(self) -> str:
        return self.name


SOME = Mark("some value")
MAYBE = Mark("some value or none")

ANON = Caller("anon", signed_in=False)
SIGNED_IN = Caller("authenticated", signed_in=True)
