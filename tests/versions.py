"""Two versions of a design, compared in one database: each in transactions that are rolled back."""

from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import psycopg2
import pytest

from gatepost.local.cluster import SUPERUSER
from gatepost.review.run import compare
from gatepost.review.state import Side

AS_SUPERUSER = "-- gatepost: as superuser\n"


@dataclass(frozen=True)
class Versions:
    """Compares versions of a design."""

    url: str
    compared: list[int] = field(default_factory=list)

    def side(self, text, label="side"):
        @contextmanager
        def begin():
            with closing(psycopg2.connect(self.url)) as connection, connection.cursor() as cursor:
                if AS_SUPERUSER not in text:  # only the platform's own role makes roles and buckets
                    cursor.execute("SET SESSION AUTHORIZATION postgres")
                cursor.execute(f"{text}; RESET SESSION AUTHORIZATION")
                yield cursor

        return Side(label, begin)

    def compare(self, before, after, options=None):
        self.compared.append(1)
        if (
            len(self.compared) % 10 == 0
        ):  # what is rolled back stays in the catalog, which autovacuum is not there to clear
            with closing(psycopg2.connect(self.url)) as connection:
                connection.autocommit = True
                connection.cursor().execute("VACUUM")
        return compare(self.side(before), self.side(after), options)


@pytest.fixture(scope="session")
def versions(_clone, server):
    with _clone() as name:
        yield Versions(server.url(name, SUPERUSER))


def said(comparison):
    """The verdicts as lines, as a scenario's `expected` has them."""
    return sorted({one.key for one in comparison.access}) or ["equal"]


def folders():
    """Return the pairs; those that stand beside the forty kinds of changes run among the slow tests."""
    root = Path(__file__).parent / "review_scenarios"
    return [
        pytest.param(path, id=path.name, marks=[pytest.mark.slow] if path.name.startswith(("more_", "third_")) else [])
        for path in sorted(root.iterdir())
        if path.is_dir()
    ]
