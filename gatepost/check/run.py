"""Check a database: read it, clone it once, try every suspicion and the matrix, and join what they say."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from gatepost.check.causes import join
from gatepost.check.cells import Cells
from gatepost.check.fixes import Bench
from gatepost.check.reduced import reduced_to_true
from gatepost.check.subjects import Subjects
from gatepost.database.connect import connect
from gatepost.database.url import DatabaseUrl
from gatepost.declare.declaration import Declaration
from gatepost.finding import Finding, NotChecked, Result, table_states
from gatepost.name_hints import Words, added_words
from gatepost.observation.clone import filled_clone
from gatepost.observation.run import run as observe
from gatepost.personas import Persona
from gatepost.rules import Context, DecidedBy, Rule, all_rules
from gatepost.schema import Revoked
from gatepost.verification import NO_TABLE, examine

if TYPE_CHECKING:
    from psycopg2.extensions import connection as Connection

FIX_SECONDS = 10.0
"""How long the fixes of the findings that are shown first are tried, where nothing else is said."""


@dataclass(frozen=True)
class Options:
    """How a database is checked.

    Args:
        declaration: What was declared; without it, that of the project that holds the current folder, if any.
        personas: Those of the project, beside those that are there always.
        rules: Which rules to check; None for all.
        made: Whether the database is a temporary server of ours, on which a project's SQL was run.
        copied: The tables of a live database whose rows are copied into the clone, as `schema.table`.
        not_loaded: What of a source is not in the database.
        revoked: What the scripts of a source revoke of columns to no effect, which no catalog says.
        fix_seconds: How long fixes are tried, those of the findings that are shown first; None for however long all
            of them take.
        words: The words in names that a project adds.
        progress: Is told what is done next.
    """

    declaration: Declaration | None = None
    personas: tuple[Persona, ...] = ()
    rules: tuple[Rule, ...] | None = None
    made: bool = False
    copied: tuple[str, ...] = ()
    not_loaded: tuple[NotChecked, ...] = ()
    revoked: tuple[Revoked, ...] = ()
    fix_seconds: float | None = FIX_SECONDS
    words: Words | None = None
    progress: Callable[[str], None] = lambda _: None


def check(target: DatabaseUrl, *, label: str = "", options: Options | None = None) -> Result:
    """Return the whole verdict about a database, which is only read.

    Args:
        target: The database.
        label: How it is called in the result; without one, its address without the password.
        options: How.

    Returns:
        One finding a cause, each `proved`, `witnessed` or `suspected`; the access matrix and the doors; under
        `refuted`, the suspicions that were tried and refused.

    Raises:
        DatabaseUnreachable: the database cannot be read.
        LocalServerError: the clone cannot be made, or took more time or room than it is given.
        SettingsError: a persona has a role, or `copied` names a table, that the database does not have.
    """
    options = options or Options()
    name = label or target.masked
    with ThreadPoolExecutor(1) as beside, added_words(options.words):
        options.progress("reading the catalog, and cloning the schema")
        reading = beside.submit(_examined, target, options)
        with filled_clone(target, made=options.made, rows_of=options.copied) as clone:
            verified, context = reading.result()
            with closing(connect(clone.url, application_name="gatepost check")) as connection:
                observed = observe(
                    connection,
                    declaration=context.declaration,
                    target=name,
                    not_cloned=(*clone.missing, *options.not_loaded),
                    personas=options.personas,
                    roles=clone.roles,
                    progress=options.progress,
                )
                return _verdict(verified, context, observed, connection, options)


def _examined(target: DatabaseUrl, options: Options) -> tuple[Result, Context]:
    with closing(connect(target, application_name="gatepost check")) as connection:
        return examine(
            connection,
            declaration=options.declaration,
            rules=options.rules,
            words=options.words,
            revoked=options.revoked,
        )


def _verdict(verified: Result, context: Context, observed: Result, connection: Connection, options: Options) -> Result:
    cells, subjects = Cells(observed), Subjects(context.live)
    deciders: dict[str, DecidedBy] = {rule.name: rule.decided_by for rule in all_rules()}
    policies = [subjects.of(one).policy for one in verified.findings if deciders.get(one.rule) == "trial"]
    with connection, connection.cursor() as cursor:
        always_true = reduced_to_true(cursor, dict.fromkeys(one for one in policies if one is not None))
    joined = join(verified.findings, cells, subjects, deciders, always_true)
    if options.rules is not None:  # what was asked for, and what was seen of the same
        asked = {rule.name for rule in options.rules}
        joined = replace(joined, findings=tuple(one for one in joined.findings if one.rule in asked))
    options.progress("trying the fixes")
    bench = Bench(connection, context, cells, context.declaration, options.personas)
    limit = options.fix_seconds
    deadline = None if limit is None else time.monotonic() + limit
    shown = [one for one in joined.findings if limit is None or one.severity != "info"]
    tried = {one.key: one for one in bench.try_each(shown, deadline=deadline)}
    findings = tuple(
        sorted((tried.get(one.key) or _without_fix(one) for one in joined.findings), key=lambda one: one.order)
    )
    from_catalog = {one for one in verified.not_checked if one.why != NO_TABLE}  # of which the trial says the same
    suspected = {f"{one.object}: " for one in findings if one.verdict == "suspected" and one.severity != "info"}
    not_tried = {one for one in observed.not_checked if not one.what.startswith(tuple(suspected))}
    not_checked = tuple(sorted({*from_catalog, *not_tried}))
    states = table_states(cells.tables, findings, not_checked)
    return Result(
        command="check",
        target=observed.target,
        findings=findings,
        not_checked=not_checked,
        summary={
            "declared": context.declaration is not None,
            "tables": len(cells.tables),
            "policies": observed.summary["policies"],
            "tables_fine": len(states.fine),
            "tables_open": len(states.open),
            "tables_not_checked": len(states.not_checked),
            **{severity: sum(f.severity == severity for f in findings) for severity in ("error", "warning", "info")},
            "refuted": len(joined.refuted),
        },
        sections={**observed.sections, "refuted": _refuted(joined.refuted)},
    )


def _without_fix(finding: Finding) -> Finding:
    return replace(finding, fix="", fix_trial="not tried") if finding.fix else finding


def _refuted(findings: Iterable[Finding]) -> list[dict[str, str]]:
    return [{"rule": one.rule, "object": one.object, "key": one.key, "message": one.message} for one in findings]
