"""Call one function as one persona, and find out what came out, what it changed and what became visible then."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Literal

from gatepost import sql
from gatepost.name_hints import name_parts, word_list
from gatepost.observation.attempt.doors.callable_functions import Routine
from gatepost.observation.attempt.doors.door import Door, Leaks
from gatepost.observation.attempt.doors.function_arguments import Arguments, without_prefix
from gatepost.observation.attempt.personas import other_of
from gatepost.observation.attempt.trial.affected_tables import Influence
from gatepost.observation.attempt.trial.batch import Answer, Trial, Trying
from gatepost.observation.attempt.trial.probes import MOST_ROWS, Look, counting, listed, places
from gatepost.observation.attempt.trial.results import Escalation
from gatepost.observation.plant.row import Row
from gatepost.observation.plant.row_sets import FRESH
from gatepost.observation.plant.survey import USERS
from gatepost.personas import Persona
from gatepost.schema import Table

_WORD = re.compile(r"[a-z_][a-z0-9_]*")
_CALLER = frozenset({"uid", "jwt", "current_setting", "current_user", "session_user"})
"""Names by which a function looks at its caller."""
_OF_SCHEMA = re.compile(r"\b(?:alter|create|drop|grant)\b", re.IGNORECASE)


@dataclass(frozen=True)
class _Call:
    """A call, as people write it and as a trial."""

    statement: str
    trial: Trial


@dataclass(frozen=True)
class Calls:
    """Calls functions as one persona."""

    leaks: Leaks
    influence: Influence
    persona: Persona

    def call(self, function: Routine) -> Trying[list[Door]]:
        """Call a function with several lists of arguments, and look again after those that wrote something."""
        calls = [self._call(function, arguments) for arguments in self._arguments(function)]
        answers = yield [call.trial for call in calls]
        kind = "procedure" if function.procedure else "function"
        doors = [
            self.leaks.door(self.persona, kind, str(function), call.statement, answer)
            for call, answer in zip(calls, answers, strict=True)
        ]
        wrote = [
            at
            for at, answer in enumerate(answers)
            if function.volatile and answer.tried.outcome == "done" and (answer.moved is None or answer.moved)
        ]
        written = yield from self._after([(calls[at], answers[at]) for at in wrote], function)
        for at, rows in zip(wrote, written, strict=True):
            shown = all(row.number in self.leaks.record.sees(self.persona.name, row.table.key) for row in rows)
            # Whoever counts something sees it; figures of rows that are hidden from the caller are somebody's own.
            counted = bool(rows) and shown and (yield from self._only_counted(calls[at], rows))
            doors[at] = replace(doors[at], written=rows, counted=counted)
        forged = yield from self._forged([(calls[at], answers[at]) for at in wrote], function)
        for at, row in zip(wrote, forged, strict=True):
            doors[at] = replace(doors[at], forged=row)
        return doors

    def _forged(self, several: Sequence[tuple[_Call, Answer]], function: Routine) -> Trying[list[Row | None]]:
        """Return a row that each call inserted in a stranger's name, where the function never looks at its caller.

        One that does may add a row about somebody else with good reason: an invitation, a message, a participant.
        """
        stage, other = self.leaks.stage, other_of(self.persona.name)
        user = stage.planted_rows.row_sets.users.get(other)
        asks = stage.survey.calls.reachable([function.body])[0] & _CALLER
        places_of = self._names_of_users(several) if user and self.persona.watched and not asks else []
        if not places_of:
            return [None] * len(several)
        probes = tuple(counting(table, [(name, user)] if name else []) for table, name in places_of)
        before, *after = yield [
            Trial(self.persona, "SELECT", probes),
            *(replace(call.trial, probes=probes, counting="") for call, _ in several),
        ]
        found: list[Row | None] = []
        for answer in after:
            more = (at for at, count in enumerate(_counts(answer)) if count > _counts(before)[at])
            table, name = places_of[at] if (at := next(more, None)) is not None else (None, "")
            found.append(Row(table, FRESH - 1, other, {name: user} if name else {}) if table is not None else None)
        return found

    def _names_of_users(self, several: Sequence[tuple[_Call, Answer]]) -> list[tuple[Table, str]]:
        """Return the columns that name a user, of tables that calls wrote and the persona cannot write so itself.

        In `auth.users` each row is a user, and no column decides.
        """
        stage, record = self.leaks.stage, self.leaks.record
        moved = {key for _, answer in several for key in answer.moved or ()}
        accounts = stage.survey.live.table(*USERS)
        found = [(accounts, "")] if accounts is not None and USERS in moved else []
        return found + [
            (table, column.name)
            for table in stage.survey.observed
            if table.key in moved and not record.cell(self.persona.name, table, "insert").inserts.get("another's")
            for column in table.columns
            if (*table.key, column.name) in stage.survey.identities and not column.type.endswith("[]")
        ]

    def _arguments(self, function: Routine) -> list[str]:
        stage = self.leaks.stage
        names, dynamic = stage.survey.calls.reachable([function.body])
        dynamic = dynamic or "execute" in names
        if dynamic:
            names |= frozenset(_WORD.findall(function.body))  # the SQL that it builds is in literals
        read = partial(self.leaks.record.sees, self.persona.name)
        arguments = Arguments(stage.planted_rows, self.persona.row_set, names, dynamic, read)
        known = stage.survey.columns_named
        return list(arguments.choices(function.types, [_meaning(one, function.body, known) for one in function.names]))

    def _call(self, function: Routine, arguments: str) -> _Call:
        target = f"{sql.qualified(function.schema, function.name)}({arguments})"
        if function.procedure:
            said = statement = f"CALL {target}"
        else:
            said, statement = f"SELECT x::text FROM {target} x LIMIT {MOST_ROWS}", listed(target)
        # A change of the schema writes no row, and everything may be seen after it.
        counting: Literal["", "writes"] = "writes" if function.volatile and not _OF_SCHEMA.search(function.body) else ""
        return _Call(said, Trial(self.persona, statement, counting=counting, call=True))

    def _after(self, several: Sequence[tuple[_Call, Answer]], function: Routine) -> Trying[list[tuple[Row, ...]]]:
        """Call once more, and return the rows of others that each call changed; record those that became visible."""
        stage, seen = self.leaks.stage, []
        for _, first in several:
            everything = stage.survey.observed
            keys = first.moved if first.moved is not None else frozenset(table.key for table in everything)
            tables = [table for table in everything if table.key in keys]
            affected = everything if first.moved is None else self.influence.affected(first.moved)
            looks = [
                (table, look)
                for table in (affected if self.persona.watched else ())
                if (look := stage.looking(self.persona.role, table)) is not None
            ]
            seen.append((tables, looks))
        answers = yield [
            replace(call.trial, probes=(*map(places, tables), *(look.probe for _, look in looks)), counting="")
            for (call, _), (tables, looks) in zip(several, seen, strict=True)
        ]
        found: list[tuple[Row, ...]] = []
        for (call, _), (tables, looks), answer in zip(several, seen, answers, strict=True):
            changed = zip(tables, answer.found[: len(tables)], strict=False)
            rows = [(table, stage.left(table, found_rows)) for table, found_rows in changed]
            found.append(tuple(one for table, left in rows for one in self.leaks.written(self.persona, table, left)))
            self._note_visible(call, function, looks, replace(answer, found=answer.found[len(tables) :]))
        return found

    def _note_visible(
        self, call: _Call, function: Routine, looks: Sequence[tuple[Table, Look]], answer: Answer
    ) -> None:
        """Record the rows of others that became visible after a call."""
        record, planted_rows = self.leaks.record, self.leaks.stage.planted_rows
        for (table, look), found in zip(looks, answer.found, strict=False):
            seen = look.seen(found)
            new = seen.rows - record.sees(self.persona.name, table.key)
            rows = (row for row in planted_rows.of(table).values() if row.number in new)
            others = tuple(row for row in rows if not row.is_of(self.persona.row_set))
            if others:
                one = Escalation(self.persona, call.statement, str(function), seen.statement, others)
                record.escalations.append(one)

    def _only_counted(self, call: _Call, rows: Sequence[Row]) -> Trying[bool]:
        """Return whether the changed rows still have their words and keys, so that only figures and times changed."""
        stage = self.leaks.stage
        probes = [stage.still_there(row) for row in rows]
        if None in probes:
            return False
        wanted = tuple(probe for probe in probes if probe is not None)
        [answer] = yield [replace(call.trial, probes=wanted, counting="")]
        return bool(answer.found) and all(found.rows and found.rows[0][0] == "1" for found in answer.found)


def _counts(answer: Answer) -> list[int]:
    return [int(found.rows[0][0] or 0) if found.rows else 0 for found in answer.found]


def _meaning(argument: str, body: str, known: Collection[str]) -> str:
    """Return an argument's name, or the column that it is compared with.

    That is where nobody can guess what the column holds, and where no column is named like the argument.
    """
    if not argument:
        return argument
    name = re.escape(argument)
    pairs = re.findall(rf"(\w+)\W{{0,2}}\s*=\s*(?:lower\()?{name}\b|\b{name}\s*=\s*(?:\w+\.)?(\w+)", body)
    compared = [one for pair in pairs for one in pair if one]
    secret = word_list("secret_values")
    unnamed = without_prefix(argument) not in known
    return next((one for one in compared if name_parts(one) & secret or (unnamed and one in known)), argument)
