"""How many designs `gatepost adopt` adopts, and how many of their policies become rules of the language.

    python benchmarks/adopt.py                   the thirty designs of benchmarks/designs
    python benchmarks/adopt.py FOLDER            other ones: each .sql file is a project
    python benchmarks/adopt.py --jobs 2          two at a time

A design counts as adopted if the written project makes a database of its own that equals the first one, object by
object and statement by statement of `pg_dump`, and Alembic then finds nothing to do. sqlacodegen, which writes the
models, reads tables alone: of policies, grants, functions, views and triggers it carries none over.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

DESIGNS = Path(__file__).with_name("designs")
COUNTED = re.compile(r"(\d+) policies: (\d+) typed")


def adopted(design: Path) -> tuple[bool, int, int, str]:
    """Adopt a design; return whether it came back equal, its policies, those that are typed, and what was said."""
    start = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run(
            [sys.executable, "-m", "gatepost.cli", "adopt", str(design.resolve()), "--into", folder],
            cwd=folder, capture_output=True, text=True, check=False,
        )  # fmt: skip
    seconds = time.perf_counter() - start
    found = COUNTED.search(done.stdout)
    policies, typed = (int(found[1]), int(found[2])) if found else (0, 0)
    equal = done.returncode == 0 and "not carried over" not in done.stdout.lower()
    why = "" if equal else (done.stderr.strip().splitlines() or ["?"])[-1]
    print(
        f"{design.stem:24} {typed:3} of {policies:3} typed  {seconds:5.1f} s  {'equal' if equal else why}", flush=True
    )
    return equal, policies, typed, why


def main() -> None:
    """Adopt every design, and print the shares."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, nargs="?", default=DESIGNS)
    parser.add_argument("--jobs", type=int, default=1)
    given = parser.parse_args()
    with ThreadPoolExecutor(given.jobs) as pool:
        found = list(pool.map(adopted, sorted(given.folder.glob("*.sql"))))
    equal, policies, typed = (sum(one[at] for one in found) for at in range(3))
    print(f"\n{equal} of {len(found)} designs come back equal")
    print(f"{typed} of {policies} policies are typed ({typed / max(policies, 1):.1%})")


if __name__ == "__main__":
    main()
