"""Recognise kinds of password hashes: those that Supabase Auth accepts, and the names of the others."""

from __future__ import annotations

import re
from dataclasses import dataclass

_TAKEN = {
    "bcrypt": r"\$2[aby]\$(?:0[4-9]|[12][0-9]|3[01])\$[./A-Za-z0-9]{53}",  # at a cost that it has
    "argon2": r"\$argon2(?:i|id)\$v=[0-9]+\$[mtp=,0-9]+\$[A-Za-z0-9+/]+=*\$[A-Za-z0-9+/]+=*",
    "Firebase scrypt": r"\$fbscrypt\$v=1,\S+\$\S+\$\S+",
}
"""What Auth takes as `password_hash`: supabase/auth, internal/models/user.go and internal/crypto/password.go."""

_KNOWN = {
    "PBKDF2": r"(?:\$?pbkdf2[-_:]).*",  # Django, passlib, Werkzeug
    "scrypt": r"(?:scrypt[:$]|\$scrypt\$|\$7\$).*",
    "bcrypt over SHA-256": r"(?:bcrypt_sha256\$|\$bcrypt-sha256\$).*",
    "bcrypt at a cost that it does not have": r"\$2[aby]?\$.*",
    "argon2 in a variant that Auth does not accept": r"\$argon2.*",
    "crypt (SHA-2)": r"\$[56]\$.*",
    "crypt (MD5)": r"\$(?:1|apr1)\$.*",
    "salted SHA-1 or MD5": r"(?:sha1|md5)\$.*|\{S?(?:SHA|MD5)\}.*",
    "phpass": r"\$[PH]\$.*",
    "bare hexadecimal digits (MD5, SHA)": r"(?:[0-9a-fA-F]{32}|[0-9a-fA-F]{40}|[0-9a-fA-F]{64}|[0-9a-fA-F]{128})",
}

_DJANGO = re.compile(r"(?:bcrypt\$|argon2)(?=\$)")
"""Django writes its own name of a kind before a hash that is otherwise as everybody writes it."""


@dataclass(frozen=True, slots=True)
class Password:
    """The value of a password column: a hash that Auth accepts, or the name of a kind that it does not."""

    kind: str
    hash: str | None = None


def recognise(value: object) -> Password | None:
    """Return what a value is; None where it says that the user has no password.

    Args:
        value: What stands in the column. It is never printed.
    """
    if value is None or value == "" or (isinstance(value, str) and value.startswith("!")):
        return None  # Django and /etc/shadow write "!" for a password that never fits
    if not isinstance(value, str):
        return Password("no text")
    plain = _DJANGO.sub("", value, count=1)
    for kind, form in _TAKEN.items():
        if re.fullmatch(form, plain):
            return Password(kind, plain)
    return Password(
        next((kind for kind, form in _KNOWN.items() if re.fullmatch(form, value, re.DOTALL)), "no known hash")
    )
