"""Compare a live database with its declaration and with the rules, without writing to it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from threading import Thread
from typing import TYPE_CHECKING

from gatepost.canonical import Printed, Server, print_locally
from gatepost.canonical import print_there as printed_there
from gatepost.database.connect import raw
from gatepost.database.reading import read_again
from gatepost.declare.declaration import Declaration
from gatepost.diff import TableState, declared_state, version_state
from gatepost.errors import GatepostError
from gatepost.finding import Finding, NotChecked, Result
from gatepost.name_hints import Words, added_words
from gatepost.project import find_project
from gatepost.reflect import read_all
from gatepost.schema import Policy, Revoked, Schema, is_platform

if TYPE_CHECKING:
    from psycopg2.extensions import connection as Connection

    from gatepost.database.connect import AnyConnection
    from gatepost.rules import Context, DecidedBy, Rule

UNTRIED = "whether it can be done: gatepost check would try it on a clone"
"""Why a suspicion is no more than that."""

NO_TABLE = "it holds no table of a project, so there was nothing to check"
"""Why an empty database is not clean: nothing was seen."""

States = dict[tuple[str, str], TableState]


class RowSecurityMissing(GatepostError, AssertionError):
    """A table that the API serves lacks row security."""


def verify(
    connection: AnyConnection,
    *,
    declaration: Declaration | None = None,
    rules: Iterable[Rule] | None = None,
    target: str = "",
    print_there: bool = False,
    server: Server | None = None,
    words: Words | None = None,
    revoked: tuple[Revoked, ...] = (),
) -> Result:
    """Check a live database against the declaration and the rules.

    The catalog is read in READ ONLY transactions, in which nothing of the database's own can change what our queries
    mean. Nothing is written, not even a temporary table. The local server prints the declared and the live expressions,
    on tables and function signatures that stand in for the live ones. A connection inside a transaction is read inside
    it, within a savepoint that is rolled back, and keeps its own settings.

    Args:
        connection: A psycopg2 connection, or a SQLAlchemy connection or session.
        declaration: The declaration. Without it, the one of the project that holds the current folder, if any.
        rules: The rules to check. Without them, all.
        target: The name of the database in the result.
        print_there: Print the declared expressions on temporary tables of the database itself instead, in a
            transaction that may write and is rolled back.
        server: The server that prints. Without it, the embedded one of the project that holds the current folder,
            which is stopped afterwards if it did not run before. If nothing is declared, no server is needed.
        words: Words in names that the project adds to `name_hints.toml`, from `Project.name_hints`. Without it, and
            without a declaration, those of the project that holds the current folder.
        revoked: What the scripts that made the database revoked of columns to no effect: the catalog does not say.

    Returns:
        The findings, and what could not be checked: also a database without a table, where nothing was seen. An error
        is proved: by the catalog, or because a condition is true for a role with every row that somebody owns. Nothing
        is tried, so every suspicion is a warning.

    Raises:
        DeclarationError: the declaration is wrong.
        DatabaseUnreachable: the database cannot be read: the connection is lost or inside a failed transaction, or
            somebody holds a lock, and is named.
    """
    result, context = examine(
        connection,
        declaration=declaration,
        rules=rules,
        target=target,
        print_there=print_there,
        server=server,
        words=words,
        revoked=revoked,
    )
    findings = [_untried(finding) for finding in result.findings]
    unknown = tuple(sorted({*result.not_checked, *_untried_ways(context, findings)}))
    return replace(result, findings=_sorted(findings), not_checked=unknown, summary=_summary(context, findings))


def examine(
    connection: AnyConnection,
    *,
    declaration: Declaration | None = None,
    rules: Iterable[Rule] | None = None,
    target: str = "",
    print_there: bool = False,
    server: Server | None = None,
    words: Words | None = None,
    revoked: tuple[Revoked, ...] = (),
) -> tuple[Result, Context]:
    """Do as `verify`, and return what the rules looked at beside the result.

    Every finding has the severity that it would have if it were confirmed: whoever calls this tries the suspicions.
    """
    found = raw(connection)
    with _reading(found) as read_already:
        # Imported here, because importing while PostgreSQL answers takes no extra time.
        from gatepost.rules import Context, all_rules
        from gatepost.rules._checking import check
        from gatepost.rules._declared_entities import not_matched

        wanted = all_rules() if rules is None else tuple(rules)
        if declaration is None:
            project = find_project()
            declaration = project.declaration() if project is not None else None
            words = project.name_hints if words is None and project is not None else words
        live = read_already()
    states, not_checked = _declared_states(
        declaration or Declaration(),
        live,
        lambda policies: (
            printed_there(found, policies, live) if print_there else print_locally(found, policies, live, server)
        ),
    )
    context = Context(live, declaration, states, revoked=revoked)
    with added_words(words):
        findings, failed = check(wanted, context)
    target = target or live.database
    nothing = () if _holds_tables(live) else (NotChecked(target, NO_TABLE),)
    result = Result(
        command="verify",
        target=target,
        findings=_sorted(findings),
        not_checked=tuple(sorted((*not_checked, *failed, *context.not_analysed(), *not_matched(context), *nothing))),
        summary=_summary(context, findings),
    )
    return result, context


def assert_row_security(connection: AnyConnection) -> None:
    """Raise an error unless row security is on for every table that the API serves or can use.

    A table counts no matter who can access it now. It must be forced where an API role is a member of the owner.

    Args:
        connection: A psycopg2 connection, or a SQLAlchemy connection or session.

    Raises:
        RowSecurityMissing: a table lacks it; the message names each.
    """
    from gatepost.rules import named_rule

    wanted = [named_rule(name) for name in ("row-security-off", "row-security-not-forced")]
    result = verify(connection, declaration=Declaration(), rules=wanted)
    if result.findings:
        raise RowSecurityMissing(
            "row security is missing: " + "; ".join(finding.message for finding in result.findings),
            "\n  ".join(finding.fix for finding in result.findings),
        )


def _untried_ways(context: Context, findings: Iterable[Finding]) -> Iterable[NotChecked]:
    """Return the policies that something opens which no rule knows: a flag of another table, the server, a count."""
    from gatepost.analysis.ways.untied_ways import UntiedWays

    if "analysis" not in context.__dict__:
        return ()  # no rule that was wanted looks at conditions
    suspected = {finding.object for finding in findings if finding.severity != "info"}
    tables = dict.fromkeys(one.table for one in context.decisive)
    return UntiedWays(context.analysis, context.ownership).unsuspected(tables, suspected)


def _untried(finding: Finding) -> Finding:
    """Return a finding where nothing was tried: only what is proved is an error, and cost is no warning."""
    if finding.verdict == "suspected" and finding.severity != "info":
        return replace(finding, severity="warning", reason=_why_suspected(finding))
    return replace(finding, severity="info") if finding.rule in _decided_by("style") else finding


def _why_suspected(finding: Finding) -> str:
    from gatepost.analysis.solver import available

    if available() or finding.rule not in _decided_by("trial"):
        return UNTRIED
    return f"{UNTRIED}, and no solver is installed that may rule it out: pip install cvc5"


def _decided_by(what: DecidedBy) -> frozenset[str]:
    from gatepost.rules import all_rules

    return frozenset(rule.name for rule in all_rules() if rule.decided_by == what)


def _sorted(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    return tuple(sorted(findings, key=lambda finding: finding.order))


def _holds_tables(live: Schema) -> bool:
    """Return whether a project's table is there: an empty database is more often the wrong one than sound.

    A project that only stores files has policies on the platform's table.
    """
    from gatepost.analysis import PLATFORM_TABLES
    from gatepost.analysis.context import is_version_table

    return any(
        bool(table.policies) and table.key in PLATFORM_TABLES
        if is_platform(table.schema)
        else table.extension is None and not is_version_table(table)
        for table in live.tables
    )


def _summary(context: Context, findings: list[Finding]) -> dict[str, int | str | bool]:
    return {
        "declared": context.declaration is not None,
        "tables": len(context.tables),
        "policies": sum(len(table.policies) for table in context.tables),
        **{severity: sum(f.severity == severity for f in findings) for severity in ("error", "warning", "info")},
    }


@contextmanager
def _reading(connection: Connection) -> Iterator[Callable[[], Schema]]:
    """Read the catalog in a thread while the block runs. Only the reader may use the connection meanwhile.

    Yields a function that returns the schema, or raises the reader's error.
    """
    found: list[Schema] = []
    wrong: list[BaseException] = []

    def work() -> None:
        try:
            found.append(read_again(connection, read_all))
        except BaseException as error:  # noqa: BLE001  raised again where the result is used
            wrong.append(error)

    reader = Thread(target=work, name="gatepost reads the catalog", daemon=True)

    def result() -> Schema:
        reader.join()
        for error in wrong:
            raise error
        return found[0]

    reader.start()
    try:
        yield result
    finally:
        reader.join()


def _declared_states(
    declaration: Declaration, live: Schema, prints: Callable[[list[Policy]], Printed]
) -> tuple[States, tuple[NotChecked, ...]]:
    """Return the state of every declared table in the database, with its policies as PostgreSQL prints them."""
    states = _version_states(live) if declaration.tables else {}
    there = [table for table in declaration if live.table(*table.key) is not None]
    policies = [policy for table in there for policy in table.policies]
    printed = prints(policies) if policies else Printed()
    return states | {table.key: declared_state(table, printed.policies, live) for table in there}, printed.not_checked


def _version_states(live: Schema) -> States:
    from gatepost.analysis.context import is_version_table

    own = (table for table in live.tables if table.schema == "public" and is_version_table(table))
    return {table.key: version_state(*table.key) for table in own}
