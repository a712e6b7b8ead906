"""Compare two sides: read both, find what can have changed, try that on both with the same rows, and judge."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

from gatepost.finding import NotChecked
from gatepost.name_hints import Words, added_words
from gatepost.observation.attempt.configured_personas import of_roles
from gatepost.observation.plant.survey import Survey, survey_database
from gatepost.personas import Persona
from gatepost.review.names import Names, TableKey, in_words_of_head, renamed
from gatepost.review.not_compared import as_not_checked, doubtful, missing
from gatepost.review.plant.joint_survey import joint_survey
from gatepost.review.plant.needed import only_needed
from gatepost.review.plant.population import Population
from gatepost.review.plant.possibilities import BY_SOLVER, possibilities
from gatepost.review.proof import Proof, prove
from gatepost.review.scope import NOTHING, Scope, scope_of
from gatepost.review.state import Side, State, read_state
from gatepost.review.structure import ObjectChange, object_changes
from gatepost.review.trial.access import Access
from gatepost.review.trial.run import as_one, planted, tried
from gatepost.review.trial.side import Watched, watching
from gatepost.review.verdict.access_change import AccessChange
from gatepost.review.verdict.catalog import by_catalog, callers_of, newly_callable, of_unplanted
from gatepost.review.verdict.doors import CallerDoors, with_new_doors
from gatepost.review.verdict.grouping import grouped
from gatepost.review.verdict.mirrored import mirrored
from gatepost.review.verdict.platform import of_platform
from gatepost.review.verdict.possibilities import of_possibilities
from gatepost.review.verdict.tables import CallerTables
from gatepost.schema import COMMANDS, Schema, is_platform

_ROUNDS = 3
_ABSENCE = re.compile(
    r"\bnot\b[\s(\w.\"]*\b(?:exists|in)\b|<>\s*all|\b(?:count|max|min|sum|bool_and|bool_or|every|array_agg)\s*\("
    r"|\bexcept\b|\bleft\b.*\bis null\b|\bif\s+not\b|not found",
    re.IGNORECASE | re.DOTALL,
)


@dataclass(frozen=True)
class Options:
    """How two sides are compared.

    Args:
        personas: Those of the project.
        words: Words in names that the project adds to `name_hints.toml`.
        progress: Called with the next step.
    """

    personas: tuple[Persona, ...] = ()
    words: Words | None = None
    progress: Callable[[str], None] = lambda _: None


@dataclass(frozen=True)
class Comparison:
    """What is different.

    Args:
        objects: The structural changes.
        access: The changes of access, the gravest first.
        scope: What was tried.
        rows: How many rows were planted.
        callers: How many callers tried.
        not_checked: What could not be compared.
        unchanged: The tables that were tried without a difference.
        proved: The tables whose policies were rewritten and are proved to let through the same rows.
        new: Who can do what with a table that is new: the role, the table, and what it can do.
    """

    objects: tuple[ObjectChange, ...] = ()
    access: tuple[AccessChange, ...] = ()
    scope: Scope = NOTHING
    rows: int = 0
    callers: int = 0
    not_checked: tuple[NotChecked, ...] = ()
    unchanged: tuple[TableKey, ...] = ()
    new: tuple[tuple[str, str, str], ...] = ()
    proved: tuple[TableKey, ...] = ()


def compare(base: Side, head: Side, options: Options | None = None) -> Comparison:
    """Return what changes from one side to the other.

    Args:
        base: The state before.
        head: The state after.
        options: How.
    """
    options = options or Options()
    with added_words(options.words):
        return _compared(base, head, options)


def _compared(base: Side, head: Side, options: Options) -> Comparison:
    options.progress("reading both sides")
    with base.begin() as cursor:
        before = read_state(cursor, base.original)
    with head.begin() as cursor:
        after = read_state(cursor, head.original)
    names = renamed(before.live, after.live)
    objects = object_changes(before, after, names)
    in_head_words = in_words_of_head(before.live, names)
    options.progress("comparing conditions")
    lacking = missing(base, head)
    doubts = doubtful(lacking, in_head_words, after.live)
    proof = prove(in_head_words, after.live, objects).without(doubts)
    scope = scope_of(in_head_words, after.live, [one for one in objects if one.on not in proof.equal])
    known = Comparison(
        objects, tuple(_by_catalogs(before, after)), scope, proved=tuple(sorted(proof.equal)),
        not_checked=tuple(as_not_checked(lacking, scope.tables, in_head_words, after.live)),
    )  # fmt: skip
    if not scope.tables and not scope.doors:
        return replace(known, access=grouped(known.access))
    bench, population = _prepared(base, head, before, after, names, proof, known, options)
    accesses = [bench.tried(population)]
    if _looks_for_absence(scope, in_head_words, after.live):
        accesses.append(bench.tried(replace(population, sparse=True, possible=())))
    options.progress("comparing")
    changes = [*known.access, *(change for old, new in accesses for change in _changes(old, new, scope))]
    changes += newly_callable(before, after, scope.policies, changes)
    changes += mirrored(newly_callable(after, before, scope.policies, changes))
    base_words = replace(before, live=in_head_words)
    unplanted = sorted(_unplanted(accesses[0], scope, after.live))
    changes += of_unplanted(base_words, after, unplanted)
    changes += mirrored(of_unplanted(after, base_words, unplanted))
    changes += of_possibilities(*accesses[0], population.possible, changes)
    return _judged(known, changes, accesses, doubts)


def _by_catalogs(before: State, after: State) -> Iterator[AccessChange]:
    """Yield what the catalogs alone decide, both ways."""
    yield from by_catalog(before, after)
    yield from of_platform(before.live, after.live)
    yield from mirrored(one for one in by_catalog(after, before) if one.through != "bucket")
    yield from mirrored(of_platform(after.live, before.live))


def _prepared(
    base: Side, head: Side, before: State, after: State, names: Names, proof: Proof, known: Comparison,
    options: Options,
) -> tuple[_Bench, Population]:  # fmt: skip
    """Return both sides ready to be tried, and the rows and callers for both."""
    in_head_words = in_words_of_head(before.live, names)
    with base.begin() as cursor:
        old = survey_database(cursor, before.live, None)
        old_words = survey_database(cursor, in_head_words, None)
    with head.begin() as cursor:
        new = survey_database(cursor, after.live, None)
    joint = only_needed(joint_survey(old_words, new, proof.hints), known.scope)
    roles = {*callers_of(before.live), *callers_of(after.live)} - {"anon", "authenticated"}
    people = (*options.personas, *of_roles(roles, options.personas))
    surveys = as_one(old, known.scope), as_one(new, known.scope)
    bench = _Bench(base, head, surveys, names, known.scope, options)
    possible = possibilities(proof.found)
    return bench, Population(joint, old_words, people, _defaults(known.objects), possible=possible)


@dataclass(frozen=True)
class _Bench:
    """The two sides, ready to be tried."""

    base: Side
    head: Side
    surveys: tuple[Survey, Survey]
    names: Names
    scope: Scope
    options: Options

    def tried(self, population: Population) -> tuple[Access, Access]:
        """Return what every caller could do on each side with the same rows."""
        sides = ((self.base, self.surveys[0], self.names), (self.head, self.surveys[1], None))
        watched = watching(population, ((survey, names) for _, survey, names in sides), self.scope)
        if self.base.apart and self.head.apart:
            return self._at_once(sides, population, watched)
        for number in range(_ROUNDS):
            found, known = [], []
            population.settled = number == _ROUNDS - 1  # each side refuses what the other one requires
            for (side, survey, names), what in zip(sides, ("before", "after"), strict=True):
                self.options.progress(f"planting the same rows and trying every caller's commands, {what} the change")
                with side.begin() as cursor:
                    found.append(tried(cursor, survey, population, names, self.scope, watched))
                known.append(dict(population.fixes))
            if known[0] == known[1]:  # both sides stood with the same values
                break
        return found[0], found[1]

    def _at_once(
        self, sides: Sequence[tuple[Side, Survey, Names | None]], population: Population, watched: Watched
    ) -> tuple[Access, Access]:  # fmt: skip
        """Learn on each side what its constraints require, then try both sides at the same time."""
        self.options.progress("planting the same rows on both sides")
        for side, survey, names in sides:
            with side.begin() as cursor:
                planted(cursor, survey, population, names)
        population.settled = True
        self.options.progress("trying every caller's commands, before and after the change")

        def one(side: Side, survey: Survey, names: Names | None) -> Access:
            with side.begin() as cursor:
                return tried(cursor, survey, population, names, self.scope, watched)

        with ThreadPoolExecutor(2) as pool:
            old, new = pool.map(one, *zip(*sides, strict=True))
        return old, new


def _looks_for_absence(scope: Scope, *sides: Schema) -> bool:
    """Return whether a condition of what is tried may turn on what it does not find, or on how many it finds."""
    return any(_ABSENCE.search(text) for live in sides for text in _texts(scope, live))


def _texts(scope: Scope, live: Schema) -> Iterator[str]:
    """Yield the conditions of the tables that are tried, and the project's views and functions."""
    for table in live.tables:
        if table.key in scope.tables:
            yield from (text for policy in table.policies for text in (policy.using, policy.check) if text)
    yield from (view.definition for view in live.views if not is_platform(view.schema))
    yield from (function.body for function in live.functions if not is_platform(function.schema))


def _changes(old: Access, new: Access, scope: Scope) -> Iterator[AccessChange]:
    """Yield what changes for each caller."""
    for name, caller in new.callers.items():
        tables = CallerTables(old, new, old.callers.get(name, caller))
        found = [change for table in _both(old, new, scope) for change in tables.compare(table)]
        found += CallerDoors(old, new, caller, scope.policies).compare()
        yield from (one for one in found if one.verdict in ("gains", "loses") or not name.startswith(BY_SOLVER))


def _unplanted(accesses: tuple[Access, Access], scope: Scope, live: Schema) -> set[TableKey]:
    """Return the tables in scope that hold no planted row on a side: foreign ones, and those that take none."""
    parts = {table.key for table in live.tables if table.partition}
    planted = {key for key in scope.tables if all(side.planted.get(key) for side in accesses)}
    return {key for key in scope.tables - planted - parts if not is_platform(key[0])}


def _of_new_tables(old: Access, new: Access, scope: Scope) -> Iterator[tuple[str, str, str]]:
    """Yield who can do what with a table that the base lacks: no gain by itself, but a reviewer has to know."""
    for table in sorted(scope.tables & new.planted.keys() - old.planted.keys()):
        for role in sorted({persona.role for persona in new.callers.values()}):
            names = [name for name, persona in new.callers.items() if persona.role == role]
            able = ["select"] if any(new.read(name, table).rows for name in names) else []
            able += [
                command
                for command in COMMANDS[1:]
                if any(w.how == "allowed" for n in names for w in new.writes.get((n, table, command), {}).values())
            ]
            if able and role != "service_role":
                yield role, ".".join(table), ", ".join(able)


def _both(old: Access, new: Access, scope: Scope) -> list[TableKey]:
    return sorted(scope.tables & old.planted.keys() & new.planted.keys())


def _judged(
    known: Comparison, changes: Iterable[AccessChange], accesses: Sequence[tuple[Access, Access]],
    doubts: frozenset[TableKey],
) -> Comparison:  # fmt: skip
    """Return what is known before the trials with what they show."""
    access = grouped(with_new_doors(changes, known.objects))
    said = {one.object for one in access}
    old, new = accesses[0]
    scope = known.scope
    unseen = [*_unseen(old.missing, new.missing, scope)]
    return replace(
        known,
        access=access,
        rows=sum(len(rows) for _, new in accesses for rows in new.planted.values()),
        callers=len(new.callers),
        not_checked=tuple(sorted([*known.not_checked, *dict.fromkeys(unseen)])),
        new=tuple(_of_new_tables(old, new, scope)),
        unchanged=tuple(key for key in _both(old, new, scope) if ".".join(key) not in said and key not in doubts),
    )


def _unseen(old: Iterable[NotChecked], new: Iterable[NotChecked], scope: Scope) -> Iterator[NotChecked]:
    """Yield what could not be tried: of a table in scope on any side, and of anything else on one side alone."""
    names = {".".join(key) for key in scope.tables}
    both = set(old) & set(new)
    yield from (one for one in (*old, *new) if one.what in names or ("." not in one.what and one not in both))


def _defaults(objects: tuple[ObjectChange, ...]) -> dict[TableKey, frozenset[str]]:
    """Return the columns whose default differs, by table."""
    found: dict[TableKey, set[str]] = {}
    for one in objects:
        if one.what != "column" or one.how != "changed" or one.on is None:
            continue
        if one.before.partition(" DEFAULT ")[2] != one.after.partition(" DEFAULT ")[2]:
            found.setdefault(one.on, set()).add(one.name.rpartition(".")[2])
    return {key: frozenset(names) for key, names in found.items()}
