"""A review as text for a terminal."""

from __future__ import annotations

from gatepost.display import line
from gatepost.finding import Result
from gatepost.report.parts.lines import ROLLED_BACK, sentence
from gatepost.report.review.lines import changes, headline, schema_change, section, unchanged, whose
from gatepost.report.text import unseen

_COLOURS = {"gains": "1;31", "may gain": "33", "breaks": "33", "loses": "36", "may lose": "36"}
_MOST_OBJECTS = 20


def render(result: Result, colour: bool = False, width: int | None = None) -> str:
    """Return a review as text: each change with the statement that shows it, what changed in the schema, the verdict.

    Args:
        result: Of `gatepost review`.
        colour: Whether to mark verdicts in colour, for a terminal.
        width: Of the terminal; None where the output is none.
    """

    def paint(style: str, shown: str) -> str:
        return f"\x1b[{style}m{shown}\x1b[0m" if colour else shown

    lines: list[str] = []
    shown = changes(result, *_COLOURS)
    lines += [ROLLED_BACK] if shown else []
    for one in shown:
        where = f" ({', '.join(one['columns'])})" if one["columns"] else ""
        what = f"{one['command']} {one['object']}{where}: {one['before']} → {one['after']}"
        first, *rest = sentence(line(f"{one['verdict']:<8}  {one['role']}  {what}"), " " * 10, width)
        lines += [first.replace(one["verdict"], paint(_COLOURS[one["verdict"]], one["verdict"]), 1), *rest]
        for label, text in (
            ("never", one["never"]), ("accepted", one["accepted"]), ("not known", one["reason"]), ("for", whose(one)),
            ("at", one["place"]), ("row", one["row"]),
        ):  # fmt: skip
            if text:
                lines.append(f"{' ' * 10}{label}: {line(text)}")
        lines.append(f"{' ' * 10}reproduce: {line(one['session'])}: {line(one['statement'])}")
    lines += [line(f"new       {one['role']}  {one['access']} {one['object']}") for one in section(result, "new")]
    objects = section(result, "objects")
    lines += [f"schema    {schema_change(one, line)}" for one in objects[:_MOST_OBJECTS]]
    if len(objects) > _MOST_OBJECTS:
        lines.append(f"schema    and {len(objects) - _MOST_OBJECTS} more")
    lines += [f"equal     {line(one)} (proved)" for one in section(result, "proved")]
    lines += [f"hazard    {line(one)}" for one in section(result, "hazards")]
    lines += [f"note      {line(one)}" for one in section(result, "notes")]
    for skipped in result.not_checked:
        lines += sentence(f"not checked  {line(unseen(skipped))}", " " * 13, width)
    state = "1;31" if result.summary["failing"] else "33" if result.not_checked else "32"
    lines.append(line(f"review of {result.target}: ") + paint(state, line(headline(result))))
    if changes(result, "gains", "may gain", "breaks", "loses") and section(result, "unchanged"):
        lines.append(line(f"{len(section(result, 'unchanged'))} other tables: {unchanged(result)}"))
    return "\n".join(lines)
