"""The findings of the page: by object, the worst first; information folded and counted, with the rules explained."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape
from typing import Any

from gatepost.display import attribute, block, html, statement
from gatepost.finding import Finding, Result
from gatepost.report.parts.alike import findings_alike, named
from gatepost.report.parts.order import by_object, by_rule, worst
from gatepost.report.text import accepted, unseen
from gatepost.rules import all_rules

OPENED = 5
"""Up to how many findings are unfolded from the start."""


def findings(result: Result) -> str:
    """Return errors and warnings, each folded to its sentence where there are many."""
    shown = sorted((one for one in result.findings if one.severity != "info"), key=lambda one: one.harm)
    known = _documented()
    unfolded = len(shown) <= OPENED
    alike = {one.key: others for one, others in findings_alike(shown) if others}
    folded = {one.key for others in alike.values() for one in others}

    def section(name: str, found: Iterable[Finding]) -> str:
        items = "".join(_finding(one, known, unfolded=unfolded) for one in found)
        return f"<section class='object'{_anchor(name, result)}><h3><bdi>{html(name)}</bdi></h3>\n{items}</section>\n"

    sections = []
    for name, found in by_object(one for one in shown if one.key not in folded):
        sections.append(section(name, found))
        for others in (alike[one.key] for one in found if one.key in alike):
            same = "".join(section(of, ones) for of, ones in by_object(others))
            names = html(named([one.object for one in others]))
            title = f"{len(others)} alike <span class='soft'><bdi>{names}</bdi></span>"
            sections.append(f"<details class='fold alike'><summary>{title}</summary>{same}</details>\n")
    return "".join(sections)


def worst_of(result: Result) -> str:
    """Return the objects that matter most, with links to them."""
    names = worst(result)
    if not names:
        return ""
    links = "".join(
        f"<li><a href='#worst-{number}'><bdi>{html(name)}</bdi></a></li>" for number, name in enumerate(names, 1)
    )
    return f"<p class='soft'>The worst first:</p><ol class='worst'>{links}</ol>"


def information(result: Result) -> str:
    """Return what is information, one fold a rule."""
    found = by_rule(one for one in result.findings if one.severity == "info")
    known = _documented()
    return "".join(
        f"<details class='fold'><summary><span class='badge info'>{len(same)} info</span> "
        f"<code>{html(rule)}</code> <span class='soft'>{html(known.get(rule, ('', ''))[0])}</span></summary>"
        f"<ul>{''.join(map(_item, same))}</ul>{_described(rule, same, known)}</details>\n"
        for rule, same in sorted(found.items(), key=lambda one: (-len(one[1]), one[0]))
    )


def not_checked(result: Result) -> str:
    """Return what was not checked, folded where it is long."""
    items = "".join(f"<li><bdi>{html(unseen(one))}</bdi></li>" for one in result.not_checked)
    if not items:
        return ""
    unfolded = " open" if len(result.not_checked) <= OPENED else ""
    return (
        f"<details class='fold skipped'{unfolded}><summary><span class='badge unknown'>"
        f"{len(result.not_checked)} not checked</span></summary><ul>{items}</ul></details>"
    )


def refuted(result: Result) -> str:
    """Return the suspicions that were tried and refused."""
    found: Any = result.sections.get("refuted")
    if not found:
        return ""
    items = "".join(f"<li><code>{html(one['rule'])}</code> <bdi>{html(one['message'])}</bdi></li>" for one in found)
    return (
        f"<details class='fold'><summary><span class='badge ok'>{len(found)} refuted</span> <span class='soft'>"
        f"suspicions that were tried on a clone and refused</span></summary><ul>{items}</ul></details>"
    )


def accepted_items(result: Result) -> str:
    """Return what the project accepts, each with its reason."""
    found = accepted(result)
    items = "".join(f"<li><bdi>{html(one)}</bdi></li>" for one in found)
    badge = f"<span class='badge info'>{len(found)} accepted</span>"
    return f"<details class='fold'><summary>{badge}</summary><ul>{items}</ul></details>" if found else ""


def explained(result: Result) -> str:
    """Return the documentation of the rules that found something."""
    known = _documented()
    names = sorted({rule for one in result.findings for rule in (one.rule, *(c.rule for c in one.consequences))})
    return "".join(
        f"<details class='fold' id='rule-{attribute(name)}'><summary><code>{html(name)}</code> "
        f"<span class='soft'>{html(known[name][0])}</span></summary><pre>{escape(block(known[name][1]))}</pre>"
        "</details>"
        for name in names
        if name in known
    )


def _documented() -> dict[str, tuple[str, str]]:
    return {rule.name: (rule.title, rule.documentation) for rule in all_rules()}


def _anchor(name: str, result: Result) -> str:
    names = worst(result)
    return f" id='worst-{names.index(name) + 1}'" if name in names else ""


def _item(finding: Finding) -> str:
    """Return information as one item, with its witness and its fix folded."""
    body = f"<pre><code>{html(finding.witness)}</code></pre>" if finding.witness else ""
    body += f"<pre>{escape(statement(finding.fix))}</pre>" if finding.fix else ""
    more = f"<details><summary class='soft'>more</summary>{body}</details>" if body else ""
    text = f"<b><bdi>{html(finding.object)}</bdi></b> <bdi>{html(finding.message)}</bdi>"
    return f"<li class='finding info'>{text}{more}</li>"


def _described(rule: str, same: list[Finding], known: dict[str, tuple[str, str]]) -> str:
    untried = any(one.fix_trial == "not tried" for one in same)
    text = "Their fixes were not tried; <code>gatepost check --fixes</code> tries all. " if untried else ""
    text += f"Rule {_rule(rule, known)}" if rule in known else ""
    return f"<p class='soft'>{text}</p>" if text else ""


def _finding(finding: Finding, known: dict[str, tuple[str, str]], *, unfolded: bool) -> str:
    verdict = f" <span class='badge soft'>{finding.verdict}</span>" if finding.verdict is not None else ""
    what = f"<span class='badge {finding.severity}'>{finding.severity}</span>{verdict} "
    return (
        f"<details class='finding {finding.severity}'{' open' if unfolded else ''}><summary>{what}"
        f"<bdi>{html(finding.message)}</bdi>{_more(finding)}</summary><div>{_body(finding, known)}</div></details>\n"
    )


def _more(finding: Finding) -> str:
    many = len(finding.consequences)
    return f" <span class='soft'>({many} consequence{'' if many == 1 else 's'})</span>" if many else ""


def _body(finding: Finding, known: dict[str, tuple[str, str]]) -> str:
    parts = [f"<p class='soft'>Rule {_rule(finding.rule, known)}</p>"]
    if finding.reason:
        parts.append(f"<p><b>Not known:</b> <bdi>{html(finding.reason)}</bdi></p>")
    if finding.witness:
        parts.append("<p><b>Reproduce, in a transaction that is rolled back:</b></p>")
        parts.append(f"<pre><code>{html(finding.witness)}</code></pre>")
    if finding.consequences:
        items = "".join(
            f"<li>{_rule(one.rule, known)} <bdi>{html(one.message)}</bdi></li>" for one in finding.consequences
        )
        parts.append(f"<p><b>What follows from it:</b></p><ul>{items}</ul>")
    if finding.fix:
        tried = " (tried on the clone)" if finding.fix_trial == "passed" else ""
        parts.append(f"<p><b>Fix{tried}:</b></p><pre>{escape(statement(finding.fix))}</pre>")
    if finding.decide:
        parts.append(f"<p><b>To decide:</b> <bdi>{html(finding.decide.removeprefix('decide '))}</bdi></p>")
    if finding.fix_trial == "not tried":
        parts.append("<p class='soft'>Its fix was not tried; <code>gatepost check --fixes</code> tries all.</p>")
    return "".join(parts)


def _rule(name: str, known: dict[str, tuple[str, str]]) -> str:
    shown = f"<code>{html(name)}</code>"
    return f"<a href='#rule-{attribute(name)}'>{shown}</a>" if name in known else shown
