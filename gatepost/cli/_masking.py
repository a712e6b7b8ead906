"""Remove passwords from everything that the command line prints."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from urllib.parse import unquote

HIDDEN = "***"

_IN_ADDRESS = re.compile(r"""(:/+[^\s:/@"'`<>]*:)(?!\*\*\*@)[^\s"'`<>]*@""")
"""The password in an address. It ends at the last @, because it may not be encoded.

One slash is enough, because an address that was turned into a path has only one left.
"""
_BY_NAME = re.compile(
    r"""\b(password|sslpassword|passwd|pwd)=(?!\*\*\*)('(?:[^'\\]|\\.)*'|[^\s&'"`]+)""", re.IGNORECASE
)
"""A password in a query, or in PostgreSQL's `key=value` form."""
_WHOLE_ADDRESS = re.compile(r"(?:^|:/+)[^/@:]*:(?!/)(.*)@", re.DOTALL)
_WHOLE_BY_NAME = re.compile(r"\b(?:password|sslpassword|passwd|pwd)=('(?:[^'\\]|\\.)*'|[^\s&]+)", re.IGNORECASE)
_VARIABLES = ("PGPASSWORD", "SUPABASE_SECRET_KEY", "SUPABASE_SERVICE_ROLE_KEY", "SUPABASE_JWT_SECRET")
_LEAST = 6


def masked(text: str, secrets: Iterable[str] = ()) -> str:
    """Return a text without passwords.

    Args:
        text: What is to be printed.
        secrets: Texts that are known to be secret, from `secrets_of`.
    """
    for secret in secrets:
        if secret in text:
            text = text.replace(secret, HIDDEN)
    if ":/" in text:
        text = _IN_ADDRESS.sub(rf"\1{HIDDEN}@", text)
    return _BY_NAME.sub(rf"\1={HIDDEN}", text) if "=" in text else text


def secrets_of(words: Iterable[str], environment: Mapping[str, str]) -> tuple[str, ...]:
    """Return the passwords that were given to a command, longest first.

    A plain word such as `postgres` is left out, because reports contain it for other reasons. It is still hidden inside
    an address.

    Args:
        words: The arguments.
        environment: The environment's variables.
    """
    found = {environment.get(name, "") for name in _VARIABLES}
    for text in (*words, environment.get("DATABASE_URL", "")):
        for pattern in (_WHOLE_ADDRESS, _WHOLE_BY_NAME):
            found.update(part.strip("'") for part in pattern.findall(text))
    found |= {unquote(secret) for secret in found}
    return tuple(sorted(filter(_distinctive, found), key=lambda secret: (-len(secret), secret)))


def _distinctive(secret: str) -> bool:
    return len(secret) >= _LEAST and not secret.isalpha() and not secret.isdigit() and secret != HIDDEN
