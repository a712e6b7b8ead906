"""The access matrix as one self-contained page: filtered by table and persona, each cell with its rows and policies."""

from __future__ import annotations

import json
import re
from html import escape
from importlib.resources import files
from typing import Any

from gatepost.finding import Finding, Result
from gatepost.report.access.text import MARKS
from gatepost.report.text import verdict
from gatepost.schema import COMMANDS


def render(result: Result) -> str:
    """Return the result of `gatepost observe` as one HTML page."""
    matrix: Any = result.sections["matrix"]
    names = [persona["name"] for persona in matrix["personas"]]
    parts = {
        "title": escape(f"Who reaches what: {result.target}"),
        "target": escape(result.target),
        "verdict": escape(verdict(result).partition(": ")[2]),
        "state": "ok" if result.ok else "error" if result.count("error") else "warning",
        "legend": _legend(),
        "options": "".join(f"<option>{escape(name)}</option>" for name in names),
        "head": "".join(f"<th scope='col' data-persona='{escape(name)}'>{escape(name)}</th>" for name in names),
        "rows": "\n".join(_row(table, names) for table in matrix["tables"]),
        "findings": _findings(result),
        "data": _inline(matrix),
    }
    page = (files(__package__) / "page.html").read_text(encoding="utf-8")
    return re.sub(r"{{(\w+)}}", lambda match: parts[match[1]], page).rstrip("\n")


def _legend() -> str:
    marks = "".join(f"<span><i class='{reach}'>{mark}</i> {reach}</span>" for reach, mark in MARKS.items())
    return f"<span>In each cell: {', '.join(COMMANDS)}.</span>{marks}"


def _row(table: Any, names: list[str]) -> str:  # noqa: ANN401  plain values, as they stand in the JSON
    called = escape(table["table"])
    open_to_all = "" if table["row_security"] else " <b class='error'>no row security</b>"
    cells = "".join(_cell(table["table"], name, table["cells"][name]) for name in names)
    return f"<tr data-table='{called}'><th scope='row'>{called}{open_to_all}</th>{cells}</tr>"


def _cell(table: str, persona: str, commands: Any) -> str:  # noqa: ANN401  as above
    reached = ", ".join(f"{command} {cell['reach']}" for command, cell in commands.items())
    told = escape(f"{persona} on {table}: {reached}")
    marks = "".join(f"<i class='{cell['reach']}'>{MARKS[cell['reach']]}</i>" for cell in commands.values())
    return (
        f"<td data-persona='{escape(persona)}'><button type='button' tabindex='-1' data-table='{escape(table)}'"
        f" data-persona='{escape(persona)}' aria-label='{told}'>{marks}</button></td>"
    )


def _findings(result: Result) -> str:
    told = "".join(_finding(finding) for finding in result.findings)
    told += "".join(
        f"<li class='warning'><b>not observed</b> {escape(missing.what)}: {escape(missing.why)}</li>"
        for missing in result.not_checked
    )
    return f"<section><h2>Findings</h2><ul>{told}</ul></section>" if told else ""


def _finding(finding: Finding) -> str:
    witness = f"<p>Seen: <code>{escape(finding.witness)}</code></p>" if finding.witness else ""
    fix = f"<pre>{escape(finding.fix)}</pre>" if finding.fix else ""
    return (
        f"<li class='{finding.severity}'><details><summary><b>{finding.severity}</b>"
        f" <code>{escape(finding.rule)}</code> {escape(finding.message)}</summary>{witness}{fix}</details></li>"
    )


def _inline(matrix: Any) -> str:  # noqa: ANN401  as above
    """Return JSON that may stand inside a script element, whatever a table or a policy is called."""
    return json.dumps(matrix, ensure_ascii=False).replace("<", "\\u003c").replace("\u2028", "\\u2028")
