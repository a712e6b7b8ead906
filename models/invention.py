"""Invent the values of the sample's rows: text, ids, moments and JSON, odd where real ones are."""

from __future__ import annotations

import json
import random
from datetime import datetime, timedelta
from typing import TypeVar

Value = TypeVar("Value")

ODDITIES = (
    "a\ttab",
    "a line\nbreak",
    "a line\r\nthe Windows way",
    'said "boo" and ran',
    "the troll's toll",
    "C:\\caves\\new",
    "\\N",
    "NULL",
    "",
    "🧌 and 👩‍🌾",
    "地精在洞里",
    "ゴブリンの帳簿",
    "Grube für müde Zwerge, e\u0301lan",
    "100% of %(gold)s; :bind $1 {brace}",
    "  space before and after  ",
    "comma, semicolon; 'quoted' -- and a comment",
)
"""Text that a careless copy breaks. The first rows of every table with free text hold one each."""

WORDS = (
    "count dig mend fetch polish guard rhyme brew sort ledger lantern copper mushroom tunnel barrel riddle "
    "wagon torch map bridge cellar anvil whistle beetle cobweb moss gravel bucket rope kettle"
).split()

BASE64 = "./ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
EPOCH = datetime(2025, 1, 1)
"""Naive: the app stored UTC without saying so."""


class Invention:
    """What one table's rows are made of; the same seed invents the same."""

    def __init__(self, seed: int, table: str) -> None:
        """Seed by table as well, so that a change to one table leaves the others as they were."""
        self.random = random.Random(f"{seed}:{table}")  # noqa: S311 - nothing here is a secret
        self.pool = [*ODDITIES, *(self._sentence() for _ in range(500))]

    def _sentence(self) -> str:
        pieces = self.random.choices(WORDS, k=self.random.randint(4, 12))
        if self.random.random() < 0.3:
            pieces.insert(self.random.randrange(len(pieces)), self.random.choice(ODDITIES))
        return " ".join(pieces)

    def text(self, number: int) -> str:
        """Return free text for the row with this number (from 0)."""
        return ODDITIES[number] if number < len(ODDITIES) else self.random.choice(self.pool)

    def sometimes(self, share: float, value: Value) -> Value | None:
        """Return the value for about this share of the rows, NULL for the others."""
        return value if self.random.random() < share else None

    def uuid(self) -> str:
        """Return a version 4 UUID as text."""
        digits = f"{self.random.getrandbits(128):032x}"
        return f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-a{digits[17:20]}-{digits[20:]}"

    def bcrypt(self) -> str:
        """Return something that looks like a bcrypt hash and is the hash of nothing."""
        return "$2b$12$" + "".join(self.random.choices(BASE64, k=53))

    def token(self) -> str:
        """Return something that looks like an encrypted key."""
        return f"gAAAAA{self.uuid()}"

    def app_moment(self) -> str:
        """Return a moment as the app wrote it: with its fraction, unless that happened to be zero."""
        moment = EPOCH + timedelta(seconds=self.random.randrange(20_000_000))
        return f"{moment}.{self.random.randrange(1, 1_000_000):06d}" if self.random.random() < 0.98 else str(moment)

    def database_moment(self) -> str:
        """Return a moment as CURRENT_TIMESTAMP wrote it: whole seconds."""
        return str(EPOCH + timedelta(seconds=self.random.randrange(20_000_000)))

    def json(self, number: int) -> str | None:
        """Return JSON as text: with and without escapes, JSON null, and SQL NULL."""
        if number % 10 == 3:
            return "null"
        if number % 10 in {5, 8}:
            return None
        value = {
            "source": self.text(number),
            "page": self.random.randrange(1000),
            "tags": self.random.choices([*WORDS, *ODDITIES], k=3),
            "nested": {"ok": True, "none": None, "score": self.random.randrange(100) / 4},
        }
        return json.dumps(value, ensure_ascii=number % 2 == 0)
