"""What `check` says about a mistake, and the table of docs/mutations.md."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass

from gatepost.check import Options, check
from gatepost.database.connect import connect
from gatepost.database.url import parse_url
from gatepost.finding import Finding, Result
from tests.teamnotes.database import Application
from tests.teamnotes.mutations import Mutation


@dataclass(frozen=True)
class Row:
    """A mistake, and the findings about its tables with a declaration and without one."""

    mutation: Mutation
    declared: tuple[Finding, ...]
    undeclared: tuple[Finding, ...]

    @property
    def cells(self) -> tuple[str, str, str]:
        """The row of the page."""
        return (self.mutation.name, _with(self.declared), _without(self.undeclared))


def made(url: str, application: Application, mutation: Mutation | None = None) -> None:
    """Create an application in an empty database, with a mistake or without one."""
    with closing(connect(url)) as connection, connection, connection.cursor() as cursor:
        application.build(cursor)
        cursor.execute(mutation.sql if mutation is not None else "SELECT")


def checked(url: str, application: Application) -> tuple[Result, Result]:
    """Return what `check` says about a database, with an application's declaration and without one."""
    with_it, without = (
        check(parse_url(url), options=Options(declaration=declared, fix_seconds=0))
        for declared in (application.declaration(), None)
    )
    return with_it, without


def about(findings: Iterable[Finding], mutation: Mutation) -> tuple[Finding, ...]:
    """Return the errors and warnings about the tables of a mistake."""
    return tuple(one for one in findings if one.severity != "info" and one.object.split(".")[1] in mutation.tables)


def rows(new_database: Callable[[], object], application: Application) -> Iterator[Row]:
    """Yield a row for each mistake of an application, without what is found in the application itself."""
    known: list[set[str]] = [set(), set()]
    for mutation in (None, *application.mutations):
        with new_database() as url:  # type: ignore[attr-defined]  # the fixture
            made(url, application, mutation)
            results = checked(url, application)
        if mutation is None:
            known = [{f"{one.key}: {one.message}" for one in result.findings} for result in results]
            continue
        declared, undeclared = (
            tuple(one for one in about(result.findings, mutation) if f"{one.key}: {one.message}" not in before)
            for result, before in zip(results, known, strict=True)
        )
        yield Row(mutation, declared, undeclared)


def table(found: list[Row]) -> str:
    """Return the table of the page."""
    lines = ["| | mistake | with its declaration | without |", "| --: | --- | --- | --- |"]
    lines += [f"| {number} | {' | '.join(row.cells)} |" for number, row in enumerate(found, 1)]
    declared, undeclared = (sum(bool(found) for found in side) for side in zip(*_sides(found), strict=True))
    lines.append(f"| | **found** | **{declared} of {len(found)}** | **{undeclared} of {len(found)}** |")
    return "\n".join(lines)


def _sides(found: list[Row]) -> list[tuple[tuple[Finding, ...], tuple[Finding, ...]]]:
    return [(row.declared, row.undeclared) for row in found]


def _with(found: tuple[Finding, ...]) -> str:
    if not found:
        return "-"
    seen = [one for each in found for one in (each, *each.consequences) if one.witness and one.rule != "drift"]
    return "differs, and seen" if seen and _differs(found) else "seen" if seen else "differs"


def _differs(found: tuple[Finding, ...]) -> bool:
    return any(one.rule == "drift" for each in found for one in (each, *each.consequences))


def _without(found: tuple[Finding, ...]) -> str:
    if not found:
        return "-"
    worst = min(found, key=lambda one: one.harm)
    return f"{worst.severity}: `{worst.rule}`"
