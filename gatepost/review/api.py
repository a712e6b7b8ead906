"""A review as a call: two sources are opened at the same time, compared, and joined with what the project accepts."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, contextmanager
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Literal

from gatepost.database.connect import connect
from gatepost.database.url import DatabaseUrl
from gatepost.errors import LocalServerError
from gatepost.finding import Finding, NotChecked, Result, Severity
from gatepost.name_hints import Words
from gatepost.observation.clone.schema import clone_of, kept
from gatepost.personas import Persona
from gatepost.review.hazards import downgrade_hazards, hazards
from gatepost.review.not_compared import as_shared
from gatepost.review.places import places
from gatepost.review.run import Comparison, compare
from gatepost.review.run import Options as How
from gatepost.review.state import Side
from gatepost.review.structure import ObjectChange, shown_changes
from gatepost.review.terms import Terms
from gatepost.review.verdict.access_change import AccessChange, Verdict
from gatepost.sources import Options as SourceOptions
from gatepost.sources import Source, opened
from gatepost.sources.causes import Cause
from gatepost.sources.files import read_script
from gatepost.sources.profile import read_profile
from gatepost.sources.revision_files import as_files, written_out
from gatepost.sources.snapshots import read_snapshot
from gatepost.sources.undeployed import not_migrated
from gatepost.target import target_url

if TYPE_CHECKING:
    from psycopg2.extensions import cursor as Cursor

    from gatepost.review.state import Transaction

FailOn = Literal["gains", "breaks", "loses"]
FAIL_ON: tuple[FailOn, ...] = ("gains", "breaks", "loses")
_SEVERITY: dict[Verdict, Severity] = {
    "gains": "error", "may gain": "warning", "breaks": "warning", "loses": "info", "may lose": "info"
}  # fmt: skip


@dataclass(frozen=True)
class Options:
    """How a review is done.

    Args:
        sources: How a source is made a database.
        personas: Those of the project.
        words: Words in names that the project adds.
        terms: What nobody may gain, and what is accepted.
        policies: The project's package of declarations, whose lines are annotated.
        today: The day on which an acceptance has to be valid.
        progress: Called with the next step.
        sizes: About how many rows each table of production holds.
    """

    sources: SourceOptions = field(default_factory=SourceOptions)
    personas: tuple[Persona, ...] = ()
    words: Words | None = None
    terms: Terms = field(default_factory=Terms)
    policies: str | None = None
    today: date | None = None
    progress: Callable[[str], None] = lambda _: None
    sizes: Mapping[str, float] = field(default_factory=dict)


def review(base: Source, head: Source, options: Options | None = None) -> Result:
    """Return who gains and who loses access to which rows from one source to another.

    Args:
        base: The state before.
        head: The state after.
        options: How.

    Raises:
        SettingsError: a source cannot be read, or a persona has a role that no side has.
        SourceError: a source cannot be made a database.
        DatabaseUnreachable: a database cannot be read.
        LocalServerError: a server for a side cannot be started, or was ended.
    """
    options = options or Options()
    options.progress("making both sides")
    with ExitStack() as stack, ThreadPoolExecutor(2) as pool:
        before, after = (stack.enter_context(written_out(source)) for source in (base, head))
        making = [pool.submit(_entered, stack, _side(source, options.sources)) for source in (before, after)]
        old, new = (one.result() for one in making)
        found = compare(old, new, How(options.personas, options.words, options.progress))
        between, unmoved = _between(before, after, options)
    undeployed = *as_shared(new.undeployed, old.undeployed), *unmoved
    found = replace(found, not_checked=(*found.not_checked, *undeployed))
    made = (f"both sides: {old.made}",) if old.made == new.made else (f"base: {old.made}", f"head: {new.made}")
    return as_result(old.label, new.label, found, head, options, between, [one for one in made if one[-2:] != ": "])


def _between(base: Source, head: Source, options: Options) -> tuple[tuple[str, ...], tuple[NotChecked, ...]]:
    """Return the hazards of the migrations that the head adds to the base's, and declarations that none follows."""
    with ExitStack() as stack:
        old, new = (stack.enter_context(as_files(source)) for source in (base, head))
        known = {file.name for file in old.files}
        added = [file for file in new.files if file.name not in known]
        if new.kind == "alembic":
            return tuple(downgrade_hazards(added)), ()
        scripts = [read_script(file) for file in added]
        profile = read_profile(new.folder, options.sources.grants)
        if not old.files:
            return (), ()
        unmoved = () if added else not_migrated(old.folder, new.folder, options.policies)
        return hazards(scripts, open_grants=profile.grants == "open", sizes=options.sizes), unmoved


def _entered(stack: ExitStack, made: object) -> Side:
    side: Side = stack.enter_context(made)  # type: ignore[arg-type]  # a context manager of a side
    return side


@contextmanager
def _side(source: Source, options: SourceOptions) -> Iterator[Side]:
    if source.is_database or source.kind == "snapshot":
        if source.path is not None:
            label, source_kept = source.text, read_snapshot(source.path)
        else:
            url = target_url(source.text)
            label, source_kept = url.masked, kept(url, buckets=True)
        with clone_of(source_kept, label) as clone:
            yield Side(label, _transactions(clone.url, label), clone.missing, source_kept.live, apart=True)
        return
    with opened(source, options) as database:
        made = database.profile.line if database.profile is not None else ""
        yield Side(
            _called(source), _transactions(database.url, database.label), database.not_checked,
            refused=_refused(database.causes), made=made, undeployed=database.undeployed, apart=True,
        )  # fmt: skip


def _called(source: Source) -> str:
    if source.revision is not None:
        return source.revision.label
    return "standard input" if source.kind == "input" else source.text


def _refused(causes: Iterable[Cause]) -> Mapping[str, tuple[str, ...]]:
    """Return the statements that were refused, each with those that need it, by their place."""
    found: dict[str, tuple[str, ...]] = {}
    for cause in causes:
        texts = (cause.failure.text, *(one.text for one in cause.followers))
        found[cause.failure.place] = (*found.get(cause.failure.place, ()), *texts)
    return found


def _transactions(url: DatabaseUrl, label: str) -> Transaction:
    @contextmanager
    def begin() -> Iterator[Cursor]:
        from psycopg2 import InterfaceError, OperationalError

        try:
            with closing(connect(url, application_name="gatepost review")) as connection:
                with connection.cursor() as cursor:
                    yield cursor
                connection.rollback()
        except (OperationalError, InterfaceError) as error:
            raise LocalServerError(
                f'the server of "{label}" was ended: {str(error).strip().splitlines()[0]}',
                "allow more time: GATEPOST_CLONE_SECONDS=1200",
            ) from error

    return begin


def as_result(
    base: str, head: str, found: Comparison, source: Source, options: Options, between: Sequence[str] = (),
    made: Sequence[str] = (),
) -> Result:  # fmt: skip
    """Return a comparison as the result of the command.

    Args:
        base: How the state before is called.
        head: How the state after is called.
        found: What is different.
        source: The head, whose files are annotated.
        options: How.
        between: The hazards between the two.
        made: How the two were made databases.
    """
    today = options.today or datetime.now(UTC).date()
    changes = tuple(options.terms.judge(one, today) for one in found.access)
    causes = {one.object: _causes(one.object, found.objects) for one in changes}
    where = places(source, {name for names in causes.values() for name in names}, options.policies)
    changes = tuple(replace(one, place=_place(causes[one.object], where)) for one in changes)
    notes = [*sorted(options.terms.unused(changes, today)), *made]
    counted = {verdict: sum(one.verdict == verdict for one in changes) for verdict in _SEVERITY}
    return Result(
        command="review",
        target=f"{base} → {head}",
        findings=tuple(_finding(one) for one in changes),
        not_checked=found.not_checked,
        summary={
            **{verdict.replace(" ", "_"): number for verdict, number in counted.items()},
            "failing": sum(one.fails for one in changes),
            "accepted": sum(bool(one.accepted) for one in changes),
            "objects": len(found.objects),
            "tables": len(found.scope.tables),
            "rows": found.rows,
            "callers": found.callers,
        },
        sections={
            "base": base,
            "head": head,
            "changes": [{**asdict(one), "fails": one.fails} for one in changes],
            "objects": [
                {**asdict(one), "on": ".".join(one.on) if one.on else None} for one in shown_changes(found.objects)
            ],
            "proved": [".".join(key) for key in found.proved],
            "unchanged": [".".join(key) for key in found.unchanged],
            "new": [dict(zip(("role", "object", "access"), one, strict=True)) for one in found.new],
            "hazards": list(between),
            "notes": notes,
        },
    )


def _causes(name: str, objects: Sequence[ObjectChange]) -> tuple[str, ...]:
    """Return the objects whose change may be the cause: those of the object itself, else whatever changed."""
    own = [one for one in objects if one.on is not None and ".".join(one.on) == name and one.how != "removed"]
    others = [one for one in objects if one.what in ("function", "view", "trigger", "role", "enum", "table")]
    causes = own or [one for one in others if one.how != "removed"]
    named = (one.name if one.what in ("policy", "function", "view", "trigger") else name for one in causes)
    return tuple(dict.fromkeys([*named, name]))


def _place(causes: Sequence[str], where: Mapping[str, str]) -> str:
    return next((where[name] for name in causes if name in where), "")


def _finding(change: AccessChange) -> Finding:
    severity = _SEVERITY[change.verdict]
    if change.accepted and not change.never:
        severity = "info"
    elif change.never:
        severity = "error"
    message = change.sentence
    if change.never:
        message += f' — the project says never: "{change.never}"'
    elif change.accepted:
        message += f" — accepted: {change.accepted}"
    return Finding(
        rule=change.verdict.replace(" ", "-"),
        severity=severity,
        object=change.object,
        message=message,
        detail=f"{change.role} {change.command}",
        witness=f"{change.session}: {change.statement}" if change.session else change.statement or None,
        verdict="suspected" if change.verdict.startswith("may") else "witnessed",
        reason=change.reason if change.verdict.startswith("may") else "",
        place=change.place,
    )


def fails(result: Result, fail_on: FailOn = "gains") -> bool:
    """Return whether a review exits 1.

    Args:
        result: From `review`.
        fail_on: `gains` for what somebody gains, or may gain, and nobody accepted; `breaks` and `loses` add these.
    """
    counted = result.summary
    bad = int(counted["failing"])
    if fail_on in ("breaks", "loses"):
        bad += int(counted["breaks"])
    if fail_on == "loses":
        bad += int(counted["loses"]) + int(counted["may_lose"])
    return bool(bad) or any(one.fails for one in result.not_checked)
