"""Every policy of a database with its conditions understood, and what rules ask of them."""

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
from gatepost.schema import COMMANDS, Command, Policy, Schema, Table, is_platform

PLATFORM_TABLES = frozenset({("storage", "objects"), ("storage", "buckets"), ("realtime", "messages")})
"""The platform's tables whose policies belong to the project."""
OWNER_NAMES = frozenset("user_id owner_id owner created_by author_id profile_id account_id customer_id userid".split())
Held = dict[Command, tuple[str, ...]]


@dataclass(frozen=True)
class PolicyFacts:
    """One policy, understood.

    `using` and `check` are as PostgreSQL prints them, `old` and `new` with the project's functions followed: what a row
    that is there, and one that is written, must fulfil. `callers` are the roles that the policy is for and that hold
    the privilege, by command, and `roles` all of them for the commands that it is for. `terms` are the conditions that
    are written, as PostgreSQL prints them, and `followed` the same with functions followed.
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

    def asked(self, command: Command) -> Term:
        """Return what decides a command: of an update, the condition on the row that is there."""
        return self.new if command == "insert" else self.old


@cache
def _all_of(lists: tuple[tuple[str, ...], ...]) -> tuple[str, ...]:
    return tuple(sorted({one for many in lists for one in many}))


class Analysis:
    """What the policies of a database mean; each distinct expression is understood once.

    Args:
        live: The database.
        holds: Who holds which privilege in it.
    """

    def __init__(self, live: Schema, holds: Privileges) -> None:
        self.live = live
        self.holds = holds
        self.follower = Follower(live)
        self._owners: dict[tuple[str, str], frozenset[str]] = {}
        self._truths: dict[tuple[tuple[str, str], str, bool], Truth] = {}
        self._meant: dict[tuple[tuple[str, ...], ...], Held] = {}

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
                except Exception as error:  # noqa: BLE001  one condition is no reason to know nothing of the others
                    known = isinstance(error, NotUnderstood)
                    reason = str(error) if known else f"{type(error).__name__}: {error}".partition("\n")[0]
                    unread.append((f"the condition of the policy {policy}", f"the parser does not know it: {reason}"))
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
        # A permissive policy without USING lets no row through that is there, a restrictive one all of them.
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
        """Return the roles that some roles of a policy mean, of those that hold the privileges, by command."""
        key = (roles, *held.values())
        if key not in self._meant:
            self._meant[key] = {
                command: tuple(role for role in held[command] if self.holds.inherited(role) & {*roles})
                for command in COMMANDS
            }
        return self._meant[key]

    @property
    def policies(self) -> tuple[PolicyFacts, ...]:
        """Every policy that could be understood, of the project's tables and of the platform's two."""
        return self._read[0]

    @property
    def unread(self) -> tuple[tuple[str, str], ...]:
        """What could not be understood, and why."""
        return self._read[1]

    @cached_property
    def by_table(self) -> dict[tuple[str, str], tuple[PolicyFacts, ...]]:
        """The policies of each table."""
        found: dict[tuple[str, str], list[PolicyFacts]] = {}
        for one in self.policies:
            found.setdefault(one.table.key, []).append(one)
        return {key: tuple(policies) for key, policies in found.items()}

    def caller(self, role: str) -> Caller:
        """Return the plainest caller that holds a role."""
        return ANON if role == "anon" else SIGNED_IN if role == "authenticated" else Caller(role, signed_in=True)

    def truth(self, table: Table, role: str, owned: bool = True) -> Truth:
        """Return what weighs a table's conditions for the plainest caller that holds a role.

        Args:
            table: The table.
            role: The caller's role.
            owned: Whether only rows are meant that belong to somebody, so that no owner's column is NULL.
        """
        key = (table.key, role, owned)
        known = self._truths.get(key)
        if known is None:
            filled, owners = self.filled(table), self.owner_columns(table)
            # Where one owner is always there, a second one may still be missing.
            known = Truth(self.caller(role), filled | owners if owned and not owners & filled else filled)
            self._truths[key] = known
        return known

    def filled(self, table: Table) -> frozenset[str]:
        """Return the columns that always have a value."""
        return frozenset(column.name for column in table.columns if column.not_null)

    def owner_columns(self, table: Table) -> frozenset[str]:
        """Return the columns that say whose a row is."""
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
            named = column.name in OWNER_NAMES and column.type in ("uuid", "text", "character varying")
            if "auth.uid()" in (column.default or "") or named:
                yield column.name

    @cached_property
    def people(self) -> frozenset[tuple[str, str]]:
        """The tables with a row a user: whose primary key refers to auth.users."""
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
        """Tell whether a BEFORE trigger looks after a column when a row is written."""
        return any(
            timing == "before" and any(event in told.lower() for told in events) and column in body
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
