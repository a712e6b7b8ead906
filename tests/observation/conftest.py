"""Whole designs, observed in one database: each in a transaction that is rolled back."""

from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import psycopg2
import pytest

from gatepost.local.cluster import SUPERUSER
from gatepost.observation.run import Scope, run_inside

SCENARIOS = Path(__file__).parents[1] / "scenarios" / "observed"
AS_SUPERUSER = "-- gatepost: as superuser\n"


@dataclass(frozen=True)
class Designs:
    """Observes designs, and finds the sound ones by name."""

    url: str

    def flat(self, name):
        """A sound design as one line, so that a piece of it is found however it is written."""
        text = (SCENARIOS / "sound" / f"{name}.sql").read_text()
        lines = (line for line in text.splitlines() if not line.startswith("--"))
        return (AS_SUPERUSER if AS_SUPERUSER in text else "") + " ".join(" ".join(lines).split())

    def observe(self, text, scope=None):
        with closing(psycopg2.connect(self.url)) as connection, connection.cursor() as cursor:
            if AS_SUPERUSER not in text:  # only the platform's own role makes policies on the platform's tables
                cursor.execute("SET SESSION AUTHORIZATION postgres")
            cursor.execute(f"{text}; RESET SESSION AUTHORIZATION")
            return run_inside(cursor, scope or Scope())


@pytest.fixture(scope="session")
def designs(_clone, server):
    with _clone() as name:
        yield Designs(server.url(name, SUPERUSER))
