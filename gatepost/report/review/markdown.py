"""A review as the comment on a pull request: one line that says it, the changed cells, and the rest folded."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from gatepost.display import code, fenced, html, markdown
from gatepost.finding import Result
from gatepost.report.review.lines import Change, changes, headline, schema_change, script, section, tried
from gatepost.report.text import unseen

MARKER = "<!-- gatepost review -->"
"""By this line the comment is found again, and updated in place."""
MOST = 60_000
"""How long a comment may be: GitHub takes 65,536 characters."""
_FIGURES = (
    "<sub>Figures count rows that Gatepost planted, none of production's. Its callers: ann and bob are users who are"
    " strangers to each other, anonymous_sign_in is one without an address or a password; all are in"
    " docs/personas.md.</sub>"
)
_SIGNS = {"gains": "🔴", "may gain": "🟠", "breaks": "🟡", "loses": "🔵", "may lose": "🔵"}
_MOST_ROWS = 60
_MOST_DECLARED = 10


def render(result: Result) -> str:
    """Return a review as Markdown of fewer than 60,000 characters."""
    for most in (_MOST_ROWS, 25, 10, 3):
        text = _rendered(result, most)
        if len(text) < MOST:
            return text
    return text[: MOST - 200].rsplit("\n", 1)[0] + "\n\n… the rest is in the report of the run."


def _rendered(result: Result, most: int) -> str:
    failing = [one["verdict"] for one in changes(result, "gains", "may gain") if one["fails"]]
    sign = "🔴" if "gains" in failing else "🟠" if failing or result.not_checked else "🟢"
    lines = [MARKER, f"### {sign} Access: {markdown(headline(result))}", ""]
    shown = changes(result, *_SIGNS)
    if shown:
        lines += ["| | who | can | on | before | after |", "|---|---|---|---|---|---|"]
        lines += [_row(one) for one in shown[:most]]
        lines += [f"| | | | and {len(shown) - most} more | | |"] if len(shown) > most else []
        lines += ["", _FIGURES, ""] if result.summary["rows"] else [""]
    for one in [one for one in shown if one["verdict"] in ("gains", "may gain")][:most]:
        lines += _gain(one, opened=one is shown[0])
    lines += _declarations(shown)
    lines += _rest(result, shown, most)
    lines.append(f"<sub>{markdown(result.target)} · {markdown(tried(result))} · gatepost review</sub>")
    return "\n".join(lines)


def _row(one: Change) -> str:
    said = f"{_SIGNS[one['verdict']]} {one['verdict']}"
    if one["accepted"] and not one["never"]:
        said = f"⚪ {one['verdict']}, accepted"
    where = code(one["object"]) + (f" ({', '.join(code(c) for c in one['columns'])})" if one["columns"] else "")
    cells = (said, code(one["role"]), code(one["command"]), where, markdown(one["before"]), markdown(one["after"]))
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def _gain(one: Change, *, opened: bool) -> list[str]:
    title = " ".join(html(one[name]).replace("@", "@<!-- -->") for name in ("role", "command", "object"))  # no mention
    lines = [f"<details{' open' if opened and one['fails'] else ''}><summary>Reproduce: <b>{title}</b></summary>", ""]
    for label, text in (
        ("The project says never", one["never"]), ("Accepted", one["accepted"]), ("Not known", one["reason"]),
        ("Changed at", one["place"]),
    ):  # fmt: skip
        lines += [f"{label}: {markdown(text)}", ""] if text else []
    return [*lines, *fenced(script(one)), "", "</details>", ""]


def _declarations(shown: Sequence[Change]) -> list[str]:
    """Return the lines with which a pull request says that its gains are intended."""
    open_gains = [one for one in shown if one["fails"] and not one["never"]]
    said = dict.fromkeys(f"Access: {one['role']} gains {one['command']} on {one['object']}" for one in open_gains)
    if not said:
        return []
    how = "Intended? Declare it in the description of the pull request (that of a fork does not count):"
    return [how, "", *fenced("\n".join(list(said)[:_MOST_DECLARED])), ""]


def _rest(result: Result, shown: Sequence[Change], most: int) -> list[str]:
    others = [one for one in shown if one["verdict"] not in ("gains", "may gain")]
    lines = _folded(
        "Who loses, and how to see it", (entry for one in others[:most] for entry in _entry(one)), len(others)
    )
    new = section(result, "new")
    lines += _folded(
        "New tables, and who can use them",
        (f"- {code(one['role'])}: {markdown(one['access'])} {code(one['object'])}" for one in new[: most * 3]),
        len(new),
    )
    objects = section(result, "objects")
    lines += _folded(
        "What changed in the schema", (f"- {schema_change(one, code)}" for one in objects[: most * 3]), len(objects)
    )
    proved = section(result, "proved")
    lines += _folded("Rewritten, and equal (proved)", (f"- {code(one)}" for one in proved[: most * 3]), len(proved))
    hazards = section(result, "hazards")
    lines += _folded("Hazards while it is migrated", (f"- {markdown(one)}" for one in hazards[:most]), len(hazards))
    notes = section(result, "notes")
    lines += _folded("Notes", (f"- {markdown(one)}" for one in notes[:most]), len(notes))
    skipped = [f"- {markdown(unseen(one))}" for one in result.not_checked]
    return lines + _folded("Not checked", skipped[: most * 3], len(skipped))


def _entry(one: Change) -> list[str]:
    return [f"- {code(one['role'])} {markdown(one['verdict'])} {code(one['command'])} on {code(one['object'])}", "",
            *(f"  {text}" for text in fenced(script(one))), ""]  # fmt: skip


def _folded(title: str, lines: Iterable[str], count: int) -> list[str]:
    shown = list(lines)
    return ["<details><summary>" + f"{title} ({count})</summary>", "", *shown, "", "</details>", ""] if shown else []
