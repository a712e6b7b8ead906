"""Let the local server print both the declared and the live expressions, so that the live database is only read.

CREATE POLICY parses an expression and neither plans nor runs it. Each statement runs by itself inside a PL/pgSQL
function, where none can end the transaction. The role is not a superuser, and everything is rolled back.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from gatepost import sql
from gatepost.canonical.likeness import Refusal, make_likeness
from gatepost.canonical.local_print_database import Server, printing
from gatepost.canonical.printed_policies import Printed, reading_like, twin
from gatepost.canonical.savepoints import rolled_back
from gatepost.canonical.statements import create_policy
from gatepost.canonical.vocabulary import Key, read_vocabulary
from gatepost.errors import GatepostError
from gatepost.finding import NotChecked
from gatepost.schema import Policy, Schema

if TYPE_CHECKING:
    from psycopg2.extensions import connection as Connection
    from psycopg2.extensions import cursor as Cursor

Texts = tuple[str | None, str | None]
"""The expressions after USING and WITH CHECK."""

_ROUNDS = 3
"""How often to print both sides, because a printed text may print differently again (nested ANDs become one)."""
_MISTAKES = frozenset({"42601", "42703", "42P01"})
"""What a syntax error, a missing column and a missing table are: the stand-ins have every column and table."""
_FUNCTION = """
CREATE FUNCTION pg_temp.run(statements text[]) RETURNS TABLE (place int, said text, state text)
LANGUAGE plpgsql AS $gatepost$
BEGIN
    BEGIN
        FOR at IN 1 .. pg_catalog.cardinality(statements) LOOP
            EXECUTE statements[at];
        END LOOP;
        RETURN;
    EXCEPTION WHEN OTHERS THEN NULL;  -- one by one, then
    END;
    FOR at IN 1 .. pg_catalog.cardinality(statements) LOOP
        BEGIN
            EXECUTE statements[at];
        EXCEPTION WHEN OTHERS THEN
            place := at;
            said := SQLERRM;
            state := SQLSTATE;
            RETURN NEXT;
        END;
    END LOOP;
END
$gatepost$
"""
_PRINTED = "SELECT polname, pg_get_expr(polqual, polrelid), pg_get_expr(polwithcheck, polrelid) FROM pg_policy"


def print_locally(
    connection: Connection, policies: Iterable[Policy], live: Schema, server: Server | None = None
) -> Printed:
    """Return the declared policies as the local server prints them, compared with the live ones of their names.

    Args:
        connection: psycopg2, to the live database, whose catalog is read for what the expressions can name.
        policies: The declared policies, of tables that are in the database.
        live: The database; unqualified names are looked up in its search path.
        server: Where to print; without it, the project's embedded server.

    Returns:
        Each policy; one with the same meaning as the live one has its text. A policy that PostgreSQL refuses here is
        not checked, and has the text of the live one too.
    """
    from psycopg2 import Error

    declared = list(policies)
    sides = [*declared, *filter(None, (twin(policy, live) for policy in declared))]
    texts = [text for one in sides for text in _texts(one) if text and sql.expression_fault(text) is None]
    with _catalog(connection) as reader:
        vocabulary = read_vocabulary(reader, texts)
    try:
        with printing(server) as cursor:
            cursor.execute(_FUNCTION)
            refused = make_likeness(live, vocabulary, {_table(policy) for policy in declared}, partial(_run, cursor))
            return _Comparison(cursor, live, refused).compare(declared)
    except GatepostError as error:
        reason = f"{error.message}; {error.hint}" if error.hint else error.message
    except Error as error:
        reason = (error.diag.message_primary or str(error)).strip()
    why = f"the local server, which prints them, is not available: {reason}; or: gatepost verify --print-there"
    found = {policy: reading_like(policy, twin(policy, live)) for policy in declared}
    return Printed(found, (NotChecked("the declared policies", why, ours=True),))


class _Comparison:
    """Prints policies on the stand-ins."""

    def __init__(self, cursor: Cursor, live: Schema, refused: Mapping[Key, Refusal]) -> None:
        self._cursor = cursor
        self._live = live
        self._refused = refused

    def compare(self, declared: Sequence[Policy]) -> Printed:
        without = {_table(policy) for policy in declared} & set(self._refused)
        not_checked = [
            NotChecked(
                f"the policies of {schema}.{name}",
                f"the local server cannot create a table like it: {self._refused[schema, name].said}",
                ours=True,
            )
            for schema, name in sorted(without)
        ]
        found = {policy: reading_like(policy, twin(policy, self._live)) for policy in declared}
        printable = [policy for policy in declared if _table(policy) not in without]
        for policy, said in zip(printable, self._said(printable), strict=True):
            if isinstance(said, NotChecked):
                not_checked.append(said)
            else:
                found[policy] = said
        return Printed(found, tuple(not_checked))

    def _said(self, declared: Sequence[Policy]) -> list[Policy | NotChecked]:
        first = self.print(declared, self._live.search_path)
        answers: list[Policy | NotChecked] = []
        unlike: list[tuple[int, Policy, Policy]] = []
        for policy, printed in zip(declared, first, strict=True):
            other = twin(policy, self._live)
            if isinstance(printed, Refusal):
                answers.append(_not_checked(policy, "what is declared", printed))
                continue
            answers.append(printed)
            if other is not None and _texts(other) != _texts(printed):
                unlike.append((len(answers) - 1, printed, other))
        for at, answer in self._again(unlike):
            answers[at] = answer
        return answers

    def _again(self, unlike: Sequence[tuple[int, Policy, Policy]]) -> list[tuple[int, Policy | NotChecked]]:
        """Print both sides until they are equal or nothing changes; their meaning is the same each time."""
        ours = [{_texts(printed)} for _, printed, _ in unlike]
        theirs = [{_texts(other)} for _, _, other in unlike]
        now: list[Policy | Refusal] = [side for _, *both in unlike for side in both]
        for _ in range(_ROUNDS):
            printable = [side for side in now if isinstance(side, Policy)]
            again = iter(self.print(printable, ()))
            now = [next(again) if isinstance(side, Policy) else side for side in now]
            for sides, seen in ((now[::2], ours), (now[1::2], theirs)):
                for side, texts in zip(sides, seen, strict=True):
                    texts |= {_texts(side)} if isinstance(side, Policy) else set()
        answers: list[tuple[int, Policy | NotChecked]] = []
        for (at, printed, other), mine, its, left, right in zip(unlike, ours, theirs, now[::2], now[1::2], strict=True):
            if mine & its:
                answers.append((at, reading_like(printed, other)))
            elif isinstance(right, Refusal):
                answers.append((at, _not_checked(other, "what is in the database", right)))
            else:
                answers.append((at, left if isinstance(left, Policy) else printed))
        return answers

    def print(self, policies: Sequence[Policy], search_path: Iterable[str]) -> list[Policy | Refusal]:
        """Return each policy as PostgreSQL prints it, with qualified names, or PostgreSQL's error."""
        path = ", ".join(sql.identifier(name) for name in search_path) or "''"
        said: dict[int, Refusal] = {}
        statements: dict[int, str] = {}
        for at, policy in enumerate(policies):
            faults = [fault for text in _texts(policy) if text and (fault := sql.expression_fault(text))]
            if faults:
                said[at] = Refusal(f"it {faults[0][0]}", "42601")
            else:
                relation = sql.qualified(policy.schema, policy.table)
                statements[at] = create_policy(str(at), policy, relation, *_texts(policy))
        with rolled_back(self._cursor, "gatepost_print"):
            self._cursor.execute(f"SET LOCAL search_path = {path}")
            places = list(statements)
            said |= {places[at]: words for at, words in _run(self._cursor, list(statements.values())).items()}
            self._cursor.execute("SET LOCAL search_path = ''")
            self._cursor.execute(_PRINTED)
            found = {int(name): texts for name, *texts in self._cursor.fetchall()}
        return [
            said[at] if at in said else replace(policy, using=found[at][0], check=found[at][1])
            for at, policy in enumerate(policies)
        ]


def _run(cursor: Cursor, statements: Sequence[str]) -> dict[int, Refusal]:
    """Run each statement by itself, all of them in one go, and return what PostgreSQL said of those it refused."""
    if not statements:
        return {}
    cursor.execute("SELECT place, said, state FROM pg_temp.run(%s)", (list(statements),))
    return {place - 1: Refusal(said, state) for place, said, state in cursor.fetchall()}


def _not_checked(policy: Policy, which: str, refusal: Refusal) -> NotChecked:
    ours = refusal.state not in _MISTAKES
    return NotChecked(f"the policy {policy}", f"the local server refuses {which}: {refusal.said}", ours=ours)


def _texts(policy: Policy) -> Texts:
    return (policy.using, policy.check)


def _table(policy: Policy) -> Key:
    return (policy.schema, policy.table)


@contextmanager
def _catalog(connection: Connection) -> Iterator[Cursor]:
    """Yield a cursor for reading the catalog, with only PostgreSQL's own schema on the search path."""
    from psycopg2 import extensions

    own = connection.info.transaction_status == extensions.TRANSACTION_STATUS_IDLE
    with connection.cursor(cursor_factory=extensions.cursor) as cursor:
        if own:
            # psycopg2 begins by itself, except in autocommit mode.
            cursor.execute("BEGIN READ ONLY" if connection.autocommit else "SET TRANSACTION READ ONLY")
        else:
            cursor.execute("SAVEPOINT gatepost_catalog")
        try:
            cursor.execute("SET LOCAL search_path = pg_catalog, pg_temp; SET LOCAL jit = off")
            yield cursor
        finally:
            if not own:
                cursor.execute("ROLLBACK TO SAVEPOINT gatepost_catalog; RELEASE SAVEPOINT gatepost_catalog")
            elif connection.autocommit:
                cursor.execute("ROLLBACK")
            else:
                connection.rollback()
