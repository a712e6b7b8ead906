"""Cut a condition into the ways in which it can hold, each as text that PostgreSQL can evaluate.

`a AND (b OR c)` has two. A way leads on into sub-selects, and into the bodies of the project's functions and views: it
keeps one arm of each OR, one RETURN of a body, one side of a UNION, and what it leaves out is gone from it. So every
way implies the condition. Nothing under a NOT is cut, nor under a comparison that more rows might make false.

The parser of `analysis.conditions` neither prints a tree nor says where an expression ends, and it has no wheel for
every platform, so that this cuts the text itself.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from gatepost.analysis.ways.pieces import (
    Pieces,
    bare,
    clauses,
    closes,
    pieces_of,
    solid,
    split,
    text_of,
    trimmed,
    words_of,
)
from gatepost.analysis.ways.written_ways import MANY, Changed, Ways, WrittenWay, around, chosen_inside, combined, joined
from gatepost.schema import Function, View

_NEVER = ("false", "null")
_OPERATORS = frozenset("=<>!~@#%^&|?+-*/:")
_JOINS = frozenset({"join", "left", "right", "full", "cross", "inner", "outer", "natural", "lateral", "on", "using"})

Variables = dict[str, Ways]


@dataclass(frozen=True)
class Database:
    """Finds the functions and views that a condition names.

    Args:
        function: Finds a function by its schema, which may be empty, its name and the number of its arguments.
        view: Finds a view by its schema, which may be empty, and its name.
    """

    function: Callable[[str, str, int], Function | None]
    view: Callable[[str, str], View | None]


@dataclass
class Cutter:
    """Cuts conditions.

    Args:
        database: What the conditions may name.
        bodies: Cuts the body of what they name.
    """

    database: Database
    bodies: Callable[[Changed, Cutter], Ways]
    _known: dict[tuple[str, str], Ways] = field(default_factory=dict)

    def ways(self, condition: str) -> Ways:
        """Return the ways of a condition, or the condition itself where they are many.

        Args:
            condition: It, as PostgreSQL prints it.
        """
        found = self.of(pieces_of(condition))
        return found if len(found) <= MANY else (WrittenWay(condition),)

    def of(self, pieces: Pieces, variables: Variables | None = None) -> Ways:
        """Return the ways of an expression that is true or false.

        Args:
            pieces: It.
            variables: The ways of what is in the variables of the body around it.
        """
        pieces = bare(pieces)
        sides = split(pieces, "or")
        if len(sides) > 1:
            return tuple(way for side in sides for way in self.of(side, variables))
        parts = split(pieces, "and")
        if len(parts) < 2:
            return self._of_factor(pieces, variables or {})
        return tuple(joined(way) for way in combined([self.of(part, variables) for part in parts], parts))

    def _of_factor(self, pieces: Pieces, variables: Variables) -> Ways:
        """Return the ways of a condition without AND and OR on its outside."""
        words = words_of(pieces)
        whole = (WrittenWay(text_of(pieces)),)
        if len(words) == 1:
            return variables.get(words[0], whole)
        if words[:1] == ["select"]:
            return around("(", self.of_select(pieces, rows=False), ")")
        if words[:1] == ["exists"] and words[1:2] == ["("]:
            return around("EXISTS (", self.of_select(bare(pieces[1:]), rows=True), ")")
        if words[:1] == ["case"] and words[-1:] == ["end"]:
            return self._of_case(pieces, variables) or whole
        if words[-2:] == ["is", "true"]:
            return around("(", self.of(_without_last(pieces, 2), variables), ") IS TRUE")
        if words[:2] == ["coalesce", "("] and words[-3:] == [",", "false", ")"]:
            inside = split(bare(pieces[1:]), ",")
            return around("COALESCE(", self.of(inside[0], variables), ", false)") if len(inside) == 2 else whole
        return self._of_call(pieces) or self._of_search(pieces) or self._of_equals(pieces) or whole

    def _of_case(self, pieces: Pieces, variables: Variables) -> Ways:
        """Return the ways of a searched CASE: what one result says, where its condition is the first that holds."""
        whens = split(_without_last(trimmed(pieces)[1:], 1), "when")
        if solid(whens[0]):
            return ()
        *arms, last = whens[1:]
        last, *otherwise = split(last, "else")
        found: list[WrittenWay] = []
        denied = ""
        for arm in [*arms, last]:
            condition, result = split(arm, "then")
            both = combined([self.of(condition, variables), self._of_result(result, variables)], [condition, result])
            found += around(denied, tuple(joined(way) for way in both), "")
            denied += f"({text_of(condition)}) IS NOT TRUE AND "
        for result in otherwise:
            found += around(f"{denied}(", self._of_result(result, variables), ")")
        return tuple(found)

    def _of_result(self, pieces: Pieces, variables: Variables) -> Ways:
        return () if text_of(bare(pieces)).lower() in _NEVER else self.of(pieces, variables)

    def _of_call(self, pieces: Pieces) -> Ways:
        """Return the ways of a call of the project's function, or nothing where it is none."""
        called = solid(pieces)
        opened = next((at for at, piece in enumerate(called) if piece.text == "("), 0)
        if opened not in (1, 3) or closes(called, opened) != len(called) - 1:
            return ()
        name, schema = called[opened - 1].name, called[0].name if opened == 3 else ""
        if not name or schema is None or (opened > 1 and called[1].text != "."):
            return ()
        given = called[opened + 1 : -1]
        function = self.database.function(schema, name, len(split(given, ",")) if given else 0)
        return self._of_changed(function, text_of(pieces)) if function is not None else ()

    def _of_changed(self, what: Changed, text: str) -> Ways:
        """Return the ways of what names a function or a view: as many as its body has, if those are several."""
        if what.key not in self._known:
            self._known[what.key] = ()  # what calls itself is left whole
            self._known[what.key] = self.bodies(what, self)
        found = self._known[what.key]
        return tuple(replace(way, text=text) for way in found) if 1 < len(found) <= MANY else ()

    def _of_search(self, pieces: Pieces) -> Ways:
        """Return the ways of `x IN (SELECT …)`, `x = ANY (…)`, or nothing where it is no search."""
        pieces = trimmed(pieces)
        opened = next((at for at in range(len(pieces)) if closes(pieces, at) == len(pieces) - 1 and at), 0)
        before = words_of(pieces[:opened])
        if (
            before[-1:] not in (["in"], ["any"], ["some"])
            or "not" in before
            or (before[-1] != "in" and not _equal(before))
        ):
            return ()
        inside, signs = bare(pieces[opened:]), ("(", ")")
        if words_of(inside)[:2] == ["array", "("]:
            inside, signs = bare(inside[1:]), ("(ARRAY(", "))")
        select = words_of(inside)[:1] == ["select"]
        found = self.of_select(inside, rows=True) if select else self._of_call(inside)
        return around(text_of(pieces[:opened]) + " " + signs[0], found, signs[1])

    def _of_equals(self, pieces: Pieces) -> Ways:
        """Return the ways of `x = (SELECT …)` and `x = f()`, or nothing where it is no such comparison."""
        sides = split(pieces, "=")
        if len(sides) != 2 or any(
            {one.text for one in solid(side)[at:][:1]} & _OPERATORS for side, at in zip(sides, (-1, 0), strict=True)
        ):
            return ()
        for at, side in enumerate(sides):
            inner, other = bare(side), text_of(sides[1 - at])
            select = words_of(inner)[:1] == ["select"]
            found = around("(", self.of_select(inner, rows=False), ")") if select else self._of_call(inner)
            if len(found) > 1:
                return around("", found, f" = {other}") if at == 0 else around(f"{other} = ", found, "")
        return ()

    def of_select(self, pieces: Pieces, rows: bool) -> Ways:
        """Return the ways of a SELECT to find a row, or to have a value that is true.

        Args:
            pieces: The SELECT.
            rows: Whether its rows count, and not the value of its one row.
        """
        whole = (WrittenWay(text_of(pieces)),)
        if words_of(pieces)[:1] != ["select"]:
            return whole
        if any(len(split(pieces, word)) > 1 for word in ("intersect", "except")):
            return whole
        sides = split(pieces, "union")
        if len(sides) > 1:
            united = [_without_first(side, "all") for side in sides]
            return tuple(way for side in united for way in self.of_select(bare(side), rows))
        found = clauses(pieces)
        if "having" in words_of(found.get("behind", ()))[:4]:
            return whole
        parts: list[Pieces] = [found["select"]]
        ways: list[Ways] = [self._of_output(found["select"], rows)]
        if "from" in found:
            parts.append(found["from"])
            ways.append(self._of_sources(found["from"]) or (WrittenWay(text_of(found["from"])),))
        if "where" in found:
            parts.append(found["where"])
            keeps = rows or _more_is_more(found["select"])
            ways.append(self.of(found["where"]) if keeps else (WrittenWay(text_of(found["where"])),))
        behind = [text_of(found["behind"])] if "behind" in found else []
        names = ["SELECT", *[name.upper() for name in ("from", "where") if name in found]]
        made: list[WrittenWay] = []
        for way in combined(ways, parts):
            text = " ".join([*(f"{name} {one.text}".rstrip() for name, one in zip(names, way, strict=True)), *behind])
            made.append(replace(joined(way), text=text, shown=chosen_inside(way)))
        return tuple(made)

    def _of_output(self, pieces: Pieces, rows: bool) -> Ways:
        named = split(pieces, "as")
        if len(split(pieces, ",")) > 1 or len(named) > 2:
            return (WrittenWay(text_of(pieces)),)
        after = f" AS {text_of(named[1])}" if len(named) > 1 else ""
        found = self._of_call(bare(named[0])) if rows else self.of(named[0])
        return around("", found, after) if len(found) > 1 else (WrittenWay(text_of(pieces)),)

    def _of_sources(self, pieces: Pieces) -> Ways:
        """Return the ways of the one function or view that stands after FROM and has several, or nothing."""
        if {"left", "right", "full"} & {*words_of(pieces)}:
            return ()  # what an outer join does not find is a row, too
        pieces = list(pieces)
        for at, piece in enumerate(pieces):
            if piece.name is None or (piece.name in _JOINS and piece.kind == "word"):
                continue
            if at and pieces[at - 1].text == ".":
                continue
            dotted = [one.text for one in pieces[at + 1 : at + 2]] == ["."]
            end = at + (3 if dotted else 1)
            opened = [one.text for one in pieces[end : end + 1]] == ["("]
            last = end + closes(pieces[end:], 0) + 1 if opened else end
            if opened:
                found = self._of_call(pieces[at:last])
            else:
                view = self.database.view(*((piece.name, pieces[at + 2].name or "") if dotted else ("", piece.name)))
                found = self._of_changed(view, text_of(pieces[at:last])) if view is not None else ()
            if len(found) > 1:
                return around(f"{text_of(pieces[:at])} ".lstrip(), found, f" {text_of(pieces[last:])}".rstrip())
        return ()


def _equal(before: Sequence[str]) -> bool:
    """Return whether a search is for what is equal: `x = ANY`."""
    return before[-2:-1] == ["="] and not {*before[-3:-2]} & _OPERATORS


def _more_is_more(output: Pieces) -> bool:
    """Return whether more rows can only make the value of a SELECT true: of one row, or whether there are some."""
    words = words_of(output)
    if "(" not in words or words[:2] == ["bool_or", "("]:
        return True
    text = "".join(words)
    return text.startswith(("count(*)>0", "(count(*)>0", "count(*)>=1", "(count(*)>=1"))


def _without_first(pieces: Pieces, word: str) -> Pieces:
    pieces = trimmed(pieces)
    return pieces[1:] if words_of(pieces[:1]) == [word] else pieces


def _without_last(pieces: Pieces, count: int) -> Pieces:
    for _ in range(count):
        pieces = trimmed(pieces)[:-1]
    return pieces
