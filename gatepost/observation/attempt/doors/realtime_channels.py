"""Try Realtime channels: who may listen to a topic, and who may send to it.

The realtime service checks the policies of `realtime.messages` once, when somebody joins, with the topic in the setting
`realtime.topic` (https://supabase.com/docs/guides/realtime/authorization). The same is tried here, with topics that are
built from what the policies read.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from gatepost import sql
from gatepost.analysis.compared_values import identifiers_in
from gatepost.finding import NotChecked
from gatepost.name_hints import name_parts, word_list
from gatepost.observation.attempt.doors.door import Door
from gatepost.observation.attempt.ordinary_users import OrdinaryUsers
from gatepost.observation.attempt.personas import other_of
from gatepost.observation.attempt.trial.results import Observations
from gatepost.observation.attempt.trial.statement import TrialSession
from gatepost.observation.plant.references import unique_keys
from gatepost.observation.plant.row import Row
from gatepost.observation.plant.users import ANN, BOB, STRANGERS
from gatepost.personas import Persona
from gatepost.schema import Table, is_platform

MESSAGES = ("realtime", "messages")
_MOST = 24
"""The most topics of one row set."""


@dataclass(frozen=True)
class Channels:
    """Joins topics as each persona."""

    stage: TrialSession
    record: Observations

    @cached_property
    def _table(self) -> Table | None:
        table = self.stage.survey.live.table(*MESSAGES)
        return table if table is not None and table.policies else None

    @cached_property
    def _texts(self) -> list[str]:
        policies = self._table.policies if self._table is not None else ()
        texts = [text for policy in policies for text in (policy.using, policy.check) if text]
        bodies = {f.name: f.body for f in self.stage.survey.live.functions if not is_platform(f.schema)}
        called = {name for text in texts for name in identifiers_in(text)} & bodies.keys()
        return [*texts, *(bodies[name] for name in sorted(called))]

    def open(self, personas: Sequence[Persona]) -> Iterator[Door | NotChecked]:
        """Yield the result of each topic.

        Args:
            personas: The personas that join. What one who has just signed up can join is open to everyone.
        """
        if self._table is None:
            return
        self.stage.settle()
        hidden = {world: self._named_after_rows(world) for world in (ANN, BOB)}
        topics = {world: [*hidden[world], *self.topics(world)][:_MOST] for world in (ANN, BOB)}
        said = self._plant({topic for found in topics.values() for topic in found})
        if said:
            yield NotChecked(".".join(MESSAGES), f"no message could be planted: {said}", ours=True)
            return
        newcomer = next((persona for persona in personas if persona.traits.newcomer), None)
        common = {d.statement for d in self._join(newcomer, topics[ANN] + topics[BOB])} if newcomer else set()
        ranked = OrdinaryUsers(self.stage.planted_rows, self.record).ranks(self._texts)
        for persona in personas:
            if persona.traits.ordinary and not (ranked and persona.traits.ranked):
                other = other_of(persona.name)
                private = {topic for topic, row in hidden[other].items() if self._is_hidden(persona, row)}
                for door in self._join(persona, topics[other]):
                    if door.statement not in common or door.value in private:
                        yield door

    def _join(self, persona: Persona, topics: Iterable[str]) -> Iterator[Door]:
        """Yield what a persona could read or send in topics that are not its own."""
        assert self._table is not None  # noqa: S101  checked in open()
        target = sql.qualified(*MESSAGES)
        with self.stage.being(persona):
            for topic in topics:
                value = sql.literal(topic)
                for statement in (
                    f"SELECT FROM {target} WHERE topic = {value}",
                    f"INSERT INTO {target} (topic, extension, event) VALUES ({value}, 'broadcast', 'x')",
                ):
                    with self.stage.attempt(f"SET LOCAL realtime.topic = {value}; {statement}") as tried:
                        done = tried.outcome == "done" and tried.count > 0
                    if done:
                        row = Row(self._table, 0, other_of(persona.row_set), {"topic": topic})
                        columns = frozenset({(*MESSAGES, "payload")})
                        yield Door(
                            persona, "topic", ".".join(MESSAGES), tried.statement, "done", "", (row,), topic,
                            columns=columns,
                        )  # fmt: skip

    def _plant(self, topics: set[str]) -> str:
        rows = ", ".join(f"({sql.literal(topic)}, 'broadcast', 'x')" for topic in sorted(topics))
        if not rows:
            return "nothing shows how topics are named"
        target = sql.qualified(*MESSAGES)
        with self.stage.attempt(f"INSERT INTO {target} (topic, extension, event) VALUES {rows}") as tried:
            said = tried.said
        self.stage.settle()
        if tried.outcome == "done":
            self.stage.execute(tried.statement)
        return said

    def _named_after_rows(self, world: str) -> dict[str, Row | None]:
        """Return the topics of a row set whose prefix names a table, each with its row: `room:` and `rooms`.

        A topic whose prefix says that it is for one user has no row.
        """
        survey, planted_rows = self.stage.survey, self.stage.planted_rows
        found: dict[str, Row | None] = {}
        for prefix in self._prefixes:
            words = name_parts(prefix)
            if words & word_list("personal_topics"):
                found[f"{prefix}{planted_rows.row_sets.users.get(world, STRANGERS[0])}"] = None
            for table in survey.tables:
                keys = [key for key in unique_keys(table) if len(key) == 1]
                if not keys or table.key not in survey.owned or not _names(words, table):
                    continue
                base = (row for row in planted_rows.of(table).values() if row.world == world and row.base)
                found.update({f"{prefix}{row.values.get(keys[0][0])}": row for row in base})
        return found

    def _is_hidden(self, persona: Persona, row: Row | None) -> bool:
        """Return whether row security hides the row after which a topic is named from a persona."""
        return row is None or row.number not in self.record.sees(persona.name, row.table.key)

    @cached_property
    def _prefixes(self) -> list[str]:
        found = (text.rstrip("%") for text in self._literals)
        return [text for text in found if text.endswith((":", "-", "_", "/", "."))]

    def topics(self, world: str) -> list[str]:
        """Return possible topics of a row set: a value of its rows, with the prefix that a policy puts before it."""
        found: dict[str, None] = {}
        for value in self._values(world):
            found.update(dict.fromkeys([value, *(f"{text}{value}" for text in self._prefixes)]))
        return list(found)[:_MOST]

    @cached_property
    def _literals(self) -> list[str]:
        pieces = [piece for text in self._texts for piece in sql.tokens(text) if piece.kind == "literal"]
        return list(dict.fromkeys(piece.text.strip("'").replace("''", "'") for piece in pieces))

    def _values(self, world: str) -> Iterator[str]:
        survey, planted_rows = self.stage.survey, self.stage.planted_rows
        names = {name for text in self._texts for name in identifiers_in(text)}
        for table in survey.tables:
            base = next((row for row in planted_rows.of(table).values() if row.world == world and row.base), None)
            if table.name in names and base is not None:
                found = [column.name for column in table.columns if column.name in names]
                yield from (value for name in found if (value := base.values.get(name)))
        yield planted_rows.row_sets.users.get(world, STRANGERS[0])


def _names(words: frozenset[str], table: Table) -> bool:
    """Return whether one of some words is a table's last one, in whatever number: `canvas` and `canvases`."""
    last = table.name.lower().split("_")[-1]
    return any(last.startswith(word) and len(last) <= len(word) + len("es") for word in words if len(word) > len("es"))
