"""Render the access matrix as one self-contained page, with filters and the rows and policies of each cell."""

from __future__ import annotations

import re
from html import escape
from importlib.resources import files
from typing import Any

from gatepost.display import attribute, html, json_text, line, statement
from gatepost.finding import Finding, Result
from gatepost.report.access.text import MARKS, WORDS
from gatepost.report.text import conclusion, unseen
from gatepost.schema import COMMANDS


def render(result: Result) -> str:
    """Return the result of `gatepost observe` as one HTML page."""
    matrix: Any = result.sections["matrix"]
    names = [persona["name"] for persona in matrix["personas"]]
    parts = {
        "title": attribute(f"Who can access what: {result.target}"),
        "target": html(result.target),
        "verdict": html(conclusion(result)),
        "state": "ok" if result.ok else "error" if result.count("error") else "warning",
        "legend": _legend(),
        "options": "".join(f"<option>{attribute(name)}</option>" for name in names),
        "head": "".join(f"<th scope='col' data-persona='{attribute(name)}'>{html(name)}</th>" for name in names),
        "rows": "\n".join(_row(table, names) for table in matrix["tables"]),
        "findings": _findings(result),
        "data": _inline(matrix),
    }
    page = (files(__package__) / "page.html").read_text(encoding="utf-8")
    return re.sub(r"{{(\w+)}}", lambda match: parts[match[1]], page).rstrip("\n")


def _legend() -> str:
    marks = "".join(
        f"<span><i class='{reach}'>{mark}</i> {WORDS.get(reach, reach)}</span>" for reach, mark in MARKS.items()
    )
    return f"<span>In each cell: {', '.join(COMMANDS)}.</span>{marks}"


def _row(table: Any, names: list[str]) -> str:  # noqa: ANN401  plain values, as in the JSON
    called = attribute(table["table"])
    open_to_all = "" if table["row_security"] else " <b class='error'>no row security</b>"
    cells = "".join(_cell(table["table"], name, table["cells"][name]) for name in names)
    return f"<tr data-table='{called}'><th scope='row'>{called}{open_to_all}</th>{cells}</tr>"


def _cell(table: str, persona: str, commands: Any) -> str:  # noqa: ANN401  as above
    access = ", ".join(f"{command} {WORDS.get(cell['reach'], cell['reach'])}" for command, cell in commands.items())
    label = attribute(f"{persona} on {table}: {access}")
    marks = "".join(f"<i class='{cell['reach']}'>{MARKS[cell['reach']]}</i>" for cell in commands.values())
    return (
        f"<td data-persona='{attribute(persona)}'><button type='button' tabindex='-1' data-table='{attribute(table)}'"
        f" data-persona='{attribute(persona)}' aria-label='{label}'>{marks}</button></td>"
    )


def _findings(result: Result) -> str:
    items = "".join(_finding(finding) for finding in result.findings)
    items += "".join(
        f"<li class='warning'><b>not checked</b> {html(unseen(missing))}</li>" for missing in result.not_checked
    )
    return f"<section><h2>Findings</h2><ul>{items}</ul></section>" if items else ""


def _finding(finding: Finding) -> str:
    witness = f"<p>Reproduce: <code>{html(finding.witness)}</code></p>" if finding.witness else ""
    fix = f"<pre>{escape(statement(finding.fix))}</pre>" if finding.fix else ""
    return (
        f"<li class='{finding.severity}'><details><summary><b>{finding.severity}</b>"
        f" <code>{html(finding.rule)}</code> {html(finding.message)}</summary>{witness}{fix}</details></li>"
    )


def _inline(matrix: Any) -> str:  # noqa: ANN401  as above
    """Return JSON that is safe inside a script element, whatever the names of tables and policies contain."""
    return json_text(_shown(matrix), indent=None).replace("<", "\\u003c")


def _shown(value: Any) -> Any:  # noqa: ANN401  as above
    """Return plain values with texts as `display.line` shows them, because the page's script inserts them unchanged."""
    if isinstance(value, str):
        return line(value)
    if isinstance(value, dict):
        return {line(key): _shown(one) for key, one in value.items()}
    return [_shown(one) for one in value] if isinstance(value, list | tuple) else value
