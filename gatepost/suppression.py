"""Hide findings that a project knows: those it accepts with a reason, and those in a baseline."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from difflib import get_close_matches
from pathlib import Path

from gatepost.errors import SettingsError
from gatepost.finding import Finding, Result

BASELINE_VERSION = 1
UNUSED = "unused-suppression"

BY_TRIAL = frozenset(
    "access-beyond-declaration access-short-of-declaration access-lock-stale anonymous-write bucket-open"
    " colleague-row-read door-leaks door-writes escalation foreign-row-read foreign-row-written former-member"
    " look-alike-address own-power-taken own-row-approved"
    " policy-error rank-bypassed rank-taken request-trusted row-forged row-moved-to-another user-metadata-trusted"
    " usual-statement-refused".split()
)
"""What is found by trying and by no rule: their findings have these names."""

RENAMED = {
    "self-made-key": "user-can-grant-themselves-access",
    "key-made-by-function": "function-grants-caller-access",
    "roundabout-truth": "condition-always-true",
    "loose-sibling-policy": "permissive-policy-overrides-owner",
    "captured-column": "ambiguous-column-in-subquery",
    "permissive-guard": "restriction-declared-permissive",
    "rows-shown-by-state": "rows-visible-by-status-only",
    "several-permissive-policies": "multiple-permissive-policies",
    "session-value-per-row": "auth-function-evaluated-per-row",
    "policy-asks-unreadable-table": "policy-reads-unreadable-table",
}
"""Former names of rules. A key with one is refused, because it would match nothing without anyone noticing."""


def suppressed(result: Result, reasons: Mapping[str, str], rules: Sequence[str], every: Collection[str] = ()) -> Result:
    """Return the result without the findings that the project accepts, which are named under `accepted`.

    Args:
        result: The result.
        reasons: The reason of each accepted finding, by its key: `{"row-security-off:public.country": "…"}`.
        rules: The names of the rules that were checked. A suppression for another rule cannot be reported as unused.
        every: The names of all rules; with them, a suppression for what no rule is called is reported, too.

    Raises:
        SettingsError: a suppression has no reason, or names a rule by an old name.
    """
    refuse_renamed(reasons, "ignore in [tool.gatepost]")
    for key, reason in reasons.items():
        if not reason.strip():
            raise SettingsError(
                f'"{key}" is suppressed in pyproject.toml without a reason',
                f'ignore = {{ "{key}" = "why it is intended" }}  # in [tool.gatepost]',
            )
    found = {finding.key for finding in result.findings}
    unused = [key for key in reasons if key not in found and key.partition(":")[0] in rules]
    known = {*every, *BY_TRIAL, UNUSED}
    wrong = [key for key in reasons if every and key not in found and key.partition(":")[0] not in known]
    kept = [finding for finding in result.findings if finding.key not in reasons]
    kept += [_wrong(key, known) for key in wrong]
    kept += [
        Finding(
            UNUSED,
            "warning",
            key.partition(":")[2],
            f'"{key}" is suppressed in pyproject.toml, but there is no such finding',
            f'remove "{key}" from ignore in [tool.gatepost]',
            detail=key.partition(":")[0],
        )
        for key in unused
    ]
    accepted = [
        {"key": one.key, "severity": one.severity, "message": one.message, "reason": reasons[one.key]}
        for one in sorted(result.findings, key=lambda one: one.order)
        if one.key in reasons
    ]
    shown = replace(result, sections={**result.sections, "accepted": accepted}) if accepted else result
    return _with(shown, kept, {"suppressed": len(found & set(reasons))})


def _wrong(key: str, known: Iterable[str]) -> Finding:
    """Return that a suppression names no rule, with the rule that it may mean."""
    name, _, rest = key.partition(":")
    meant = get_close_matches(name, sorted(known), 1)
    return Finding(
        UNUSED,
        "warning",
        rest or key,
        f'"{key}" is suppressed in pyproject.toml, but no rule is called "{name}"',
        f'write "{meant[0]}:{rest}"' if meant and rest else "write the key of a finding: rule:schema.table",
        detail=name,
    )


def beyond_baseline(result: Result, baseline: frozenset[str]) -> Result:
    """Return the result without the findings that are in a baseline.

    Args:
        result: The result.
        baseline: Keys, from `read_baseline`.
    """
    kept = [finding for finding in result.findings if finding.key not in baseline]
    return _with(result, kept, {"in_baseline": len(result.findings) - len(kept)})


def read_baseline(path: Path) -> frozenset[str]:
    """Return the keys of a baseline file.

    Raises:
        SettingsError: the file cannot be read, has another version, or names a rule by a former name.
    """
    hint = f"gatepost verify --write-baseline {path}"
    try:
        found = json.loads(path.read_text())
    except OSError as error:
        raise SettingsError(f'the baseline "{path}" cannot be read: {error.strerror}', hint) from None
    except ValueError:
        raise SettingsError(f'the baseline "{path}" is not JSON', hint) from None
    version = found.get("version") if isinstance(found, dict) else None
    if version != BASELINE_VERSION or not isinstance(found.get("keys"), list):
        raise SettingsError(
            f'the baseline "{path}" has version {version!r}, but this Gatepost reads version {BASELINE_VERSION}', hint
        )
    keys = frozenset(str(key) for key in found["keys"])
    refuse_renamed(keys, f'the baseline "{path}"')
    return keys


def refuse_renamed(keys: Iterable[str], place: str) -> None:
    """Refuse keys of findings that use a former name of a rule.

    Args:
        keys: Keys of findings, or names of rules.
        place: The place that contains them.

    Raises:
        SettingsError: a key does. The hint contains the new key.
    """
    for key in sorted(keys):
        name, colon, rest = key.partition(":")
        if name in RENAMED:
            raise SettingsError(
                f'{place} holds "{key}", but the rule "{name}" is now called "{RENAMED[name]}"',
                f'write "{RENAMED[name]}{colon}{rest}"',
            )


def write_baseline(path: Path, findings: Iterable[Finding]) -> None:
    """Write the keys of findings, sorted, one per line.

    Raises:
        SettingsError: the file cannot be written.
    """
    content = {"version": BASELINE_VERSION, "keys": sorted({finding.key for finding in findings})}
    try:
        path.write_text(json.dumps(content, indent=2, ensure_ascii=False) + "\n")
    except OSError as error:
        raise SettingsError(f'the baseline "{path}" cannot be written: {error.strerror}') from None


def _with(result: Result, findings: Iterable[Finding], more: Mapping[str, int]) -> Result:
    kept = tuple(sorted(findings, key=lambda finding: finding.order))
    counts = {severity: sum(f.severity == severity for f in kept) for severity in ("error", "warning", "info")}
    added = {name: count for name, count in more.items() if count}
    return replace(result, findings=kept, summary={**result.summary, **counts, **added})
