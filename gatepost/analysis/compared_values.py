"""Find what policies and functions compare: the columns that name somebody, the claims, and the deciding values.

Policies are parsed (`compared_columns`). The body of a trigger or of a function, and a policy that cannot be parsed,
are read token by token. A column counts wherever its name appears in a text with its table, because finding too much
only costs a planted row, while finding too little leaves a policy untested.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from itertools import pairwise

from gatepost import sql
from gatepost.analysis.compared_columns import ColumnKey, compared_columns
from gatepost.analysis.trigger_bodies import trigger_bodies
from gatepost.declare.declaration import Declaration
from gatepost.schema import Schema, Table, is_platform

_STOPS = frozenset(
    "and or not where on then when else end select from case having limit order group union join left right inner"
    " using returning set values into return if exists begin".split()
)
_OPERATOR = set("<>=!~@-|&?#+*/%^:")


@dataclass(frozen=True)
class Clues:
    """What was found in the texts.

    `identities` are columns that are compared with the user's id, `claims` those compared with a claim of the token
    (by its path), `literals` the values that a column is compared with, `read` every column that a policy may read.
    `requests` are headers and cookies, each with the column or the literal that it is compared with. `metadata` are
    columns compared with what a user wrote at sign-up. `links` are columns of two tables that hold the same value.
    `lists` are the paths of claims that are used as arrays, `addresses` the texts that a part of an address must be.
    """

    identities: frozenset[ColumnKey] = frozenset()
    claims: Mapping[ColumnKey, tuple[str, ...]] = field(default_factory=dict)
    flags: Mapping[tuple[str, ...], str] = field(default_factory=dict)
    literals: Mapping[ColumnKey, tuple[str, ...]] = field(default_factory=dict)
    read: frozenset[ColumnKey] = frozenset()
    requests: Mapping[tuple[str, ...], ColumnKey | str] = field(default_factory=dict)
    metadata: tuple[ColumnKey, ...] = ()
    links: tuple[tuple[ColumnKey, ColumnKey], ...] = ()
    lists: frozenset[tuple[str, ...]] = frozenset()
    addresses: tuple[str, ...] = ()


def clues(live: Schema, declaration: Declaration | None = None) -> Clues:
    """Return what the policies and the functions of a database read.

    Args:
        live: The database.
        declaration: The project's declaration. For a declared table it decides who owns a row, because the live policy
            may compare the wrong column. The values to plant come from both.
    """
    found = _found(live, ())
    if declaration is None:
        return found
    intended = _found(replace(live, tables=tuple(_as_declared(t, declaration) for t in live.tables)), found.read)
    literals = {
        key: tuple(dict.fromkeys((*intended.literals.get(key, ()), *found.literals.get(key, ()))))
        for key in (*intended.literals, *found.literals)
    }
    return replace(intended, literals=literals)


def _as_declared(table: Table, declaration: Declaration) -> Table:
    declared = declaration.table(*table.key)
    return table if declared is None else replace(table, policies=declared.policies)


def _found(live: Schema, known: Iterable[ColumnKey]) -> Clues:
    compared = compared_columns(live, live.tables)
    identities, claims, flags, literals = compared.identities, compared.claims, compared.flags, compared.literals
    read: set[ColumnKey] = {*known, *compared.read}
    for text, own, tables in _texts(live, compared.unread):
        pieces = pieces_in(text)
        names = {piece.name for piece in pieces if piece.name}
        read.update((*t.key, c.name) for t in (own or tables) for c in t.columns if c.name in names)
        near = _Near(own or tables, _aliases(pieces, tables), [] if own else _of_the_platform(live, pieces))
        for left, right in comparisons_in(pieces):
            for one, other in ((left, right), (right, left)):
                path = _session_value(one)
                for key in near.columns(other):
                    if path == ("sub",):
                        identities.add(key)
                    elif path:
                        claims.setdefault(key, path)
                    else:
                        literals[key].update(dict.fromkeys(literals_in(one)))
                if path and path != ("sub",) and literals_in(other):
                    flags.setdefault(path, literals_in(other)[0])
    for table, body in trigger_bodies(live):
        pieces = pieces_in(body)
        rows = _Near([], {"old": table, "new": table})
        read.update((*table.key, name) for name in _of_old(pieces) if table.column(name) is not None)
        for left, right in comparisons_in(pieces):
            for one, other in ((left, right), (right, left)):
                for key in rows.columns(other):
                    literals[key].update(dict.fromkeys(literals_in(one)))
    read.update(
        (reference.schema, reference.name, column)
        for table in live.tables
        for policy in table.policies
        for reference in policy.reads
        for column in reference.columns
    )
    return Clues(
        frozenset(identities),
        claims,
        flags,
        {key: tuple(found) for key, found in literals.items() if found},
        frozenset(read),
        compared.requests,
        tuple(sorted(compared.metadata)),
        tuple(compared.links),
        frozenset(compared.lists),
        tuple(compared.addresses),
    )


def _of_old(pieces: list[sql.Token]) -> Iterator[str]:
    """Yield the columns that a trigger reads in the row as it was, on whose values it decides what may happen to it."""
    for at, piece in enumerate(pieces[:-2]):
        name = pieces[at + 2].name
        if piece.name == "old" and pieces[at + 1].text == "." and name:
            yield name


def _texts(live: Schema, policies: Iterable[tuple[Table, str]]) -> Iterator[tuple[str, list[Table], list[Table]]]:
    """Yield each text with the tables whose columns it can name bare, as a policy its own, and all that it mentions."""
    by_name: defaultdict[str, list[Table]] = defaultdict(list)
    for table in live.tables:
        if not is_platform(table.schema):
            by_name[table.name].append(table)
    for table, text in policies:
        yield text, [table], [table, *_named(text, by_name)]
    for view in live.views:
        if not is_platform(view.schema):
            condition = _condition(view.definition)
            mentioned = _named(view.definition, by_name) if condition else []
            if mentioned:
                yield condition, [], mentioned
    for function in live.functions:
        if not is_platform(function.schema) and function.language in ("sql", "plpgsql"):
            mentioned = _named(function.body, by_name)
            if mentioned:
                yield function.body, [], mentioned


def _condition(definition: str) -> str:
    """Return the text of a view's definition from its first WHERE on."""
    pieces = sql.tokens(definition)
    start = next((at for at, piece in enumerate(pieces) if piece.name == "where"), len(pieces))
    return "".join(piece.text for piece in pieces[start:])


def _named(text: str, by_name: Mapping[str, list[Table]]) -> list[Table]:
    return [table for name in sorted(identifiers_in(text)) for table in by_name.get(name, ())]


def _of_the_platform(live: Schema, pieces: list[sql.Token]) -> list[Table]:
    """Return the platform's tables that a text names, which it does with their schemas."""
    named = {
        (one.name, other.name)
        for one, dot, other in zip(pieces, pieces[1:], pieces[2:], strict=False)
        if dot.text == "."
    }
    return [table for table in live.tables if table.key in named and is_platform(table.schema)]


def _aliases(pieces: list[sql.Token], tables: Iterable[Table]) -> dict[str, Table]:
    """Return the names by which a text refers to each table: its own name, and its alias."""
    by_name = {table.name: table for table in tables}
    found = dict(by_name)
    named = [piece for piece in pieces if piece.name != "as"]
    for before, after in pairwise(named):
        table = by_name.get(before.name or "")
        if table is not None and after.name and after.name not in _STOPS:
            found[after.name] = table
    return found


@dataclass(frozen=True)
class _Near:
    """The tables that a name in a text can refer to; a bare one may as well be a column of a platform's table there."""

    bare: list[Table]
    called: Mapping[str, Table]
    beside: Sequence[Table] = ()

    def columns(self, side: list[sql.Token]) -> list[ColumnKey]:
        """Return the columns that one side of a comparison can be: one name, perhaps qualified, perhaps cast."""
        if any(piece.name in ("select", "from") for piece in side):
            return []
        names = [
            piece.name
            for at, piece in enumerate(side)
            if piece.name and not (at and side[at - 1].text == "::") and piece.name not in ("any", "array", "coalesce")
        ]
        if not names or len(names) > 3:
            return []
        if len(names) > 1:
            table = self.called.get(names[-2])
            near = [table] if table is not None else []
        else:
            near = [] if any(t.column(names[0]) is not None for t in self.beside) else self.bare
        return [(*t.key, names[-1]) for t in near if t.column(names[-1]) is not None]


def pieces_in(text: str) -> list[sql.Token]:
    """Return the tokens without spaces and comments, and each operator as one."""
    found: list[sql.Token] = []
    joined = False
    for token in sql.tokens(text):
        if token.kind in ("space", "comment"):
            joined = False
            continue
        operator = token.kind == "other" and token.text in _OPERATOR
        if operator and joined:
            found[-1] = sql.Token("other", found[-1].text + token.text)
        else:
            found.append(token)
        joined = operator
    return found


def comparisons_in(pieces: list[sql.Token]) -> Iterator[tuple[list[sql.Token], list[sql.Token]]]:
    """Yield the two sides of every comparison, including the brackets around them."""
    for at, piece in enumerate(pieces):
        if piece.text in ("=", "<>", "!=", "~~") or piece.name in ("in", "is"):
            left = list(_side(pieces, range(at - 1, -1, -1), ")", "("))[::-1]
            yield left, list(_side(pieces, range(at + 1, len(pieces)), "(", ")"))


def _side(pieces: list[sql.Token], places: Iterable[int], opening: str, closing: str) -> Iterator[sql.Token]:
    depth = 0
    for at in places:
        piece = pieces[at]
        depth += (piece.text == opening) - (piece.text == closing)
        if depth < 0 or (depth == 0 and (piece.text in (",", ";") or piece.name in _STOPS)):
            return
        yield piece


def _session_value(side: list[sql.Token]) -> tuple[str, ...]:
    """Return the path of the claim that a side reads, `("sub",)` for the user's id, or an empty path."""
    names = [piece.name for piece in side]
    if "from" in names:
        return ()
    if "uid" in names and "auth" in names:
        return ("sub",)
    if "email" in names and "auth" in names and "jwt" not in names:
        return ("email",)
    if "jwt" not in names and "request.jwt.claims" not in "".join(piece.text for piece in side):
        return ()
    path = [
        unquoted(after.text)
        for before, after in pairwise(side)
        if before.text in ("->", "->>") and after.kind == "literal"
    ]
    return tuple(path)


def literals_in(side: list[sql.Token]) -> list[str]:
    """Return the literals of one side of a comparison, unless they are keys into a JSON value."""
    if any(piece.text in ("->", "->>") for piece in side) or any(piece.name == "select" for piece in side):
        return []
    return [unquoted(piece.text) for piece in side if piece.kind == "literal"]


def unquoted(text: str) -> str:
    """Return the text of a literal."""
    return text[text.index("'") + 1 : -1].replace("''", "'") if "'" in text else text


@lru_cache(maxsize=8192)
def identifiers_in(text: str) -> frozenset[str]:
    """Return every name in SQL text."""
    return frozenset(token.name for token in sql.tokens(text) if token.name)
