"""Try signing up with every claim that a user would like to have: what triggers and helpers make of it.

`raw_user_meta_data` is what a user writes when it signs up; a trigger that copies a role or an organisation from there
hands them out (https://supabase.com/docs/guides/auth/managing-user-data).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass

from gatepost.finding import NotChecked
from gatepost.observation.attempt.trial.results import Escalation, Observations
from gatepost.observation.attempt.trial.statement import TrialSession
from gatepost.observation.plant.canaries import is_word
from gatepost.observation.plant.insert_rows import insert
from gatepost.observation.plant.row import Row
from gatepost.observation.plant.survey import USERS
from gatepost.observation.plant.users import ANN
from gatepost.personas import NOBODY, signed_in

_USER = "9e500000-0000-4000-8000-000000000201"
_NUMBER = 199
"""A number for a row of auth.users that no planted row has."""
_KEYS = re.compile(r"raw_user_meta_data\W*#?->>?\W*'?\{?([A-Za-z_][A-Za-z0-9_]*)", re.IGNORECASE)
_MOST = 4
"""How many values are tried for one key."""
_YES = {"is_admin": "true", "admin": "true", "is_staff": "true"}


@dataclass(frozen=True)
class SigningUp:
    """Signs up as a new user, first honestly and then with false claims."""

    stage: TrialSession
    record: Observations

    def try_it(self) -> Iterator[NotChecked]:
        """Record what became visible through false claims. Yield what could not be tried."""
        keys = self._keys()
        table = self.stage.survey.live.table(*USERS)
        if not keys or table is None:
            return
        plain = {key: "somebody" for key in keys if self._is_word(key)}
        honest = self._signed_up(plain, None)
        if isinstance(honest, str) and plain:  # a constraint may refuse any word, and a trigger's own default stands
            plain = {}
            honest = self._signed_up(plain, None)
        if isinstance(honest, str):
            yield NotChecked("signing up", f"a user cannot be made: {honest}", ours=True)
            return
        for number in range(_MOST):
            lies = {key: said[number % len(said)] for key in keys if (said := self._own_claims(key))}
            if lies and (number == 0 or any(len(self._own_claims(key)) > number for key in keys)):
                self._signed_up(plain | lies, honest)

    def _keys(self) -> list[str]:
        bodies = [function.body for function in self.stage.survey.live.functions if function.schema != "auth"]
        return sorted({key for body in bodies for key in _KEYS.findall(body)})

    def _is_word(self, key: str) -> bool:
        """Return whether the value of a key may be any word, because no column of that name requires something else."""
        columns = [column for table in self.stage.survey.tables if (column := table.column(key)) is not None]
        return all(is_word(self.stage.survey.base_type(column.type)) for column in columns)

    def _own_claims(self, key: str) -> list[str]:
        """Return the values that a user would like to have: one that a condition checks, or ann's own."""
        planted_rows, survey = self.stage.planted_rows, self.stage.survey
        found: dict[str, None] = {}
        for table in survey.tables:
            column = table.column(key)
            if column is None:
                continue
            found.update(dict.fromkeys(survey.clues.literals.get((*table.key, key), ())))
            base = next((row for row in planted_rows.of(table).values() if row.world == ANN and row.base), None)
            value = base.values.get(key) if base is not None else None
            if value is not None:
                found[value] = None
        found.update(dict.fromkeys([*filter(None, [_YES.get(key)]), *self._compared(), "admin"]))
        return [value for value in found if len(value) < 200][:_MOST]

    def _compared(self) -> Iterator[str]:
        """Yield what ann's rows hold in the columns that are compared with a value of the metadata."""
        for key in self.stage.survey.clues.metadata:
            value = self.stage.planted_rows.row_sets.claim(key, ANN)
            if value is not None:
                yield value

    def _signed_up(
        self, said: dict[str, str], honest: dict[tuple[str, str], frozenset[int]] | None
    ) -> dict[tuple[str, str], frozenset[int]] | str:
        """Return the result of `_seen`, with everything rolled back."""
        found = self._seen(said, honest)
        self.stage.settle()
        return found

    def _seen(
        self, said: dict[str, str], honest: dict[tuple[str, str], frozenset[int]] | None
    ) -> dict[tuple[str, str], frozenset[int]] | str:
        """Return what a new user with these claims sees, or why it could not be created."""
        stage = self.stage
        table = stage.survey.live.table(*USERS)
        assert table is not None  # noqa: S101  checked above
        values = stage.planted_rows.row_sets.make(table, NOBODY, _NUMBER, user=_USER)
        values["raw_user_meta_data"] = json.dumps(said)
        persona = signed_in(_USER, "newcomer", user_metadata=said, email="somebody@example.org", aal="aal2")
        found: dict[tuple[str, str], frozenset[int]] = {}
        columns = ("id", "aud", "role", "email", "raw_user_meta_data", "raw_app_meta_data")
        with stage.attempt(insert([Row(table, _NUMBER, NOBODY, values)], columns)) as tried:
            if tried.outcome != "done":
                return tried.said
            with stage.being(persona):
                for other in stage.survey.observed:
                    seen = stage.look(other)
                    found[other.key] = seen.rows
                    new = seen.rows - honest.get(other.key, frozenset()) if honest is not None else frozenset()
                    rows = tuple(row for row in stage.planted_rows.of(other).values() if row.number in new)
                    if rows:
                        self.record.lies.append(
                            Escalation(persona, tried.statement, "auth.users", seen.statement, rows)
                        )
        return found
