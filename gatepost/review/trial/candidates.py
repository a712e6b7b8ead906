"""The rows that a caller tries to add: its own, a stranger's and mixed ones, in every state that a condition reads."""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterator, Mapping

from gatepost.observation.attempt.personas import other_of
from gatepost.observation.plant.fitting.combinations import KEPT, Values, combinations, overlay
from gatepost.observation.plant.row import Row
from gatepost.observation.plant.row_sets import FRESH
from gatepost.observation.plant.survey import FILES
from gatepost.personas import NOBODY, Persona
from gatepost.review.plant.population import Population
from gatepost.schema import Column, Table

BY_SOLVER = "a row found by the solver"
_MOST = 28
_MOST_MIXED = 10
_MOST_VALUES = 8


def candidates(population: Population, persona: Persona, table: Table) -> Mapping[str, Row]:
    """Return rows to insert, each under a label that is the same on both sides.

    Args:
        population: The rows and the callers.
        persona: Who inserts.
        table: As both sides have it.
    """
    row_sets = population.row_sets
    mine = persona.row_set if persona.row_set in row_sets.names else NOBODY
    other = other_of(persona.name) if other_of(persona.name) != mine else "bob"
    found: dict[str, Row] = {}
    numbers = itertools.count(FRESH + 1)
    edges = population.decisive(table)
    kinds = combinations(edges) if edges else [()]
    for whose, world in (("own", mine), ("another's", other)):
        for kind in kinds[: _MOST if whose == "own" else 8]:
            number = next(numbers)
            values = row_sets.make(table, world, number) | overlay(edges, kind)
            said = _said(edges, kind)
            found[f"{whose} row" + (f", {said}" if said else "")] = Row(table, number, world, values)
    others = (_oneself(population, table, mine), _mixed(population, table, mine, other))
    for label, values in (*itertools.chain(*others), *_without_defaults(population, table, mine)):
        found.setdefault(label, Row(table, next(numbers), mine, values))
    if table.key == FILES[1]:
        name = row_sets.make(table, mine, FRESH + 60).get("name") or ""
        for ending in ("txt", "svg"):
            values = {**row_sets.make(table, mine, FRESH + 60), "name": f"{name.rpartition('.')[0]}.{ending}"}
            found.setdefault(f"own file that ends in .{ending}", Row(table, next(numbers), mine, values))
    for one in population.possible:
        if one.caller is not None and one.caller.name == persona.name and table.key in one.added:
            found[BY_SOLVER] = one.new_row(table, next(numbers), row_sets)
    return found


def changes_of(population: Population, persona: Persona, joint: Table, column: Column) -> list[str | None]:
    """Return the values that a caller tries to set in a column.

    Args:
        population: The rows and the callers.
        persona: Who changes.
        joint: The table, as both sides have it.
        column: The column.
    """
    row_sets, survey, key = population.row_sets, population.survey, (*joint.key, column.name)
    if any(key in one for one in (survey.identities, survey.keys, survey.clues.claims)):
        mine = persona.row_set if persona.row_set in row_sets.names else NOBODY
        worlds = dict.fromkeys((mine, other_of(persona.name)))
        values = [row_sets.make(joint, world, FRESH).get(column.name) for world in worlds]
        return list(dict.fromkeys([*values, *([] if column.not_null else [None])]))
    if found := population.decisive(joint).get(column.name):
        return [value for value in found if value != KEPT][:_MOST_VALUES]
    return [row_sets.plain(joint, column, joint.columns.index(column), FRESH)]


def _said(edges: Mapping[str, list[str | None]], kind: tuple[str | None, ...]) -> str:
    pairs = zip(edges, kind, strict=True)
    return ", ".join(f"{name} {'NULL' if value is None else value}" for name, value in pairs if value != KEPT)


def _oneself(population: Population, table: Table, mine: str) -> Iterator[tuple[str, Values]]:
    """Yield rows that name oneself in one column alone, where a constraint required somebody else in it."""
    row_sets = population.row_sets
    edges = population.decisive(table)
    for column in table.columns:
        key = (*table.key, column.name)
        if key in population.survey.identities and key in row_sets.fixes and mine in row_sets.users:
            for kind in combinations(edges)[:4] if edges else [()]:
                values = {**row_sets.make(table, mine, FRESH), column.name: row_sets.users[mine]}
                said = _said(edges, kind)
                yield (
                    f"own row with {column.name} oneself" + (f", {said}" if said else ""),
                    values | overlay(edges, kind),
                )


def _mixed(population: Population, table: Table, mine: str, other: str) -> Iterator[tuple[str, Values]]:
    """Yield rows whose references name different users: each alone first, then some together."""
    row_sets, survey = population.row_sets, population.survey
    known = (survey.identities, survey.keys, survey.clues.claims)
    binding = [c for c in table.columns if not c.generated and any((*table.key, c.name) in one for one in known)]

    def bound(column: Column, whose: str | None, number: int) -> str | None:
        if whose is None:
            return None
        values = row_sets.make(table, whose, number)
        return values.get(column.name)

    own = row_sets.make(table, mine, FRESH)
    for column in binding:
        for whose in (other, *((None,) if not column.not_null else ())):
            values = {**row_sets.make(table, mine, FRESH), column.name: bound(column, whose, FRESH)}
            if values != own:
                yield f"own row with {column.name} {'NULL' if whose is None else 'of another'}", values
            theirs = {**row_sets.make(table, other, FRESH), column.name: own.get(column.name)}
            if len(binding) > 1 and whose is not None:
                yield f"another's row with own {column.name}", theirs
    edges = population.decisive(table)
    if len(binding) + len(edges) > 2 and table.key not in FILES:
        chance = random.Random(f"{table} {mine}")  # noqa: S311  the same rows on both sides
        for at in range(_MOST_MIXED):
            values = row_sets.make(table, mine, FRESH + at)
            for column in binding:
                values[column.name] = bound(column, chance.choice([mine, mine, other]), FRESH)
            for name, choices in edges.items():
                choice = chance.choice(choices)
                if choice != KEPT:
                    values[name] = choice
            yield f"mixed row {at + 1}", values


def _without_defaults(population: Population, table: Table, mine: str) -> Iterator[tuple[str, Values]]:
    """Yield rows in which columns with a default are left to it."""
    own = population.row_sets.make(table, mine, FRESH + 50)
    unique = {name for index in table.indexes if index.unique for name in index.columns}
    with_default = [c.name for c in table.columns if c.default is not None and c.name in own and c.name not in unique]
    with_default += [name for name in population.defaults.get(table.key, ()) if name in own]
    names = list(dict.fromkeys(with_default))
    for name in names[:6]:
        yield f"own row with the default {name}", {k: v for k, v in own.items() if k != name}
    if len(names) > 1:
        yield "own row with every default", {k: v for k, v in own.items() if k not in names}
