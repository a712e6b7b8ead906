"""Addresses that anybody can register and that resemble what policies compare a part or a pattern of an address with.

A condition such as `email LIKE '%acme.com'` accepts `eve@evil-acme.com`. Which of the addresses a condition accepts,
PostgreSQL decides: a user with each of them reads the tables.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import chain, zip_longest

from gatepost.observation.plant.fitting.regex_examples import shape

MOST = 8
"""The most addresses that are tried."""
_TOKEN = re.compile(r"[a-z0-9](?:[a-z0-9.-]*[a-z0-9])", re.IGNORECASE)
_REGEX = re.compile(r"[\\()\[\]]")


def look_alikes(literals: Iterable[str]) -> dict[str, str]:
    """Return addresses by the ids of their users.

    Args:
        literals: What policies compare a part of an address with, or the patterns that it must match.
    """
    several = [list(_resembling(literal)) for literal in literals]
    found = dict.fromkeys(chain.from_iterable(zip_longest(*several)))  # the first of each literal comes first
    chosen = [address for address in found if address is not None][:MOST]
    return {f"9e500000-0000-4000-8000-0000000004{number:02d}": address for number, address in enumerate(chosen)}


def accounts(plain: Iterable[str], literals: Iterable[str]) -> Iterator[tuple[str, dict[str, str | None]]]:
    """Yield the accounts of nobody in particular, each with what its row holds beside the usual.

    Args:
        plain: The ids of those with any address.
        literals: As `look_alikes` takes them.
    """
    for user in plain:
        yield user, {}
    for user, address in look_alikes(literals).items():
        yield user, {"email": address}


def _resembling(literal: str) -> Iterator[str]:
    for token in _tokens(literal):
        if "." in token:  # a domain, of which another one may be the end, the beginning or a piece
            yield f"eve@evil-{token}"
            yield f"eve@{token}.evil.example"
            yield f"{token}@evil.example"
            host, _, top = token.rpartition(".")
            if "." in host:  # an unescaped dot of a regular expression is any character
                yield f"eve@{host.replace('.', 'x')}.{top}"
        else:
            yield f"{token}@evil.example"
            yield f"eve@{token}.evil.example"


def _tokens(literal: str) -> Iterator[str]:
    texts = [literal]
    if _REGEX.search(literal) and (example := shape(literal)) is not None:
        texts.insert(0, example.filled("", 0))
    return iter(dict.fromkeys(token for text in texts for token in _TOKEN.findall(text.replace("\\", ""))))
