"""Find how users share tenants: the tables that join a user to a tenant, and the columns that hold a rank there.

A tenant is a table that a membership refers to, or a value that a membership holds. A teammate has no tenant of its
own: its rows refer to the tenant of another persona.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from gatepost.analysis.compared_columns import ColumnKey, compared_columns
from gatepost.name_hints import name_parts, word_list
from gatepost.observation.plant.implied_keys import of_a_catalogue
from gatepost.observation.plant.references import must_refer
from gatepost.observation.plant.survey import USERS, Survey, TableKey, read_by
from gatepost.observation.plant.teams import NUMBERS, Teams
from gatepost.schema import Table

_ABOUT_ONE = frozenset({"email", "phone", "sub", "session_id", "user_id", "aal", "role", "user_role", "is_anonymous"})
"""Claims that say who somebody is, and not to which tenant they belong."""


def teams_of(survey: Survey) -> Teams:
    """Return how the users of a database share tenants.

    Args:
        survey: The database.
    """
    reads = {table.key: read_by(survey, table) for table in survey.tables}
    named = {key[:2] for key in survey.identities if not key[2].endswith("_by")} - {USERS}
    above = _above(survey)
    memberships: set[TableKey] = set()
    tenants: set[TableKey] = set()
    values = {key for key, path in survey.clues.claims.items() if _of_a_tenant(path)}
    for child, parent in survey.keys.items():
        if child in survey.identities or parent in survey.identities:
            continue
        joins = child[:2] in named and not _lists_kinds(survey, parent[:2])
        asked = must_refer(survey.live, child) or any({child[1], child[2]} <= read for read in reads.values())
        if joins and asked and _read_within(child[1], parent[:2], child[:2], above, reads):
            memberships.add(child[:2])
            tenants.add(parent[:2])
        if parent[:2] in named and parent not in survey.keys and _may_be_tenant(survey, child, parent):
            memberships.add(parent[:2])
            values.add(parent)
    tenants |= {one for key in tenants for one in above.get(key, ())}
    tenants = {key for key in tenants - memberships if not _lists_kinds(survey, key)}
    personal = survey.statuses - memberships
    limits = compared_columns(survey.live, survey.live.tables).limits if memberships or personal else {}
    ranks = _ranks(survey, memberships, limits)
    of_users = _ranks(survey, personal, limits)
    held = {key: frozenset(limits[key]) for key in (ranks | of_users) & limits.keys()}
    return Teams(frozenset(memberships), frozenset(tenants), frozenset(values), ranks, held, of_users)


def _above(survey: Survey) -> Mapping[TableKey, frozenset[TableKey]]:
    """Return the tables that each table's rows belong to, through keys that do not name a user."""
    parents: dict[TableKey, set[TableKey]] = {}
    for child, parent in survey.keys.items():
        if child not in survey.identities and parent[:2] != USERS:
            parents.setdefault(child[:2], set()).add(parent[:2])
    found: dict[TableKey, frozenset[TableKey]] = {}
    for start in parents:
        seen: set[TableKey] = set()
        todo = [start]
        while todo:
            more = parents.get(todo.pop(), set()) - seen - {start}
            seen |= more
            todo += more
        found[start] = frozenset(seen)
    return found


def _read_within(
    name: str,
    tenant: TableKey,
    membership: TableKey,
    above: Mapping[TableKey, frozenset[TableKey]],
    reads: Mapping[TableKey, frozenset[str]],
) -> bool:
    """Return whether the policies of a tenant, or of what belongs to it, read a table."""
    return any(
        name in read and key != membership and (key == tenant or tenant in above.get(key, ()))
        for key, read in reads.items()
    )


def _of_a_tenant(path: tuple[str, ...]) -> bool:
    """Return whether a claim says to which tenant somebody belongs, and the backend writes it."""
    return path[0] != "user_metadata" and path[-1] not in _ABOUT_ONE and not of_a_catalogue(path[-1])


def _lists_kinds(survey: Survey, key: TableKey) -> bool:
    return key == USERS or of_a_catalogue(key[1]) or (key in survey.filled and key not in survey.owned)


def _may_be_tenant(survey: Survey, child: ColumnKey, parent: ColumnKey) -> bool:
    """Return whether a value that a membership holds may stand for a tenant: no role, and no key of its own."""
    kinds = name_parts(parent[2]) & word_list("rank_columns") or of_a_catalogue(child[1]) or of_a_catalogue(parent[1])
    table = survey.live.table(*parent[:2])
    column = table.column(parent[2]) if table is not None else None
    return not kinds and column is not None and column.type not in survey.enums and not _alone(survey, parent)


def _alone(survey: Survey, key: ColumnKey) -> bool:
    table = survey.live.table(*key[:2])
    return table is None or any(index.unique and index.columns == (key[2],) for index in table.indexes)


def _ranks(survey: Survey, memberships: Iterable[TableKey], limits: Mapping[ColumnKey, object]) -> frozenset[ColumnKey]:
    tables = [table for key in memberships if (table := survey.live.table(*key)) is not None]
    return frozenset(key for table in tables for key in _ranks_of(survey, table, limits))


def _ranks_of(survey: Survey, table: Table, limits: Mapping[ColumnKey, object]) -> Iterator[ColumnKey]:
    words = word_list("ranks") | word_list("highest_ranks") | word_list("lowest_ranks")
    for column in table.columns:
        key = (*table.key, column.name)
        if key not in survey.clues.read or key in survey.identities or key in survey.keys or column.generated:
            continue
        compared = {value.lower() for value in survey.clues.literals.get(key, ())}
        named = name_parts(column.name) & word_list("rank_columns") or compared & words
        if column.name not in word_list("acceptance_columns") and (named or (key in limits and column.type in NUMBERS)):
            yield key
