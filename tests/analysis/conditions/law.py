"""Random conditions, functions, rows and callers: what is concluded of a condition must be so in PostgreSQL."""

# ruff: noqa: E501  (a piece of SQL is read in one line)

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from random import Random
from typing import ClassVar

from psycopg2 import Error

ANN = "9e500000-0000-4000-8000-0000000000a1"
BOB = "9e500000-0000-4000-8000-0000000000b2"
CALLERS = {
    "anon": ('{"role": "anon"}', "anon"),
    "ann": (
        f'{{"sub": "{ANN}", "role": "authenticated", "email": "ann@example.org", "exp": 9999999999}}',
        "authenticated",
    ),
    "bob": (
        f'{{"sub": "{BOB}", "role": "authenticated", "email": "bob@example.org", "exp": 9999999999,'
        ' "app_metadata": {"role": "admin", "org": 2}, "user_metadata": {"plan": "pro"}}',
        "authenticated",
    ),
}
TABLES = f"""
CREATE TABLE public.law (
    id integer PRIMARY KEY, user_id uuid NOT NULL, owner uuid, n integer, flag boolean, name text, tags text[], data jsonb,
    at timestamptz
);
INSERT INTO public.law VALUES
    (1, '{ANN}', NULL, NULL, NULL, NULL, NULL, NULL, NULL),
    (2, '{ANN}', '{BOB}', 0, true, 'a', '{{}}', '{{}}', '2020-01-01'),
    (3, '{BOB}', '{ANN}', 5, false, '', '{{a,NULL}}', '{{"role": "admin", "flag": true}}', '2030-01-01'),
    (4, '{BOB}', '{BOB}', -5, true, 'admin', '{{admin}}', '{{"flag": null}}', now());
CREATE TABLE public.law_member (user_id uuid, org integer, role text);
INSERT INTO public.law_member VALUES ('{ANN}', 1, 'admin'), ('{BOB}', 2, NULL), ('{BOB}', NULL, 'member'), (NULL, 5, 'a');
CREATE TABLE public.law_empty (user_id uuid, org integer, role text);
"""
IDS = ("user_id", "owner", "auth.uid()", "(SELECT auth.uid())", f"'{ANN}'::uuid", "NULL::uuid")
NUMBERS = (
    "n",
    "id",
    "-5",
    "0",
    "5",
    "1.5",
    "n + 1",
    "-n",
    "length(name)",
    "NULL::integer",
    "cardinality(tags)",
    "abs(n)",
)
TEXTS = (
    "name", "'a'", "''", "'admin'", "NULL::text", "lower(name)", "upper('a')", "auth.role()", "auth.email()",
    "auth.jwt() ->> 'role'", "auth.jwt() -> 'app_metadata' ->> 'role'", "data ->> 'role'", "concat(name, 'x')",
    "name || 'x'", "COALESCE(name, 'a')", "NULLIF(name, 'a')", "CURRENT_USER::text", "split_part(name, 'd', 1)",
    "current_setting('app.none', true)", "owner::text", "greatest(name, 'a')", "(flag)::text",
)  # fmt: skip
MOMENTS = (
    "at",
    "now()",
    "'2020-01-01'::timestamptz",
    "'2031-01-01'::timestamptz",
    "NULL::timestamptz",
    "at + interval '1 day'",
)
ARGUMENTS = ("(user_id, n)", "(owner, n)", "(auth.uid(), id)", "(NULL, 5)")
COMPARISONS = ("=", "<>", "<", "<=", ">", ">=")


@dataclass
class Conditions:
    """Makes conditions over the columns of `public.law` out of the shapes that policies have."""

    random: Random
    functions: tuple[str, ...] = ()
    tables: ClassVar[str] = TABLES
    callers: ClassVar[dict[str, tuple[str, str]]] = CALLERS

    @staticmethod
    def filled(random: Random, rows: int) -> Iterator[str]:
        """Yield statements that fill more columns of the rows."""
        yield from ()

    def calls(self, cursor) -> Iterator[str]:
        """Make random functions, and yield conditions that call them."""
        for at in range(12):
            cursor.execute("SAVEPOINT made")
            try:
                cursor.execute(self.function(f"law_{at}"))
            except Error:  # a type that does not fit
                cursor.execute("ROLLBACK TO SAVEPOINT made")
                continue
            yield from [f"public.law_{at}{self.pick(*ARGUMENTS)}" for _ in range(3)]
        for at in range(8):
            cursor.execute(self.rows_function(f"law_rows_{at}"))
            call = f"public.law_rows_{at}{self.pick(*ARGUMENTS)}"
            yield f"(n IN (SELECT {call}))"
            yield f"(EXISTS (SELECT 1 FROM {call} f))"
            yield f"(NOT (5 IN (SELECT f FROM {call} f)))"

    def condition(self, depth: int = 3) -> str:
        """Return a condition, at most so many levels deep."""
        if depth <= 0 or self.random.random() < 0.25:
            return self.leaf()
        one = self.condition(depth - 1)
        shape = self.random.randrange(10)
        if shape < 3:
            return f"({one} AND {self.condition(depth - 1)})"
        if shape < 6:
            return f"({one} OR {self.condition(depth - 1)})"
        if shape == 6:
            return f"(NOT {one})"
        if shape == 7:
            return f"CASE WHEN {one} THEN {self.condition(depth - 1)} ELSE {self.condition(depth - 1)} END"
        if shape == 8:
            return f"COALESCE({one}, {self.condition(depth - 1)})"
        return f"(({one}) IS {self.pick('TRUE', 'NOT TRUE', 'FALSE', 'NOT FALSE', 'NULL', 'NOT NULL', 'UNKNOWN')})"

    def leaf(self) -> str:
        """Return a comparison, a test, a sub-select or a call."""
        kind = self.random.choice((self.compared, self.tested, self.many, self.selected, self.plain, self.called))
        return kind()

    def compared(self) -> str:
        kinds = self.random.choice((IDS, NUMBERS, TEXTS, MOMENTS))
        op = self.pick(*COMPARISONS, "IS DISTINCT FROM", "IS NOT DISTINCT FROM")
        if kinds is TEXTS and self.random.random() < 0.25:
            return f"({self.random.choice(TEXTS)} {self.pick('LIKE', 'NOT LIKE', '~', 'ILIKE')} {self.pick(repr('%'), repr('a%'), repr(''))})"
        if kinds is NUMBERS and self.random.random() < 0.2:
            a, b, c = (self.random.choice(NUMBERS) for _ in range(3))
            return f"({a} {self.pick('BETWEEN', 'NOT BETWEEN')} {b} AND {c})"
        return f"({self.random.choice(kinds)} {op} {self.random.choice(kinds)})"

    def tested(self) -> str:
        term = self.random.choice((*IDS, *NUMBERS, *TEXTS, *MOMENTS, "tags", "data", "flag"))
        return f"(({term}) IS {self.pick('NULL', 'NOT NULL')})"

    def many(self) -> str:
        kinds = self.random.choice((IDS, TEXTS, ("n", "5", "0")))
        one, other, third = (self.random.choice(kinds) for _ in range(3))
        return self.pick(
            f"({one} IN ({other}, {third}))",
            f"({one} NOT IN ({other}, {third}))",
            f"({one} = ANY (ARRAY[{other}, {third}]))",
            f"({one} <> ALL (ARRAY[{other}, {third}]))",
            "(name = ANY (tags))",
            "(NOT ('a' = ANY (tags)))",
            "(tags && ARRAY['a', 'admin'])",
            "(tags @> ARRAY['a'])",
        )

    def selected(self) -> str:
        table = self.pick("law_member", "law_member", "law_empty")
        where = self.pick(
            "m.user_id = auth.uid()", "m.org = law.n", "m.role = 'admin'", "m.user_id = law.user_id", "true", "false",
            "m.role <> 'admin'", "m.user_id IS NULL", "m.org = m.org",
        )  # fmt: skip
        both = f"{where} {self.pick('AND', 'OR')} {self.pick('m.role IS NOT NULL', 'm.org > 0', 'law.flag')}"
        where = self.random.choice((where, both))
        source = f"public.{table} m"
        return self.pick(
            f"(EXISTS (SELECT 1 FROM {source} WHERE {where}))",
            f"(NOT EXISTS (SELECT 1 FROM {source} WHERE {where}))",
            f"(n IN (SELECT m.org FROM {source} WHERE {where}))",
            f"(n NOT IN (SELECT m.org FROM {source} WHERE {where}))",
            f"(owner = ANY (ARRAY(SELECT m.user_id FROM {source} WHERE {where})))",
            f"((SELECT count(*) FROM {source} WHERE {where}) > 0)",
            f"((SELECT count(*) FROM {source} WHERE {where}) = 0)",
            f"((SELECT m.role FROM {source} WHERE {where} LIMIT 1) = 'admin')",
            f"((SELECT bool_or(m.role = 'admin') FROM {source} WHERE {where}))",
            f"(n IN (SELECT m.org FROM {source} WHERE {where} UNION SELECT 5))",
            f"(n IN (SELECT m.org FROM {source} WHERE {where} EXCEPT SELECT 5))",
            f"(EXISTS (SELECT 1 FROM public.law_empty e LEFT JOIN {source} ON {where} WHERE m.role IS NULL))",
            f"(EXISTS (SELECT 1 FROM {source} LEFT JOIN public.law_empty e ON e.org = m.org WHERE {where}))",
            f"(EXISTS (SELECT 1 FROM {source} WHERE {where} LIMIT {self.pick('0', '1', '2')}))",
            f"(n IN (SELECT m.org FROM {source} WHERE {where} ORDER BY m.org LIMIT {self.pick('0', '1', '2')} OFFSET {self.pick('0', '1')}))",
            f"(n IN (SELECT DISTINCT ON (m.role) m.org FROM {source} WHERE {where}))",
            f"(n IN (SELECT m.org FROM {source} WHERE {where} LIMIT 1))",
            f"(EXISTS (SELECT 1 FROM {source} WHERE {where} HAVING count(*) = 0))",
            f"(EXISTS (SELECT m.role FROM {source} WHERE {where} GROUP BY m.role HAVING count(*) > 1))",
            f"(EXISTS (SELECT count(*) FROM {source} WHERE {where} OFFSET 1))",
            f"((SELECT max(m.org) FROM {source} WHERE {where}) = n)",
            f"(n > ALL (SELECT m.org FROM {source} WHERE {where}))",
            f"(n < ANY (SELECT m.org FROM {source} WHERE {where}))",
            f"((owner, n) IN (SELECT m.user_id, m.org FROM {source} WHERE {where}))",
            f"(EXISTS (SELECT 1 FROM {source} WHERE {where} AND NOT EXISTS (SELECT 1 FROM public.law_member x WHERE x.org > m.org)))",
            f"(n IN (SELECT u.o FROM (SELECT m.org AS o, m.role AS r FROM {source} UNION ALL SELECT 5, 'a') u WHERE u.r = name))",
            "(name IN (SELECT unnest(tags)))",
            "(EXISTS (SELECT unnest(tags)))",
            f"(EXISTS (WITH w AS (SELECT m.org AS o, m.role AS r FROM {source} WHERE {where}) SELECT 1 FROM w WHERE w.o = n))",
        )

    def plain(self) -> str:
        return self.pick(
            "flag", "true", "false", "NULL::boolean", "(1 = 1)", "(flag = true)", "(flag <> flag)", "(data ? 'role')",
            "((data ->> 'flag')::boolean)", "('t'::text::boolean)", "(true::integer = 1)", "(auth.jwt() ? 'sub')",
            "((user_id, n) = (owner, n))", "(ROW(name, n) IS NULL)", "(ROW(name, n) IS NOT NULL)", "(num_nonnulls(name, n) = 1)",
            "(id IS NOT NULL)", "(user_id = user_id)", "(owner = owner)", "(name LIKE name)", "(flag IS TRUE)",
        )  # fmt: skip

    def called(self) -> str:
        return self.random.choice(self.functions) if self.functions else self.plain()

    def body(self, depth: int = 3) -> str:
        """Return a PL/pgSQL block that returns a boolean, over the parameters `a` (uuid) and `b` (integer)."""
        shape = self.random.randrange(9) if depth > 0 else 0
        asked = self.pick(
            "a IS NULL", "a = auth.uid()", "b > 0", "b IS NULL", "auth.uid() IS NULL", "c", "found", "c IS NULL", "r = 'admin'",
            "EXISTS (SELECT 1 FROM public.law_member m WHERE m.user_id = a)",
        )  # fmt: skip
        if shape <= 1:
            return f"RETURN {self.pick(asked, 'true', 'false', 'NULL', 'c', f'NOT ({asked})', f'c OR {asked}')};"
        if shape == 2:
            return f"IF {asked} THEN {self.body(depth - 1)} END IF; {self.body(depth - 1)}"
        if shape == 3:
            return f"IF {asked} THEN {self.body(depth - 1)} ELSIF b = 5 THEN c := true; ELSE {self.body(depth - 1)} END IF; {self.body(0)}"
        if shape == 4:
            return f"c := {asked}; {self.body(depth - 1)}"
        if shape == 5:
            return f"IF {asked} THEN RAISE EXCEPTION 'no'; END IF; {self.body(depth - 1)}"
        if shape == 6:
            return f"SELECT m.role INTO r FROM public.law_member m WHERE m.user_id = a LIMIT 1; {self.body(depth - 1)}"
        if shape == 7:
            return f"BEGIN {self.body(depth - 1)} EXCEPTION WHEN OTHERS THEN {self.body(0)} END; {self.body(0)}"
        return (
            f"FOR r IN SELECT m.role FROM public.law_member m WHERE m.user_id = a LOOP IF {asked} THEN {self.body(0)} END IF;"
            f" c := NOT c; END LOOP; {self.body(depth - 1)}"
        )

    def rows(self, depth: int = 3) -> str:
        """Return the statements of a PL/pgSQL function that returns a set of integers, over `a` (uuid) and `b` (integer)."""
        test = self.pick(
            "a IS NULL", "a = auth.uid()", "b > 0", "auth.uid() IS NULL", "auth.uid() IS NOT NULL", "c", "NOT c",
            "NOT EXISTS (SELECT 1 FROM public.law_member m WHERE m.user_id = a)",
        )  # fmt: skip
        query = f"RETURN QUERY SELECT m.org FROM public.law_member m WHERE {self.pick('m.user_id = a', 'm.org = b', 'c', 'true')};"
        if depth <= 0:
            return self.pick(query, "RETURN NEXT b;", "RETURN NEXT 5;")
        return self.pick(
            f"{query} {self.rows(depth - 1)}",
            f"IF {test} THEN RETURN; END IF; {self.rows(depth - 1)}",
            f"IF {test} THEN RAISE EXCEPTION 'no'; END IF; {self.rows(depth - 1)}",
            f"IF {test} THEN {self.rows(depth - 1)} ELSE {self.rows(depth - 2)} END IF; {self.rows(depth - 2)}",
            f"IF {test} THEN IF {self.pick('c', 'b = 5', 'a IS NULL')} THEN RETURN; END IF; END IF; {self.rows(depth - 1)}",
            f"c := {test}; {self.rows(depth - 1)}",
            f"IF {test} THEN c := {self.pick('true', 'false', 'NULL')}; END IF; {self.rows(depth - 1)}",
            f"IF {test} THEN RETURN; ELSIF b = 5 THEN RETURN NEXT 0; RETURN; END IF; {self.rows(depth - 1)}",
            f"FOR r IN SELECT m.role FROM public.law_member m LOOP c := NOT c; {self.rows(0)} END LOOP; {self.rows(depth - 1)}",
        )

    def rows_function(self, name: str) -> str:
        """Return the CREATE FUNCTION of a random function that returns a set of integers."""
        return (
            f"CREATE FUNCTION public.{name}(a uuid, b integer) RETURNS SETOF integer LANGUAGE plpgsql STABLE AS"
            f" $$ DECLARE c boolean := b = 0; r record; BEGIN {self.rows()} END $$"
        )

    def function(self, name: str) -> str:
        """Return the CREATE FUNCTION of a random function."""
        strict = self.pick("", "", " STRICT")
        if self.random.random() < 0.3:
            inner = type(self)(self.random).condition(2)
            return (
                f"CREATE FUNCTION public.{name}(a uuid, b integer) RETURNS boolean LANGUAGE sql STABLE{strict} AS"
                f" $$ SELECT {inner} FROM public.law WHERE user_id = a AND n = b LIMIT 1 $$"
            )
        return (
            f"CREATE FUNCTION public.{name}(a uuid, b integer) RETURNS boolean LANGUAGE plpgsql STABLE{strict} AS"
            f" $$ DECLARE c boolean := b = 0; r text; BEGIN {self.body()} END $$"
        )

    def pick(self, *texts: str) -> str:
        return self.random.choice(texts)
