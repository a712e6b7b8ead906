"""Find which functions the text of a policy or a function reaches, by the names in it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from gatepost.analysis.compared_values import identifiers_in
from gatepost.schema import Function, is_platform


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
