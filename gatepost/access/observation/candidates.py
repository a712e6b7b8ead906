"""The rows that somebody tries to insert."""

from __future__ import annotations

from gatepost.access.observation.cast import other_of, world_of
from gatepost.access.observation.ground import FILES, tenant_claims
from gatepost.access.observation.population import Population
from gatepost.access.observation.worlds import FRESH, Row
from gatepost.access.personas import Persona
from gatepost.schema import Table


def candidates(population: Population, persona: Persona, table: Table) -> list[tuple[str, Row]]:
    """Return rows by what they are: the persona's own, a stranger's, and its own among a stranger's.

    Args:
        population: What was planted.
        persona: Who inserts.
        table: Where.
    """
    ground, worlds = population.ground, population.worlds
    mine, other = world_of(persona.name), other_of(persona.name)
    keys = [(*table.key, column.name) for column in table.columns]
    names_somebody = any(key in ground.identities for key in keys)
    hangs = any(
        key in tenant_claims(ground)
        or (
            (parent := ground.keys.get(key)) is not None and parent[:2] in ground.owned and key not in ground.identities
        )
        for key in keys
    )
    ways: list[tuple[str, str, str | None, str | None]] = [("own", mine, None, None)]
    if table.key in ground.owned:
        ways.append(("another's", other, None, None))
        if hangs and names_somebody and mine in worlds.users:
            ways.append(("own among another's", mine, None, other))
    found = []
    for number, (name, world, user, parents) in enumerate(ways, FRESH + 1):
        values = worlds.make(table, world, number, user=user, parents=parents)
        if table.key in FILES:  # the storage service writes the owner, and the path is the caller's
            values |= {"owner": worlds.users.get(mine), "owner_id": worlds.users.get(mine)}
        found.append((name, Row(table, number, world, values)))
    return found
