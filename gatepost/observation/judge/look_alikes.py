"""Find rows that a user reads only because of an address that resembles the one which the policies ask for."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence

from gatepost.finding import Finding
from gatepost.observation.attempt.personas import LOOK_ALIKES, NEWCOMER
from gatepost.observation.attempt.trial.results import Observations
from gatepost.observation.attempt.trial.witness import witness
from gatepost.observation.plant.insert_rows import PlantedRows
from gatepost.personas import Persona
from gatepost.schema import Table


def look_alikes(
    planted_rows: PlantedRows, record: Observations, personas: Sequence[Persona], table: Table
) -> Iterator[Finding]:
    """Yield at most one finding about a table: rows that a new user reads with one address and not with another.

    Args:
        planted_rows: The planted rows.
        record: The trials.
        personas: Those who tried.
        table: The table.
    """
    for persona in personas:
        if persona.name not in LOOK_ALIKES:
            continue
        cell = record.cell(persona.name, table, "select")
        more = cell.rows - record.sees(NEWCOMER, table.key)
        if more:
            address = json.loads(persona.claims)["email"]
            yield Finding(
                "look-alike-address",
                "error",
                str(table),
                f"whoever signs up as {address}, an address that anybody can register, reads rows of {table} that no"
                " other new user reads",
                fix="compare the whole domain: split_part(email, '@', 2) = '…', or a claim of app_metadata",
                witness=witness(planted_rows, persona, table, cell, min(more)),
            )
            return
