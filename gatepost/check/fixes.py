"""Try fixes on the clone: the finding must be gone, and everybody must access their own rows as before."""

from __future__ import annotations

import re
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from gatepost import sql
from gatepost.analysis.context import Context
from gatepost.check.cells import Cells, is_open, states
from gatepost.check.subjects import Subject, Subjects
from gatepost.declare.declaration import Declaration
from gatepost.finding import Finding, Result
from gatepost.observation.run import Scope, run_inside
from gatepost.personas import Persona
from gatepost.reflect import read
from gatepost.rules import all_rules
from gatepost.schema import is_platform

if TYPE_CHECKING:
    from psycopg2.extensions import connection as Connection
    from psycopg2.extensions import cursor as Cursor

_STATEMENT = re.compile(r"(ALTER|DROP|REVOKE|GRANT|CREATE|COMMENT)\b")
_HAD = ("own", "some", "all")


@dataclass(frozen=True)
class Bench:
    """Where fixes are tried.

    Args:
        connection: On the clone, in no transaction.
        context: What the rules looked at.
        before: What was observed.
        declaration: What was declared.
        personas: Those of the project.
    """

    connection: Connection
    context: Context
    before: Cells
    declaration: Declaration | None
    personas: tuple[Persona, ...] = ()

    def try_each(self, findings: Sequence[Finding], *, deadline: float | None) -> tuple[Finding, ...]:
        """Return the findings with the fixes that passed, and what must be decided where none did.

        Fixes of different tables are tried together, and those that fail there once more, each alone. What is not
        tried by the deadline is called that.

        Args:
            findings: In the order in which they are shown.
            deadline: As `time.monotonic` counts; None for as long as it takes.
        """
        subjects = Subjects(self.context.live)
        done: dict[str, Finding] = {}
        waiting = [one for one in findings if one.fix and is_sql(one.fix)]
        slowest = 0.0
        while waiting and (deadline is None or time.monotonic() + slowest < deadline):
            batch = _one_a_table(waiting, subjects)
            started = time.monotonic()
            came = self._tried(batch, subjects)
            slowest = max(slowest, time.monotonic() - started)
            failed = [one for one in batch if came[one.key].fix_trial == "failed"] if len(batch) > 1 else []
            for one in failed:
                if deadline is not None and time.monotonic() + slowest >= deadline:
                    break
                came |= self._tried([one], subjects)
            done |= came
            waiting = [one for one in waiting if one.key not in done]
        return tuple(done.get(one.key) or _untried(one) for one in findings)

    def _tried(self, batch: Sequence[Finding], subjects: Subjects) -> dict[str, Finding]:
        """Apply the fixes of some findings together, look again, and take everything back."""
        cursor = self.connection.cursor()
        try:
            refused = {one.key: _applied(cursor, one, subjects) for one in batch}
            after = self._look_again(cursor, batch, subjects)
        finally:
            self.connection.rollback()
        return {one.key: self._judged(one, refused[one.key], after, subjects) for one in batch}

    def _look_again(self, cursor: Cursor, batch: Iterable[Finding], subjects: Subjects) -> _After:
        found = [subjects.of(one) for one in batch]
        only = frozenset(one.table.key for one in found if one.table is not None)
        everything = any(one.table is None for one in found)  # doors are opened beside all tables
        live = read(cursor)
        context = Context(live, self.declaration, self.context.declared, revoked=self.context.revoked)
        rules = {one.rule for finding in batch for one in (finding, *finding.consequences)}
        keys = {one.key for rule in all_rules() if rule.name in rules for one in rule.check(context)}
        scope = Scope(self.declaration, only=frozenset() if everything else only, personas=self.personas)
        observed = run_inside(cursor, scope)
        return _After(frozenset(keys | {one.key for one in observed.findings}), observed)

    def _judged(self, finding: Finding, refused: str, after: _After, subjects: Subjects) -> Finding:
        if refused:
            return _failed(finding, f"does not run: {refused}")
        subject = subjects.of(finding)
        left = [one for one in (finding, *finding.consequences) if one.severity != "info" and one.key in after.keys]
        if left and (left[0] is finding or subject.table is None or not is_open(subject.table)):
            return _failed(finding, f"leaves {left[0].rule} as it is")
        if subject.table is not None:
            table = subject.table
            stated = is_open(table) and bool(table.policies)
            lost = _lost(str(table), self.before.tables, Cells(after.observed).tables, by_policies=stated)
        else:
            lost = _shut(subject, self.before.observed, after.observed)
        new = [one for one in after.observed.findings if one.severity == "error" and self._is_new(one)]
        opened = sorted(one.key for one in new if self._is_opened(one, Cells(after.observed), subjects))
        if lost or opened:
            return _failed(finding, lost or f"leads to {opened[0]}")
        still = [f"{one.message} still" for one in left] + [one.message for one in new]
        return replace(finding, fix_trial="passed", decide=f"with the fix, {still[0]}" if still else "")

    def _is_new(self, finding: Finding) -> bool:
        return all(one.key != finding.key for one in self.before.observed.findings)

    def _is_opened(self, finding: Finding, after: Cells, subjects: Subjects) -> bool:
        """Return whether somebody reaches more than before; else the fix only made clearer what is intended."""
        subject = subjects.of(finding)
        had, has = (one.tables.get(str(subject.table), {}).get("cells", {}) for one in (self.before, after))
        return not had or any(
            cell["rows"] > had.get(name, {}).get(command, {"rows": 0})["rows"]
            for name, commands in has.items()
            for command, cell in commands.items()
            if command in subject.commands
        )


@dataclass(frozen=True)
class _After:
    """What is found with the fixes applied: the keys of all findings, and the observation."""

    keys: frozenset[str]
    observed: Result


def is_sql(fix: str) -> bool:
    """Return whether a fix is SQL that can be run as it is, and no sentence, command or sketch."""
    return "…" not in fix and all(
        _STATEMENT.match(line) for line in fix.split("\n")[:1] if not line.startswith("--")
    )  # fmt: skip


def _one_a_table(waiting: Sequence[Finding], subjects: Subjects) -> list[Finding]:
    """Return the first finding of each table, view and function."""
    found: dict[str, Finding] = {}
    for one in waiting:
        table = subjects.of(one).table
        found.setdefault(str(table) if table is not None else one.object, one)
    return list(found.values())


def _applied(cursor: Cursor, finding: Finding, subjects: Subjects) -> str:
    """Run a fix as the owner of its object, else of another; return why that was refused, or the empty string.

    Of a platform's table, it is run by who logs in, as the platform lets `postgres` change its policies.
    """
    from psycopg2 import Error, errors

    refused = ""
    for role in _runners(finding, subjects):
        cursor.execute("SAVEPOINT gatepost_fix")
        try:
            cursor.execute(f"SET LOCAL ROLE {role}")
            cursor.execute(finding.fix)
            cursor.execute("RESET ROLE; RELEASE SAVEPOINT gatepost_fix")
        except Error as error:
            cursor.execute("ROLLBACK TO SAVEPOINT gatepost_fix; RELEASE SAVEPOINT gatepost_fix")
            refused = refused or (error.diag.message_primary or str(error)).strip().partition("\n")[0]
            if not isinstance(error, errors.InsufficientPrivilege):
                break
        else:
            return ""
    return refused or "nobody owns what it changes"


def _runners(finding: Finding, subjects: Subjects) -> list[str]:
    """Return the owner of what a finding is about, and those of the project's tables: a fix may be about another."""
    subject, live = subjects.of(finding), subjects.live
    if subject.table is not None and is_platform(subject.table.schema):
        return ["NONE"]
    owners = {str(view): view.owner for view in live.views} | {str(one): one.owner for one in live.functions}
    first = subject.table.owner if subject.table is not None else owners.get(finding.object)
    others = sorted({table.owner for table in live.tables if not is_platform(table.schema)})
    return [sql.identifier(one) for one in dict.fromkeys([*([first] if first else []), *others])]


def _lost(table: str, before: Mapping[str, object], after: Mapping[str, object], *, by_policies: bool = False) -> str:
    """Return who can no longer access rows of their own, as a clause, or the empty string.

    Args:
        table: The table.
        before: The rows of the matrix by table, without the fix.
        after: The same with the fix.
        by_policies: Whether policies that nobody evaluated say who is intended: then a command counts as lost only
            where they leave it to nobody.
    """
    had = {(name, command): (reach, own) for name, command, reach, own in states(table, before)}
    has = {(name, command): (reach, own) for name, command, reach, own in states(table, after)}
    if not has:
        return "could not be tried"
    lost: dict[str, list[str]] = {}
    for (name, command), (reach, own) in had.items():
        now, still = has.get((name, command), ("unknown", 0))
        shut_out = name == "service_role" and reach in _HAD and now not in _HAD
        if (now in ("unknown", "error") and reach in _HAD) or still < own or shut_out:
            lost.setdefault(command, []).append(name)
    if by_policies:
        kept = {command for (name, command), (_, own) in has.items() if own}
        lost = {command: names for command, names in lost.items() if command not in kept}
    stuck = [key for key, (reach, _) in had.items() if reach == "error"]
    if stuck and all(has.get(key, ("none", 0))[0] == "none" for key in stuck):
        return f"lets nobody {stuck[0][1]} anything"
    if not lost:
        return ""
    first, names = next(iter(lost.items()))
    return f"takes {first} on rows of their own from {', '.join(names)}"


def _shut(subject: Subject, before: Result, after: Result) -> str:
    """Return whom a door that was open to all alike no longer answers, as a clause, or the empty string."""
    had, has = (
        {
            door["persona"]
            for door in _doors(one)
            if door["door"] == subject.name and door["outcome"] == "done"
        }
        for one in (before, after)
    )  # fmt: skip
    lost = sorted(had - has)
    return f"takes it from {', '.join(lost)} altogether" if lost else ""


def _doors(result: Result) -> list[dict[str, str]]:
    doors: object = result.sections.get("doors", [])
    return doors if isinstance(doors, list) else []


def _failed(finding: Finding, why: str) -> Finding:
    first = " ".join(finding.fix.split("\n")[0].split()).rstrip(";")
    decide = f"decide who may reach {finding.object}: {first} was tried, and {why}"
    return replace(finding, fix="", fix_trial="failed", decide=decide)


def _untried(finding: Finding) -> Finding:
    if not finding.fix:
        return finding
    if is_sql(finding.fix):
        return replace(finding, fix="", fix_trial="not tried")
    return replace(finding, fix="", decide=_sentence(finding))


def _sentence(finding: Finding) -> str:
    """Return a sketch of a fix as what somebody has to decide."""
    lines = (" ".join(one.split()).removesuffix(";") for one in finding.fix.split("\n"))
    return "; ".join(filter(None, lines)).replace(" …", " must be changed")
