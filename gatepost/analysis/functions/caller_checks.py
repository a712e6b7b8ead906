"""Decide whether a function's check of its caller limits the rows that it returns or changes.

A SECURITY DEFINER function that reads `auth.uid()` may still return everything: the value is never used, it is only one
side of an OR, or the refusal does not fire when it is NULL. The body is split into statements. Each alternative of a
statement that reads a table must compare its rows with the caller, or a refusal must come before it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from gatepost.analysis.conditions.bodies.filled_variables import assigned, into, without_into
from gatepost.analysis.conditions.caller import Caller
from gatepost.analysis.conditions.grammar import NotUnderstood
from gatepost.analysis.conditions.outcomes import Outcome
from gatepost.analysis.conditions.rewrite import rebuilt
from gatepost.analysis.conditions.term_queries import alternatives, branches, conjuncts, relations
from gatepost.analysis.conditions.terms import (
    FALSE,
    NULL,
    TRUE,
    Call,
    Compare,
    Const,
    IsNull,
    Not,
    Param,
    Scalar,
    Select,
    Session,
    Term,
    Unknown,
    unwrapped,
)
from gatepost.analysis.conditions.three_valued_logic import Truth
from gatepost.analysis.functions.column_writes import chunks, text_of
from gatepost.analysis.functions.open_paths import open_for
from gatepost.analysis.row_ownership import OF_EVERYBODY
from gatepost.schema import Function, is_platform
from gatepost.sql import Token

if TYPE_CHECKING:
    from gatepost.analysis.context import Context
    from gatepost.analysis.functions.security_definer import Callable

_CONDITIONS = frozenset({"if", "elsif", "elseif", "while", "assert"})
_REFUSALS = ("raise", "return", "exit")
_REMARKS = tuple(f"raise {level}" for level in ("debug", "log", "info", "notice", "warning"))
NOT_COMPARED = "never compares it with the rows"
WITHOUT_USER = "lets those pass who have none"


def identity_not_compared(found: Callable, context: Context, hidden: Iterable[tuple[str, str]]) -> str:
    """Return why the function's check of its caller has no effect, or an empty text where it has one.

    Args:
        found: A function whose body reads the caller's identity.
        context: The database.
        hidden: The tables whose rows the callers cannot all see.
    """
    function = found.function
    if function.language not in ("sql", "plpgsql") or found.body.not_followed:
        return ""
    reader = _Reader(function, context, frozenset(hidden), found.roles)
    body = context.analysis.follower.body(function)
    refused = any(
        called is not None and "raise" in called.body.lower()
        for called in (context.live.function(*key) for key in context.bodies.alone(function).calls)
    )
    strange = () if refused else open_for(function, body, found.roles, reader.hidden, reader.checks_caller)
    if strange:
        return NOT_COMPARED if set(strange) - {"anon"} else WITHOUT_USER
    for chunk, after in chunks(function.body):
        reader.read(chunk, after)
        if reader.guarded:
            return ""
    if reader.untied and reader.passed:
        return f"its refusal does not fire when {reader.passed} is NULL"
    return NOT_COMPARED if reader.untied else ""


def refuses_strangers(found: Callable, context: Context) -> bool:
    """Return whether a function ends for a stranger before it does anything else: by its IFs, and what it calls.

    Args:
        found: The function.
        context: The database.
    """
    reader = _Reader(found.function, context, frozenset(), found.roles)
    for chunk, after in chunks(found.function.body):
        reader.read(chunk, after)
    return reader.guarded


@dataclass
class _Reader:
    function: Function
    context: Context
    hidden: frozenset[tuple[str, str]]
    roles: tuple[str, ...]
    values: dict[str, Term] = field(default_factory=dict)
    known: set[str] = field(default_factory=set)
    guarded: bool = False
    untied: bool = False
    passed: str = ""

    def read(self, chunk: list[Token], after: str) -> None:
        """Read one statement, given the words with which the next one starts."""
        words = [token for token in chunk if token.kind != "space"]
        if not words:
            return
        first = words[0].name or ""
        try:
            if first in _CONDITIONS:
                self.condition(self.parsed(text_of(chunk)[len(first) :]), after)
            elif first == "perform":
                self.performed(self.parsed("select " + text_of(chunk)[len(first) :]))
            elif (at := assigned(chunk)) is not None:
                value = self.parsed(text_of(chunk[at:]).lstrip(":="))
                self.rows(value)
                self.keep([first], value)
            else:
                self.statement(chunk, first)
        except NotUnderstood:
            # A statement that cannot be parsed counts as a check where it names the caller or what is known about them.
            named = {token.name for token in words}
            if self.context.bodies.reads_identity(text_of(chunk)) or named & self.known:
                self.known |= set(into(chunk))
                self.guarded = self.guarded or first in _CONDITIONS

    def parsed(self, text: str) -> Term:
        """Return a piece of the body as a term, with variables replaced by their values."""
        found = self.context.analysis.follower.piece(self.function, text)
        return rebuilt(found, lambda part: self.values.get(part.name, part) if isinstance(part, Param) else part)

    def statement(self, chunk: list[Token], first: str) -> None:
        """Read a statement that reads or writes rows."""
        names = [token.name for token in chunk]
        variables = into(chunk)
        verb = next(
            (at for at, name in enumerate(names) if name in ("select", "update", "delete", "insert", "with")), -1
        )
        if first == "return" and [name for name in names if name][1:2] not in (["query"], ["next"]):
            self.rows(self.parsed(text_of(chunk)[len("return") :]))
        elif verb >= 0:
            value = self.parsed(text_of(without_into(chunk[verb:], first == "insert")))
            self.rows(value)
            self.keep(variables, value, "strict" in names)

    def keep(self, names: Iterable[str], value: Term, strict: bool = False) -> None:
        """Keep the values of variables. A strict look-up ends the function where there is no row."""
        for place, name in enumerate(names):
            if strict and self.checks_caller(value):
                self.values.pop(name, None)
            elif isinstance(value, Select) and len(value.outputs) > place:
                one = replace(value, outputs=(value.outputs[place],), one_row=True, others=())
                self.values[name] = Scalar(one)
            elif not isinstance(value, Select):
                self.values[name] = value
            self.known |= {name} if self.checks_caller(value) else set()
        self.values["found"] = Not(IsNull(Scalar(value))) if isinstance(value, Select) else TRUE
        self.known |= {"found"} if isinstance(value, Select) and self.checks_caller(value) else set()

    def performed(self, value: Term) -> None:
        """Read a PERFORM: a call of a function that refuses, or a test whether a row exists."""
        calls = [part for part in value.walk() if isinstance(part, Call)]
        asserted = (
            unwrapped(value.outputs[0]) if isinstance(value, Select) and not value.sources and value.outputs else None
        )
        own = self.own(asserted) if isinstance(asserted, Call) else None
        if not relations(value) and any(self.checks_caller(call) for call in calls):
            self.guarded = True
        elif own is not None and "raise" in own.body.lower() and self.context.bodies.follow(own).identity:
            self.guarded = True  # it refuses; its arguments were looked up before
        elif isinstance(value, Select):
            self.keep([], value)

    def condition(self, value: Term, after: str) -> None:
        """Read an IF. A condition that checks the caller and refuses a stranger guards what follows."""
        if after in _REMARKS or not self.checks_caller(_without_null_checks(value)):
            return
        why = self.passes(value) if after.startswith(_REFUSALS) else ""
        self.passed = self.passed or why
        self.guarded = self.guarded or not why

    def passes(self, refusal: Term) -> str:
        """Return what is NULL where a refusal does not fire for a stranger, or an empty text where it fires."""

        def strange(part: Term) -> Term:
            inner = unwrapped(part)
            if isinstance(inner, Scalar) and isinstance(inner.select, Select) and self.of_a_choice(inner.select):
                return NULL
            return Unknown("a function") if isinstance(part, Call) and self.own(part) is not None else part

        changed = rebuilt(refusal, strange)
        for role in self.roles:
            caller = Caller(role, signed_in=role != "anon", missing_claims=True)
            if not Truth(caller).possible_outcomes(changed) & Outcome.TRUE:
                return "the caller's id" if role == "anon" else "what is known about the caller"
        return ""

    def of_a_choice(self, select: Select) -> bool:
        """Return whether a select looks up the caller by a value that the caller chooses. Then there may be no row."""
        conditions = conjuncts(select.where)
        given = any(isinstance(p, Param) and p.name not in self.values for one in conditions for p in one.walk())
        return given and bool(select.sources) and not select.aggregated

    def rows(self, value: Term) -> None:
        """Note where rows of a hidden table are read without comparing them with the caller."""
        for select in _outer(value):
            for side in branches(select):
                sources = Select(side.sources, (), TRUE)
                if not relations(sources) & self.hidden or any(self.checks_caller(s) for s in side.sources if s.inside):
                    continue
                if any(source.relation and not source.relation[0] for source in side.sources):
                    continue  # the rows that a recursive query has found so far
                self.untied = self.untied or not all(
                    any(self.checks_caller(one) for one in way) for way in alternatives(_chosen(side.where))
                )

    def checks_caller(self, term: Term) -> bool:
        """Return whether a term depends on who is calling."""
        for part in term.walk():
            match part:
                case Session("uid" | "email" | "setting"):
                    return True
                case Session("claim", path) if path[:1] != ("user_metadata",) and not set(path[:1]) & OF_EVERYBODY:
                    return True
                case Compare(_, Session("role"), Const(value)) if value not in ("anon", "authenticated"):
                    return True
                case Param(name) if name.partition(".")[0] in self.known:  # a record's field, too
                    return True
                case Unknown():
                    return True
                case Call():
                    own = self.own(part)
                    if own is not None and (
                        self.context.bodies.follow(own).identity or len(part.args) < own.arguments.count(",") + 1
                    ):
                        return True
        return False

    def own(self, call: Call) -> Function | None:
        """Return the project's function that a call refers to, or None."""
        return None if is_platform(call.name[0]) else self.context.analysis.follower.function(call)


def _chosen(where: Term) -> Term:
    """Return a condition without the parts that pick out no caller: that there is one, or a default for no choice."""

    def plain(part: Term) -> Term:
        if isinstance(part, Call) and part.name == ("", "coalesce") and isinstance(unwrapped(part.args[0]), Param):
            return part.args[0]
        if isinstance(part, Not) and isinstance(part.term, IsNull) and isinstance(unwrapped(part.term.term), Session):
            return TRUE
        return part

    return rebuilt(where, plain)


def _without_null_checks(condition: Term) -> Term:
    """Return a refusal without its check that somebody is signed in."""

    def plain(part: Term) -> Term:
        return FALSE if isinstance(part, IsNull) and isinstance(unwrapped(part.term), Session) else part

    return rebuilt(condition, plain)


def _outer(term: Term) -> list[Select]:
    """Return the outermost selects of a term."""
    if isinstance(term, Select):
        return [term] if any(source.relation or source.inside for source in term.sources) else []
    return [select for part in term.parts for select in _outer(part)]
