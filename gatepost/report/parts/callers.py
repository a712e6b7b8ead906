"""Name personas in witnesses by their names alone: a report says once who they are, and how to be one of them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from gatepost.finding import Finding, Result

_CLAIMS = "{"


def brief(result: Result) -> Result:
    """Return the result with personas by name in its witnesses.

    Args:
        result: The result of a command, with its matrix if it tries anything.
    """
    names = {one["told"]: f"as {one['name']}" for one in _personas(result) if _CLAIMS in one["told"]}

    def shown(finding: Finding) -> Finding:
        witness = finding.witness
        for told in names if witness else ():
            witness = witness.replace(told, names[told]) if witness else witness
        return finding if witness == finding.witness else replace(finding, witness=witness)

    return replace(result, findings=tuple(map(shown, result.findings)))


def become(result: Result) -> list[tuple[str, str]]:
    """Return each persona with a token that a witness names, and the SQL that makes a transaction its own.

    Args:
        result: The result before `brief`.
    """
    witnesses = [finding.witness for finding in result.findings if finding.witness]
    return [
        (one["name"], one["sql"])
        for one in _personas(result)
        if "sql" in one and _CLAIMS in one["told"] and any(one["told"] in witness for witness in witnesses)
    ]


def _personas(result: Result) -> Any:  # noqa: ANN401  plain values, as they stand in the JSON
    matrix = result.sections.get("matrix")
    return matrix["personas"] if isinstance(matrix, dict) else ()
