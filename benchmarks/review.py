"""What `gatepost review` and pgrls say of pairs of versions, on tests/review_scenarios: verdicts and seconds.

    python benchmarks/review.py --pgrls PATH          beside `pgrls diff`, its cautious gate, and `pgrls pr`
    python benchmarks/review.py --only equal          the pairs with this in their name
    python benchmarks/review.py --kinds               one pair for each kind of change, without the further ones

Of each pair it is known who gains. A tool is right about a pair where somebody gains if it exits 1, and about any other
pair if it exits 0; Gatepost is exact if every verdict is the expected one, with its role, command and object. The pairs
are Gatepost's own tests, so its column is full by construction; docs/review.md has figures of pairs that were new.
pgrls compares snapshots of databases, which are made here; only its comparison is timed.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import psycopg2
from detection import CLUSTER, fresh_server, query

from gatepost.local import LocalServer
from gatepost.local.cluster import SUPERUSER
from gatepost.review.run import compare
from gatepost.review.state import Side

SCENARIOS = Path(__file__).parent.parent / "tests" / "review_scenarios"
DATABASE = "gatepost_benchmark_review"
AS_SUPERUSER = "-- gatepost: as superuser"
PGRLS = {
    "pgrls diff": ("diff",),
    "pgrls diff, cautious": ("diff", "--fail-on", "requires-review"),
    "pgrls pr": ("pr",),
}


@dataclass
class Tally:
    """How a tool did."""

    right_gains: int = 0
    silent: list[str] = field(default_factory=list)
    right_others: int = 0
    alarms: list[str] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)
    exact: int = 0
    seconds: float = 0.0

    def count(self, name: str, *, gains: bool, fails: bool) -> None:
        if gains and fails:
            self.right_gains += 1
        elif gains:
            self.silent.append(name)
        elif fails:
            self.alarms.append(name)
        else:
            self.right_others += 1


def side(url: str, text: str) -> Side:
    """One version, in transactions that are rolled back."""

    @contextmanager
    def begin() -> Iterator[psycopg2.extensions.cursor]:
        with closing(psycopg2.connect(url)) as connection, connection.cursor() as cursor:
            if AS_SUPERUSER not in text:
                cursor.execute("SET SESSION AUTHORIZATION postgres")
            cursor.execute(f"{text}; RESET SESSION AUTHORIZATION")
            yield cursor

    return Side("side", begin)


def gatepost(server: LocalServer, folder: Path, tally: Tally, *, gains: bool, expected: list[str]) -> None:
    url = server.url(DATABASE, SUPERUSER)
    before, after = ((folder / f"{name}.sql").read_text() for name in ("before", "after"))
    server.clone(DATABASE)
    try:
        start = time.monotonic()
        found = compare(side(url, before), side(url, after))
        tally.seconds += time.monotonic() - start
    finally:
        server.drop(DATABASE)
    tally.count(folder.name, gains=gains, fails=any(one.fails for one in found.access))
    tally.exact += (sorted({one.key for one in found.access}) or ["equal"]) == expected


def snapshot(server: LocalServer, program: str, text: str, file: Path) -> None:
    """Keep a version as pgrls reads it from a database, and leave the server as it was."""
    before = query(server.url(user=SUPERUSER), CLUSTER)
    server.clone(DATABASE)
    try:
        query(server.url(DATABASE, SUPERUSER if AS_SUPERUSER in text else "postgres"), text)
        url = server.url(DATABASE, SUPERUSER)
        subprocess.run([program, "snapshot", "--database-url", url, "-o", str(file)], check=True, capture_output=True)
    finally:
        server.drop(DATABASE)
        if query(server.url(user=SUPERUSER), CLUSTER) != before:
            server.reset()


def pgrls(server: LocalServer, program: str, folder: Path, tallies: dict[str, Tally], *, gains: bool) -> None:
    with tempfile.TemporaryDirectory() as place:
        files = [Path(place) / f"{name}.json" for name in ("before", "after")]
        try:
            for file in files:
                snapshot(server, program, (folder / f"{file.stem}.sql").read_text(), file)
        except (subprocess.CalledProcessError, psycopg2.Error) as error:
            for name in PGRLS:
                tallies[name].failed.append(f"{folder.name}: {str(error)[:80]}")
            return
        for name, (command, *options) in PGRLS.items():
            start = time.monotonic()
            done = subprocess.run(
                [program, command, *map(str, files), *options], cwd=place, capture_output=True, check=False
            )
            tallies[name].seconds += time.monotonic() - start
            if done.returncode in (0, 1):
                tallies[name].count(folder.name, gains=gains, fails=done.returncode == 1)
            else:
                tallies[name].failed.append(f"{folder.name}: exit {done.returncode}")


def table(tallies: dict[str, Tally], pairs: int, gaining: int) -> Iterator[str]:
    others = pairs - gaining
    yield f"| {pairs} pairs | somebody gains ({gaining}): found | nobody gains ({others}): passed | seconds a pair |"
    yield "|---|--:|--:|--:|"
    for name, tally in tallies.items():
        yield f"| {name} | {tally.right_gains} | {tally.right_others} | {tally.seconds / max(pairs, 1):.1f} |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pgrls", help="the program of `pip install pgrls`")
    parser.add_argument("--only", default="", help="a part of the pairs' names")
    parser.add_argument("--kinds", action="store_true", help='leave out the pairs named "more_…" and "comment_…"')
    given = parser.parse_args()
    folders = [one for one in sorted(SCENARIOS.iterdir()) if one.is_dir() and given.only in one.name]
    if given.kinds:
        folders = [one for one in folders if not one.name.startswith(("more_", "comment_"))]
    tallies = {name: Tally() for name in ("gatepost review", *(PGRLS if given.pgrls else ()))}
    gaining = 0
    with fresh_server() as server:
        for number, folder in enumerate(folders, 1):
            expected = (folder / "expected").read_text().splitlines()
            gains = any(line.startswith(("gains", "may gain")) for line in expected)
            gaining += gains
            gatepost(server, folder, tallies["gatepost review"], gains=gains, expected=expected)
            if given.pgrls:
                pgrls(server, given.pgrls, folder, tallies, gains=gains)
            print(f"{number}/{len(folders)} {folder.name}", file=sys.stderr, flush=True)
    print("\n".join(table(tallies, len(folders), gaining)))
    print(f"\ngatepost: {tallies['gatepost review'].exact} of {len(folders)} exact")
    for name, tally in tallies.items():
        for what, names in (("silent", tally.silent), ("alarm", tally.alarms), ("failed", tally.failed)):
            if names:
                print(f"{name}, {what}: {', '.join(names)}")


if __name__ == "__main__":
    main()
