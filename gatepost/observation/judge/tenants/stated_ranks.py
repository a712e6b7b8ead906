"""Find which policies say that only some members of a tenant may do something: by a rank that they compare, by name."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import cached_property

from gatepost.analysis.compared_columns import compared_columns
from gatepost.name_hints import name_parts, word_list
from gatepost.observation.plant.insert_rows import PlantedRows
from gatepost.observation.plant.users import TEAMMATE
from gatepost.schema import Policy, Table

_SUBJECT = re.compile(r"\b(?:can|may|could|should|must|to)\b", re.IGNORECASE)
_RANKS = frozenset({"admin", "administrator", "superadmin", "owner", "manager", "moderator", "leader"})
_EVERYBODY = frozenset(
    {"member", "everyone", "everybody", "anyone", "anybody", "all", "public", "collaborator", "shared", "visible"}
)


@dataclass(frozen=True)
class StatedRanks:
    """Answers from the conditions of policies, with the project's functions inlined, and from their names."""

    planted_rows: PlantedRows
    _known: dict[tuple[tuple[str, str], str], frozenset[str]] = field(default_factory=dict, compare=False)

    def demands_rank(self, table: Table, policy: Policy) -> bool:
        """Return whether a policy compares a rank with values, of which a teammate holds none."""
        values = self._demanded(table, policy)
        return bool(values) and not values & set(self._of_a_teammate())

    def _demanded(self, table: Table, policy: Policy) -> frozenset[str]:
        """Return the values with which a policy compares a rank."""
        key = (table.key, policy.name)
        if key not in self._known:
            self._known[key] = frozenset(self._values(table, policy))
        return self._known[key]

    def says_rank(self, table: Table, policy: Policy) -> bool:
        """Return whether a policy's name says that only owners or people with a rank may do something."""
        words = name_parts(_SUBJECT.split(policy.name)[0])
        if not _SUBJECT.search(policy.name):
            words -= name_parts(table.name)
        own = bool(self._names_users(table)) and "own" in words  # else it is the tenant's own
        return (own or bool(words & (_RANKS | self._higher_ranks))) and not words & _EVERYBODY

    def only_above(self, rank: str) -> Policy | None:
        """Return a policy that demands a rank of which this one, and a teammate's, is none."""
        for table in self.planted_rows.survey.observed:
            for policy in table.policies:
                if policy.permissive and self.demands_rank(table, policy) and rank not in self._demanded(table, policy):
                    return policy
        return None

    @cached_property
    def _higher_ranks(self) -> frozenset[str]:
        """The words for the ranks of this database's tenants that a teammate does not hold."""
        survey, row_sets = self.planted_rows.survey, self.planted_rows.row_sets
        tables = [table for key in survey.teams.memberships if (table := survey.live.table(*key)) is not None]
        known = {value for t in tables for ranks in row_sets.ranks(t) for value in (*ranks.compared, *ranks.offered)}
        words = (name_parts(value) for value in known - set(self._of_a_teammate()) if not value[:1].isdigit())
        return frozenset(one for parts in words for one in parts) - {"true", "false"}

    def _names_users(self, table: Table) -> bool:
        return any(key[:2] == table.key for key in self.planted_rows.survey.identities)

    def _values(self, table: Table, policy: Policy) -> Iterator[str]:
        survey = self.planted_rows.survey
        found = compared_columns(survey.live, [replace(table, policies=(policy,))])
        for column, values in found.literals.items():
            if column in survey.teams.ranks:
                yield from values.keys() - found.others.get(column, set())
        for path, value in found.flags.items():
            if path[0] != "user_metadata" and name_parts(path[-1]) & word_list("rank_columns") and path != ("role",):
                yield value

    def _of_a_teammate(self) -> Iterator[str]:
        for key in self.planted_rows.survey.teams.memberships:
            table = self.planted_rows.survey.live.table(*key)
            if table is not None:
                yield from filter(None, self.planted_rows.row_sets.rank(table, TEAMMATE).values())
