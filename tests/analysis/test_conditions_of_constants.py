"""Conditions of constants, and of what every row or token has: what `verify` says of them is so in PostgreSQL."""

import json

from gatepost.verification import verify

STRANGER = json.dumps(
    {
        "sub": "9e500000-0000-4000-8000-0000000000b2",
        "role": "authenticated",
        "email": "bob@example.org",
        "exp": 9999999999,
    }
)
ALONE = (
    "-5 <> -5", "-5 = -5", "-1 < 0", "NOT (-5 <> -5)", "-5 BETWEEN 0 AND -5", "-5 BETWEEN -10 AND 0", "5 <> 5", "5 = 5",
    "1 < 0", "-1 > 0", "0 > -1", "(-5 <> -5)::text::boolean", "(5 <> 5)::text::boolean", "(5 = 5)::text::boolean",
    "false::text::boolean", "NOT (false::text::boolean)", "false::int = 1", "true::int = 1", "'a' = 'b'", "'a' <> 'b'",
    "'b' > 'a'", "1.5 > 1", "'2020-01-01'::date > '2019-01-01'::date", "'2020-01-01'::date < '2019-01-01'::date",
    "now() < '2000-01-01'::timestamptz", "NOT (user_id <> auth.uid())", "'abc' LIKE 'b%'",
    "CASE WHEN 1 = 2 THEN true ELSE false END", "COALESCE(NULL::boolean, 2 < 1)", "1 IN (2, 3)", "1 NOT IN (2, NULL)",
)  # fmt: skip
BESIDE_THE_OWNER = (
    "-1 = -1", "length('abc') = 3", "'abc' LIKE 'a%'", "upper('a') = 'A'", "abs(-1) = 1", "1 + 1 = 2", "id > -1",
    "now() > '2020-01-01'", "random() >= 0", "(auth.jwt() ? 'sub')", "length(auth.uid()::text) = 36",
    "auth.uid()::text LIKE '%-%'", "(SELECT count(*) FROM pg_class) > 0", "EXISTS (SELECT 1 FROM pg_class)",
    "EXISTS (SELECT 1 FROM generate_series(1, 1))", "auth.uid()::text ~ '^[0-9a-f]'", "auth.email() LIKE '%@%'",
    "(auth.jwt() ->> 'email') <> ''", "(auth.jwt() ->> 'exp')::bigint > 0", "pg_has_role('authenticated', 'MEMBER')",
    "current_setting('server_version_num')::int > 100000",
    "inet_client_addr() IS NULL OR inet_client_addr() IS NOT NULL",
    "current_database() = 'postgres' OR current_database() <> 'postgres'", "txid_current() > 0", "'x' IN ('x', 'y')",
    "ARRAY[1, 2] && ARRAY[2]", "ARRAY[1, 2] @> ARRAY[2]", "jsonb_typeof('{}'::jsonb) = 'object'", "email IS NOT NULL",
    "length(email) >= 0", "email = email", "email LIKE '%'", "email ~ ''", "password_hash <> 'x'", "id % 1 = 0",
    "xmin::text <> ''", "tableoid > 0", "ctid IS NOT NULL", "(SELECT count(*) FROM public.of_nobody) >= 0",
    "(SELECT count(*) FROM public.of_nobody) < 0", "1 = ANY ('{}'::int[])", "false",
)  # fmt: skip
NEVER = "never-true-condition"
CONDITIONS = (*ALONE, *(f"user_id = auth.uid() OR {one}" for one in BESIDE_THE_OWNER))


def made(cursor):
    """Make a table for each condition, with the row of somebody else; return the conditions by table."""
    tables = {}
    cursor.execute("CREATE TABLE public.of_nobody (id int); GRANT SELECT ON public.of_nobody TO authenticated")
    for at, condition in enumerate(CONDITIONS):
        name = f"c{at}"
        cursor.execute(
            f"CREATE TABLE public.{name} (id int PRIMARY KEY, user_id uuid, email text NOT NULL, password_hash text"
            f" NOT NULL); ALTER TABLE public.{name} ENABLE ROW LEVEL SECURITY;"
            f"GRANT SELECT ON public.{name} TO authenticated;"
            f"INSERT INTO public.{name} VALUES (1, '9e500000-0000-4000-8000-0000000000a1', 'ann@example.org', 'h');"
            f"CREATE POLICY p ON public.{name} FOR SELECT TO authenticated USING ({condition})"
        )
        tables[name] = condition
    return tables


def test_what_is_said_of_a_condition_is_what_a_stranger_sees(rolled_back, monkeypatch, tmp_path):
    """Where a stranger sees the row, something is reported or not checked; where nobody does, at most that."""
    monkeypatch.chdir(tmp_path)  # outside of any project
    with rolled_back.cursor() as cursor:
        tables = made(cursor)
        result = verify(rolled_back)
        cursor.execute("SELECT set_config('request.jwt.claims', %s, true)", [STRANGER])
        cursor.execute("SET LOCAL ROLE authenticated")
        seen = set()
        for name in tables:
            cursor.execute(f"SELECT count(*) FROM public.{name}")
            if cursor.fetchone()[0]:
                seen.add(name)
    said = {
        (one.rule == NEVER, one.object.split(".")[1])
        for one in result.findings
        if one.severity != "info" or one.rule == NEVER
    }
    never, open_ = ({name for of_it, name in said if of_it is which and name in tables} for which in (True, False))
    unknown = {name for name in tables for one in result.not_checked if f"public.{name}." in one.what}
    assert conditions(tables, seen - open_ - unknown) == []
    assert conditions(tables, open_ - seen) == []
    assert conditions(tables, never & seen) == []
    assert 30 < len(seen) < len(tables) - 20


def conditions(tables, names):
    return sorted(tables[name] for name in names)
