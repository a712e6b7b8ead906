"""Name personas in witnesses by their names alone: a report says once who they are, and how to be one of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from gatepost.finding import Finding, Result

_CLAIMS = "{"


def brief(result: Result) -> Result:
    """Return the result with personas by name in its witnesses.

    Args:
        result: The result of a command, with its matrix if it tries anything.
    """
    named = {described: f"as {name}" for name, described, _ in _with_claims(result)}

    def shown(finding: Finding) -> Finding:
        witness = finding.witness or ""
        for described, name in named.items():
            witness = witness.replace(described, name)
        return finding if witness == (finding.witness or "") else replace(finding, witness=witness)

    return replace(result, findings=tuple(map(shown, result.findings)))


def become(result: Result) -> list[tuple[str, str]]:
    """Return each persona with a token that a witness names, and the SQL that makes a transaction its own.

    Args:
        result: The result before `brief`.
    """
    witnesses = [finding.witness for finding in result.findings if finding.witness]
    return [
        (name, as_sql)
        for name, described, as_sql in _with_claims(result)
        if as_sql is not None and any(described in witness for witness in witnesses)
    ]


def _with_claims(result: Result) -> Iterator[tuple[str, str, str | None]]:
    """Yield the personas with a token: the name, the description with the claims, and the SQL to be one of them."""
    matrix = result.sections.get("matrix")
    for one in matrix["personas"] if isinstance(matrix, dict) else ():
        if _CLAIMS in one["told"]:
            yield one["name"], one["told"], one.get("sql")
