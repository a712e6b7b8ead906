"""What a stranger would call a function with: other people's ids first."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from gatepost import sql
from gatepost.access.observation import canaries
from gatepost.access.observation.canaries import Canary
from gatepost.access.observation.cast import USERS, other_of
from gatepost.access.observation.population import Population
from gatepost.access.observation.worlds import STRANGERS

_POLYMORPHIC = ("any", "record", "internal", "cstring", "void")


@dataclass(frozen=True)
class Arguments:
    """Chooses arguments from what was planted, for one persona's world."""

    population: Population
    world: str

    def choices(self, types: Sequence[str], names: Sequence[str]) -> Iterator[str]:
        """Yield lists of arguments: a stranger's, the persona's own, and words that match everything.

        Nothing is yielded for a function whose types hold no value of ours.
        """
        if any(type_name.strip('"').startswith(_POLYMORPHIC) for type_name in types):
            return
        names = [*names, *[""] * (len(types) - len(names))]
        seen = set()
        for way in range(3):
            values = [self._value(type_name, name, way) for type_name, name in zip(types, names, strict=True)]
            listed = ", ".join(
                f"{sql.literal(value)}::{type_name}" for value, type_name in zip(values, types, strict=True)
            )
            if listed not in seen:
                seen.add(listed)
                yield listed

    def _value(self, type_name: str, name: str, way: int) -> str | None:
        ground = self.population.ground
        base = ground.base_type(type_name)
        world = other_of(self.world) if way != 1 else self.world
        bare = name.lower().removeprefix("p_").removeprefix("_").removeprefix("arg_").removeprefix("v_")
        if way == 2 and canaries.is_word(base):
            return "%"
        if base == "uuid" and ("user" in bare or bare in ("uid", "id", "") or "owner" in bare or "profile" in bare):
            planted = self._planted(bare, base, world)
            return planted or USERS.get(world, STRANGERS[0])
        if base == "boolean":
            return "true" if way != 2 else "false"
        if base in ground.enums:
            return ground.enums[base][way % len(ground.enums[base])]
        if base in ("json", "jsonb"):
            return "{}"
        if base.startswith(("timestamp", "date")):
            return canaries.PAST if way != 1 else canaries.FUTURE
        planted = self._planted(bare, base, world)
        if planted is not None:
            return planted
        if base in ("integer", "bigint", "smallint", "numeric"):
            return "100" if bare in ("limit", "n", "k", "count", "max", "match_count", "lim") else "1"
        return canaries.value(base, Canary(0, 0, 0))

    def _planted(self, name: str, base: str, world: str) -> str | None:
        """Return what the world's first rows hold in the column that an argument is named after."""
        if not name:
            return None
        ground = self.population.ground
        for table in ground.tables:
            singular = table.name.removesuffix("s")
            column = name if table.column(name) else "id" if name in (f"{singular}_id", singular, table.name) else ""
            found = table.column(column) if column else None
            if found is None or canaries.family(ground.base_type(found.type)) != canaries.family(base):
                continue
            for row in self.population.of(table).values():
                if row.world == world and row.base and row.values.get(column) is not None:
                    return row.values[column]
        return None
