"""Refuse alembic-utils' own policies and grants: they and Gatepost's would drop each other."""

from __future__ import annotations

import json
from collections.abc import Iterable

from alembic_utils.pg_grant_table import PGGrantTable
from alembic_utils.pg_policy import PGPolicy
from alembic_utils.replaceable_entity import ReplaceableEntity

from gatepost import sql
from gatepost.errors import MigrationError
from gatepost.schema import API_ROLES, COMMANDS

_PARTS = {"using": "where", "check": "check"}
"""The words before the conditions of CREATE POLICY, and the arguments that they become."""


def refuse_stock_entities(entities: Iterable[ReplaceableEntity]) -> None:
    """Refuse a `PGPolicy` or a `PGGrantTable`, with the line of `policies/` that says the same.

    alembic-utils proposes to drop every policy and grant that its own list does not name, and so all that Gatepost
    made, restrictive policies too.

    Raises:
        MigrationError: there is one.
    """
    for entity in entities:
        if isinstance(entity, PGPolicy):
            name, table, rule = entity.signature, entity.on_entity, _policy_rule(entity)
        elif isinstance(entity, PGGrantTable):
            name, table = f"{entity.grant} to {entity.role}", f"{entity.schema}.{entity.table}"
            rule = _grant_rule(entity)
        else:
            continue
        raise MigrationError(
            f'the {type(entity).__name__} "{name}" on "{table}" stands among entities=, and alembic-utils would drop'
            " every policy and grant that Gatepost made",
            f"protect(Model, {rule})  # in policies/, for the model of {table}; then take it out of entities="
            if rule
            else "take it out of entities=: no rule about rows needs that privilege",
        )


def _policy_rule(policy: PGPolicy) -> str:
    """Return a `CREATE POLICY` as the rule that says the same."""
    command, roles, parts, restrictive = "all", ["public"], dict[str, str](), False
    words = [token for token in sql.tokens(policy.definition) if token.kind != "comment"]
    at = 0
    while at < len(words):
        name = words[at].name
        following = [token.name for token in words[at + 1 :] if token.kind != "space"]
        if name == "for" and following:
            command = following[0] or command
        elif name == "as" and following[:1] == ["restrictive"]:
            restrictive = True
        elif name == "to":
            end = next((i for i in range(at, len(words)) if words[i].name in ("using", "with")), len(words))
            roles = [token.name for token in words[at + 1 : end] if token.name is not None]
            at = end - 1
        elif name in _PARTS:
            at, parts[_PARTS[name]] = _bracketed(words, at + 1)
        at += 1
    commands = COMMANDS if command == "all" else (command,)
    if command == "insert":
        parts.pop("where", None)
    elif command == "all" and "where" in parts:
        parts.setdefault("check", parts["where"])
    said = [_text(one) for one in commands] + [f"to={_roles(roles)}"]
    said += [f"{argument}=text({_text(parts[argument])})" for argument in ("where", "check") if argument in parts]
    return f"{'restrict' if restrictive else 'allow'}({', '.join(said)}, name={_text(policy.signature)})"


def _bracketed(words: list[sql.Token], start: int) -> tuple[int, str]:
    """Return where the brackets that open next are closed, and what stands between them."""
    depth, opened = 0, start
    for at in range(start, len(words)):
        if words[at].text == "(":
            opened = opened if depth else at
            depth += 1
        elif words[at].text == ")":
            depth -= 1
            if depth == 0:
                return at, "".join(token.text for token in words[opened + 1 : at]).strip()
    return len(words), "".join(token.text for token in words[start:]).strip()


def _grant_rule(grant: PGGrantTable) -> str:
    """Return the beginning of the rule that needs a grant, or nothing for a privilege that is not about rows."""
    command = str(grant.grant).lower()
    if command not in COMMANDS:
        return ""
    columns = ", ".join(map(_text, grant.columns))
    limit = f", columns=[{columns}]" if columns else ""
    return f"allow({_text(command)}, to={_roles([grant.role])}{limit}, where=…)"


def _text(text: str) -> str:
    """Return a text as Python writes it, in the quotes that this house uses."""
    return json.dumps(text, ensure_ascii=False)


def _roles(names: list[str]) -> str:
    known = [name if name in (*API_ROLES, "public") else f"Role({_text(name)})" for name in names]
    return known[0] if len(known) == 1 else f"({', '.join(known)})"
