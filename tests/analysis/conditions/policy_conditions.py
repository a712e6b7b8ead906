"""Random conditions in the shapes that policies of real projects have: claims, arrays, paths, moments, unions, rows."""

# ruff: noqa: E501  (a piece of SQL is read in one line)

from __future__ import annotations

from collections.abc import Iterator
from random import Random

from psycopg2 import Error

from tests.analysis.conditions.law import ANN, BOB, TABLES, Conditions
from tests.analysis.conditions.policy_functions import called, functions
from tests.analysis.conditions.policy_values import (
    APP,
    COUNTS,
    DAYS,
    JSONS,
    LISTS,
    OPS,
    PATTERNS,
    REGEXES,
    TIMES,
    TWISTS,
    UUIDS,
    WORDS,
)

TOKEN = '"aud": "authenticated", "iss": "https://x.supabase.co/auth/v1", "iat": 1, "exp": 9999999999, "session_id": "s"'
CALLERS = {
    "anon": ('{"role": "anon", "iss": "supabase", "ref": "x", "iat": 1, "exp": 9999999999}', "anon"),
    "ann": (
        f'{{{TOKEN}, "sub": "{ANN}", "role": "authenticated", "email": "ann@example.org", "aal": "aal1",'
        ' "is_anonymous": false, "app_metadata": {"roles": [], "org": null}, "user_metadata": {}}',
        "authenticated",
    ),
    "bob": (
        f'{{{TOKEN}, "sub": "{BOB}", "role": "authenticated", "email": "bob@example.org", "aal": "aal2", "plan": "pro",'
        f' "is_anonymous": false, "org_id": "{ANN}", "app_metadata": {{"role": "admin", "roles": ["admin", "a"], "org": 5,'
        ' "orgs": [1, 5], "flag": true, "map": {"a": ["x"]}}, "user_metadata": {"role": "a"}}',
        "authenticated",
    ),
    "guest": (
        f'{{{TOKEN}, "sub": "9e500000-0000-4000-8000-0000000000c3", "role": "authenticated", "aal": "aal1",'
        ' "is_anonymous": true, "app_metadata": {"orgs": [], "roles": ["a"], "role": "", "flag": false}}',
        "authenticated",
    ),
}
POLICY_TABLES = f"""
{TABLES}
ALTER TABLE public.law ADD COLUMN members uuid[], ADD COLUMN orgs integer[], ADD COLUMN path text, ADD COLUMN born date,
    ADD COLUMN key text, ADD COLUMN amount numeric, ADD COLUMN level smallint, ADD COLUMN code varchar(5), ADD COLUMN small char(3);
CREATE TABLE public.law_team (id integer PRIMARY KEY, owner uuid, lead uuid, public boolean NOT NULL DEFAULT false, ids uuid[]);
INSERT INTO public.law_team VALUES (1, '{ANN}', NULL, true, '{{{ANN}}}'), (2, NULL, '{BOB}', false, NULL), (5, '{BOB}', '{ANN}', false, '{{NULL}}');
"""


class PolicyConditions(Conditions):
    """Makes conditions out of what real policies use, beside the others."""

    tables = POLICY_TABLES
    callers = CALLERS

    @staticmethod
    def filled(random: Random, rows: int):
        """Statements that fill the columns of the rows."""

        def one(*values: object) -> object:
            return random.choice(values)

        for at in range(1, rows + 1):
            members = one("NULL", "'{}'", f"'{{{ANN}}}'", f"'{{{ANN},NULL}}'", f"'{{{BOB},{ANN}}}'", "'{NULL}'")
            path = one("NULL", "''", "'a'", f"'{ANN}/a.png'", f"'{BOB}/x/a.PNG'", "'public/a.jpg'", "'/a'", f"'{ANN}'")
            data = one("NULL", "'{}'", '\'{"role": "admin", "flag": true}\'', '\'{"flag": null, "n": 5}\'', "'[]'", "'null'",
                       '\'{"role": null, "tags": ["a", "x"]}\'')  # fmt: skip
            yield (
                f"UPDATE public.law SET members = {members}, orgs = {one('NULL', repr('{}'), repr('{1,5}'), repr('{NULL,0}'))},"
                f" path = {path}, born = {one('NULL', 'current_date', repr('2020-01-01'), repr('2040-01-01'))},"
                f" key = {one('NULL', repr(ANN), repr(BOB), repr(''), repr('5'), repr('x'))}, data = {data},"
                f" amount = {one('NULL', '0', '1.0', '1.00', '5', '-0.5')}, level = {one('NULL', '0', '1', '5')},"
                f" code = {one('NULL', repr('a'), repr('A'), repr(''))}, small = {one('NULL', repr('a'), repr(''), repr('abc'))}"
                f" WHERE id = {at}"
            )

    def calls(self, cursor) -> Iterator[str]:
        """Make random functions, and yield conditions that call them."""
        yield from super().calls(cursor)
        for statement, name, kind in functions(self.random, 40):
            cursor.execute("SAVEPOINT made")
            try:
                cursor.execute(statement)
            except Error:  # a type that does not fit
                cursor.execute("ROLLBACK TO SAVEPOINT made")
                continue
            yield from called(self.random, name, kind)

    def near(self, condition: str) -> str:
        """Return a condition with a small change somewhere."""
        fitting = [(old, new) for pair in TWISTS for old, new in (pair, pair[::-1]) if old and old in condition]
        if not fitting:
            return condition
        old, new = self.random.choice(fitting)
        pieces = condition.split(old)
        at = self.random.randrange(1, len(pieces))
        return old.join(pieces[:at]) + new + old.join(pieces[at:])

    def leaf(self) -> str:
        kinds = (self.any_of, self.array, self.claim, self.pattern, self.equal, self.equal, self.row, self.union, self.member,
                 self.choice, self.aggregate, self.truth, self.called)  # fmt: skip
        return super().leaf() if self.random.random() < 0.25 else self.random.choice(kinds)()

    def equal(self) -> str:
        kinds = self.random.choice((UUIDS, WORDS, WORDS, COUNTS, COUNTS, TIMES, DAYS))
        one, other, op = self.pick(*kinds), self.pick(*kinds), self.pick(*OPS)
        return self.pick(
            f"({one} {op} {other})", f"({one} {op} {other})", f"({one} {op} (SELECT {other}))", f"({one} IS NULL)", f"({one} IS NOT NULL)",
            f"({one} BETWEEN {other} AND {self.pick(*kinds)})", f"(NULLIF({one}, {other}) IS NULL)", f"(COALESCE({one}, {other}) {op} {other})",
            f"({self.pick('at', 'now()')} {op} {self.pick(*DAYS)})" if kinds is TIMES else f"(({one})::text {op} ({other})::text)",
            f"({one} IN ({other}, {self.pick(*kinds)}))", f"({one} NOT IN ({other}, {self.pick(*kinds)}))",
        )  # fmt: skip

    def any_of(self) -> str:
        one, many = self.pick("auth.uid()", "owner", "user_id", "members[1]"), self.pick(*LISTS)
        word = self.pick("name", "key", f"({APP} ->> 'role')", "'a'", "auth.uid()::text", "tags[1]")
        words = self.pick("tags", "string_to_array(name, ',')", "storage.foldername(path)", "'{a,admin}'::text[]", "'{}'::text[]",
                          "ARRAY['a', name]", "ARRAY(SELECT jsonb_array_elements_text(auth.jwt() -> 'app_metadata' -> 'roles'))",
                          "string_to_array(auth.jwt() ->> 'plan', ',')", "'{a,NULL}'::text[]", "regexp_split_to_array(name, 'd')")  # fmt: skip
        number, numbers = self.pick("n", "id", "5", "level"), self.pick(
            "orgs", "'{1,5}'::integer[]", "'{1,5,NULL}'::integer[]", "'{}'::integer[]", "ARRAY[n, 5]", "ARRAY[NULL::integer]")  # fmt: skip
        left, right = self.random.choice(((one, many), (word, words), (number, numbers)))
        return self.pick(
            f"({left} = ANY ({right}))", f"({left} = ANY ({right}))", f"({left} <> ALL ({right}))", f"(NOT ({left} = ANY ({right})))",
            f"({left} <> ANY ({right}))", f"({left} = ALL ({right}))", f"({left} > ANY ({right}))", f"({left} IN (SELECT unnest({right})))",
            f"(({left} = ANY ({right})) IS TRUE)", f"(NOT COALESCE({left} = ANY ({right}), false))",
            f"(EXISTS (SELECT 1 FROM unnest({right}) x(y) WHERE x.y = {left}))", f"({left} LIKE ANY ({right}))",
        )  # fmt: skip

    def array(self) -> str:
        one, other = (
            self.random.choice((LISTS, LISTS, ("tags", "ARRAY['a']", "'{}'::text[]", "storage.foldername(path)"))),
            None,
        )
        one, other = self.pick(*one), self.pick(*one)
        return self.pick(
            f"({one} {self.pick('@>', '<@', '&&', '=', '<>', '<')} {other})", f"({one} IS {self.pick('NULL', 'NOT NULL')})",
            f"(cardinality({one}) {self.pick(*OPS)} {self.pick('0', '1', 'n')})", f"(array_length({one}, 1) {self.pick('IS NULL', '> 0', '= 1')})",
            f"(COALESCE(array_length({one}, 1), 0) > 0)", f"(array_position({one}, {other}[1]) IS NOT NULL)", f"({one} = '{{}}')",
        )  # fmt: skip

    def claim(self) -> str:
        one, op = self.pick(*JSONS), self.pick(*OPS)
        key = self.pick("role", "roles", "flag", "a", "admin", "sub", "org", "aal")
        return self.pick(
            f"({one} ? '{key}')", f"(NOT ({one} ? '{key}'))", f"({one} ?| ARRAY['{key}', 'a'])", f"({one} ?& ARRAY['{key}', 'a'])",
            f"({one} @> '{{\"{key}\": \"admin\"}}')", f"({one} @> '[\"{key}\"]')", f"('\"{key}\"'::jsonb <@ {one})", f"({one} @> to_jsonb(name))",
            f"(({one} ->> '{key}') IS NULL)", f"(({one} -> '{key}') IS NULL)", f"(({one} ->> '{key}')::boolean)", f"(({one} -> '{key}')::boolean)",
            f"COALESCE(({one} ->> '{key}')::boolean, {self.pick('true', 'false')})", f"(jsonb_typeof({one}) {op} 'object')",
            f"(({one} -> '{key}') {op} to_jsonb(name))", f"(({one} ->> '{key}') {op} '{key}')", f"(n::text {op} ({one} ->> '{key}'))",
            f"(n IN (SELECT (jsonb_array_elements_text({APP} -> 'orgs'))::integer))", f"(EXISTS (SELECT 1 FROM jsonb_array_elements_text({one}) r WHERE r = name))",
            f"(name IN (SELECT jsonb_array_elements_text({one})))", f"(EXISTS (SELECT 1 FROM jsonb_array_elements_text({APP} -> 'roles') r(role) WHERE r.role = '{key}'))",
            f"((auth.jwt() ->> '{key}') {op} {self.pick('auth.role()', 'auth.uid()::text', repr('aal2'), repr('authenticated'), 'key')})",
            f"(({one} -> '{key}') = '{self.pick('true', 'null', '5')}'::jsonb)", f"({one} = '{{}}'::jsonb)",
            "((auth.jwt() ->> 'is_anonymous')::boolean IS FALSE)", "((SELECT (auth.jwt() ->> 'aal')) = 'aal2')", "(auth.role() = 'authenticated')",
            f"(n = ANY (ARRAY(SELECT (jsonb_array_elements_text({APP} -> 'orgs'))::integer)))", f"({APP} -> 'roles' ? {self.pick('name', repr('admin'))})",
        )  # fmt: skip

    def pattern(self) -> str:
        word = self.pick(*WORDS)
        if self.random.random() < 0.6:
            return (
                f"({word} {self.pick('LIKE', 'NOT LIKE', 'ILIKE', 'NOT ILIKE', 'SIMILAR TO')} {self.pick(*PATTERNS)})"
            )
        return self.pick(f"({word} {self.pick('~', '!~', '~*', '!~*')} {self.pick(*REGEXES)})", f"(starts_with({word}, 'a'))",
                         f"({word} ^@ 'a')", f"(lower({word}) = {self.pick('lower(name)', repr('admin'))})", f"({word} LIKE {word})")  # fmt: skip

    def row(self) -> str:
        kinds = self.random.choice(((UUIDS, COUNTS), (WORDS, COUNTS), (COUNTS, COUNTS)))
        one, other, third = ([self.pick(*kind) for kind in kinds] for _ in range(3))
        rows = [f"({a}, {b})" for a, b in (one, other, third)]
        return self.pick(
            f"({rows[0]} {self.pick('=', '<>', '<', '>=')} {rows[1]})", f"({rows[0]} IN ({rows[1]}, {rows[2]}))", f"({rows[0]} NOT IN ({rows[1]}, {rows[2]}))",
            f"(ROW{rows[0]} IS {self.pick('NOT ', '')}DISTINCT FROM ROW{rows[1]})", f"(ROW{rows[0]} IS {self.pick('NOT ', '')}NULL)",
            f"({rows[0]} IN (SELECT m.user_id, m.org FROM public.law_member m))", f"({rows[0]} IN (SELECT t.owner, t.id FROM public.law_team t WHERE t.public))",
        )  # fmt: skip

    def union(self) -> str:
        side = ("SELECT m.org FROM public.law_member m WHERE m.user_id = auth.uid()", "SELECT t.id FROM public.law_team t WHERE t.owner = auth.uid()",
                "SELECT t.id FROM public.law_team t WHERE t.public", "SELECT t.id FROM public.law_team t WHERE auth.uid() = ANY (t.ids)", "SELECT 5",
                "SELECT t.id FROM public.law_team t JOIN public.law_member m ON m.org = t.id WHERE m.user_id = auth.uid()", "VALUES (1), (5)",
                "SELECT NULL::integer", "SELECT m.org FROM public.law_member m WHERE m.role = law.name", "SELECT law.n WHERE law.flag")  # fmt: skip
        one, other, third = (self.pick(*side) for _ in range(3))
        sets = self.pick("UNION", "UNION ALL", "UNION", "INTERSECT", "EXCEPT")
        both = f"{one} {sets} {other}"
        more = f"{both} {self.pick('UNION', 'UNION ALL', 'EXCEPT')} {third}"
        return self.pick(
            f"(n IN ({both}))", f"(n IN ({more}))", f"(n NOT IN ({both}))", f"(n = ANY (ARRAY({both})))", f"(EXISTS ({both}))",
            f"(EXISTS (SELECT 1 FROM ({both}) u(org) WHERE u.org = n))", f"(n IN (SELECT u.org FROM ({one} UNION {other}) u(org)))",
            f"(NOT EXISTS (SELECT 1 FROM ({both}) u(org) WHERE u.org = law.n))", f"(n IN (WITH w(org) AS ({one}) SELECT w.org FROM w {sets} {other}))",
            f"((SELECT count(*) FROM ({both}) u) > 0)", f"(n IN ({both} LIMIT 1))", f"(n IN ({one}) OR n IN ({other}))",
        )  # fmt: skip

    def member(self) -> str:
        op, role = self.pick("=", "<>", "="), self.pick("'admin'", "'a'", "name", "'member'")
        own = self.pick(
            "m.user_id = auth.uid()",
            "m.user_id = (SELECT auth.uid())",
            "m.user_id = law.user_id",
            "auth.uid() IN (m.user_id, t.owner)",
        )
        join = self.pick(
            "JOIN", "LEFT JOIN", "CROSS JOIN LATERAL (SELECT * FROM public.law_member x WHERE x.org = t.id) m --"
        )
        source = f"public.law_team t {join} public.law_member m ON m.org = t.id".partition(" --")[0]
        where = f"{own} {self.pick('AND', 'AND', 'OR')} {self.pick(f'm.role {op} {role}', 't.id = law.n', 't.public', 't.owner = law.owner', 'm.role IS NULL')}"
        order = self.pick(
            "",
            " ORDER BY m.org",
            " ORDER BY m.org DESC",
            " ORDER BY m.role NULLS FIRST",
            " LIMIT 1",
            " ORDER BY m.org DESC LIMIT 1",
            " ORDER BY m.org LIMIT 1",
        )
        return self.pick(
            f"(EXISTS (SELECT 1 FROM {source} WHERE {where}{order}))", f"(n IN (SELECT t.id FROM {source} WHERE {where}))",
            f"(EXISTS (SELECT m.org FROM {source} WHERE {where} GROUP BY m.org {self.pick('', 'HAVING count(*) > 1', 'HAVING bool_or(t.public)')}))",
            f"((SELECT m.role FROM public.law_member m WHERE m.user_id = auth.uid(){order or ' LIMIT 1'} {'' if 'LIMIT' in order or not order else 'LIMIT 1'}) {op} {role})",
            f"(law.owner IN (SELECT m.user_id FROM {source} WHERE {where}))", f"(NOT EXISTS (SELECT 1 FROM {source} WHERE {where}))",
            f"((SELECT t.owner FROM public.law_team t WHERE t.id = law.n) {op} auth.uid())", "(EXISTS (SELECT 1 FROM public.law_team t WHERE t.id = law.n AND auth.uid() = ANY (t.ids)))",
            f"(auth.uid() = ANY (SELECT unnest(t.ids) FROM public.law_team t WHERE {self.pick('t.id = law.n', 'true')}))",
            "(auth.uid() = ANY ((SELECT t.ids FROM public.law_team t WHERE t.id = law.n)::uuid[]))",
            f"((SELECT m.role {op} {role} FROM public.law_member m WHERE m.user_id = auth.uid() ORDER BY m.org {self.pick('', 'DESC')} LIMIT 1))",
        )  # fmt: skip

    def aggregate(self) -> str:
        where = self.pick("m.user_id = auth.uid()", "m.org = law.n", "true", "false", "m.role = law.name")
        kept = self.pick(
            "", "", " FILTER (WHERE m.role = 'admin')", " FILTER (WHERE m.org > 0)", " FILTER (WHERE false)"
        )
        source = f"FROM public.law_member m WHERE {where}"
        return self.pick(
            f"((SELECT count({self.pick('*', 'm.org', 'DISTINCT m.role')}){kept} {source}) {self.pick('> 0', '= 0', '>= 1', '< 1', '= 1', '> n')})",
            f"((SELECT bool_{self.pick('or', 'and')}(m.role = 'admin'){kept} {source}))", f"(COALESCE((SELECT bool_and(m.org > 0){kept} {source}), true))",
            f"((SELECT {self.pick('max', 'min', 'sum')}(m.org){kept} {source}) {self.pick('= n', 'IS NULL', '> 0', '>= id')})",
            f"((SELECT array_agg(m.org{self.pick('', ' ORDER BY m.org', ' ORDER BY m.org DESC')}){kept} {source}){self.pick(' IS NULL', ' @> ARRAY[n]', ' = ARRAY[n]')})",
            f"(n = ((SELECT array_agg(m.org ORDER BY m.org {self.pick('', 'DESC')}){kept} {source}))[1])",
            f"(n = ANY ((SELECT array_agg(m.org){kept} {source})::integer[]))", f"(n <> ALL ((SELECT array_agg(m.org){kept} {source})::integer[]))",
            f"((SELECT string_agg(m.role, ','){kept} {source}) = name)", f"((SELECT count(*) OVER () {source} LIMIT 1) > 0)", f"(EXISTS (SELECT max(m.org) {source}))",
            f"((SELECT jsonb_agg(m.role){kept} {source}) ? 'admin')", f"(n IN (SELECT max(m.org){kept} {source} GROUP BY m.role))",
        )  # fmt: skip

    def choice(self) -> str:
        kinds = self.random.choice((UUIDS, WORDS, COUNTS))
        one, other, third, op = self.pick(*kinds), self.pick(*kinds), self.pick(*kinds), self.pick(*OPS)
        test = self.pick(
            "flag",
            "owner IS NULL",
            "n > 0",
            "auth.uid() IS NULL",
            "name = 'a'",
            "auth.role() = 'anon'",
            f"{one} = {other}",
        )
        return self.pick(
            f"(CASE WHEN {test} THEN {one} ELSE {other} END {op} {third})", f"CASE {one} WHEN {other} THEN {self.pick('flag', 'true')} WHEN {third} THEN {test} END",
            f"CASE WHEN {test} THEN {self.pick('true', 'NULL', 'flag')} WHEN {self.leaf()} THEN {self.pick('false', test)} ELSE {self.pick('true', 'false', 'flag')} END",
            f"(COALESCE({one}, {other}, {third}) {op} {other})", f"COALESCE({self.leaf()}, {self.pick('true', 'false', 'flag')})",
            f"(CASE WHEN {test} THEN 'read' WHEN n IS NULL THEN 'none' ELSE 'write' END {self.pick('=', '<>')} {self.pick(repr('read'), repr('write'), repr('none'), repr('x'))})",
            f"(CASE WHEN {test} THEN 'read' ELSE 'write' END IN ('write', 'x'))", f"(CASE WHEN {test} THEN 2 WHEN {self.leaf()} THEN 1 ELSE 0 END >= {self.pick('0', '1', '2', '3')})",
            f"(greatest({one}, {other}) {op} {third})", f"(num_nulls({one}, {other}) {self.pick('= 0', '> 0', '= 1', '>= 0')})",
        )  # fmt: skip

    def truth(self) -> str:
        one, other = self.leaf(), self.pick("flag", "(n > 0)", "(owner = user_id)", "NULL::boolean", "(SELECT flag)")
        return self.pick(
            f"({one} = {other})", f"({one} <> {other})", f"({one} IS DISTINCT FROM {other})", f"({other} IS NOT TRUE)", f"({one} IN ({other}, true))",
            f"({one} > {other})", f"(NULLIF({one}, {other}) IS NULL)", f"({other} = ANY (ARRAY[{one}, false]))", f"(({one})::text = 'true')",
            f"(num_nonnulls({one}, {other}) = 2)", f"({one} AND {other} IS NULL)", f"(SELECT {one})", f"((SELECT {one}) IS NOT NULL)",
        )  # fmt: skip
