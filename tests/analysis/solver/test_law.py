"""What the solver proves of conditions is so in PostgreSQL: random pairs, rows, callers and tables."""

from __future__ import annotations

from random import Random

import pytest
from psycopg2 import Error

from gatepost.analysis import NotUnderstood, parse
from gatepost.analysis.conditions.bodies.inlining import Follower
from gatepost.analysis.conditions.caller import ANON, SIGNED_IN
from gatepost.analysis.conditions.terms import TRUE
from gatepost.analysis.solver import Frame, RuledOut, can_pass, compare
from gatepost.reflect import read
from tests.analysis.conditions.law import ANN, BOB, CALLERS, TABLES, Conditions, calls
from tests.analysis.solver.constrained import CONSTRAINED, Constrained, filled

QUICK = (1, 2)
SLOW = tuple(range(100, 200))
"""The seeds of the long run: a hundred conditions each, and as many pairs."""
FOUND = (3, 4)
"""Seeds that once found a false proof."""


ROWS = 13


def random_rows(random):
    """Rows of the three tables, with values that the conditions compare with."""

    def one(*values):
        return random.choice(values)

    for at in range(5, ROWS + 1):
        yield (
            f"INSERT INTO public.law VALUES ({at}, '{one(ANN, BOB)}', {one('NULL', repr(ANN), repr(BOB))},"
            f" {one('NULL', 0, 1, 2, 5, -5, 6)}, {one('NULL', 'true', 'false')},"
            f" {one('NULL', repr('a'), repr('admin'), repr('x'), repr(ANN))},"
            f" {one('NULL', repr('{}'), repr('{a}'), repr('{admin,x}'), repr('{a,NULL}'))}, NULL,"
            f" {one('NULL', 'now()', repr('2020-01-01'))})"
        )
    for table in ("law_member", "law_member", "law_empty"):
        for _ in range(random.randrange(3)):
            yield (
                f"INSERT INTO public.{table} VALUES ({one('NULL', repr(ANN), repr(BOB))}, {one('NULL', 0, 1, 5)},"
                f" {one('NULL', repr('admin'), repr('a'))})"
            )


def related(maker, random):
    """Two conditions, the second one made of the first in a way that may or may not change what it lets through."""
    one, other = maker.condition(2), maker.condition(2)
    changed = (
        f"({one} AND {other})",
        f"({one} OR {other})",
        f"(NOT (NOT {one}))",
        f"(NOT ((NOT {one}) OR (NOT {other})))",
        f"CASE WHEN {one} THEN true ELSE {other} END",
        f"COALESCE({one}, false)",
        f"COALESCE({one}, {other})",
        f"(({one}) IS TRUE)",
        f"(({one}) IS NOT FALSE)",
        f"({one} AND ({other} OR (NOT {other})))",
        f"({one} = true)",
        other,
    )
    return one, random.choice(changed)


def visible(cursor, text):
    """The rows that a condition lets through, by caller; nothing for a caller for whom it is an error."""
    found = {}
    for name, (claims, role) in CALLERS.items():
        cursor.execute("SAVEPOINT law")
        try:
            cursor.execute("SELECT set_config('request.jwt.claims', %s, true)", [claims])
            cursor.execute(f"SET LOCAL ROLE {role}")
            cursor.execute(f"SELECT id FROM public.law WHERE ({text})")
            found[name] = {key for (key,) in cursor.fetchall()}
        except Error:
            pass
        cursor.execute("ROLLBACK TO SAVEPOINT law")
    return found


def pairs(cursor, seed, count, kind):
    """Yield pairs of policies as PostgreSQL prints them, and the database."""
    random = Random(seed)
    for statement in random_rows(random):
        cursor.execute(statement)
    for statement in filled(random, ROWS) if kind is Constrained else ():
        cursor.execute(statement)
    maker = kind(random, calls(cursor, random))
    made = []
    while len(made) < count:
        one, other = related(maker, random)
        cursor.execute("SAVEPOINT made")
        try:
            cursor.execute(f"CREATE POLICY a{len(made)} ON public.law USING ({one})")
            cursor.execute(f"CREATE POLICY b{len(made)} ON public.law USING ({other})")
            made.append(len(made))
        except Error:
            cursor.execute("ROLLBACK TO SAVEPOINT made")
    live = read(cursor)
    table = live.table("public", "law")
    by_name = {policy.name: policy.using for policy in table.policies}
    for at in made:
        yield live, table, by_name[f"a{at}"], by_name[f"b{at}"]


def law(cursor, seed, count, kind=Conditions):
    """Return what was proved falsely, and how much was proved."""
    wrong, proved, random = [], 0, Random(seed)
    for live, table, one, other in pairs(cursor, seed, count, kind):
        try:
            terms = [Follower(live).follow(parse(text)) for text in (one, other)]
        except NotUnderstood:
            continue
        seen = [visible(cursor, text) for text in (one, other)]
        caller = random.choice((None, ANON, SIGNED_IN))
        names = [name for name in CALLERS if caller is None or (name == "anon") == (caller is ANON)]
        for answer, false in claims(terms, seen, Frame(table, live, caller), names):
            proved += isinstance(answer, RuledOut)
            wrong += [(seed, one, other, caller, false)] if isinstance(answer, RuledOut) and false else []
    return wrong, proved


def claims(terms, seen, frame, names):
    """Yield what is answered of two conditions, each with the callers for whom it is not so if it is a proof."""
    (left, right), (one, other) = terms, seen
    compared = compare(left, right, frame)
    both = [name for name in names if name in one and name in other]
    yield compared.loses, [name for name in both if not one[name] <= other[name]]
    yield compared.gains, [name for name in both if not other[name] <= one[name]]
    yield can_pass(left, frame), [name for name in names if one.get(name)]
    yield can_pass(TRUE, frame, beyond=right), [n for n in names if n in other and len(other[n]) < ROWS]


def given(cursor, tables):
    cursor.execute(tables)
    cursor.execute("GRANT SELECT ON ALL TABLES IN SCHEMA public TO anon, authenticated; SET LOCAL jit = off")


@pytest.fixture
def cursor(rolled_back):
    with rolled_back.cursor() as cursor:
        given(cursor, TABLES)
        yield cursor


@pytest.fixture
def constrained(rolled_back):
    with rolled_back.cursor() as cursor:
        given(cursor, CONSTRAINED)
        yield cursor


@pytest.mark.parametrize("seed", [*QUICK, *FOUND])
def test_what_is_proved_is_so_in_postgresql(cursor, seed):
    wrong, proved = law(cursor, seed, 50)
    assert wrong == []
    assert proved > 10


@pytest.mark.slow
@pytest.mark.parametrize("seed", SLOW)
def test_what_is_proved_is_so_in_postgresql_ten_thousand_times(cursor, seed):
    wrong, _ = law(cursor, seed, 100)
    assert wrong == []


@pytest.mark.parametrize("seed", QUICK)
def test_what_is_proved_by_constraints_is_so_in_postgresql(constrained, seed):
    wrong, proved = law(constrained, seed, 25, Constrained)
    assert wrong == []
    assert proved > 5


@pytest.mark.slow
@pytest.mark.parametrize("seed", SLOW)
def test_what_is_proved_by_constraints_is_so_in_postgresql_ten_thousand_times(constrained, seed):
    wrong, _ = law(constrained, seed, 100, Constrained)
    assert wrong == []
