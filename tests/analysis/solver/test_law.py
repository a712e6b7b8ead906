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
from tests.analysis.conditions.law import ANN, BOB, Conditions
from tests.analysis.conditions.policy_conditions import PolicyConditions
from tests.analysis.solver.constrained import Constrained

QUICK = (1, 2)
SLOW = [(kind, seed) for seed in range(100, 150) for kind in (PolicyConditions, (Conditions, Constrained)[seed % 2])]
"""The long run, 10,000 pairs, a hundred of conditions each: half of them as real policies have them."""
FOUND = ((Conditions, 3, 50), (Conditions, 4, 50))
"""Seeds that once found a false proof, each with how many conditions were made of it."""

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
    if isinstance(maker, PolicyConditions) and random.random() < 0.5:
        one = maker.condition(1)
        return one, maker.near(one)
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


def shown(cursor, text, callers):
    """The rows that a condition lets through and those that it does not, by caller; one with an error is neither."""
    found = {}
    for name, (claims, role) in callers.items():
        cursor.execute("SELECT set_config('request.jwt.claims', %s, true)", [claims])
        cursor.execute(f"SET LOCAL ROLE {role}")
        found[name] = of_rows(cursor, text)
        cursor.execute("RESET ROLE")
    return found


def of_rows(cursor, text):
    passed, rows = {True: set(), False: set()}, []
    for keys in (list(range(1, ROWS + 1)), *([at] for at in range(1, ROWS + 1))):
        cursor.execute("SAVEPOINT law")
        try:
            some = f"SELECT * FROM public.law WHERE id = ANY (ARRAY{keys}) OFFSET 0"
            cursor.execute(f"SELECT id, ({text}) IS TRUE FROM ({some}) law")
            rows = cursor.fetchall()
        except Error:
            rows = []
        cursor.execute("ROLLBACK TO SAVEPOINT law")
        for key, value in rows:
            passed[value].add(key)
        if len(rows) > 1:
            break
    return passed


def pairs(cursor, seed, count, kind):
    """Yield pairs of policies as PostgreSQL prints them, and the database."""
    random = Random(seed)
    for statement in (*random_rows(random), *kind.filled(random, ROWS)):
        cursor.execute(statement)
    maker = kind(random, tuple(kind(random).calls(cursor)))
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
    given(cursor, kind.tables)
    wrong, proved, random = [], 0, Random(seed)
    for live, table, one, other in pairs(cursor, seed, count, kind):
        try:
            terms = [Follower(live).follow(parse(text)) for text in (one, other)]
        except NotUnderstood:
            continue
        seen = [shown(cursor, text, kind.callers) for text in (one, other)]
        caller = random.choice((None, ANON, SIGNED_IN))
        names = [name for name in kind.callers if caller is None or (name == "anon") == (caller is ANON)]
        for answer, false in claims(terms, seen, Frame(table, live, caller), names):
            proved += isinstance(answer, RuledOut)
            wrong += [(seed, one, other, caller, false)] if isinstance(answer, RuledOut) and false else []
    return wrong, proved


def claims(terms, seen, frame, names):
    """Yield what is answered of two conditions, each with the callers for whom it is not so if it is a proof."""
    (left, right), (one, other) = terms, seen
    compared = compare(left, right, frame)
    yield compared.loses, [name for name in names if one[name][True] & other[name][False]]
    yield compared.gains, [name for name in names if other[name][True] & one[name][False]]
    yield can_pass(left, frame), [name for name in names if one[name][True]]
    yield can_pass(TRUE, frame, beyond=right), [name for name in names if other[name][False]]


def given(cursor, tables):
    cursor.execute(tables)
    cursor.execute("GRANT SELECT ON ALL TABLES IN SCHEMA public TO anon, authenticated")
    cursor.execute("SET LOCAL jit = off; SET LOCAL statement_timeout = 60000")


@pytest.fixture
def cursor(rolled_back):
    with rolled_back.cursor() as cursor:
        yield cursor


@pytest.mark.parametrize("seed", QUICK)
@pytest.mark.parametrize("kind", [Conditions, PolicyConditions, Constrained])
def test_what_is_proved_is_so_in_postgresql(cursor, kind, seed):
    wrong, proved = law(cursor, seed, 50, kind)
    assert wrong == []
    assert proved > 10


@pytest.mark.parametrize(("kind", "seed", "count"), FOUND)
def test_what_was_once_proved_falsely(cursor, kind, seed, count):
    assert law(cursor, seed, count, kind)[0] == []


@pytest.mark.slow
@pytest.mark.parametrize(("kind", "seed"), SLOW)
def test_what_is_proved_is_so_in_postgresql_ten_thousand_times(cursor, kind, seed):
    assert law(cursor, seed, 100, kind)[0] == []
