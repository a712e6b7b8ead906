"""Which defects Gatepost and other tools find, and how many false alarms each raises, on tests/scenarios.

    python benchmarks/detection.py --pgrls PATH --rlsautotest PATH --supabase PATH
    python benchmarks/detection.py --only view --pgrls PATH           the cases with this in their name
    python benchmarks/detection.py --kept FILE ...                    keep the output, to judge it again without a run

A tool that is not given is skipped, and the output says so. pgrls and rlsautotest come from `pip install`, splinter
from the `supabase` program of `npm install supabase`. Every case gets a database of its own on a server that this
script starts and removes. detection_reasons.py judges the findings, and detection_tools.py runs the tools.
docs/detection.md has the results; `--markdown` prints its tables.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager, nullcontext
from dataclasses import asdict, dataclass, field
from pathlib import Path

import psycopg2
from detection_reasons import COST, FAMILIES, SET_ASIDE, family, fits
from detection_tools import Said, Tool, ToolFailed, own

from gatepost.local import LocalServer
from gatepost.local.account import unprivileged
from gatepost.local.cluster import SUPERUSER
from gatepost.local.transport import Loopback

SCENARIOS = Path(__file__).parent.parent / "tests" / "scenarios"
DATABASE = "gatepost_benchmark_detection"
CREATED = re.compile(
    r"""(?:CREATE|ALTER)\s+(?:OR\s+REPLACE\s+)?(?:FOREIGN\s+|MATERIALIZED\s+)?
        (?:TABLE|VIEW|FUNCTION|PROCEDURE|POLICY|SEQUENCE|RULE|TRIGGER)\s+(?:IF\s+NOT\s+EXISTS\s+)?
        (?:\w+\.)?("[^"]+"|\w+)|\sON\s+(?:storage|realtime|auth|vault)\.(\w+)""",
    re.IGNORECASE | re.VERBOSE,
)
SCANNED = """
    SELECT DISTINCT n.nspname FROM pg_namespace n
    LEFT JOIN pg_class c ON c.relnamespace = n.oid AND c.relkind IN ('r', 'p', 'f', 'v', 'm')
    LEFT JOIN pg_roles r ON r.rolname IN ('anon', 'authenticated')
        AND has_schema_privilege(r.oid, n.oid, 'USAGE')
        AND has_table_privilege(r.oid, c.oid, 'SELECT, INSERT, UPDATE, DELETE')
    WHERE n.nspname = 'public' OR (
        r.oid IS NOT NULL AND n.nspname !~ '^pg_'
        AND n.nspname <> ALL (ARRAY['information_schema', 'auth', 'storage', 'realtime', 'extensions', 'vault',
                                    'graphql', 'graphql_public', 'cron', 'net']))
"""
"""`public`, and schemas of the project's with a relation that the API's roles hold something on."""
SERVED = """
    SELECT split_part(setting, '=', 2) FROM pg_db_role_setting s JOIN pg_roles r ON r.oid = s.setrole
    CROSS JOIN unnest(s.setconfig) AS setting
    WHERE r.rolname = 'authenticator' AND setting LIKE 'pgrst.db_schemas=%'
"""
"""The schemas that the API serves, where a case says so."""
CLUSTER = """
    SELECT (SELECT jsonb_agg(to_jsonb(r) - 'rolpassword' ORDER BY r.oid) FROM pg_roles r)::text,
           (SELECT jsonb_agg(to_jsonb(m) ORDER BY m.roleid, m.member) FROM pg_auth_members m)::text,
           (SELECT jsonb_agg(to_jsonb(s) ORDER BY s.setrole) FROM pg_db_role_setting s WHERE setdatabase = 0)::text
"""
"""What a case can change outside its database, after which the server is recreated."""


@dataclass(frozen=True)
class Case:
    """A file of SQL: what must be found in it, which is nothing for a sound one."""

    name: str
    sql: str
    expected: tuple[str, ...]

    @property
    def user(self) -> str:
        return SUPERUSER if "-- gatepost: as superuser" in self.sql else "postgres"

    @property
    def objects(self) -> set[str]:
        """The names of what the case makes or changes."""
        return {(one or other).strip('"') for one, other in CREATED.findall(self.sql)}


@dataclass
class Heard:
    """What the tools said of a database, and which of them failed on it."""

    said: dict[str, list[Said]] = field(default_factory=dict)
    failed: dict[str, str] = field(default_factory=dict)


def cases(only: str) -> list[Case]:
    found = []
    for file in sorted(SCENARIOS.glob("leaking/*.sql")) + sorted(SCENARIOS.glob("sound/*.sql")):
        text = file.read_text()
        header = text.partition("\n")[0].removeprefix("-- ") if file.parent.name == "leaking" else ""
        expected = tuple(name.strip() for name in header.split(",") if name.strip())
        case = Case(f"{file.parent.name}/{file.stem}", text, expected)
        if only in case.name:
            found.append(case)
    return found


@contextmanager
def fresh_server() -> Iterator[LocalServer]:
    """A server of our own on a port of this machine: not every tool takes a Unix socket."""
    account = unprivileged()
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        directory = Path(folder).resolve() / "server"
        server = LocalServer(directory, account, Loopback(directory, account)).start("new")
        try:
            yield server
        finally:
            server.remove()


def query(url: str, text: str) -> list[tuple[str, ...]]:
    with closing(psycopg2.connect(url)) as connection, connection, connection.cursor() as cursor:
        cursor.execute(text)
        return cursor.fetchall() if cursor.description else []


def listen(server: LocalServer, case: Case, tools: list[Tool]) -> Heard:
    """Create the database of a case and run every tool: the reading ones at once, the writing one at the end."""
    heard = Heard()
    before = query(server.url(user=SUPERUSER), CLUSTER)
    url = server.clone(DATABASE)
    try:
        query(server.url(DATABASE, case.user), case.sql)
        schemas = sorted(name for (name,) in query(server.url(DATABASE, SUPERUSER), SCANNED))
        schemas += [name for name in ("storage", "realtime") if f" {name}." in case.sql]
        for (served,) in query(server.url(DATABASE, SUPERUSER), SERVED):
            # splinter connects as `postgres`, which does not see the settings of another role.
            query(server.url(DATABASE, SUPERUSER), f"ALTER DATABASE {DATABASE} SET pgrst.db_schemas = '{served}'")

        def run_tool(tool: Tool) -> None:
            try:
                heard.said[tool.name] = tool.check(url, schemas)
            except ToolFailed as trouble:
                heard.said[tool.name], heard.failed[tool.name] = [], str(trouble).replace(url, "URL")

        with ThreadPoolExecutor(2) as pool:
            list(pool.map(run_tool, [tool for tool in tools if tool.name != "rlsautotest"]))
        for tool in tools:
            if tool.name == "rlsautotest":
                run_tool(tool)
    finally:
        server.drop(DATABASE)
        if query(server.url(user=SUPERUSER), CLUSTER) != before:
            server.reset()
    return heard


def hear_all(found: list[Case], tools: list[Tool], kept: Path | None) -> dict[str, Heard]:
    """Run all cases and empty projects; results that are kept in a file are not run again."""
    known = json.loads(kept.read_text()) if kept and kept.exists() else {}
    fresh = [Case("fresh/public", "SELECT 1", ()), Case("fresh/storage", "SELECT 1 -- storage. realtime.", ())]
    todo = [one for one in fresh + found if one.name not in known]
    with fresh_server() if todo else nullcontext() as server:
        for number, case in enumerate(todo, 1):
            heard = listen(server, case, tools)
            known[case.name] = {
                "said": {tool: [asdict(one) for one in said] for tool, said in heard.said.items()},
                "failed": heard.failed,
            }
            if kept:
                kept.write_text(json.dumps(known, indent=1))
            print(f"{number}/{len(todo)} {case.name}", file=sys.stderr, flush=True)
    return {
        name: Heard({tool: [Said(**one) for one in said] for tool, said in heard["said"].items()}, heard["failed"])
        for name, heard in known.items()
    }


@dataclass(frozen=True)
class Judge:
    """Tells what counts: never what a tool says of a fresh project as well."""

    heard: dict[str, Heard]

    def own_words(self, case: Case, tool: str) -> list[Said]:
        """Return what a tool says of the case and not of a fresh project."""
        always = {(one.rule, one.place) for name in ("fresh/public", "fresh/storage") for one in self.said(name, tool)}
        return [one for one in self.said(case.name, tool) if (one.rule, one.place) not in always]

    def said(self, name: str, tool: str) -> list[Said]:
        return self.heard[name].said[tool]

    def finding(self, case: Case, tool: str, rule: str) -> Said | None:
        """Return the first, and the loudest, that names an object of the case and speaks of the defect."""
        words = sorted(self.own_words(case, tool), key=lambda one: ("error", "warning", "info").index(one.level))
        return next((one for one in words if fits(tool, one.rule, {rule}) and names(case, one)), None)

    def found(self, case: Case, tool: str) -> bool:
        """Whether one of the expected defects was named, at the level of a warning or above."""
        all_of_them = (self.finding(case, tool, rule) for rule in case.expected)
        return any(one is not None and one.level != "info" for one in all_of_them)

    def alarms(self, case: Case, tool: str, how: str) -> list[Said]:
        """Return what a tool says of a sound case as a warning or above, `raw`, `tuned` or about `cost` only."""
        if how == "raw":
            return [one for one in self.said(case.name, tool) if one.level != "info"]
        loud = [one for one in self.own_words(case, tool) if one.level != "info" and one.rule not in SET_ASIDE[tool]]
        return [one for one in loud if (one.rule in COST[tool]) == (how == "cost")]


def names(case: Case, one: Said) -> bool:
    """Whether something that was said names what the case is made of; a case of roles and defaults only has nothing."""
    objects = case.objects
    return not objects or any(re.search(rf"\b{re.escape(name)}\b", f"{one.place} {one.text}") for name in objects)


def table(header: list[str], rows: list[list[str]], markdown: bool) -> str:
    if markdown:
        lines = [header, ["---"] + ["--:"] * (len(header) - 1), *rows]
        return "\n".join("| " + " | ".join(line) + " |" for line in lines)
    widths = [max(len(line[column]) for line in [header, *rows]) for column in range(len(header))]
    first, *others = widths
    return "\n".join(
        f"{line[0]:<{first}}  " + "  ".join(f"{cell:>{width}}" for cell, width in zip(line[1:], others, strict=True))
        for line in [header, *rows]
    )


def report(found: list[Case], tools: list[str], judge: Judge, markdown: bool) -> Iterator[str]:
    leaking, sound = [one for one in found if one.expected], [one for one in found if not one.expected]
    home = {case.name: family(case.expected[0]) for case in leaking}

    def row(label: str, of: list[Case]) -> list[str]:
        return [label, str(len(of)), *(str(sum(judge.found(case, tool) for case in of)) for tool in tools)]

    rows = [row(name, of) for name in FAMILIES if (of := [case for case in leaking if home[case.name] == name])]
    rows.append(row("all cases with a defect", leaking))
    for label, how in (
        ("correct designs with a false alarm", "tuned"),
        ("... without any tuning", "raw"),
        ("correct designs reported as slow", "cost"),
    ):
        counts = [str(sum(bool(judge.alarms(case, tool, how)) for case in sound)) for tool in tools]
        rows.append([label, str(len(sound)), *counts])
    yield table(["", "cases", *tools], rows, markdown)
    rows = []
    for name, rules in FAMILIES.items():
        for rule in sorted(rules):
            of = [case for case in leaking if case.expected[0] == rule]
            if of:
                rows.append(row(f"{name}: {f'`{rule}`' if markdown else rule}", of))
    yield table(["defect", "cases", *tools], rows, markdown)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--pgrls", help="the pgrls program")
    parser.add_argument("--rlsautotest", help="the rlsautotest program")
    parser.add_argument("--supabase", help="the supabase program, which runs splinter")
    parser.add_argument("--lints", type=Path, help="the folder lints/ of splinter, for those that the CLI lacks")
    parser.add_argument("--only", default="", help="run only the cases with this in their name")
    parser.add_argument("--kept", type=Path, help="keep the output in this file, and run only what it lacks")
    parser.add_argument("--markdown", action="store_true", help="print the tables for docs/detection.md")
    parser.add_argument("--explain", action="store_true", help="list missed cases and false alarms")
    arguments = parser.parse_args()
    given = {"pgrls": arguments.pgrls, "splinter": arguments.supabase, "rlsautotest": arguments.rlsautotest}
    found = cases(arguments.only)
    with tempfile.TemporaryDirectory() as folder:
        tools = [own(Path(folder))]
        for name, program in given.items():
            if program is None:
                print(f"{name.upper()} WAS NOT GIVEN, AND IS LEFT OUT", file=sys.stderr)
                continue
            (Path(folder) / name).mkdir()
            tools.append(Tool(name, str(Path(program).absolute()), Path(folder) / name, arguments.lints))
        judge = Judge(hear_all(found, tools, arguments.kept))
    names = [tool.name for tool in tools]
    print("\n\n".join(report(found, names, judge, arguments.markdown)))
    for case in found:
        for tool, why in judge.heard[case.name].failed.items():
            print(f"{tool} could not check {case.name}: {why}")
        if arguments.explain:
            explain(case, names, judge)


def explain(case: Case, tools: list[str], judge: Judge) -> None:
    """Print how a case was judged."""
    print(f"{case.name}: {', '.join(case.expected) or 'sound'}")
    for tool in tools:
        if case.expected:
            words = [one for one in judge.own_words(case, tool) if one.level != "info"]
            mark = "found" if judge.found(case, tool) else "MISSED"
        else:
            words = judge.alarms(case, tool, "tuned")
            mark = "CRIED" if words else "silent"
        print(f"    {tool:<12}{mark:<8}" + "; ".join(sorted({f"{one.rule} {one.place}" for one in words})))


if __name__ == "__main__":
    main()
