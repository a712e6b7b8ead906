"""Try many statements in one round trip to the server.

Each statement is tried as if it were alone: as its persona, on the rows as they were planted, undone before the next
one. A function in the session's temporary schema, which ends with the transaction, runs one statement after another in
a subtransaction (https://www.postgresql.org/docs/17/plpgsql-control-structures.html). A statement that takes longer
than the session's time limit is tried again alone by the session itself.
"""

from __future__ import annotations

import json
from bisect import bisect_right
from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from importlib.resources import files
from itertools import accumulate, takewhile
from typing import Any, Literal, TypeVar

from gatepost.finding import NotChecked
from gatepost.observation.attempt.trial.activity_counters import Counter, counters
from gatepost.observation.attempt.trial.contained_failures import SLIPS, slipped
from gatepost.observation.attempt.trial.probes import Found, Probe, Tried, stopped, tried_as
from gatepost.observation.attempt.trial.statement import TrialSession
from gatepost.observation.attempt.trial.time_limits import SHORT
from gatepost.observation.plant.survey import TableKey
from gatepost.personas import ANON, REQUEST_SETTINGS, Persona

_MOST = 400
_MOST_PROBES = 20_000
"""The most trials, including their probes, that are sent at once."""
_TRY = (
    (files(__package__) / "try_each.sql")
    .read_text()
    .replace("REQUEST_SETTINGS", REQUEST_SETTINGS % {key: f"trial ->> '{key}'" for key in ANON.settings})
)

T = TypeVar("T")


@dataclass(frozen=True)
class Trial:
    """A statement to try as a persona, and the queries to run afterwards if it changed or read a row.

    `counting` says what to count while it runs: the tables that it and its probes read, or those that they wrote.
    `call` says that it returns one array of rows, as a probe does, or is a CALL; its probes run in any case.
    """

    persona: Persona
    statement: str
    probes: tuple[Probe, ...] = ()
    keys_aside: bool = False
    counting: Literal["", "reads", "writes"] = ""
    call: bool = False


@dataclass(frozen=True)
class Answer:
    """The results of a trial and, in their order, of its probes, or of no probe where no row was affected.

    `moved` are the tables whose counters grew, or None where they are not known. `rows` came out of a call.
    """

    tried: Tried
    found: tuple[Found, ...] = ()
    moved: frozenset[TableKey] | None = None
    rows: Sequence[Sequence[str | None]] = ()


Trying = Generator[Sequence[Trial], Sequence[Answer], T]
"""A generator that requests trials, some at a time, and continues with their results."""
_Waiting = tuple[str, Trying[None], Sequence[Trial]]
"""The name of what a generator tries, the generator, and the trials that it waits for."""


@dataclass
class Batch:
    """Tries statements for several generators at once, so that round trips do not grow with their number."""

    stage: TrialSession
    missing: list[NotChecked] = field(default_factory=list)
    _made: bool | None = None
    _counters: Mapping[str, Counter] | None = None

    def together(self, several: Iterable[tuple[str, Trying[None]]]) -> None:
        """Run all generators to their ends, each step of all at once. None sees the effects of another.

        Args:
            several: Each with the name of what it looks at: one that fails is not checked, and the others go on.
        """
        waiting: list[_Waiting] = []
        for what, one in several:
            self._go_on(what, one, None, waiting)
        while waiting:
            answers = iter(list(self.answers([trial for _, _, wanted in waiting for trial in wanted])))
            before, waiting = waiting, []
            for what, one, wanted in before:
                self._go_on(what, one, [next(answers) for _ in wanted], waiting)

    def _go_on(
        self, what: str, one: Trying[None], answers: Sequence[Answer] | None, waiting: list[_Waiting]
    ) -> None:  # fmt: skip
        try:
            wanted = next(one) if answers is None else one.send(answers)
        except StopIteration:
            return
        except SLIPS as slip:
            self.missing.append(slipped(what, slip))
            return
        waiting.append((what, one, wanted))

    def answers(self, trials: Sequence[Trial]) -> Iterator[Answer]:
        """Yield the result of each trial."""
        at = 0
        while at < len(trials):
            if self._is_out(trials[at]):
                yield Answer(stopped(trials[at].statement))
                at += 1
                continue
            several = list(takewhile(lambda trial: not self._is_out(trial), trials[at : at + _MOST]))
            for said in self._several(several[: _at_once(several)]):
                yield self._answer(trials[at], said) if said is not None else self._alone(trials[at])
                at += 1
        self.stage.settle()

    def _is_out(self, trial: Trial) -> bool:
        """Return whether a trial is skipped, because a similar one took too long."""
        return self.stage.patience.is_out(trial.persona.role, trial.statement)

    def _left_out(self, trial: Trial, probe: Probe) -> bool:
        return probe.as_persona and self.stage.patience.is_out(trial.persona.role, probe.statement)

    def _several(self, trials: Sequence[Trial]) -> list[list[Any] | None]:
        """Try as many as there is time for, at least one. None stands for one that has to be tried alone."""
        from psycopg2.errors import QueryCanceled

        if not self._possible():
            return [None]
        aside = self.stage.planted_rows.keys_aside
        trials_as_json = [
            json.dumps(
                {
                    **trial.persona.settings,
                    "become": trial.persona.set_role,
                    "statement": trial.statement,
                    "probes": [
                        (probe.statement, probe.as_persona)
                        for probe in trial.probes
                        if not self._left_out(trial, probe)
                    ],
                    "aside": trial.keys_aside and aside,
                    "counting": trial.counting,
                    "call": trial.call,
                }
            )
            for trial in trials
        ]
        counting = json.dumps({name: counter.query for name, counter in self._counted(trials).items()})
        limit = f"SET LOCAL statement_timeout = '{SHORT}'; " if self.stage.patience.short else ""
        call = f"{limit}SAVEPOINT gatepost_batch; SELECT pg_temp.gatepost_try(%s::jsonb[], %s)"
        try:
            self.stage.execute(call, (trials_as_json, counting))
        except QueryCanceled:  # between two statements, where the function cannot say which
            self.stage.execute("ROLLBACK TO SAVEPOINT gatepost_batch; RELEASE SAVEPOINT gatepost_batch")
            return self._several(trials[: len(trials) // 2]) if len(trials) > 1 else [None]
        [(answers,)] = self.stage.cursor.fetchall()
        self.stage.afterwards("RELEASE SAVEPOINT gatepost_batch; ")
        return list(answers)

    def _possible(self) -> bool:
        if self._made is None:
            from psycopg2 import Error

            self.stage.execute("SAVEPOINT gatepost_made")
            try:
                self.stage.execute(_TRY)
                self._made = True
            except Error:  # a database may forbid temporary objects, or watch its functions
                self.stage.execute("ROLLBACK TO SAVEPOINT gatepost_made")
                self._made = False
            self.stage.execute("RELEASE SAVEPOINT gatepost_made")
        return self._made

    def _alone(self, trial: Trial) -> Answer:
        """Try one statement by itself, so that it and each of its probes has the session's whole time."""
        found: list[Found] = []
        rows: Sequence[Sequence[str | None]] = ()
        with (
            self.stage.being(trial.persona),
            self.stage.attempt(trial.statement, keys_aside=trial.keys_aside) as tried,
        ):
            if tried.outcome == "done" and trial.call:
                rows = self.stage.listed()
            if tried.outcome == "done" and (tried.count or trial.call):
                found = [self.stage.query(probe) for probe in trial.probes]
        return Answer(tried, tuple(found), rows=rows)

    def _counted(self, trials: Iterable[Trial]) -> Mapping[str, Counter]:
        """Return the counter that a trial requests, or None."""
        if self._counters is None and any(trial.counting for trial in trials):
            self._counters = counters(self.stage.cursor, self.stage.survey.live)
        return self._counters or {}

    def _answer(self, trial: Trial, said: list[Any]) -> Answer:
        touched, code, words, context, given, places, rows = said
        counter = (self._counters or {}).get(trial.counting)
        found = iter(given)
        return Answer(
            tried_as(trial.statement, touched, code, words, context),
            tuple(self._found(trial, probe, found) for probe in trial.probes) if touched and not code else (),
            counter.moved(places or ()) if counter is not None else None,  # a failed statement changed nothing
            rows or (),
        )

    def _found(self, trial: Trial, probe: Probe, given: Iterator[list[Any]]) -> Found:
        if self._left_out(trial, probe):
            return Found(stopped(probe.statement))
        *what, rows = next(given)
        return Found(tried_as(probe.statement, 1, *what), rows or ())


def _at_once(trials: Sequence[Trial]) -> int:
    """Return how many trials to send at once. Trials with a thousand probes each are sent in smaller groups."""
    probes = list(accumulate(len(trial.probes) for trial in trials))
    return max(1, bisect_right(probes, _MOST_PROBES))
