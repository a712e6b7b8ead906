"""How each tool of `detection.py` is called, and how what it printed is read.

Every tool is run as its own documentation says, with all that it accepts about the database: the schemas that the
API serves, for one. A rule is called by the tool's own name for it.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import psycopg2

TIMEOUT = 120
LEVELS = {"high": "warning", "critical": "error", "medium": "warning", "warn": "warning"}

RLSAUTOTEST_RULES = {
    "L001": "USING(true)",
    "L002": "WITH CHECK(true)",
    "L003": "USING but no WITH CHECK",
    "L004": "RLS enabled but no policies",
    "L005": "Policy calls user-defined function",
    "L006": "references its own table",
    "L007": "grants anon full SELECT",
    "L008": "RLS disabled but policies exist",
    "L009": "USING ≠ WITH CHECK",
    "L010": "No DELETE policy",
    "L011": "runs with owner's rights",
    "L012": "SECURITY DEFINER function is EXECUTE-able",
    "L013": "mutable search_path",
    "L014": "not a sanctioned bypass role",
    "L015": "not FORCED",
    "L016": "Scalar-subquery membership lookup",
    "L017": "has no TO clause",
    "L018": "NOT access-scope column",
    "L019": "unwrapped",
    "L020": "dual write path",
}
"""rlsautotest prints no codes outside its source: its rules are distinguished by a phrase of their messages."""

RLSAUTOTEST_GATE = {
    "exposed": "exposed table",
    "hole": "with policy holes",
    "broken": "broken/unreadable",
    "crossed": "cross-policy",
    "two-tenants": "mis-serving",
    "unreliable": "UNRELIABLE",
}
"""The reasons for which the probing run of rlsautotest ends red, by a phrase of the line that says so."""


@dataclass(frozen=True)
class Said:
    """One thing that a tool said of a database."""

    rule: str
    level: str
    place: str
    text: str


class ToolFailed(Exception):
    """A tool could not check a database; contains the last line that it printed."""


@dataclass(frozen=True)
class Tool:
    """A program, the folder to run it in, and for splinter the folder of its lints."""

    name: str
    program: str
    folder: Path
    lints: Path | None = None

    def check(self, url: str, schemas: list[str]) -> list[Said]:
        """Return what the tool says of a database.

        Raises:
            ToolFailed: it said nothing that could be read, or took too long.
        """
        by_name = {"gatepost": gatepost, "pgrls": pgrls, "splinter": splinter, "rlsautotest": rlsautotest}
        try:
            return by_name[self.name](self, url, schemas)
        except (subprocess.TimeoutExpired, json.JSONDecodeError, KeyError, OSError, psycopg2.Error) as trouble:
            raise ToolFailed(f"{type(trouble).__name__}: {str(trouble)[:160]}") from trouble

    def run(self, *arguments: str, ends: tuple[int, ...] = (0, 1)) -> str:
        """Return what the program printed."""
        done = subprocess.run(
            [self.program, *arguments],
            cwd=self.folder,
            capture_output=True,
            text=True,
            timeout=TIMEOUT,
            stdin=subprocess.DEVNULL,
            env=os.environ | {"NO_COLOR": "1", "PYTHONIOENCODING": "utf-8"},
        )
        if done.returncode not in ends:
            output = (done.stderr or done.stdout).strip().splitlines() or ["nothing was printed"]
            raise ToolFailed(f"ended with {done.returncode}: {output[-1][:200]}")
        return done.stdout


def gatepost(tool: Tool, url: str, _schemas: list[str]) -> list[Said]:
    """Gatepost finds out by itself which schemas are served."""
    output = json.loads(tool.run("verify", url, "--format", "json"))
    return [Said(one["rule"], one["severity"], one["object"], one["message"]) for one in output["findings"]]


def pgrls(tool: Tool, url: str, schemas: list[str]) -> list[Said]:
    """The configuration names the served schemas wherever pgrls takes them."""
    listed = json.dumps(schemas)
    rules = "".join(f"[lint.rules.{rule}]\nschemas = {listed}\n" for rule in ("SEC049", "SEC052", "SEC053", "SEC054"))
    (tool.folder / "pgrls.toml").write_text(f"[database]\nschemas = {listed}\n{rules}")
    output = json.loads(tool.run("lint", "--database-url", url, "--schemas", ",".join(schemas), "--format", "json"))
    return [
        Said(one["rule_id"], one["severity"], one["location"] or "", one["message"]) for one in output["violations"]
    ]


def splinter(tool: Tool, url: str, _schemas: list[str]) -> list[Said]:
    """The Supabase CLI carries splinter's lints; they read the served schemas from the database's own setting."""
    arguments = ("--type", "all", "--level", "info", "--output-format", "json", "--agent", "no")
    output = json.loads(tool.run("db", "advisors", f"--remote={url}", *arguments))
    if "results" not in output:
        raise ToolFailed(str(output.get("error") or output)[:200])
    found = []
    for one in output["results"]:
        place = ".".join(str(one["metadata"].get(part) or "") for part in ("schema", "name")) if one["metadata"] else ""
        level = one["level"].lower()
        found.append(Said(one["name"], LEVELS.get(level, level), place, one["detail"]))
    return found + (newer_lints(tool.lints, url) if tool.lints else [])


def newer_lints(folder: Path, url: str) -> list[Said]:
    """Two lints on functions are in splinter's repository and not in the CLI: each is a view, by_name as a query."""
    found = []
    with closing(psycopg2.connect(url)) as connection, connection.cursor() as cursor:
        for file in sorted(folder.glob("002[89]_*.sql")):
            cursor.execute(re.sub(r"(?is)^\s*create view .*? as\s", "", file.read_text(), count=1))
            for name, _, level, _, _, _, detail, _, about, _ in cursor.fetchall():
                place = f"{about.get('schema')}.{about.get('name')}"
                found.append(Said(name, LEVELS.get(level.lower(), level.lower()), place, detail))
    return found


def rlsautotest(tool: Tool, url: str, schemas: list[str]) -> list[Said]:
    """Both of its halves: the linter, and the run that probes with rows of its own."""
    found = []
    for schema in schemas:
        report = tool.folder / "lint.json"
        report.unlink(missing_ok=True)
        tool.run("lint", "--schema", schema, "--db-url", url, "--json", str(report))
        for one in json.loads(report.read_text()) if report.exists() else ():
            rule = next((code for code, phrase in RLSAUTOTEST_RULES.items() if phrase in one["message"]), "other")
            level = one["severity"].lower()
            place = f"{schema}.{one['table']}" + (f".{one['policy']}" if one["policy"] else "")
            found.append(Said(rule, LEVELS.get(level, level), place, one["message"]))
        printed = tool.run("--schema", schema, "--db-url", url, "--report")
        gate = re.search(r"^FAIL: (.*?)(  \(exit 1.*)?$", printed, re.MULTILINE)
        for reason in gate.group(1).split("; ") if gate else ():
            rule = next((name for name, phrase in RLSAUTOTEST_GATE.items() if phrase in reason), "other")
            found += [
                Said(rule, "error", f"{schema}.{table}", reason) for table in reason.rpartition(": ")[2].split(", ")
            ]
    return found


def own(folder: Path) -> Tool:
    """Return Gatepost of this Python."""
    return Tool("gatepost", str(Path(sys.executable).parent / "gatepost"), folder)
