"""The access matrix as text: a line a table, a column a persona, four marks a cell."""

from __future__ import annotations

import re
from collections.abc import Collection
from io import StringIO
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.markup import escape
from rich.table import Table as Grid

from gatepost.display import line

MARKS = {"all": "A", "own": "o", "some": "s", "none": "·", "unknown": "?", "error": "!"}
WORDS = {"unknown": "not checked"}
"""The words of a legend, where they differ from the JSON."""
LEGEND = "Each cell: select, insert, update, delete\n" + "  ".join(
    f"{mark} {WORDS.get(reach, reach)}" for reach, mark in MARKS.items()
)
_LONG = re.compile(r"(?=.{11})[a-z]+_[a-z_]+")
"""A persona's name that takes two lines, so that the matrix of the usual ones keeps to 80 columns."""
_COLOURS = {"all": "bold", "own": "green", "some": "yellow", "none": "dim", "unknown": "magenta", "error": "bold red"}
MANY = 40
"""From more tables than this on, a terminal is shown those that are not fine."""


def grid(matrix: Any, *, colour: bool, width: int | None, fine: Collection[str]) -> str:  # noqa: ANN401  plain values
    """Return the matrix as text.

    Args:
        matrix: As it stands in the JSON.
        colour: Whether to use colour, for a terminal.
        width: Of the terminal; None where the output is none, and every line is as long as it is.
        fine: The tables of which a terminal need not show each, where there are many.
    """
    out = StringIO()
    console = Console(
        file=out, force_terminal=colour, no_color=not colour, width=width or 10_000, highlight=False, emoji=False
    )
    tables = matrix["tables"]
    if width is not None and len(tables) > MANY:
        tables = [table for table in tables if table["table"] not in fine]
    if tables:
        console.print(_grid(tables, [persona["name"] for persona in matrix["personas"]], narrow=width is not None))
        console.print(LEGEND)
    if len(tables) < len(matrix["tables"]):
        console.print(f"{len(matrix['tables']) - len(tables)} more tables, of which nothing is to be reported")
    return out.getvalue()


def _grid(tables: Any, names: list[str], *, narrow: bool) -> Grid:  # noqa: ANN401  as above
    made = Grid(box=SIMPLE_HEAD, header_style="bold", pad_edge=False, padding=(0, 0 if narrow else 1))
    made.add_column("table", no_wrap=not narrow, overflow="fold")
    for name in names:
        made.add_column(name.replace("_", "_\n", 1) if _LONG.fullmatch(name) else escape(line(name)), no_wrap=True)
    for table in tables:
        called = escape(line(table["table"])) + ("" if table["row_security"] else " [bold red]no row security[/]")
        made.add_row(called, *(_marks(table["cells"][name]) for name in names))
    return made


def _marks(cells: Any) -> str:  # noqa: ANN401  as above
    return "".join(f"[{_COLOURS[cell['reach']]}]{MARKS[cell['reach']]}[/]" for cell in cells.values())
