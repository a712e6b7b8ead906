"""What is concluded of a condition is so in PostgreSQL: random conditions, functions, rows and callers."""

from random import Random

import pytest
from psycopg2 import Error

from gatepost.analysis import NotUnderstood
from gatepost.analysis.conditions import grammar
from gatepost.analysis.conditions import parse as parse_module
from gatepost.analysis.conditions.bodies.inlining import Follower
from gatepost.analysis.conditions.caller import ANON, SIGNED_IN
from gatepost.analysis.conditions.outcomes import Outcome
from gatepost.analysis.conditions.parse import parse
from gatepost.analysis.conditions.three_valued_logic import Truth
from gatepost.reflect import read
from tests.analysis.conditions.law import Conditions
from tests.analysis.conditions.policy_conditions import PolicyConditions

FILLED = frozenset({"id", "user_id"})
OUTCOMES = {True: Outcome.TRUE, False: Outcome.FALSE, None: Outcome.NULL}
SEEDS = (1, 2, 3, 4)


def outcomes(cursor, text, callers):
    """What PostgreSQL makes of a condition, by caller: a set of bits over all rows; nothing where it is an error."""
    found = {}
    for name, (claims, role) in callers.items():
        cursor.execute("SAVEPOINT law")
        try:
            cursor.execute("SELECT set_config('request.jwt.claims', %s, true)", [claims])
            cursor.execute(f"SET LOCAL ROLE {role}")
            cursor.execute(f"SELECT ({text}) FROM public.law")
            found[name] = {OUTCOMES[value] for (value,) in cursor.fetchall()}
        except Error:
            pass  # nobody sees a row by it
        cursor.execute("ROLLBACK TO SAVEPOINT law")
    return found


def law(cursor, seed, count, kind=Conditions):
    """Return what was concluded falsely, and how many outcomes were looked at."""
    cursor.execute(kind.tables)
    cursor.execute("GRANT SELECT ON ALL TABLES IN SCHEMA public TO anon, authenticated; SET LOCAL jit = off")
    random = Random(seed)
    for statement in kind.filled(random, 4):
        cursor.execute(statement)
    maker = kind(random, tuple(kind(random).calls(cursor)))
    for at in range(count):
        cursor.execute("SAVEPOINT made")
        try:
            cursor.execute(f"CREATE POLICY law_{at} ON public.law USING ({maker.condition()})")
        except Error:
            cursor.execute("ROLLBACK TO SAVEPOINT made")  # a type that does not fit
    live = read(cursor)
    follower = Follower(live)
    wrong, seen = [], 0
    for policy in live.table("public", "law").policies:
        try:
            term = follower.follow(parse(policy.using))
        except NotUnderstood:
            continue
        for caller, actual in outcomes(cursor, policy.using, kind.callers).items():
            possible = Truth(ANON if caller == "anon" else SIGNED_IN, FILLED).possible_outcomes(term)
            seen += 1
            if any(not possible & bit for bit in actual):
                wrong.append((policy.using, caller, sorted(actual), possible))
    return wrong, seen


@pytest.fixture
def cursor(rolled_back):
    with rolled_back.cursor() as cursor:
        yield cursor


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("kind", [Conditions, PolicyConditions])
def test_what_is_concluded_is_so_in_postgresql(cursor, kind, seed):
    wrong, seen = law(cursor, seed, 60, kind)
    assert wrong == []
    assert seen > 80


@pytest.mark.parametrize("kind", [Conditions, PolicyConditions])
@pytest.mark.parametrize("seed", [5, 6])
def test_it_is_so_by_the_parser_for_systems_without_the_grammar(cursor, kind, seed, monkeypatch):
    """No body is followed there, and conditions are read by sqlglot."""
    caches = (parse, parse_module._pattern, parse_module._parsed)
    monkeypatch.setattr(grammar, "available", lambda: False)
    try:
        for cache in caches:
            cache.cache_clear()
        wrong, seen = law(cursor, seed, 60, kind)
    finally:
        for cache in caches:
            cache.cache_clear()
    assert wrong == []
    assert seen > 80


def test_an_error_is_no_outcome():
    assert Outcome.ERROR not in OUTCOMES.values()
