"""One self-contained HTML page: no script from elsewhere, no font, readable on a phone, in light and in dark."""

from __future__ import annotations

import re
from html import escape
from importlib.resources import files
from itertools import groupby

from gatepost.finding import Finding, Result
from gatepost.report.text import verdict


def render(result: Result) -> str:
    """Return the result as one HTML page."""
    groups = "\n".join(
        f"<section><h2>{escape(name)}</h2>\n{''.join(map(_finding, findings))}</section>"
        for name, findings in groupby(result.findings, key=lambda finding: finding.object)
    )
    skipped = "".join(f"<li><b>{escape(s.what)}</b>: {escape(s.why)}</li>" for s in result.not_checked)
    missing = f"<section class='skipped'><h2>Not checked</h2><ul>{skipped}</ul></section>" if skipped else ""
    parts = {
        "title": escape(f"gatepost {result.command}: {result.target}"),
        "command": escape(result.command),
        "target": escape(result.target),
        "verdict": escape(verdict(result).partition(": ")[2]),
        "state": "ok" if result.ok else "error" if result.count("error") else "warning",
        "body": groups + missing,
    }
    page = (files("gatepost.report") / "assets" / "page.html").read_text()
    return re.sub(r"{{(\w+)}}", lambda match: parts[match[1]], page).rstrip("\n")


def _finding(finding: Finding) -> str:
    witness = f"<p class='seen'>Seen: <code>{escape(finding.witness)}</code></p>" if finding.witness else ""
    fix = f"<details><summary>What mends it</summary><pre>{escape(finding.fix)}</pre></details>" if finding.fix else ""
    return (
        f"<article class='{finding.severity}' data-rule='{escape(finding.rule)}'>"
        f"<p><b>{finding.severity}</b> <code>{escape(finding.rule)}</code> {escape(finding.message)}</p>"
        f"{witness}{fix}</article>\n"
    )
