"""Compare what one caller got out of views, functions, partitions and error messages on both sides."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property

from gatepost.observation.attempt.personas import describe
from gatepost.personas import Persona
from gatepost.review.names import TableKey
from gatepost.review.structure import ObjectChange
from gatepost.review.trial.access import Access, Cell, Opened, label_code
from gatepost.review.verdict.access_change import AccessChange, Verdict

_FLEETING = re.compile(r"\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d[\d.+:]*|[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f-]{17}")
"""What may differ in two results that are the same: the time, and random ids."""
_OWN = -2
"""Stands for a row that a caller adds in its own name, as -1 stands for a row that it adds in anybody's."""


@dataclass(frozen=True)
class CallerDoors:
    """Compares the doors for one caller."""

    base: Access
    head: Access
    caller: Persona
    helpers: frozenset[str] = frozenset()
    """The functions that policies call: what they answer shows in the tables."""

    def compare(self) -> Iterator[AccessChange]:
        """Yield what changes for each door."""
        names = {door for side in (self.base, self.head) for who, door in side.doors if who == self.caller.name}
        for door in sorted(names):
            old, new = (side.doors.get((self.caller.name, door), {}) for side in (self.base, self.head))
            yield from self._reads(door, old, new)
            yield from self._writes(door, old, new)
            helper = door.partition("(")[0].rpartition(".")[2] in self.helpers
            yield from self._answers(door, old, new, helper=helper)

    @cached_property
    def _reached(self) -> tuple[frozenset[Cell], frozenset[Cell]]:
        return self.base.reaches(self.caller.name), self.head.reaches(self.caller.name)

    def _change(
        self, verdict: Verdict, door: str, one: Opened, before: str, after: str, row: str = "", reason: str = ""
    ) -> AccessChange:  # fmt: skip
        command = "call" if one.kind in ("function", "procedure") else "select"
        if one.written and one.kind not in ("function", "procedure"):
            command = one.statement.partition(" ")[0].lower()
        return AccessChange(
            verdict, self.caller.role, (self.caller.name,), door, command, before, after, one.statement,
            describe(self.caller), row, reason, through=one.kind, claims=self.caller.claims,
        )  # fmt: skip

    def _common(self, cells: Iterable[Cell]) -> frozenset[Cell]:
        """Return the cells whose row and column are there on both sides."""
        return frozenset(
            cell
            for cell in cells
            if all(
                cell[1] in side.planted.get(cell[0], ()) and cell[2] in side.columns.get(cell[0], ())
                for side in (self.base, self.head)
            )
        )

    def _reads(self, door: str, old: Mapping[str, Opened], new: Mapping[str, Opened]) -> Iterator[AccessChange]:
        reached_before, reached_after = self._reached
        for verdict, ours, theirs, beyond in (
            ("gains", new, old, reached_before), ("loses", old, new, reached_after)
        ):  # fmt: skip
            for call, one in ours.items():
                changed = self._common(one.cells - beyond)
                if changed:
                    table, number, _ = min(changed)
                    shown = self.head.shown.get((table, number), "")
                    other = theirs.get(call)
                    counts = [_counted(other.cells if other else frozenset()), _counted(one.cells)]
                    before, after = counts if verdict == "gains" else counts[::-1]
                    yield self._change("gains" if verdict == "gains" else "loses", door, one, before, after, shown)
                    break

    def _writes(self, door: str, old: Mapping[str, Opened], new: Mapping[str, Opened]) -> Iterator[AccessChange]:
        for gains, ours, theirs, side in ((True, new, old, self.base), (False, old, new, self.head)):
            said = set()
            beyond = self._writable(side, door)
            by_others = {pair for one in theirs.values() for pair in one.written}
            for call, one in ours.items():
                command = one.statement.partition(" ")[0]
                other = theirs.get(call)
                changed = one.written - beyond - (other.written if other is not None else frozenset(by_others))
                if changed and command not in said:
                    said.add(command)
                    yield self._written(door, one, changed, beyond, gains=gains)

    def _written(
        self, door: str, one: Opened, changed: frozenset[tuple[TableKey, int]],
        beyond: frozenset[tuple[TableKey, int]], *, gains: bool,
    ) -> AccessChange:  # fmt: skip
        table, number = max(changed)
        shown = self.head.shown.get((table, number), f"a row of {'.'.join(table)}, by its values")
        before, after = ("nothing", f"writes {'.'.join(table)}")
        if not gains:
            before, after = after, before
        own = {pair[1] for pair in changed} == {-1} and (table, _OWN) in beyond
        how: Verdict = ("may gain" if own else "gains") if gains else ("may lose" if own else "loses")
        return self._change(how, door, one, before, after, shown)

    def _writable(self, side: Access, door: str) -> frozenset[tuple[TableKey, int]]:
        """Return what the caller writes directly, or by other doors than this one."""
        found: set[tuple[TableKey, int]] = set()
        for (who, table, command), writes in side.writes.items():
            if who == self.caller.name:
                for label, write in writes.items():
                    if write.how == "allowed":
                        changed = label.rpartition(" in row ")[0] if command == "update" else label
                        found.add((table, write.row if write.row is not None else _added(label)))
                        found.add((table, label_code(changed)))
        for (who, other), calls in side.doors.items():
            if who == self.caller.name and other != door:
                found |= {pair for one in calls.values() for pair in one.written if pair[1] not in (-1, _OWN)}
        return frozenset(found)

    def _answers(
        self, door: str, old: Mapping[str, Opened], new: Mapping[str, Opened], *, helper: bool
    ) -> Iterator[AccessChange]:  # fmt: skip
        """Yield calls that end in an error now, or that answer with other figures."""
        for call, one in new.items():
            other = old.get(call)
            if other is None:
                continue
            if one.how == "error" and other.how == "allowed" and not helper:
                yield self._change("breaks", door, one, "an answer", "an error", reason=one.said)
                return
            if one.how == "unknown" and other.how == "refused":
                yield self._change("may gain", door, one, "refused", "not known", reason=one.said)
                return
            if helper or one.cells or other.cells or one.how != "allowed":
                continue
            before = _short(other.figures) if other.how == "allowed" else "refused"
            ways: tuple[tuple[Verdict, Opened, Opened], ...] = (("may gain", one, other), ("may lose", other, one))
            for verdict, more, fewer in ways:
                if more.figures and not _no_more(more.figures, fewer.figures):
                    reason = "its answer holds no planted value, so whose rows it is about is not known"
                    yield self._change(verdict, door, one, before, _short(one.figures), reason=reason)
                    return


def with_new_doors(changes: Iterable[AccessChange], objects: Iterable[ObjectChange]) -> Iterator[AccessChange]:
    """Yield the changes; of a view or function that one side lacks, that side says so in place of a figure.

    Args:
        changes: Of tables and of doors.
        objects: The structural changes.
    """
    how = {one.name: one.how for one in objects if one.what in ("view", "function")}
    for change in changes:
        if how.get(change.object) == "added":
            yield replace(change, before="not there before")
        elif how.get(change.object) == "removed":
            yield replace(change, after="no longer there")
        else:
            yield change


def _no_more(new: str, old: str) -> bool:
    """Return whether an answer holds no line that the other does not: fewer of the same rows are no gain."""
    more = Counter(_FLEETING.sub("", new).splitlines())
    more.subtract(_FLEETING.sub("", old).splitlines())
    return all(many <= 0 for many in more.values())


def _added(label: str) -> int:
    """Return what stands for an added row: somebody else's, or one's own."""
    return -1 if label.startswith("another's") else _OWN


def _counted(cells: frozenset[Cell]) -> str:
    rows = {cell[:2] for cell in cells}
    tables = sorted({".".join(cell[0]) for cell in cells})
    return f"{len(rows)} row{'' if len(rows) == 1 else 's'} of {', '.join(tables)}" if rows else "no row"


def _short(text: str) -> str:
    text = " ".join(text.split())
    return f"answers {text[:40]}" if text else "answers nothing"
