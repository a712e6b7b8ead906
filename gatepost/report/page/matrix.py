"""The access matrix of the page: the marks as text, and what is behind each cell as data for its script."""

from __future__ import annotations

from typing import Any

from gatepost.display import attribute, html, json_text, line
from gatepost.finding import Result
from gatepost.report.access.text import MARKS, WORDS
from gatepost.schema import COMMANDS

MANY = 100
"""From more tables than this on, a cell in which nobody reaches more than their own rows shows no statement."""


def matrix_of(result: Result) -> Any:  # noqa: ANN401  plain values, as they stand in the JSON
    """Return the matrix of a result, or None where its command tries nothing."""
    matrix = result.sections.get("matrix")
    return matrix if isinstance(matrix, dict) and matrix["tables"] else None


def persona_options(matrix: Any) -> str:  # noqa: ANN401  as above
    """Return the choice of whose column is shown."""
    if matrix is None:
        return ""
    options = "".join(f"<option>{attribute(persona['name'])}</option>" for persona in matrix["personas"])
    return f"<label>Persona<select id='persona'><option value=''>everybody</option>{options}</select></label>"


def tokens(matrix: Any) -> str:  # noqa: ANN401  as above
    """Return who the personas are: the role and the claims that each statement was sent with."""
    if matrix is None:
        return ""
    items = "".join(
        f"<li><b><bdi>{html(persona['name'])}</bdi></b> <code>{html(persona.get('sql') or persona['told'])}</code></li>"
        for persona in matrix["personas"]
    )
    return (
        f"<details class='fold'><summary><span class='badge info'>{len(matrix['personas'])} personas</span> "
        f"<span class='soft'>who tried, as SQL: their roles and claims</span></summary><ul>{items}</ul></details>"
    )


def section(matrix: Any) -> str:  # noqa: ANN401  as above
    """Return the matrix as a table, a row a table and a column a persona."""
    if matrix is None:
        return ""
    head = "".join(f"<th scope='col'>{html(persona['name'])}</th>" for persona in matrix["personas"])
    names = [persona["name"] for persona in matrix["personas"]]
    rows = "\n".join(_row(table, names) for table in matrix["tables"])
    marks = "".join(
        f"<span><i class='{reach}'>{mark}</i> {WORDS.get(reach, reach)}</span>" for reach, mark in MARKS.items()
    )
    return (
        "<section id='matrix'><h2>Access matrix</h2>"
        f"<p class='legend soft'><span>In each cell: {', '.join(COMMANDS)}.</span>{marks}</p>"
        f"<div class='sheet'><table><thead><tr><th scope='col'>table</th>{head}</tr></thead>\n"
        f"<tbody>\n{rows}\n</tbody></table></div>"
        "<p class='soft keys'>Arrow keys move, Enter opens a cell, Escape closes it.</p>"
        "<p class='soft touch'>Swipe sideways for more personas; tap a cell for its rows and policies.</p></section>"
    )


def inline(matrix: Any) -> str:  # noqa: ANN401  as above
    """Return what is behind the cells as JSON that may stand inside a script element, each text and cell once.

    A cell is its reach, the rows reached, those that were tried, and the places of its texts: the statement, what was
    said, the rows and the policies.
    """
    if matrix is None:
        return "null"
    texts: dict[str, int] = {"": 0}
    cells: dict[tuple[object, ...], int] = {}

    def place(text: str) -> int:
        return texts.setdefault(line(text), len(texts))

    brief = len(matrix["tables"]) > MANY

    def cell(one: Any) -> int:  # noqa: ANN401  as above
        if brief and one["reach"] == "own":
            one = one | {"statement": "", "witnesses": ()}
        said = (place(one["statement"]), place(one["said"]))
        lists = (tuple(place(text) for text in one[name]) for name in ("witnesses", "policies"))
        return cells.setdefault((one["reach"], one["rows"], one["of"], *said, *lists), len(cells))

    names = [persona["name"] for persona in matrix["personas"]]
    tables = [
        [
            place(table["table"]),
            table["planted"],
            [[cell(table["cells"][name][command]) for command in COMMANDS] for name in names],
        ]
        for table in matrix["tables"]
    ]
    personas = [[place(persona[name]) for name in ("name", "role", "told")] for persona in matrix["personas"]]
    data = {
        "commands": COMMANDS,
        "personas": personas,
        "tables": tables,
        "cells": list(cells),
        "texts": list(texts),
    }
    return json_text(data, indent=None).replace("<", "\\u003c")


def _row(table: Any, names: list[str]) -> str:  # noqa: ANN401  as above
    open_to_all = "" if table["row_security"] else " <b class='error'>no row security</b>"
    cells = "".join(f"<td><button tabindex=-1>{_marks(table['cells'][name])}</button></td>" for name in names)
    return f"<tr><th scope='row'><bdi>{html(table['table'])}</bdi>{open_to_all}</th>{cells}</tr>"


def _marks(commands: Any) -> str:  # noqa: ANN401  as above
    return "".join(f"<i class={cell['reach']}>{MARKS[cell['reach']]}</i>" for cell in commands.values())
