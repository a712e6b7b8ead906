"""Write every policy of a table as a rule of the language, or word for word where its meaning is not recognised."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from sqlalchemy import text

from gatepost.adopt.grants import role_code
from gatepost.adopt.model_names import Key, ModelName, Written
from gatepost.adopt.policies.belonging import Way, of_member, through_condition, through_owner
from gatepost.adopt.policies.conditions import Condition
from gatepost.adopt.policies.scope import UNREADABLE, Untyped
from gatepost.adopt.reprinted import as_written
from gatepost.auth import Role, SessionValue
from gatepost.declare.as_found import as_found
from gatepost.declare.belonging import owner
from gatepost.declare.declaration import Rule
from gatepost.declare.expression import anything
from gatepost.declare.language import allow, declaring, protect, restrict
from gatepost.errors import DeclarationError
from gatepost.schema import Policy, Table, is_platform

_Recognise = Callable[[Policy, Condition], tuple[str, Callable[[], Rule]] | None]


@dataclass(frozen=True)
class Candidate:
    """One way to write a policy: the Python, the rule that it makes, and what it uses."""

    code: str
    rule: Rule
    typed: bool
    words: frozenset[str] = frozenset()
    models: frozenset[Key] = frozenset()
    aliases: tuple[tuple[str, str, ModelName], ...] = ()
    declared: Policy | None = field(default=None, compare=False)


def candidates(policy: Policy, table: Table, models: Mapping[Key, ModelName], platform: Any) -> Iterator[Candidate]:  # noqa: ANN401
    """Yield the ways to write a policy, the best first; the last one is its text."""
    for way, keeps_casts in _WAYS:
        condition = Condition(table.key, models, platform, keeps_casts)
        try:
            found = way(policy, condition)
        except (Untyped, DeclarationError, *UNREADABLE):
            continue
        if found is not None:
            yield from _candidate(table, condition, found, models, typed=True)
    condition = Condition(table.key, models, platform)
    yield from _candidate(table, condition, _word_for_word(policy, condition), models, typed=False)


def _candidate(
    table: Table,
    condition: Condition,
    found: tuple[str, Callable[[], Rule]],
    models: Mapping[Key, ModelName],
    *,
    typed: bool,
) -> Iterator[Candidate]:
    code, make = found
    on = f"{table.schema}.{table.name}" if is_platform(table.schema) else models[table.key].table
    try:
        rule = make()
        with declaring():
            (declared,) = protect(on, rule, found=None if is_platform(table.schema) else as_found({})).policies
    except (DeclarationError, ValueError):
        return
    aliases = tuple((variable, name, model) for variable, (name, model) in sorted(condition.aliases.items()))
    words = frozenset(condition.words) | ({"aliased"} if aliases else set())
    yield Candidate(code, rule, typed, words, frozenset(condition.used), aliases, declared)


def _belonging(recognise: Callable[[str, Condition], Way | None]) -> _Recognise:
    """Return how policies are read that look into another table, and do nothing else."""

    def read(policy: Policy, condition: Condition) -> tuple[str, Callable[[], Rule]] | None:
        texts = {one for one in (policy.using, policy.check) if one is not None}
        if len(texts) != 1 or not policy.permissive or condition.platform is not None:
            return None
        found = recognise(texts.pop(), condition)
        if found is None:
            return None
        before, after, make = found
        named, given = _common(policy, condition)
        if given.get("to") == Role("authenticated"):
            named.remove("to=authenticated")
            condition.words.discard("authenticated")
        arguments = ", ".join([before, repr(policy.command), *filter(None, [after.removeprefix(", ")]), *named])
        return f"{arguments})", lambda: make(policy.command, **given)

    return read


def _owned(policy: Policy, condition: Condition) -> tuple[str, Callable[[], Rule]] | None:
    """Return `owner(…)` for the policies that compare a column with the user's id, and nothing else."""
    texts = {one for one in (policy.using, policy.check) if one is not None}
    if len(texts) != 1 or not policy.permissive or condition.platform is not None:
        return None
    found = condition.written(texts.pop())
    sides = getattr(found.value, "left", None), getattr(found.value, "right", None)
    column_first = isinstance(sides[1], SessionValue)
    user, right = reversed(sides) if column_first else sides
    if not isinstance(user, SessionValue) or user.reads != "auth.uid()" or " == " not in found.code:
        return None
    if getattr(right, "table", None) is not condition.model(condition.own).table:
        return None
    condition.words.discard("uid")
    column = found.code.split(" == ")[0 if column_first else 1]
    named, given = _common(policy, condition)
    for name, wanted in (("per_row", user.per_row), ("column_first", column_first)):
        if wanted:
            named, given = [*named, f"{name}=True"], {**given, name: True}
    arguments = [column, repr(policy.command), *named]
    condition.word("owner")
    if given.get("to") == Role("authenticated"):
        arguments.remove("to=authenticated")
        condition.words.discard("authenticated")
    return f"owner({', '.join(arguments)})", lambda: owner(right, policy.command, **given)


def _expressed(policy: Policy, condition: Condition) -> tuple[str, Callable[[], Rule]]:
    using = _side(policy.using, policy, condition, condition.written)
    check = _side(policy.check, policy, condition, condition.written)
    return _allowed(policy, condition, using, check)


_WAYS: tuple[tuple[_Recognise, bool], ...] = (
    (_owned, False),
    (_belonging(through_owner), False),
    (_belonging(through_condition), False),
    (_belonging(of_member), False),
    (_expressed, False),
    (_expressed, True),
)
"""The ways to read a policy, the one that says most first, and whether casts of the session's values are written."""


def _word_for_word(policy: Policy, condition: Condition) -> tuple[str, Callable[[], Rule]]:
    def kept(found: str) -> Written:
        # SQLAlchemy reads a colon before a name as a parameter.
        escaped = as_written(found).replace(":", "\\:")
        condition.word("text")
        return Written(f"text({escaped!r})", text(escaped))

    using = _side(policy.using, policy, condition, kept)
    check = _side(policy.check, policy, condition, kept)
    return _allowed(policy, condition, using, check)


def _side(found: str | None, policy: Policy, condition: Condition, write: Callable[[str], Written]) -> Written | None:
    if found is None:
        return None
    if found == "true":
        if policy.command == "select" and policy.permissive:
            return None
        return Written(condition.word("anything"), anything)
    return write(found)


def _allowed(
    policy: Policy, condition: Condition, using: Written | None, check: Written | None
) -> tuple[str, Callable[[], Rule]]:
    named, given = _common(policy, condition)
    word, make = ("allow", allow) if policy.permissive else ("restrict", restrict)
    # For an UPDATE, and for one FOR ALL, `where` alone says both.
    same = policy.using == policy.check
    sides = [("where", using), ("check", None if same and policy.command != "insert" else check)]
    for name, side in sides:
        if side is not None:
            named.append(f"{name}={side.code}")
            given[name] = side.value
    arguments = [repr(policy.command), *named]
    return f"{condition.word(word)}({', '.join(arguments)})", lambda: make(policy.command, **given)


def _common(policy: Policy, condition: Condition) -> tuple[list[str], dict[str, Any]]:
    """Return the arguments that every rule takes: the roles, the name, and whether WITH CHECK is there."""
    roles = tuple(Role(name) for name in policy.roles)
    codes = [role_code(name, condition.words) for name in policy.roles]
    to = codes[0] if len(codes) == 1 else f"({', '.join(codes)})"
    named = [f"to={to}", f"name={policy.name!r}"]
    given: dict[str, Any] = {"to": roles[0] if len(roles) == 1 else roles, "name": policy.name}
    if policy.command in ("update", "all"):
        there, usual = policy.check is not None, policy.command == "update"
        if there != usual and (not there or policy.check == policy.using):
            named.append(f"with_check={there}")
            given["with_check"] = there
    return named, given


def best(
    tables: Iterable[Table],
    models: Mapping[Key, ModelName],
    platform: Mapping[Key, Any],
    prints: Callable[[list[Policy]], Mapping[Policy, Policy]],
) -> tuple[dict[Policy, Candidate], list[Policy]]:
    """Return the best way to write each policy: one that PostgreSQL prints like the policy itself.

    Where it prints not even the policy's own text so, that is kept, and the policy is among those that are returned
    besides.

    Args:
        tables: The tables with their policies.
        models: The models of the tables.
        platform: The tables of the platform, for conditions.
        prints: Returns each declared policy as PostgreSQL prints it, without those that it refuses.
    """
    waiting = {
        policy: list(candidates(policy, t, models, platform.get(t.key))) for t in tables for policy in t.policies
    }
    words = {policy: ways[-1] for policy, ways in waiting.items() if ways}
    found: dict[Policy, Candidate] = {}
    while any(waiting.values()):
        first = {policy: ways.pop(0) for policy, ways in waiting.items() if ways}
        declared = [one.declared for one in first.values() if one.declared is not None]
        printed = prints(declared)
        for policy, one in first.items():
            if one.declared is not None and printed.get(one.declared) == replace(policy, reads=(), comment=None):
                found[policy] = one
                waiting[policy] = []
    unlike = [policy for policy in waiting if policy not in found]
    return found | {policy: words[policy] for policy in unlike if policy in words}, unlike
