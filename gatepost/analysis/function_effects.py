"""Find what the body of a function reads, writes and calls, as far as its text can be followed.

A body is split into tokens. A name counts where a relation or a call can be and where the catalog has that name, so a
variable or a column of the same name is never mistaken for it. SQL that is built at run time is not followed, and is
reported as such.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property

from gatepost.analysis.dynamic_sql import Dynamic, dynamic_sql, executed_literals
from gatepost.schema import Function, Reference, Schema
from gatepost.sql import Token, tokens

Key = tuple[str, str]

LANGUAGES = ("sql", "plpgsql")

_IDENTITY = re.compile(
    r"""\bauth\s*\.\s*"?(?:uid|jwt|role|email)"?\s*\(|\bsession_user\b
        |current_setting\s*\(\s*(?:cast\s*\(\s*)?'(?!request\.(?:headers?|cookies?|method|path)\b)\w+\.""",
    re.IGNORECASE | re.VERBOSE,
)
_ONLY_SIGNED_IN = re.compile(
    r"""\bauth\s*\.\s*(?:uid|jwt|role|email)\s*\(\s*\)(?:\s+as\s+\w+)?\s*\)?\s*(?:is\s+(?:not\s+)?null
        |(?:=|<>|!=|is\s+distinct\s+from)\s*\(?'(?:authenticated|anon)')""",
    re.IGNORECASE | re.VERBOSE,
)
_READ_AFTER = frozenset({"from", "join", "using", "table"})
_LIST_ENDS = frozenset(
    "where group order having limit offset union except intersect window set values returning on using select"
    " loop then for fetch into join left right inner cross full natural lateral when".split()
)


@dataclass(frozen=True)
class Body:
    """The effects of a function, and of the functions that it calls, on everything outside it.

    `writes` holds (command, relation). `identity` says whether it reads who is calling. `unqualified` holds the names
    that the search path resolves, and `not_followed` why something could not be followed.
    """

    reads: frozenset[Key] = frozenset()
    writes: frozenset[tuple[str, Key]] = frozenset()
    calls: frozenset[Key] = frozenset()
    identity: bool = False
    dynamic: Dynamic = "none"
    unqualified: tuple[str, ...] = ()
    not_followed: str = ""


def reads_identity(text: str) -> bool:
    """Return whether SQL text reads who is signed in, in code and not in a comment.

    A setting of the project's own, such as `current_setting('app.tenant')`, counts. What a request says about itself
    does not. Neither does a check that somebody is signed in: `auth.uid() IS NOT NULL` alone selects no rows.
    """
    code = "".join(token.text for token in tokens(text) if token.kind != "comment")
    return bool(_IDENTITY.search(_ONLY_SIGNED_IN.sub("", code)))


class Bodies:
    """The effects of one database's functions. Each body is read once.

    Args:
        live: The database.
    """

    def __init__(self, live: Schema) -> None:
        self.live = live
        self.relations = {table.key for table in live.tables} | {view.key for view in live.views}
        self.functions: dict[Key, list[Key]] = {}
        for function in live.functions:
            self.functions.setdefault((function.schema, function.name), []).append(function.key)
        self._walked: dict[Key, Body] = {}

    def follow(self, function: Function) -> Body:
        """Return what a function reads and writes, directly and through the functions that it calls."""
        own = self.alone(function)
        reads, writes = set(own.reads), set(own.writes)
        identity, not_followed = own.identity, own.not_followed
        seen, todo = {function.key}, list(own.calls)
        while todo:
            key = todo.pop()
            called = self.live.function(*key)
            if key in seen or called is None or called.schema == "auth":
                continue  # how auth.uid() and similar functions are used is decided at the call
            seen.add(key)
            body = self.alone(called)
            reads |= body.reads
            writes |= body.writes
            identity = identity or body.identity
            not_followed = not_followed or (f"it calls {called}: {body.not_followed}" if body.not_followed else "")
            todo += body.calls
        return replace(
            own, reads=frozenset(reads), writes=frozenset(writes), identity=identity, not_followed=not_followed
        )

    def alone(self, function: Function) -> Body:
        """Return the effects of the function's own body, without the functions that it calls."""
        if function.key not in self._walked:
            self._walked[function.key] = self._walk(function)
        return self._walked[function.key]

    def reads_identity(self, text: str) -> bool:
        """Return whether SQL text reads who is signed in, directly or through a function that it names."""
        return reads_identity(text) or any(
            self.follow(function).identity
            for token in tokens(text)
            for function in self._named.get(token.name or "", ())
        )

    @cached_property
    def _named(self) -> dict[str, list[Function]]:
        found: dict[str, list[Function]] = {}
        for function in self.live.functions:
            found.setdefault(function.name, []).append(function)
        return found

    def relations_behind(self, references: Iterable[Reference]) -> set[Key]:
        """Return the relations among some references, and those that referenced functions read."""
        found: set[Key] = set()
        for reference in references:
            if reference.kind == "relation":
                found.add(reference.key)
            elif (function := self.live.function(*reference.key)) is not None:
                found |= self.follow(function).reads
        return found

    @cached_property
    def trusted(self) -> frozenset[Key]:
        """The tables that policies of other tables read, directly or through functions."""
        found: set[Key] = set()
        for table in self.live.tables:
            for policy in table.policies:
                found |= self.relations_behind(policy.reads) - {table.key}
        return frozenset(found)

    def path(self, function: Function) -> tuple[str, ...]:
        """Return the schemas in which an unqualified name in the body is looked up."""
        setting = function.setting("search_path")
        if setting is None:
            return self.live.search_path or ("public",)
        return tuple(name.strip().strip('"') for name in setting.split(",") if name.strip().strip('"'))

    def _walk(self, function: Function) -> Body:
        if function.language not in LANGUAGES:
            return Body(not_followed=f"it is written in {function.language}")
        pieces = _code(function.body)
        dynamic = dynamic_sql(pieces, function) if function.language == "plpgsql" else "none"
        # The literals of SQL that is built at run time are code as well.
        inner = [_code(text) for text in executed_literals(pieces)] if dynamic != "none" else []
        found = _Walk([piece for part in (pieces, *inner) for piece in (*part, _END)], self, self.path(function))
        parsed = {r.key for r in function.reads if r.kind == "relation"}
        return Body(
            reads=frozenset(found.reads | (parsed - {key for _, key in found.writes})),
            writes=frozenset(found.writes),
            calls=frozenset(found.calls | {r.key for r in function.reads if r.kind == "function"}),
            identity=found.identity or reads_identity(function.body),
            dynamic=dynamic,
            unqualified=() if function.parsed else tuple(sorted(found.unqualified)),
            not_followed="it runs SQL that it builds at run time" if dynamic in ("quoted", "chosen", "open") else "",
        )


_END = Token("other", ";")


def _code(text: str) -> list[Token]:
    return [token for token in tokens(text) if token.kind not in ("space", "comment")]


class _Walk:
    """One pass over the tokens of a body."""

    def __init__(self, pieces: list[Token], bodies: Bodies, path: tuple[str, ...]) -> None:
        self.pieces, self.bodies, self.path = pieces, bodies, path
        self.reads: set[Key] = set()
        self.writes: set[tuple[str, Key]] = set()
        self.calls: set[Key] = set()
        self.unqualified: set[str] = set()
        self.identity = False
        self._walk()

    def _walk(self) -> None:
        in_list = [False]
        for at, piece in enumerate(self.pieces):
            word = piece.text.lower() if piece.kind == "word" else piece.text
            if word == "(":
                in_list.append(False)
            elif word == ")" and len(in_list) > 1:
                in_list.pop()
            elif word == ";":
                in_list = [False]
            if piece.name is not None:
                self._call(at)
            if command := self._command(at, word):
                self._relation(at + 1, command)
            elif word in _READ_AFTER and self._word(at - 1) not in ("delete", "truncate"):
                in_list[-1] = word == "from"
                self._relation(at + 1, "select")
            elif word == "," and in_list[-1]:
                self._relation(at + 1, "select")
            elif word in _LIST_ENDS:
                in_list[-1] = False

    def _command(self, at: int, word: str) -> str:
        before = self._word(at - 1)
        if word == "into" and before in ("insert", "merge"):
            return "insert" if before == "insert" else "update"
        if word == "from" and before == "delete":
            return "delete"
        if word == "update" and before not in ("for", "do", "on", "or", "before", "after", "key"):
            return "update"
        if word == "truncate":
            return "delete"
        return ""

    def _word(self, at: int) -> str:
        return self.pieces[at].text.lower() if 0 <= at < len(self.pieces) else ""

    def _relation(self, at: int, command: str) -> None:
        while self._word(at) in ("only", "lateral", "table"):
            at += 1
        for key, unqualified in self._names(at, before_bracket=command == "insert"):
            if key in self.bodies.relations:
                if command == "select":
                    self.reads.add(key)
                else:
                    self.writes.add((command, key))
                self.unqualified |= {unqualified} if unqualified else set()
                return

    def _call(self, at: int) -> None:
        """Note a call of one of the project's functions: `name(` or `schema.name(`."""
        if self._word(at + 1) == "." or self._word(at + 1) != "(":
            return
        name = self.pieces[at].name or ""
        qualifier = self.pieces[at - 2].name if self._word(at - 1) == "." and at > 1 else None
        for schema in [qualifier] if qualifier is not None else self.path:
            keys = self.bodies.functions.get((schema, name), [])
            if keys:
                self.calls.update(keys)
                self.identity = self.identity or any(self._by_default(key, at + 1) for key in keys)
                self.unqualified |= {name} if qualifier is None else set()
                return

    def _by_default(self, key: Key, at: int) -> bool:
        """Return whether a call omits a uuid argument. In a policy's helper its default is the user's id."""
        depth, given = 0, 0
        for place in range(at, len(self.pieces)):
            text = self.pieces[place].text
            depth += {"(": 1, ")": -1}.get(text, 0)
            if depth == 0:
                break
            given += text == "," and depth == 1
        empty = self._word(at + 1) == ")"
        types = [kind.strip() for kind in key[1].partition("(")[2].removesuffix(")").split(",") if kind.strip()]
        return "uuid" in types[0 if empty else given + 1 :]

    def _names(self, at: int, *, before_bracket: bool) -> Iterator[tuple[Key, str]]:
        """Yield what the name at a place can refer to, with the name itself where it has no schema.

        A name before a bracket is a function, except where columns are listed.
        """
        name = self.pieces[at].name if at < len(self.pieces) else None
        if name is None:
            return
        if self._word(at + 1) == "." and at + 2 < len(self.pieces):
            if before_bracket or self._word(at + 3) != "(":
                yield (name, self.pieces[at + 2].name or ""), ""
        elif before_bracket or self._word(at + 1) != "(":
            yield from (((schema, name), name) for schema in self.path)
