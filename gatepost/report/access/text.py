"""Render the access matrix as text: a line per table, a column per persona, four marks per cell."""

from __future__ import annotations

import re
from io import StringIO
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.markup import escape
from rich.table import Table as Grid

from gatepost.display import line
from gatepost.finding import Result
from gatepost.report.text import render as render_text

MARKS = {"all": "A", "own": "o", "some": "s", "none": "·", "unknown": "?", "error": "!"}
WORDS = {"unknown": "not checked"}
"""The words of a legend, where they differ from the JSON."""
LEGEND = "Each cell: select, insert, update, delete\n" + "  ".join(
    f"{mark} {WORDS.get(reach, reach)}" for reach, mark in MARKS.items()
)
_LONG = re.compile(r"(?=.{11})[a-z]+_[a-z_]+")
"""A persona's name that takes two lines, so that the matrix of the usual ones keeps to 80 columns."""
_COLOURS = {"all": "bold", "own": "green", "some": "yellow", "none": "dim", "unknown": "magenta", "error": "bold red"}


def render(result: Result, colour: bool = False) -> str:
    """Return the matrix and the findings as text.

    Args:
        result: The result of `gatepost observe`.
        colour: Whether to use colour, for a terminal.
    """
    out = StringIO()
    console = Console(file=out, force_terminal=colour, no_color=not colour, width=10_000, highlight=False, emoji=False)
    console.print(_grid(result.sections["matrix"]))
    console.print(LEGEND + "\n")
    return out.getvalue() + render_text(result, colour)


def _grid(matrix: Any) -> Grid:  # noqa: ANN401  plain values, as in the JSON
    grid = Grid(box=SIMPLE_HEAD, header_style="bold", pad_edge=False, padding=(0, 1))
    grid.add_column("table", no_wrap=True)
    names = [persona["name"] for persona in matrix["personas"]]
    for name in names:
        grid.add_column(name.replace("_", "_\n", 1) if _LONG.fullmatch(name) else escape(line(name)), no_wrap=True)
    for table in matrix["tables"]:
        called = escape(line(table["table"])) + ("" if table["row_security"] else " [bold red]no row security[/]")
        grid.add_row(called, *(_marks(table["cells"][name]) for name in names))
    return grid


def _marks(cells: Any) -> str:  # noqa: ANN401  as above
    return "".join(f"[{_COLOURS[cell['reach']]}]{MARKS[cell['reach']]}[/]" for cell in cells.values())
