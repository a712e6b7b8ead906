"""Parse the conditions of every policy of a database, and keep what rules need to know about them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache, cached_property

from gatepost.analysis.conditions.bodies.inlining import Follower
from gatepost.analysis.conditions.caller import ANON, SIGNED_IN, Caller
from gatepost.analysis.conditions.grammar import NotUnderstood
from gatepost.analysis.conditions.parse import parse
from gatepost.analysis.conditions.term_queries import as_exists
from gatepost.analysis.conditions.terms import FALSE, TRUE, Column, Compare, Session, Term, remembered, unwrapped
from gatepost.analysis.conditions.three_valued_logic import Truth
from gatepost.analysis.privileges import Privileges
from gatepost.name_hints import word_list
from gatepost.schema import COMMANDS, Command, Policy, Schema, Table, is_platform

PLATFORM_TABLES = frozenset({("storage", "objects"), ("storage", "buckets"), ("realtime", "messages")})
"""The platform's tables whose policies belong to the project."""
Held = dict[Command, tuple[str, ...]]


@dataclass(frozen=True)
class PolicyFacts:
    """One policy with its conditions parsed.

    `using` and `check` are as PostgreSQL prints them. `old` and `new` are the same with the project's functions
    inlined: what an existing row and a written row must fulfil. `callers` are the roles by command that the policy
    applies to and that hold the privilege, and `roles` all of them for the policy's commands. `terms` are the written
    conditions as PostgreSQL prints them, and `followed` the same with functions inlined.
    """

    policy: Policy
    table: Table
    using: Term | None
    check: Term | None
    old: Term
    new: Term
    callers: dict[Command, tuple[str, ...]] = field(hash=False)
    commands: tuple[Command, ...] = field(compare=False)
    roles: tuple[str, ...] = field(compare=False)
    terms: tuple[Term, ...] = field(compare=False)
    followed: tuple[Term, ...] = field(compare=False)

    def condition(self, command: Command) -> Term:
        """Return the condition that decides a command. For an update it is the condition on the existing row."""
        return self.new if command == "insert" else self.old


@cache
def _all_of(lists: tuple[tuple[str, ...], ...]) -> tuple[str, ...]:
    return tuple(sorted({one for many in lists for one in many}))


class Analysis:
    """The policies of a database with their conditions parsed. Each distinct expression is parsed once.

    Args:
        live: The database.
        holds: The privileges of its roles.
    """

    def __init__(self, live: Schema, holds: Privileges) -> None:
        self.live = live
        self.holds = holds
        self.follower = Follower(live)
        self._owners: dict[tuple[str, str], frozenset[str]] = {}
        self._truths: dict[tuple[tuple[str, str], str, bool], Truth] = {}
        self._applying: dict[tuple[tuple[str, ...], ...], Held] = {}

    @cached_property
    def _read(self) -> tuple[tuple[PolicyFacts, ...], tuple[tuple[str, str], ...]]:
        found, unread = [], []
        for table in self.live.tables:
            if not table.policies or not self._ours(table):
                continue
            held: Held = {
                command: tuple(r for r in self.holds.api_roles if self.holds.reaches(r, table, command.upper()))
                for command in COMMANDS
            }
            for policy in table.policies:
                try:
                    found.append(self._facts(policy, table, held))
                except Exception as error:  # noqa: BLE001  one condition must not hide what is known about the others
                    known = isinstance(error, NotUnderstood)
                    reason = str(error) if known else f"{type(error).__name__}: {error}".partition("\n")[0]
                    unread.append((f"{policy}: its condition", f"the parser does not support it: {reason}"))
        return tuple(found), tuple(unread)

    def _ours(self, table: Table) -> bool:
        if is_platform(table.schema):
            return table.key in PLATFORM_TABLES or table.schema == "auth"
        exposed = table.schema in self.live.exposed
        return table.extension is None and (
            exposed or any(self.holds.uses(role, table.schema) for role in self.holds.api_roles)
        )

    def _facts(self, policy: Policy, table: Table, held: Held) -> PolicyFacts:
        using = parse(policy.using) if policy.using is not None else None
        check = parse(policy.check) if policy.check is not None else None
        # A permissive policy without USING lets no existing row through, a restrictive one lets all of them through.
        unsaid = FALSE if policy.permissive and policy.command != "insert" else TRUE
        old = self.follower.follow(using) if using is not None else unsaid
        new = self.follower.follow(check) if check is not None else old
        callers = self._callers(policy.roles, held)
        commands = COMMANDS if policy.command == "all" else (policy.command,)
        return PolicyFacts(
            policy,
            table,
            using,
            check,
            old,
            new,
            callers,
            commands,
            roles=_all_of(tuple([callers[command] for command in commands])),
            terms=tuple([term for term in (using, check) if term is not None]),
            followed=tuple([known for term, known in ((using, old), (check, new)) if term is not None]),
        )

    def _callers(self, roles: tuple[str, ...], held: Held) -> dict[Command, tuple[str, ...]]:
        """Return by command the roles to which a policy applies, among those that hold the privileges."""
        key = (roles, *held.values())
        if key not in self._applying:
            self._applying[key] = {
                command: tuple(role for role in held[command] if self.holds.inherited(role) & {*roles})
                for command in COMMANDS
            }
        return self._applying[key]

    @property
    def policies(self) -> tuple[PolicyFacts, ...]:
        """Every policy that could be parsed, of the project's tables and of the platform's two."""
        return self._read[0]

    @property
    def unread(self) -> tuple[tuple[str, str], ...]:
        """The conditions that could not be parsed, and why."""
        return self._read[1]

    @cached_property
    def by_table(self) -> dict[tuple[str, str], tuple[PolicyFacts, ...]]:
        """The policies of each table."""
        found: dict[tuple[str, str], list[PolicyFacts]] = {}
        for one in self.policies:
            found.setdefault(one.table.key, []).append(one)
        return {key: tuple(policies) for key, policies in found.items()}

    def caller(self, role: str) -> Caller:
        """Return the caller with a role and no special claims."""
        return ANON if role == "anon" else SIGNED_IN if role == "authenticated" else Caller(role, signed_in=True)

    def truth(self, table: Table, role: str, owned: bool = True) -> Truth:
        """Return what evaluates a table's conditions for the caller with a role and no special claims.

        Args:
            table: The table.
            role: The caller's role.
            owned: Whether to assume that the row belongs to somebody, so that no owner column is NULL.
        """
        key = (table.key, role, owned)
        known = self._truths.get(key)
        if known is None:
            filled, owners = self.filled(table), self.owner_columns(table)
            # Where one owner column always has a value, a second one may still be NULL.
            known = Truth(self.caller(role), filled | owners if owned and not owners & filled else filled)
            self._truths[key] = known
        return known

    def filled(self, table: Table) -> frozenset[str]:
        """Return the columns that always have a value."""
        return frozenset(column.name for column in table.columns if column.not_null)

    def owner_columns(self, table: Table) -> frozenset[str]:
        """Return the columns that say who owns a row."""
        known = self._owners.get(table.key)
        if known is None:
            known = self._owners[table.key] = frozenset(self._find_owners(table))
        return known

    def _find_owners(self, table: Table) -> Iterator[str]:
        for one in self.by_table.get(table.key, ()):
            for term in one.followed:
                yield from _compared_with_user(term)
        for constraint in table.constraints:
            if constraint.references is None or len(constraint.columns) != 1:
                continue
            if constraint.references[:2] == ("auth", "users") or constraint.references[:2] in self.people:
                yield constraint.columns[0]
        for column in table.columns:
            named = column.name in word_list("owner_columns") and column.type in ("uuid", "text", "character varying")
            if "auth.uid()" in (column.default or "") or named:
                yield column.name

    @cached_property
    def people(self) -> frozenset[tuple[str, str]]:
        """The tables with one row per user, whose primary key references auth.users."""
        found = set()
        for table in self.live.tables:
            keys = {c.columns for c in table.constraints if c.kind == "primary key"}
            users = {c.columns for c in table.constraints if c.references and c.references[:2] == ("auth", "users")}
            if keys & users:
                found.add(table.key)
        return frozenset(found)

    @cached_property
    def triggers(self) -> dict[tuple[str, str], list[tuple[str, tuple[str, ...], str]]]:
        """The row triggers of each table: (timing, events, the body of the function)."""
        found: dict[tuple[str, str], list[tuple[str, tuple[str, ...], str]]] = {}
        for trigger in self.live.triggers:
            function = self.live.function(*trigger.function)
            body = function.body if function is not None else ""
            if trigger.enabled != "D":
                found.setdefault((trigger.schema, trigger.table), []).append((trigger.timing, trigger.events, body))
        return found

    def set_by_trigger(self, table: Table, column: str, event: str) -> bool:
        """Return whether a BEFORE trigger sets a column when a row is written."""
        return any(
            timing == "before" and any(event in fired.lower() for fired in events) and column in body
            for timing, events, body in self.triggers.get(table.key, ())
        )


def _compared_with_user(term: Term) -> Iterator[str]:
    for part in term.all_of_type(Compare):
        yield from _is_user(part)


@remembered
def _is_user(term: Term) -> tuple[str, ...]:
    if not isinstance(term, Compare) or term.op not in ("=", "is"):
        return ()
    sides = (unwrapped(term.left), unwrapped(term.right))
    pairs = (sides, sides[::-1])
    return tuple(a.name for a, b in pairs if isinstance(a, Column) and a.source == "" and b == Session("uid"))


__all__ = ["PLATFORM_TABLES", "Analysis", "PolicyFacts", "as_exists"]
