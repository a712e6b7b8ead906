"""Render a result as one self-contained HTML page, readable on a phone, in light and in dark mode."""

from __future__ import annotations

import re
from html import escape
from importlib.resources import files
from itertools import groupby

from gatepost.display import attribute, html, statement
from gatepost.finding import Finding, Result
from gatepost.report.text import conclusion, unseen


def render(result: Result) -> str:
    """Return the result as one HTML page."""
    groups = "\n".join(
        f"<section><h2><bdi>{html(name)}</bdi></h2>\n{''.join(map(_finding, findings))}</section>"
        for name, findings in groupby(result.findings, key=lambda finding: finding.object)
    )
    skipped = "".join(f"<li><bdi>{html(unseen(one))}</bdi></li>" for one in result.not_checked)
    missing = f"<section class='skipped'><h2>Not checked</h2><ul>{skipped}</ul></section>" if skipped else ""
    parts = {
        "title": attribute(f"gatepost {result.command}: {result.target}"),
        "command": html(result.command),
        "target": html(result.target),
        "verdict": html(conclusion(result)),
        "state": "ok" if result.ok else "error" if result.count("error") else "warning",
        "body": groups + missing,
    }
    page = (files("gatepost.report") / "assets" / "page.html").read_text(encoding="utf-8")
    return re.sub(r"{{(\w+)}}", lambda match: parts[match[1]], page).rstrip("\n")


def _finding(finding: Finding) -> str:
    witness = f"<p class='seen'>Reproduce: <code>{html(finding.witness)}</code></p>" if finding.witness else ""
    fix = f"<details><summary>Fix</summary><pre>{escape(statement(finding.fix))}</pre></details>" if finding.fix else ""
    return (
        f"<article class='{finding.severity}' data-rule='{attribute(finding.rule)}'>"
        f"<p><b>{finding.severity}</b> <code>{html(finding.rule)}</code> <bdi>{html(finding.message)}</bdi></p>"
        f"{witness}{fix}</article>\n"
    )
