"""Policies that call a function: one that goes, or one that their roles may not execute."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Set

from gatepost import sql
from gatepost.errors import MigrationError
from gatepost.migrate.routines.declared import BACKEND, Function
from gatepost.schema import Policy

Name = tuple[str, str]
"""Schema and bare name of a function."""


def refuse_calls(printed: Mapping[Policy, Policy], gone: Set[Name], functions: Iterable[Function]) -> None:
    """Refuse policies that call a function which the revision drops, or which their own roles may not execute.

    Args:
        printed: The declared policies, as PostgreSQL prints them: every function has its schema.
        gone: The functions that are dropped, and have no namesake left.
        functions: Those whose roles are declared; of one that stays as it was found, nothing is refused.

    Raises:
        MigrationError: there is one.
    """
    allowed: dict[Name, set[str]] = {}
    for function in (one for one in functions if one.found is None):
        name = (function.schema, function.signature.partition("(")[0].strip())
        allowed.setdefault(name, {BACKEND}).update(function.roles)
    for policy in printed.values():
        for name in sorted(_called(policy) & (gone | set(allowed))):
            written = ".".join(name)
            if name in gone:
                raise MigrationError(
                    f'the policy "{policy}" calls the function "{written}", which is not among entities= any more',
                    "keep the function, or take it out of the policy in the same revision",
                )
            shut_out = sorted(set(policy.roles) - allowed[name])
            if shut_out and "public" not in allowed[name]:
                raise MigrationError(
                    f'the policy "{policy}" calls the function "{written}", which "{shut_out[0]}" may not execute',
                    f"Function(…, to={shut_out[0]})",
                )


def _called(policy: Policy) -> set[Name]:
    return {name for text in (policy.using, policy.check) if text is not None for name in _calls(text)}


def _calls(text: str) -> Iterator[Name]:
    pieces = [token for token in sql.tokens(text) if token.kind not in ("space", "comment")]
    for schema, dot, name, bracket in zip(pieces, pieces[1:], pieces[2:], pieces[3:], strict=False):
        if schema.name is not None and name.name is not None and (dot.text, bracket.text) == (".", "("):
            yield schema.name, name.name
