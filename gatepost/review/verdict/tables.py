"""Compare what one caller could do with the tables of both sides."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from gatepost.observation.attempt.personas import describe
from gatepost.personas import Persona
from gatepost.review.names import TableKey
from gatepost.review.trial.access import Access, Cell, Read, Write
from gatepost.review.verdict.access_change import AccessChange, Verdict
from gatepost.schema import Command

_WRITES: tuple[Command, ...] = ("insert", "update", "delete")
_ONE_SIDED = ("invalid input value for enum",)
"""Errors of values that a side cannot hold at all."""


@dataclass(frozen=True)
class CallerTables:
    """Compares the tables for one caller.

    Args:
        base: What was tried before.
        head: What was tried after.
        caller: Who.
    """

    base: Access
    head: Access
    caller: Persona
    found: list[AccessChange] = field(default_factory=list)

    @cached_property
    def reached(self) -> frozenset[tuple[TableKey, int, str]]:
        """Every cell that the caller saw before, in any way."""
        return self.base.reaches(self.caller.name)

    @cached_property
    def _reached_rows(self) -> Mapping[TableKey, set[int]]:
        found: dict[TableKey, set[int]] = {}
        for table, row, _ in self.reached:
            found.setdefault(table, set()).add(row)
        return found

    @cached_property
    def _followed_by_reads(self) -> tuple[Mapping[TableKey, list[Write]], Mapping[TableKey, list[Write]]]:
        """The caller's writes before and after, by each table that was read again afterwards."""
        return self._by_later_read(self.base), self._by_later_read(self.head)

    def _by_later_read(self, side: Access) -> Mapping[TableKey, list[Write]]:
        found: dict[TableKey, list[Write]] = {}
        for (caller, _, _), writes in side.writes.items():
            if caller == self.caller.name:
                for write in writes.values():
                    for table in write.after:
                        found.setdefault(table, []).append(write)
        return found

    def compare(self, table: TableKey) -> Iterator[AccessChange]:
        """Yield what changes for a table that is there on both sides."""
        yield from self._reads(table)
        yield from self._later_reads(table)
        for command in _WRITES:
            yield from self._writes(table, command)
        yield from self._truncate(table)

    def _change(
        self, verdict: Verdict, table: TableKey, command: str, before: str, after: str, statement: str, *,
        row: str = "", reason: str = "", columns: tuple[str, ...] = (),
    ) -> AccessChange:  # fmt: skip
        return AccessChange(
            verdict, self.caller.role, (self.caller.name,), ".".join(table), command, before, after, statement,
            describe(self.caller), row, reason, columns, claims=self.caller.claims,
        )  # fmt: skip

    def _rows(self, table: TableKey) -> frozenset[int]:
        return self.base.planted.get(table, frozenset()) & self.head.planted.get(table, frozenset())

    def _columns(self, table: TableKey) -> frozenset[str]:
        return self.base.columns.get(table, frozenset()) & self.head.columns.get(table, frozenset())

    def _reads(self, table: TableKey) -> Iterator[AccessChange]:
        base, head = (side.read(self.caller.name, table) for side in (self.base, self.head))
        rows, columns = self._rows(table), self._columns(table)
        old = {cell for cell in base.cells(table) if cell[1] in rows and cell[2] in columns}
        new = {cell for cell in head.cells(table) if cell[1] in rows and cell[2] in columns}
        before, after = self._reach(base, rows, table), self._reach(head, rows, table)
        if gained := new - old - self.reached:
            number = min(gained)[1]
            shown = self.head.shown.get((table, number), "")
            some = _some(gained, old)
            yield self._change("gains", table, "select", before, after, head.statement, row=shown, columns=some)
        if head.how == "error" and base.how == "allowed":
            yield self._change("breaks", table, "select", before, "an error", head.statement, reason=head.said)
        elif lost := old - new:
            shown = self.base.shown.get((table, min(lost)[1]), "")
            some = _some(lost, new)
            yield self._change("loses", table, "select", before, after, base.statement, row=shown, columns=some)
        yield from self._unknown_read(table, base, head, before, after)

    def _unknown_read(self, table: TableKey, base: Read, head: Read, before: str, after: str) -> Iterator[AccessChange]:
        rows = self._rows(table)
        if head.how == "unknown" and not base.rows >= rows:
            yield self._change("may gain", table, "select", before, "not known", head.statement, reason=head.said)
        elif base.how == "unknown" and head.rows:
            yield self._change("may gain", table, "select", "not known", after, head.statement, reason=base.said)

    def _reach(self, read: Read, rows: frozenset[int], table: TableKey) -> str:
        if read.how in ("error", "unknown") and not read.rows:
            return "an error" if read.how == "error" else "not known"
        columns = self._columns(table)
        text = self._many(read.rows & rows, table)
        hidden = columns - read.columns
        if read.rows and hidden:
            some = sorted(read.columns & columns)
            text += f" in {', '.join(some)}" if len(some) <= 3 else f" without {', '.join(sorted(hidden))}"
        return text

    def _many(self, rows: frozenset[int], table: TableKey) -> str:
        """Return how many rows that are, in words."""
        every, owners = self._rows(table), self.head.owners.get(table, {})
        if not rows:
            return "no row"
        if rows >= every:
            return "every row"
        mine = {number for number in every if self._user and self._user in owners.get(number, ())}
        if mine and rows <= mine:
            return "own rows" if rows == mine else f"{len(rows)} of {len(mine)} own rows"
        return f"{len(rows)} of {len(every)} rows"

    @cached_property
    def _user(self) -> str:
        return str(json.loads(self.caller.claims or "{}").get("sub", ""))

    def _later_reads(self, table: TableKey) -> Iterator[AccessChange]:
        """Yield rows that become visible after a write of the caller's own, on one side alone."""
        rows = self._rows(table)
        seen = frozenset(self._reached_rows.get(table, ()))
        seen = seen.union(*(side.read(self.caller.name, table).rows for side in (self.base, self.head)))
        base, head = (writes.get(table, []) for writes in self._followed_by_reads)
        for side, own, others, gains in ((self.head, head, base, True), (self.base, base, head, False)):
            beyond = seen.union(*(write.after[table] for write in others))
            for write in own:
                visible = write.after[table] & rows
                if visible - beyond:
                    yield self._later(table, side, write, visible, min(visible - beyond), gains=gains)
                    break

    def _later(
        self, table: TableKey, side: Access, write: Write, visible: frozenset[int], row: int, *, gains: bool
    ) -> AccessChange:  # fmt: skip
        statement = f"{write.statement}; {write.looks[table]}"
        other = self.base if gains else self.head
        without = self._many(other.read(self.caller.name, table).rows & self._rows(table), table)
        with_it = f"{self._many(visible, table)}, after a write of one's own"
        before, after = (without, with_it) if gains else (with_it, without)
        shown = side.shown.get((table, row), "")
        return self._change("gains" if gains else "loses", table, "select", before, after, statement, row=shown)

    def _writes(self, table: TableKey, command: Command) -> Iterator[AccessChange]:
        key = (self.caller.name, table, command)
        base, head = self._comparable(key, table)
        if not base and not head:
            return
        labels = {*base, *head}
        refused = Write("refused", "", "no privilege")
        pairs = {label: (base.get(label, refused), head.get(label, refused)) for label in labels}
        before, after = (self._able(command, table, side) for side in (base, head))
        ordered = sorted(pairs.items(), key=lambda pair: (len(pair[0]), pair[0]))
        gained = [(n, b, h) for n, (b, h) in ordered if h.how == "allowed" and b.how in ("refused", "error")]
        lost = [(n, b, h) for n, (b, h) in ordered if b.how == "allowed" and h.how == "refused"]
        broken = [(n, b, h) for n, (b, h) in ordered if h.how == "error" and b.how != "error"]
        if gained:
            label, _, write = gained[0]
            without, with_it = _distinguished(before, after, [label for label, _, _ in gained])
            yield self._change(
                "gains", table, command, without, with_it, write.statement, row=self._of(table, write, label)
            )
        if broken and not any(h.how == "allowed" for _, h in pairs.values()):
            _, _, write = broken[0]
            yield self._change("breaks", table, command, before, "an error", write.statement, reason=write.said)
        elif lost or (broken and any(b.how == "allowed" for _, b, _ in broken)):
            label, write, _ = (lost or broken)[0]
            without, with_it = _distinguished(after, before, [label for label, _, _ in lost or broken])
            yield self._change(
                "loses", table, command, with_it, without, write.statement, row=self._of(table, write, label)
            )
        unknown = [h for _, (b, h) in ordered if h.how == "unknown" and b.how == "refused"]
        unknown += [h for _, (b, h) in ordered if b.how == "unknown" and h.how == "allowed"]
        if unknown and not gained:
            yield self._change("may gain", table, command, before, "not known", unknown[0].statement,
                               reason=unknown[0].said)  # fmt: skip
        if command == "insert":
            yield from self._fills(table, base, head)

    def _of(self, table: TableKey, write: Write, label: str) -> str:
        """Return the row that a statement is about, or what kind of row it adds."""
        return self.head.shown.get((table, write.row), label) if write.row is not None else label

    def _comparable(
        self, key: tuple[str, TableKey, Command], table: TableKey
    ) -> tuple[dict[str, Write], dict[str, Write]]:  # fmt: skip
        """Return the statements of both sides that write rows and columns which both have."""
        rows, columns = self._rows(table), self._columns(table)
        skipped = set()
        both: list[Mapping[str, Write]] = [side.writes.get(key, {}) for side in (self.base, self.head)]
        for writes in both:
            for label, write in writes.items():
                beyond = (write.row is not None and write.row not in rows) or (
                    write.column and write.column not in columns
                )
                if beyond or write.said.startswith(_ONE_SIDED):
                    skipped.add(label)
        if key[2] == "insert" and all(both):  # a row that one side alone tried says nothing of the other
            skipped |= both[0].keys() ^ both[1].keys()
        base, head = ({label: w for label, w in writes.items() if label not in skipped} for writes in both)
        return base, head

    def _able(self, command: Command, table: TableKey, writes: Mapping[str, Write]) -> str:
        allowed = {label: write for label, write in writes.items() if write.how == "allowed"}
        if not allowed:
            return "no row"
        if command == "insert":
            own = any(not label.startswith("another's") for label in allowed)
            others = any(label.startswith("another's") for label in allowed)
            return "anybody's rows" if others else "own rows" if own else "some rows"
        return self._many(frozenset(w.row for w in allowed.values() if w.row is not None), table)

    def _fills(self, table: TableKey, base: Mapping[str, Write], head: Mapping[str, Write]) -> Iterator[AccessChange]:
        """Yield columns that may now be written in a new row."""
        key = (self.caller.name, table)
        old, new = (side.fills.get(key, frozenset()) for side in (self.base, self.head))
        both = self._columns(table)
        allowed = [write for write in head.values() if write.how == "allowed"]
        if (gained := (new - old) & both) and old and allowed and any(w.how == "allowed" for w in base.values()):
            columns = tuple(sorted(gained))
            yield self._change(
                "gains", table, "insert", f"without {', '.join(columns)}", f"with {', '.join(columns)}",
                allowed[0].statement, columns=columns,
            )  # fmt: skip

    def _truncate(self, table: TableKey) -> Iterator[AccessChange]:
        base, head = (side.emptied.get((self.caller.name, table)) for side in (self.base, self.head))
        if base is None or head is None or base.how == head.how:
            return
        if head.how == "allowed":
            yield self._change("gains", table, "truncate", "no", "yes", head.statement)
        elif base.how == "allowed":
            yield self._change("loses", table, "truncate", "yes", "no", base.statement)


def _some(cells: set[Cell], others: set[Cell]) -> tuple[str, ...]:
    """Return the columns that a change is about, where the rows themselves are not new."""
    if {cell[1] for cell in cells} - {cell[1] for cell in others}:
        return ()
    return tuple(sorted({cell[2] for cell in cells}))


def _distinguished(less: str, more: str, labels: Sequence[str]) -> tuple[str, str]:
    """Return what was possible on both sides, with a kind of row that only one takes where they read the same."""
    if less != more:
        return less, more
    kinds = [re.sub(r"^(?:own|another's) row(?:,| with)? ", "", label.partition(" in row ")[0]) for label in labels]
    kind = next((kind for kind in kinds if kind not in ("own row", "another's row")), kinds[0])
    return f"{less}, but not with {kind}", f"{more}, also with {kind}"
