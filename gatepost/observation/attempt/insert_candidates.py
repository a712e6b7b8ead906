"""Choose the rows that a persona tries to insert."""

from __future__ import annotations

from dataclasses import replace

from gatepost.name_hints import says_author
from gatepost.observation.attempt.personas import other_of
from gatepost.observation.plant.insert_rows import PlantedRows
from gatepost.observation.plant.row import Row
from gatepost.observation.plant.row_sets import FRESH
from gatepost.observation.plant.survey import FILES, USERS, tenant_claims
from gatepost.personas import Persona
from gatepost.schema import Table


def candidates(planted_rows: PlantedRows, persona: Persona, table: Table) -> list[tuple[str, Row]]:
    """Return rows by their kind: the persona's own, a stranger's, and its own among a stranger's.

    Args:
        planted_rows: The planted rows.
        persona: The persona that inserts.
        table: The table.
    """
    survey, row_sets = planted_rows.survey, planted_rows.row_sets
    mine, other = persona.row_set, other_of(persona.name)
    keys = [(*table.key, column.name) for column in table.columns]
    names_somebody = any(key in survey.identities for key in keys)
    hangs = any(
        key in tenant_claims(survey)
        or (
            (parent := survey.keys.get(key)) is not None and parent[:2] in survey.owned and key not in survey.identities
        )
        for key in keys
    )
    ways: list[tuple[str, str, str | None, str | None]] = [("own", mine, None, None)]
    if table.key in survey.owned:
        ways.append(("another's", other, None, None))
        if hangs and names_somebody and mine in row_sets.users:
            ways.append(("own among another's", mine, None, other))
    found = []
    for number, (name, world, user, parents) in enumerate(ways, FRESH + 1):
        values = row_sets.make(table, world, number, user=user, parents=parents)
        found.append((name, Row(table, number, world, values)))
    author = _author(planted_rows, table, hangs)
    if author is not None and mine in row_sets.users:
        own = row_sets.make(table, mine, FRESH + len(ways) + 1)
        found.append(
            (f"another's as {author}", Row(table, FRESH + len(ways) + 1, other, {**own, author: row_sets.users[other]}))
        )
    if table.key in FILES:
        return [file for name, row in found for file in _in_buckets(planted_rows, persona, name, row)]
    return found


def _author(planted_rows: PlantedRows, table: Table, hangs: bool) -> str | None:
    """Return the column that says who wrote a row, where it names others, too, or belongs under a row of a team's.

    Of a letter it is the sender's, and of a note the author's: who writes among one's own may still be forged.
    """
    identities = planted_rows.survey.identities
    users = [column for column in table.columns if (*table.key, column.name) in identities and not column.generated]
    plain = [column for column in users if not column.type.endswith("[]")]
    if not users or (len(users) < 2 and not hangs) or table.key in (*FILES, USERS):
        return None
    by_default = [column.name for column in plain if "auth.uid()" in (column.default or "")]
    named = [column.name for column in plain if says_author(column.name)]
    found = by_default or named
    return found[0] if len(found) == 1 else None


def relations(planted_rows: PlantedRows, persona: Persona, table: Table) -> list[Row]:
    """Return rows that name the persona and a stranger, such as a friendship that one side creates alone."""
    row_sets, mine = planted_rows.row_sets, persona.row_set
    columns = [column for column in table.columns if not column.generated]
    names = [c.name for c in columns if (*table.key, c.name) in planted_rows.survey.identities]
    names = [name for name in names if not name.endswith("_by")]
    if len(names) < 2 or mine not in row_sets.users:
        return []
    own, users = row_sets.make(table, mine, FRESH + 9), row_sets.users
    lists = {column.name for column in columns if column.type.endswith("[]")}
    found = []
    for place in names:
        who = {name: users[mine if name == place else other_of(persona.name)] for name in names}
        who = {name: f"{{{user}}}" if name in lists else user for name, user in who.items()}
        found.append(Row(table, FRESH + 9, mine, {**own, **who}))
    return found


def _in_buckets(planted_rows: PlantedRows, persona: Persona, name: str, row: Row) -> list[tuple[str, Row]]:
    """Return a file in each bucket. The storage service writes the owner, and the caller chooses the path."""
    mine = planted_rows.row_sets.users.get(persona.row_set)
    buckets = planted_rows.row_sets.edges(row.table).get("bucket_id", [])
    return [
        (name if not at else f"{name} in {bucket}", replace(row, values={**row.values, **said}))
        for at, bucket in enumerate(buckets)
        for said in [{"bucket_id": bucket, "owner": mine, "owner_id": mine}]
    ]
