"""Explain why a connection failed, for `connect()` and `gatepost doctor`."""

from __future__ import annotations

import re
from dataclasses import dataclass

from gatepost.database.address import DatabaseUrl
from gatepost.database.connection_faults import FAULTS, Step


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """A fault, filled in with the names of one URL."""

    code: str
    step: Step
    sentence: str
    hint: str


def diagnose(text: str, url: DatabaseUrl, timeout: float = 0) -> Diagnosis:
    """Explain a driver's message for this URL.

    Args:
        text: The driver's message, unchanged.
        url: The URL that was tried; its names fill the sentence.
        timeout: The seconds waited, for the sentence about a timeout.

    Returns:
        The first row of `FAULTS` that matches, filled in, or the message's own first line without the password.
    """
    names = {
        "host": url.host,
        "port": url.port,
        "user": url.user or "(the account that runs this)",
        "database": url.database,
        "ref": url.project_ref or "<ref>",
        "timeout": f"{timeout:g}",
    }
    for fault in FAULTS:
        if fault.kinds and url.kind not in fault.kinds:
            continue
        if found := re.search(fault.pattern, text):
            words = names | {name: value for name, value in found.groupdict().items() if value is not None}
            return Diagnosis(fault.code, fault.step, fault.sentence.format(**words), fault.hint.format(**words))
    said = hide_password(" ".join(text.split()), url)
    return Diagnosis("unknown", "port", f'"{url.host}" cannot be used: "{said}"', f"gatepost doctor '{url.masked}'")


def hide_password(text: str, url: DatabaseUrl) -> str:
    """Return a text from outside with the URL's password, plain or percent-encoded, replaced by `***`."""
    secret = url.password.reveal()
    if not secret:
        return text
    from urllib.parse import quote

    for form in sorted({secret, quote(secret, safe=""), quote(secret)}, key=len, reverse=True):
        text = text.replace(form, "***")
    return text
