"""One self-contained HTML page: no script from elsewhere, no font, readable on a phone, in light and in dark.

What it shows is in the page as text; its script filters, and opens a cell of the access matrix.
"""

from __future__ import annotations

import re
from importlib.resources import files

from gatepost.display import attribute, html
from gatepost.finding import Result
from gatepost.report.page.findings import (
    accepted_items,
    explained,
    findings,
    information,
    not_checked,
    refuted,
    worst_of,
)
from gatepost.report.page.matrix import inline, matrix_of, persona_options, section, tokens
from gatepost.report.parts.callers import brief
from gatepost.report.parts.order import states
from gatepost.report.text import conclusion


def render(result: Result) -> str:
    """Return the result as one HTML page."""
    result, matrix = brief(result), matrix_of(result)
    parts = {
        "title": attribute(f"gatepost {result.command}: {result.target}"),
        "command": html(result.command),
        "target": html(result.target),
        "verdict": html(conclusion(result)),
        "state": "ok" if result.ok else "error" if result.count("error") else "warning",
        "tiles": _tiles(result),
        "worst": worst_of(result),
        "personas": persona_options(matrix),
        "matrix": section(matrix),
        "findings": _headed("Findings", findings(result)),
        "folds": _folds(result),
        "rules": _headed("The rules behind them", explained(result)),
        "data": inline(matrix),
    }
    page = (files("gatepost.report.page") / "page.html").read_text(encoding="utf-8")
    style = (files("gatepost.report.page") / "page.css").read_text(encoding="utf-8")
    script = (files("gatepost.report.page") / "page.js").read_text(encoding="utf-8")
    parts |= {"style": style, "script": script}
    return re.sub(r"{{(\w+)}}", lambda match: parts[match[1]], page).rstrip("\n")


def _tiles(result: Result) -> str:
    """Return the figures at the top: how the tables stand, and what was found."""
    found = states(result)
    shown = [(len(names), what, kind) for names, what, kind in (
        (found.open, "tables open", "error"),
        (found.not_checked, "tables not checked", "unknown"),
        (found.fine, "tables fine", "ok"),
    )] if found is not None else []  # fmt: skip
    shown += [
        (result.count("error"), "errors", "error"),
        (result.count("warning"), "warnings", "warning"),
        (result.count("info"), "info", "info"),
    ]
    refused = result.summary.get("refuted")
    if isinstance(refused, int) and refused:
        shown.append((refused, "suspicions refuted", "ok"))
    return "".join(
        f"<li class='{kind if number else 'none'}'><b>{number}</b> {what}</li>" for number, what, kind in shown
    )


def _folds(result: Result) -> str:
    folds = information(result) + not_checked(result) + accepted_items(result) + refuted(result)
    return _headed("Beside them", folds + tokens(matrix_of(result)))


def _headed(title: str, content: str) -> str:
    return f"<h2>{title}</h2>\n{content}" if content else ""
