"""What a project knows and accepts: findings that are suppressed with a reason, and a baseline of old ones."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from gatepost.errors import SettingsError
from gatepost.finding import Finding, Result

BASELINE_VERSION = 1
UNUSED = "unused-suppression"


def suppressed(result: Result, reasons: Mapping[str, str], rules: Sequence[str]) -> Result:
    """Return the result without the findings that the project accepts.

    Args:
        result: What was found.
        reasons: The reason of each accepted finding, by its key: `{"row-security-off:public.country": "…"}`.
        rules: The names of the rules that were asked: a suppression of another rule cannot be called unused.

    Raises:
        SettingsError: a suppression has no reason.
    """
    for key, reason in reasons.items():
        if not reason.strip():
            raise SettingsError(
                f'"{key}" is suppressed in pyproject.toml without a reason',
                f'ignore = {{ "{key}" = "why it is meant" }}  # in [tool.gatepost]',
            )
    found = {finding.key for finding in result.findings}
    unused = [key for key in reasons if key not in found and key.partition(":")[0] in rules]
    kept = [finding for finding in result.findings if finding.key not in reasons]
    kept += [
        Finding(
            UNUSED,
            "warning",
            key.partition(":")[2],
            f'"{key}" is suppressed in pyproject.toml, and nothing of that kind is found',
            f'remove "{key}" from ignore in [tool.gatepost]',
            detail=key.partition(":")[0],
        )
        for key in unused
    ]
    return _with(result, kept, {"suppressed": len(found & set(reasons))})


def beyond_baseline(result: Result, baseline: frozenset[str]) -> Result:
    """Return the result without the findings that are in a baseline.

    Args:
        result: What was found.
        baseline: Keys, from `read_baseline`.
    """
    kept = [finding for finding in result.findings if finding.key not in baseline]
    return _with(result, kept, {"in_baseline": len(result.findings) - len(kept)})


def read_baseline(path: Path) -> frozenset[str]:
    """Return the keys of a baseline file.

    Raises:
        SettingsError: the file cannot be read, or is of another version.
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
            f'the baseline "{path}" is of version {version!r}, and this Gatepost reads version {BASELINE_VERSION}', hint
        )
    return frozenset(str(key) for key in found["keys"])


def write_baseline(path: Path, findings: Iterable[Finding]) -> None:
    """Write the keys of findings, sorted, one a line.

    Raises:
        SettingsError: the file cannot be written.
    """
    told = {"version": BASELINE_VERSION, "keys": sorted({finding.key for finding in findings})}
    try:
        path.write_text(json.dumps(told, indent=2, ensure_ascii=False) + "\n")
    except OSError as error:
        raise SettingsError(f'the baseline "{path}" cannot be written: {error.strerror}') from None


def _with(result: Result, findings: Iterable[Finding], more: Mapping[str, int]) -> Result:
    kept = tuple(sorted(findings, key=lambda finding: finding.order))
    counts = {severity: sum(f.severity == severity for f in kept) for severity in ("error", "warning", "info")}
    added = {name: count for name, count in more.items() if count}
    return replace(result, findings=kept, summary={**result.summary, **counts, **added})
