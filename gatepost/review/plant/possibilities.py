"""What the solver found as a difference, as rows to plant on both sides and a caller who tries it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property

from gatepost.finding import Candidate, Plain, Values
from gatepost.observation.plant.row import Row
from gatepost.observation.plant.row_sets import FRESH, RowSets
from gatepost.observation.plant.survey import USERS, Survey
from gatepost.personas import ANON, NOBODY, Persona, Traits
from gatepost.review.names import TableKey
from gatepost.schema import Command, Table

BY_SOLVER = "found by the solver"
"""How the name of a caller begins whose token the solver made up: an error that it meets says nothing."""
_MADE_UP = "00000000-0000-4000-8000-"
"""How an id begins that the solver made up: any user's, as long as equal ones stay equal."""
_USER = "9e500000-0000-4000-8000-00000000"
_REQUEST = ("headers.", "cookies.")
_MOST = 6
_MOST_USERS = 4
_FIRST = FRESH - 9
"""The number of the first row: above those of the population, below those that callers add."""


@dataclass(frozen=True)
class Found:
    """What the solver says that somebody may gain or lose.

    Args:
        role: Who.
        table: Of which table, in the words of the head.
        command: By which command.
        candidate: The values by which it comes true.
        gains: Whether it is a gain.
    """

    role: str
    table: TableKey
    command: Command
    candidate: Candidate
    gains: bool = True


@dataclass(frozen=True)
class Possibility:
    """One candidate, which may stand for several commands.

    Args:
        number: Its place, from one.
        role: The role of the caller.
        candidate: The values, with users that are there in place of those that the solver made up.
        changes: What it says changes: the table and the command.
        gains: Whether these are gains.
    """

    number: int
    role: str
    candidate: Candidate
    changes: tuple[tuple[TableKey, Command], ...]
    gains: bool = True

    @property
    def row_number(self) -> int:
        """The number of its rows, one in each table."""
        return _FIRST + self.number

    @cached_property
    def caller(self) -> Persona | None:
        """Who tries it; None where a token cannot hold what it needs."""
        claims = _claims(self.candidate.session, self.role, self.users[-1])
        if claims is None:
            return None
        said = {what: _of_request(self.candidate.session, what) for what in ("headers", "cookies")}
        reads = all(command == "select" for _, command in self.changes)
        return Persona(
            f"{BY_SOLVER} {self.number}", self.role, json.dumps(claims), said["headers"], said["cookies"],
            Traits(NOBODY, onlooker=reads),
        )  # fmt: skip

    @property
    def users(self) -> tuple[str, ...]:
        """The ids of the users that it is about, who have no other row."""
        return tuple(f"{_USER}{0x3000 + _MOST_USERS * self.number + at:04x}" for at in range(_MOST_USERS))

    @property
    def added(self) -> frozenset[TableKey]:
        """The tables to which the caller adds the row, which therefore is not there before."""
        return frozenset(key for key, command in self.changes if command == "insert")

    def new_row(self, table: Table, number: int, row_sets: RowSets) -> Row:
        """Return the row that the caller adds."""
        made = row_sets.make(table, NOBODY, number)
        return Row(table, number, NOBODY, made | {name: _text(value) for name, value in self.candidate.row})

    def rows(self, survey: Survey, row_sets: RowSets) -> Iterator[Row]:
        """Yield what has to be there before: its rows, with those that their foreign keys refer to, parents first.

        Args:
            survey: Both sides as one database.
            row_sets: Makes the values that the candidate leaves open.
        """
        wanted: dict[TableKey, dict[str, Plain]] = {}
        users = survey.live.table(*USERS)
        for at, user in enumerate(self.users):
            if users is not None:
                number = _FIRST - _MOST_USERS * (1 + self.number) + at
                made = row_sets.make(users, NOBODY, number)
                yield Row(users, number, NOBODY, made | {"id": user})
        known = {".".join(table.key): table.key for table in survey.tables}
        for name, values in (*((".".join(key), self.candidate.row) for key, _ in self.changes), *self.candidate.others):
            if name in known:
                wanted.setdefault(known[name], {}).update(values)
        _add_parents(wanted, survey)
        for table in survey.tables:  # parents first
            if table.key in wanted and table.key not in (USERS, *self.added):
                made = row_sets.make(table, NOBODY, self.row_number)
                texts = {name: _text(value) for name, value in wanted[table.key].items()}
                yield Row(table, self.row_number, NOBODY, made | texts)


def possibilities(found: Iterable[Found]) -> tuple[Possibility, ...]:
    """Return the candidates that can be tried, each once for all that it says changes, gains first.

    One that assumes something is none, because what could not be followed may be otherwise; nor is one whose token
    would name another role than the caller's.
    """
    groups: dict[tuple[str, Candidate, bool], list[tuple[TableKey, Command]]] = {}
    for one in sorted(found, key=lambda one: not one.gains):
        if not one.candidate.assumed and dict(one.candidate.session).get("auth.role()", one.role) == one.role:
            groups.setdefault((one.role, one.candidate, one.gains), []).append((one.table, one.command))
    several = [
        Possibility(at, role, candidate, tuple(dict.fromkeys(changes)), gains)
        for at, ((role, candidate, gains), changes) in enumerate(list(groups.items())[:_MOST], 1)
    ]
    return tuple(replace(one, candidate=_with_users(one.candidate, one.users)) for one in several)


def _add_parents(wanted: dict[TableKey, dict[str, Plain]], survey: Survey) -> None:
    todo = list(wanted)
    while todo:
        key = todo.pop()
        for child, parent in survey.keys.items():
            value = wanted[key].get(child[2]) if child[:2] == key else None
            if value is not None and parent[:2] not in (key, USERS):
                if parent[:2] not in wanted:
                    todo.append(parent[:2])
                wanted.setdefault(parent[:2], {}).setdefault(parent[2], value)


def _with_users(candidate: Candidate, users: tuple[str, ...]) -> Candidate:
    """Return a candidate with users of its own in place of the ids that the solver made up."""
    named: dict[str, str] = {}

    def known(values: Values) -> Values:
        return tuple((name, _user(value, named, users)) for name, value in values)

    others = tuple((name, known(values)) for name, values in candidate.others)
    return replace(candidate, session=known(candidate.session), row=known(candidate.row), others=others)


def _user(value: Plain, named: dict[str, str], users: tuple[str, ...]) -> Plain:
    if not isinstance(value, str) or not value.startswith(_MADE_UP):
        return value
    return named.setdefault(value, users[len(named) % len(users)])


def _claims(session: Values, role: str, user: str) -> dict[str, object] | None:
    """Return the claims of a token, or None where something else of the session decides."""
    if role == ANON.role:
        claims: dict[str, object] = json.loads(ANON.claims)
    else:
        claims = {"sub": user, "role": role, "aal": "aal2", "is_anonymous": False}
    for name, value in session:
        if name == "auth.role()":
            continue
        kind, _, path = name.partition(" ")
        if name in ("auth.uid()", "auth.email()"):
            claims["sub" if name == "auth.uid()" else "email"] = value
        elif kind == "request" and path.startswith(_REQUEST):
            continue
        elif kind == "claim" and path and " " not in path and path.partition(".")[0] not in ("sub", "role"):
            _put(claims, path.split("."), value)
        else:
            return None
    return {name: value for name, value in claims.items() if value is not None}


def _of_request(session: Values, what: str) -> str:
    """Return the headers or the cookies of a request, which the caller chooses."""
    start = f"request {what}."
    return json.dumps({n.removeprefix(start): v for n, v in session if n.startswith(start) and v is not None})


def _put(claims: dict[str, object], path: list[str], value: Plain) -> None:
    for part in path[:-1]:
        below = claims.setdefault(part, {})
        if not isinstance(below, dict):
            return
        claims = below
    claims[path[-1]] = value


def _text(value: Plain) -> str | None:
    if value is None:
        return None
    return ("true" if value else "false") if isinstance(value, bool) else str(value)
