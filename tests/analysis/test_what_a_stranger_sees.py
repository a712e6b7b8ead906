"""Conditions of literals and of the caller alone: what the rules say of each is what a stranger sees."""

import json

import pytest
from psycopg2 import Error

from gatepost.reflect import read
from gatepost.rules import Context, all_rules

BOB = "9e500000-0000-4000-8000-0000000000b2"
ALONE = """
-7 <> -7 | -7 = -7 | -2 < 0 | NOT (-7 <> -7) | -7 BETWEEN 0 AND -7 | -7 BETWEEN -9 AND 0 | 3 <> 3 | 2 < 1 | -1 > 0
0 > -1 | (3 <> 3)::text::boolean | (3 = 3)::text::boolean | false::text::boolean | false::integer = 1
true::integer = 1
'a' = 'b' | 'a' <> 'b' | 2.5 > 2 | '2021-01-01'::date > '2020-01-01'::date | '2021-01-01'::date < '2020-01-01'::date
now() < '2001-01-01'::timestamptz | now() > '2001-01-01'::timestamptz | NOT (owner <> auth.uid())
"""
BESIDE_THE_OWNER = """
-1 = -1 | 1 + 1 = 2 | length('abcd') = 4 | 'abc' LIKE 'a%' | upper('a') = 'A' | now() > '2020-01-01' | random() >= 0
(auth.jwt() ? 'sub') | length(auth.uid()::text) = 36 | auth.uid()::text LIKE '%-%' | auth.uid()::text ~ '^[0-9a-f]'
(SELECT count(*) FROM pg_class) > 0 | EXISTS (SELECT 1 FROM pg_type) | EXISTS (SELECT 1 FROM generate_series(1, 1))
current_setting('server_version_num')::integer > 100000 | 'x' IN ('x', 'y') | ARRAY[1, 2] && ARRAY[2]
email = email | email LIKE '%' | id > -1 | length(email) >= 0 | xmin::text <> '' | ctid IS NOT NULL
(auth.jwt() -> 'app_metadata' ->> 'role') = 'admin' | owner IN (SELECT auth.uid() WHERE false)
"""


def conditions():
    alone = [one.strip() for line in ALONE.strip().splitlines() for one in line.split("|")]
    beside = [one.strip() for line in BESIDE_THE_OWNER.strip().splitlines() for one in line.split("|")]
    return [*alone, *(f"owner = auth.uid() OR {one}" for one in beside)]


@pytest.fixture
def tables(connection):
    """A table for each condition, with a row of somebody else's."""
    with connection.cursor() as cursor:
        for at, condition in enumerate(conditions()):
            cursor.execute(
                f"CREATE TABLE public.t{at} (id integer PRIMARY KEY, owner uuid, email text NOT NULL, secret text);"
                f"CREATE INDEX ON public.t{at} (owner); ALTER TABLE public.t{at} ENABLE ROW LEVEL SECURITY;"
                f"GRANT SELECT ON public.t{at} TO authenticated;"
                f"INSERT INTO public.t{at} VALUES (1, gen_random_uuid(), 'ann@example.org', 's');"
                f"CREATE POLICY p ON public.t{at} FOR SELECT TO authenticated USING ({condition})"
            )
        yield cursor


def sees(cursor, table):
    cursor.execute("SAVEPOINT seen")
    claims = json.dumps({"sub": BOB, "role": "authenticated", "email": "bob@example.org", "exp": 9999999999})
    try:
        cursor.execute("SELECT set_config('request.jwt.claims', %s, true)", [claims])
        cursor.execute(f"SET LOCAL ROLE authenticated; SELECT count(*) FROM public.{table}")
        return cursor.fetchone()[0] > 0
    except Error:
        return False
    finally:
        cursor.execute("ROLLBACK TO SAVEPOINT seen; RESET ROLE")


def test_what_is_said_of_a_condition_is_what_a_stranger_sees(tables):
    context = Context(read(tables))
    found = [one for rule in all_rules() for one in rule.check(context)]
    said = {one.object.split(".")[1] for one in found if one.severity != "info"}
    unknown = " ".join(one.what for one in context.not_analysed())
    wrong = []
    for at, condition in enumerate(conditions()):
        seen, named = sees(tables, f"t{at}"), f"t{at}" in said
        if (seen and not named and f"public.t{at}." not in unknown) or (named and not seen):
            wrong.append((condition, f"a stranger sees: {seen}", f"found: {named}"))
    assert wrong == []


BODIES = {
    "dynamic": "DECLARE found boolean; BEGIN EXECUTE 'SELECT true' INTO found; RETURN found; END",
    "opened_by_an_error": "BEGIN RETURN a = 1 / b; EXCEPTION WHEN OTHERS THEN RETURN true; END",
    "in_a_loop": "BEGIN FOR i IN 1..3 LOOP IF random() > 0 THEN RETURN true; END IF; END LOOP; RETURN false; END",
    "closed_by_an_error": "BEGIN RETURN auth.uid() = who; EXCEPTION WHEN OTHERS THEN RETURN false; END",
    "loop_without_an_outcome": "BEGIN FOR i IN 1..3 LOOP NULL; END LOOP; RETURN auth.uid() = who; END",
}


def test_a_policy_that_nobody_could_follow_is_not_checked(connection):
    with connection.cursor() as cursor:
        for name, body in BODIES.items():
            cursor.execute(
                f"CREATE FUNCTION public.{name}(who uuid, a integer, b integer) RETURNS boolean LANGUAGE plpgsql STABLE"
                f" AS $$ {body} $$; CREATE TABLE public.of_{name} (id integer PRIMARY KEY, owner uuid, secret text);"
                f"CREATE INDEX ON public.of_{name} (owner); ALTER TABLE public.of_{name} ENABLE ROW LEVEL SECURITY;"
                f"GRANT SELECT ON public.of_{name} TO authenticated;"
                f"CREATE POLICY p ON public.of_{name} FOR SELECT TO authenticated USING (public.{name}(owner, 1, id))"
            )
        context = Context(read(cursor))
        found = [one for rule in all_rules() for one in rule.check(context)]
    said = {one.object for one in found if one.severity != "info"}
    unknown = {one.what for one in context.not_analysed()}
    for name in BODIES:
        sound = name.startswith(("closed", "loop"))
        named = f"public.of_{name}.p" in said or f"public.of_{name}.p: who passes it" in unknown
        assert named != sound, name
