"""How many leaks `verify` and `check` tell apart from their repair, on designs that no rule was written for.

    python benchmarks/held_out.py [FOLDER] [--only NAME ...] [--details]

Each file of `tests/scenarios/held_out` is a design in two variants: what stands before `-- @leak` with one of the two
parts after it. It says what the leak is about. A leak is found where an error is about that; it is told apart where the
repaired design has no error. A suspicion is a warning about it that the repaired design does not have.
"""

from __future__ import annotations

import argparse
import os
import tempfile
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from gatepost.check import Options, check
from gatepost.database.connect import connect
from gatepost.finding import Finding
from gatepost.sources import Options as SourceOptions
from gatepost.sources import opened, parse_source
from gatepost.verification import verify

HELD_OUT = Path(__file__).parents[1] / "tests" / "scenarios" / "held_out"


@dataclass(frozen=True)
class Design:
    """A design with a leak, and repaired."""

    name: str
    about: str
    leaking: str
    sound: str


def main() -> None:
    options = arguments()
    counts = {command: [0, 0, 0, 0, 0] for command in ("verify", "check")}
    designs = [
        one for one in map(read, sorted(options.folder.glob("*.sql"))) if not options.only or one.name in options.only
    ]
    for design in designs:
        leaking, sound = findings(design.leaking), findings(design.sound)
        for command, count in counts.items():
            errors, false = of(leaking[command], "error", design.about), of(sound[command], "error")
            known = {one.key for one in sound[command]}
            suspected = [one for one in of(leaking[command], "warning", design.about) if one.key not in known]
            cried = of(sound[command], "warning")
            for place, holds in enumerate((errors, errors and not false, not errors and suspected, false, cried)):
                count[place] += bool(holds)
            verdict = "found" if errors else "suspected" if suspected else "MISSED"
            print(f"{design.name:24} {command:8} {verdict:10} {'FALSE ALARM' if false else ''}", flush=True)
            for one in (*errors, *suspected, *false, *cried) if options.details else ():
                print(f"    {one.severity} {one.rule} {one.object}: {one.message[:140]}")
    print(f"\n{len(designs)} designs     found  told apart  suspected  sound with an error  with a warning")
    for command, count in counts.items():
        print(f"{command:12}{count[0]:10}{count[1]:12}{count[2]:11}{count[3]:21}{count[4]:16}")


def read(file: Path) -> Design:
    common, _, rest = file.read_text().partition("-- @leak")
    leak, _, repair = rest.partition("-- @sound")
    about = common.splitlines()[0].removeprefix("-- about:").strip()
    return Design(file.stem, about, f"{common}--{leak}", f"{common}--{repair}")


def findings(text: str) -> dict[str, tuple[Finding, ...]]:
    """Return what both commands find in a design, as they find it in a file of SQL."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "schema.sql"
        file.write_text(text)
        os.chdir(folder)  # outside of any project
        with opened(parse_source(str(file)), SourceOptions("open")) as database:
            assert not [one for one in database.not_checked if not one.covered_by], database.not_checked
            with closing(connect(database.url)) as connection:
                verified = verify(connection, revoked=database.revoked).findings
            chosen = Options(made=True, fix_seconds=0, revoked=database.revoked)
            checked = check(database.url, options=chosen).findings
        os.chdir("/")
    return {"verify": tuple(verified), "check": tuple(checked)}


def of(found: tuple[Finding, ...], severity: str, about: str = "") -> list[Finding]:
    return [one for one in found if one.severity == severity and one.object.startswith(about)]


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, nargs="?", default=HELD_OUT)
    parser.add_argument("--only", nargs="+", default=[])
    parser.add_argument("--details", action="store_true")
    return parser.parse_args()


if __name__ == "__main__":
    main()
