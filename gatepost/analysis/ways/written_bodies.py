"""Cut bodies of functions and definitions of views into the ways in which they return what is true, or a row."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from gatepost.analysis.conditions.bodies.filled_variables import into, without_into
from gatepost.analysis.conditions.bodies.inlining import Follower
from gatepost.analysis.conditions.terms import NULL, Call
from gatepost.analysis.ways.cutter import Cutter, Database, Variables
from gatepost.analysis.ways.pieces import Pieces, pieces_of, text_of, trimmed, words_of
from gatepost.analysis.ways.written_ways import Changed, Ways, WrittenWay, combined, merged
from gatepost.schema import Function, Schema, View

_STARTS = frozenset({"", ";", "begin", "then", "else", "loop", ">"})
_NEVER = frozenset({"false", "null", "'f'", "'false'"})


def cutter_of(live: Schema, follower: Follower) -> Cutter:
    """Return what cuts the conditions of a database.

    Args:
        live: The database.
        follower: Finds its functions.
    """

    def view(schema: str, name: str) -> View | None:
        names = [schema] if schema else ["public", *live.search_path]
        return next((found for one in names if (found := live.view(one, name)) is not None), None)

    def function(schema: str, name: str, arguments: int) -> Function | None:
        return follower.function(Call((schema, name), (NULL,) * arguments))

    return Cutter(Database(function, view), body_ways)


def body_ways(what: Changed, cutter: Cutter) -> Ways:
    """Return the ways of a function or a view, each with the function or view of which nothing else is left.

    Args:
        what: The function or the view.
        cutter: Cuts conditions.
    """
    if isinstance(what, View):
        pieces = _without_end(pieces_of(what.definition))
        return tuple(_kept(what, way, way.text) for way in cutter.of_select(pieces, rows=True))
    if what.language == "sql":
        return tuple(_kept(what, way, text) for way, text in _of_sql(what, cutter))
    if what.language == "plpgsql" and (what.returns_set or what.returns == "boolean"):
        return tuple(_kept(what, way, text) for way, text in PlpgsqlBody(what, cutter).ways())
    return ()


def _kept(what: Changed, way: WrittenWay, text: str) -> WrittenWay:
    left = replace(what, body=text) if isinstance(what, Function) else replace(what, definition=text)
    shown = f"{way.described} in {what}"
    return WrittenWay("", shown, (left, *way.changed))


def _of_sql(function: Function, cutter: Cutter) -> Iterator[tuple[WrittenWay, str]]:
    pieces: Pieces = pieces_of(function.body)
    before, after = "", ""
    words = words_of(pieces)
    if function.parsed and words[:1] == ["return"]:
        for way in cutter.of(trimmed(pieces)[1:]):
            yield way, f"RETURN {way.text}"
        return
    if function.parsed:
        start = next(at for at, piece in enumerate(pieces) if piece.name == "atomic") + 1
        end = max(at for at, piece in enumerate(pieces) if piece.name == "end")
        pieces, before, after = pieces[start:end], "BEGIN ATOMIC ", "; END"
    pieces = _without_end(pieces)
    if ";" not in words_of(pieces):
        array = function.returns.endswith("[]")
        for way in cutter.of_select(pieces, rows=function.returns_set or array):
            yield way, f"{before}{way.text}{after}"


@dataclass(frozen=True)
class _Return:
    """A RETURN: where it and its value stand, and the conditions of the IFs around it that were met."""

    at: int
    start: int
    end: int
    met: tuple[tuple[int, int], ...]
    query: bool

    @property
    def left_out(self) -> tuple[int, int, str]:
        """What stands where, in a body that does not return this."""
        return (self.at, self.end, "NULL") if self.query else (self.start, self.end, "false")


@dataclass
class PlpgsqlBody:
    """Cuts a body of PL/pgSQL: one RETURN is left, and one way through each IF that leads to it.

    Args:
        function: The function.
        cutter: Cuts conditions.
    """

    function: Function
    cutter: Cutter
    pieces: Pieces = field(init=False)

    def __post_init__(self) -> None:
        self.pieces = pieces_of(self.function.body)

    def ways(self) -> Iterator[tuple[WrittenWay, str]]:
        """Yield each way with the body in which only it is left."""
        returns = [one for one in self._returns() if text_of(self._value(one)).strip("() ").lower() not in _NEVER]
        values = self._variables()
        variables: Variables = {name: way for name, (_, _, way) in values.items()}
        for chosen in returns:
            spans = [(chosen.start, chosen.end), *chosen.met]
            cut = [
                self.cutter.of_select(self._value(chosen), rows=True)
                if chosen.query
                else self.cutter.of(self._value(chosen), variables),
                *(self.cutter.of(self.pieces[start:end], variables) for start, end in chosen.met),
            ]
            for way in combined(cut, [self.pieces[start:end] for start, end in spans]):
                whole = merged(way)
                new = dict(zip(spans, [one.text for one in way], strict=True))
                new |= {one.left_out[:2]: one.left_out[2] for one in returns if one is not chosen}
                new |= {values[name][:2]: text for name, text in whole.assigned}
                said = [one.described for one in way if one.text.lower() not in ("true", "found")]
                yield replace(whole, text="", shown=" AND ".join(said) or "true", assigned=()), self._with(new)

    def _value(self, one: _Return) -> Pieces:
        return self.pieces[one.start : one.end]

    def _with(self, new: dict[tuple[int, int], str]) -> str:
        """Return the body with other text in some places."""
        text, at = [], 0
        for (start, end), said in sorted(new.items()):
            text += [*(piece.text for piece in self.pieces[at:start]), f" {said} "]
            at = end
        return "".join([*text, *(piece.text for piece in self.pieces[at:])])

    def _returns(self) -> Iterator[_Return]:
        """Yield the RETURNs with a value, in their order."""
        met: list[tuple[int, int] | None] = []  # of each IF that is open, the condition of the arm that is read
        cases, at, before = 0, 0, ""
        while at < len(self.pieces):
            word = words_of(self.pieces[at : at + 1])
            if not word:
                at += 1
                continue
            said, first = word[0], before in _STARTS
            before = said
            if said == "case":
                cases += 1
            elif said == "end" and cases:
                cases -= 1
            elif said == "end" and words_of(self.pieces[at:])[1:2] == ["if"]:
                met = met[:-1]
                at = self._until(at, ";") - 1
            elif said in ("if", "elsif", "elseif") and first:
                end = self._until(at, "then")
                met = [*(met if said == "if" else met[:-1]), (at + 1, end)]
                at, before = end, "then"
            elif said == "else" and not cases and met:
                met = [*met[:-1], None]
            elif said == "return" and first:
                end = self._until(at, ";")
                words = words_of(self.pieces[at + 1 : end])
                query = words[:1] == ["query"]
                if words and words[0] != "next" and words[:2] != ["query", "execute"]:
                    start = at + 1 + (self._until(at + 1, "query") - at if query else 0)
                    yield _Return(at, start, end, tuple(one for one in met if one is not None), query)
                at, before = end, ";"
            at += 1

    def _until(self, at: int, word: str) -> int:
        """Return where a word stands that is in no parenthesis and in no CASE, or the end of the body."""
        depth = 0
        for place in range(at, len(self.pieces)):
            said = "".join(words_of(self.pieces[place : place + 1]))
            depth += (said in ("(", "[", "case")) - (said in (")", "]", "end"))
            if said == word and depth <= 0:
                return place
        return len(self.pieces)

    def _variables(self) -> dict[str, tuple[int, int, Ways]]:
        """Return the variables that are filled once and read once: where, and the ways of what they are filled with."""
        found: dict[str, list[tuple[int, int, Ways]]] = {}
        start, at, text = 0, 0, [piece.name for piece in self.pieces]
        while at < len(self.pieces):
            start = at
            at = self._until(at, ";")
            while start < at and (words_of(self.pieces[start : start + 1]) or [""])[0] in (
                "",
                "begin",
                "declare",
                "then",
            ):
                start += 1
            chunk = list(self.pieces[start:at])
            words = words_of(chunk)
            names = into(chunk)
            if words[:1] == ["select"] and len(names) == 1:
                read = self.cutter.of_select(trimmed(without_into(chunk, inserts=False)), rows=False)
                ways = tuple(
                    replace(
                        way, text=names[0], shown=way.described, assigned=((names[0], f"{way.text} INTO {names[0]}"),)
                    )
                    for way in read
                )
                found.setdefault(names[0], []).append((start, at, ways))
            elif words[1:3] == [":", "="]:
                value = start + next(place for place, piece in enumerate(chunk) if piece.text == "=") + 1
                read = self.cutter.of(self.pieces[value:at])
                name = words[0]
                ways = tuple(replace(way, text=name, shown=way.described, assigned=((name, way.text),)) for way in read)
                found.setdefault(name, []).append((value, at, ways))
            elif names:
                found.update({name: [] for name in names})
            at += 1
        declared, filled, read_once = 1, 1, 1
        uses = declared + filled + read_once
        return {n: filling[0] for n, filling in found.items() if len(filling) == 1 and text.count(n) == uses}


def _without_end(pieces: Pieces) -> Pieces:
    """Return a statement without the semicolon behind it."""
    pieces = trimmed(pieces)
    return pieces[:-1] if pieces and pieces[-1].text == ";" else pieces
