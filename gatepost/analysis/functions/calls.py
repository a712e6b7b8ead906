"""Find which functions the text of a policy or a function reaches, by the names in it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache

from gatepost import sql
from gatepost.analysis.compared_values import identifiers_in
from gatepost.schema import Function, is_platform


@lru_cache(maxsize=4096)
def read_names(body: str) -> frozenset[str]:
    """Return the names in the body of a function, without those of tables that it only inserts into."""
    pieces = [piece for piece in sql.tokens(body) if piece.name or piece.text == "."]
    found = set()
    for at, piece in enumerate(pieces):
        start = at - 2 if at > 1 and pieces[at - 1].text == "." else at
        inserted = start > 1 and (pieces[start - 2].name, pieces[start - 1].name) == ("insert", "into")
        if piece.name and not inserted:
            found.add(piece.name)
    return frozenset(found)


@dataclass(frozen=True)
class Calls:
    """The names in the body of each function, by the function's name."""

    bodies: Mapping[str, frozenset[str]]

    @classmethod
    def among(cls, functions: Iterable[Function]) -> Calls:
        """Return the calls among the project's own functions."""
        found: dict[str, frozenset[str]] = {}
        for function in functions:
            if not is_platform(function.schema):
                found[function.name] = found.get(function.name, frozenset()) | identifiers_in(function.body)
        return cls(found)

    def reachable(self, texts: Iterable[str]) -> tuple[frozenset[str], bool]:
        """Return the names in some texts and in the functions that they call, and whether one builds SQL."""
        found = {name for text in texts for name in identifiers_in(text)}
        todo = [name for name in found if name in self.bodies]
        dynamic = False
        while todo:
            more = self.bodies[todo.pop()]
            dynamic = dynamic or "execute" in more
            todo.extend(name for name in more - found if name in self.bodies)
            found |= more
        return frozenset(found), dynamic
