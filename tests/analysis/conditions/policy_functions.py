"""Random functions in the shapes that helpers of real policies have: SQL and PL/pgSQL, with every statement of it."""

# ruff: noqa: E501  (a piece of SQL is read in one line)

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from random import Random

MEMBER = "public.law_member m"
DECLARED = "DECLARE c boolean := b = 0; r text; k integer := 0; turns integer := 0; rec record; ids uuid[]; cur CURSOR FOR SELECT m.role FROM public.law_member m WHERE m.user_id = a; "
HEADS = {
    "scalar": "(a uuid, b integer) RETURNS boolean",
    "default": "(a uuid, b integer DEFAULT 5) RETURNS boolean",
    "text": "(a uuid, b integer) RETURNS text",
    "rows": "(a uuid, b integer) RETURNS SETOF integer",
    "table": "(a uuid, b integer) RETURNS TABLE(org integer)",
    "ids": "(a uuid) RETURNS SETOF uuid",
    "array": "(a uuid) RETURNS uuid[]",
    "out": "(a uuid, OUT fine boolean)",
}
CALLS = {
    "scalar": ("{}(user_id, n)", "{}(owner, id)", "{}(auth.uid(), 5)", "{}(NULL, n)", "{}(b => n, a => owner)", "(SELECT {}(auth.uid(), n))"),
    "default": ("{}(user_id)", "{}(owner, n)", "{}(auth.uid())"),
    "text": ("({}(user_id, n) = 'admin')", "({}(auth.uid(), id) IN ('admin', 'a'))", "({}(owner, n) IS NULL)", "({}(owner, 5) <> 'a')"),
    "rows": ("(n IN (SELECT {}(owner, n)))", "(n IN (SELECT {}(owner, id)))", "(EXISTS (SELECT 1 FROM {}(user_id, n) f))", "(NOT (5 IN (SELECT f FROM {}(auth.uid(), n) f)))",
             "(n = ANY (ARRAY(SELECT {}(auth.uid(), 5))))", "((SELECT count(*) FROM {}(owner, n) f) > 0)"),
    "table": ("(n IN (SELECT f.org FROM {}(owner, n) f))", "(EXISTS (SELECT 1 FROM {}(auth.uid(), 5) f WHERE f.org = law.n))", "(n IN (SELECT {}(user_id, id)))"),
    "ids": ("(owner IN (SELECT {}(user_id)))", "(user_id = ANY (ARRAY(SELECT {}(auth.uid()))))", "(owner IN (SELECT f FROM {}(auth.uid()) f))"),
    "array": ("(owner = ANY ({}(user_id)))", "({}(auth.uid()) @> ARRAY[user_id])", "(NOT (user_id = ANY ({}(owner))))", "(cardinality({}(owner)) > 0)"),
    "out": ("{}(user_id)", "{}(auth.uid())"),
}  # fmt: skip


@dataclass
class Bodies:
    """Makes bodies of functions over the parameters `a` (uuid) and `b` (integer)."""

    random: Random
    kind: str = "scalar"

    def pick(self, *texts: str) -> str:
        return self.random.choice(texts)

    def test(self) -> str:
        return self.pick(
            "a IS NULL", "a = auth.uid()", "b > 0", "b IS NULL", "auth.uid() IS NULL", "c", "c IS NOT TRUE", "FOUND", "NOT FOUND", "r = 'admin'", "r IS NULL",
            "rec.role = 'admin'", "rec IS NULL", "rec IS NOT NULL", "rec.org = b", "k > 0", "k = b", "auth.role() = 'anon'", "a = ANY (ids)", "cardinality(ids) > 0",
            f"EXISTS (SELECT 1 FROM {MEMBER} WHERE m.user_id = a)", f"NOT EXISTS (SELECT 1 FROM {MEMBER} WHERE m.user_id = a AND m.org = b)",
            f"b IN (SELECT m.org FROM {MEMBER} WHERE m.user_id = a)", f"(SELECT count(*) FROM {MEMBER} WHERE m.user_id = a) > 0", "NOT c", "c OR b = 5", "true", "false",
        )  # fmt: skip

    def result(self) -> str:
        if self.kind in ("rows", "table"):
            more = self.pick("", "", self.result_next())
            return f"{self.result_next()} {more} {self.pick('RETURN;', '')}"
        if self.kind == "ids":
            return self.pick(
                f"RETURN QUERY SELECT m.user_id FROM {MEMBER} WHERE {self.where()};",
                "RETURN NEXT a;",
                "RETURN NEXT auth.uid(); RETURN;",
                "RETURN;",
            )
        if self.kind == "array":
            return self.pick("RETURN ids;", "RETURN ARRAY[a];", "RETURN NULL;", "RETURN '{}';", f"RETURN (SELECT array_agg(m.user_id) FROM {MEMBER} WHERE {self.where()});",
                             f"RETURN ARRAY(SELECT m.user_id FROM {MEMBER} WHERE {self.where()});")  # fmt: skip
        if self.kind == "out":
            return self.pick(
                "RETURN;", f"fine := {self.test()}; RETURN;", "fine := true; RETURN;", f"fine := {self.test()};"
            )
        if self.kind == "text":
            return self.pick("RETURN r;", "RETURN 'admin';", "RETURN NULL;", "RETURN rec.role;", f"RETURN (SELECT m.role FROM {MEMBER} WHERE {self.where()} LIMIT 1);",
                             "RETURN CASE WHEN c THEN 'admin' ELSE r END;", "RETURN COALESCE(r, 'a');")  # fmt: skip
        return f"RETURN {self.pick(self.test(), self.test(), 'true', 'false', 'NULL', 'c', 'FOUND', f'NOT ({self.test()})', f'c AND {self.test()}', f'COALESCE({self.test()}, false)', f'(SELECT bool_or(m.org = b) FROM {MEMBER} WHERE {self.where()})')};"

    def result_next(self) -> str:
        query = f"RETURN QUERY SELECT m.org FROM {MEMBER} WHERE {self.where()};"
        if self.kind == "table":
            return self.pick(query, "org := b; RETURN NEXT;", query)
        return self.pick(query, "RETURN NEXT b;", "RETURN NEXT 5;", f"RETURN QUERY SELECT m.org FROM {MEMBER} WHERE {self.where()} UNION SELECT 5;",
                         "RETURN QUERY EXECUTE 'SELECT 5';", "RETURN QUERY VALUES (1), (b);")  # fmt: skip

    def where(self) -> str:
        return self.pick(
            "m.user_id = a",
            "m.user_id = a AND m.org = b",
            "m.org = b",
            "m.user_id = auth.uid()",
            "true",
            "false",
            "c AND m.user_id = a",
            "m.role = r",
            "m.org = k",
        )

    def statements(self, depth: int) -> str:
        """Return some statements."""
        return " ".join(self.statement(depth) for _ in range(self.random.randrange(1, 3)))

    def statement(self, depth: int) -> str:
        simple = (self.assigned, self.filled, self.filled, self.odd)
        if depth <= 0:
            return self.random.choice((*simple, self.result))()
        kinds = (*simple, self.branch, self.branch, self.branch, self.loop, self.block, self.raised)
        made = self.random.choice(kinds)
        return made() if made in simple else made(depth - 1)  # type: ignore[call-arg]

    def assigned(self) -> str:
        return self.pick(
            f"c := {self.test()};", f"c := {self.test()};", "a := COALESCE(a, auth.uid());", "b := b + 1;", "b := NULL;", "k := k + 1;", "r := 'admin';", "r := NULL;",
            f"k := (SELECT count(*) FROM {MEMBER} WHERE {self.where()});", "ids := ARRAY[a, auth.uid()];", "ids[1] := auth.uid();", "ids := array_append(ids, a);",
            f"r := m.role FROM {MEMBER} WHERE {self.where()} LIMIT 1;", "c = NOT c;", "rec.role := 'admin';", "k := CASE WHEN c THEN 1 ELSE NULL END;",
            f"ids := ARRAY(SELECT m.user_id FROM {MEMBER} WHERE m.org = b);",
        )  # fmt: skip

    def filled(self) -> str:
        order = self.pick(
            "",
            "",
            " LIMIT 1",
            " ORDER BY m.org LIMIT 1",
            " ORDER BY m.org DESC",
            " ORDER BY m.role DESC NULLS LAST LIMIT 1",
        )
        return self.pick(
            f"SELECT m.role INTO r FROM {MEMBER} WHERE {self.where()}{order};", f"SELECT m.role, m.org INTO r, k FROM {MEMBER} WHERE {self.where()}{order};",
            f"SELECT * INTO rec FROM {MEMBER} WHERE {self.where()}{order};", f"SELECT m.role, m.org INTO rec FROM {MEMBER} WHERE {self.where()}{order};",
            f"SELECT count(*) INTO k FROM {MEMBER} WHERE {self.where()};", f"SELECT EXISTS (SELECT 1 FROM {MEMBER} WHERE {self.where()}) INTO c;",
            f"SELECT m.role INTO STRICT r FROM {MEMBER} WHERE {self.where()} LIMIT 1;", f"PERFORM 1 FROM {MEMBER} WHERE {self.where()};", "PERFORM auth.uid();",
            f"SELECT true INTO c FROM {MEMBER} WHERE {self.where()};", f"SELECT array_agg(m.user_id) INTO ids FROM {MEMBER} WHERE {self.where()};",
            f"SELECT m.org = b INTO c FROM {MEMBER} WHERE {self.where()}{order};", f"SELECT m.role INTO r FROM {MEMBER} WHERE {self.where()} UNION SELECT 'admin';",
            "SELECT b > 0, 'admin' INTO c, r;", f"SELECT bool_or(m.role = 'admin') INTO c FROM {MEMBER} WHERE {self.where()};", f"SELECT 5 INTO k WHERE {self.test()};",
        )  # fmt: skip

    def odd(self) -> str:
        return self.pick(
            "NULL;", "RAISE NOTICE 'here';", "GET DIAGNOSTICS k = ROW_COUNT;", "EXECUTE 'SELECT true' INTO c;", "EXECUTE 'SELECT $1' INTO a USING auth.uid();",
            f"ASSERT {self.test()};", "OPEN cur; FETCH cur INTO r; CLOSE cur;", "OPEN cur; MOVE cur; CLOSE cur;", "RAISE WARNING '%', b;", "EXECUTE format('SELECT %L = ''5''', b) INTO c;",
        )  # fmt: skip

    def raised(self, depth: int) -> str:
        how = self.pick(
            "RAISE EXCEPTION 'no';",
            "RAISE insufficient_privilege;",
            "RAISE EXCEPTION USING ERRCODE = '42501';",
            "RAISE SQLSTATE '42501';",
            "RAISE 'no';",
        )
        return f"IF {self.test()} THEN {self.pick('', self.statement(depth))} {how} END IF;"

    def branch(self, depth: int) -> str:
        one, other = self.pick(self.statements(depth), self.result()), self.pick(self.statements(depth), self.result())
        return self.pick(
            f"IF {self.test()} THEN {one} END IF;", f"IF {self.test()} THEN {one} ELSE {other} END IF;", f"IF {self.test()} THEN {one} ELSIF {self.test()} THEN {other} END IF;",
            f"IF {self.test()} THEN {one} ELSIF {self.test()} THEN NULL; ELSE {other} END IF;", f"CASE WHEN {self.test()} THEN {one} ELSE {other} END CASE;",
            f"CASE b WHEN 5 THEN {one} WHEN 0, 1 THEN {other} ELSE NULL; END CASE;", f"CASE WHEN {self.test()} THEN {one} WHEN {self.test()} THEN {other} END CASE;",
        )  # fmt: skip

    def loop(self, depth: int) -> str:
        inside = self.pick(
            self.statements(depth),
            f"IF {self.test()} THEN {self.result()} END IF;",
            f"EXIT WHEN {self.test()}; {self.statement(0)}",
            f"CONTINUE WHEN {self.test()}; {self.statement(0)}",
        )
        return self.pick(
            f"FOR rec IN SELECT m.role, m.org FROM {MEMBER} WHERE {self.where()} LOOP {inside} END LOOP;", f"FOR r IN SELECT m.role FROM {MEMBER} WHERE {self.where()} LOOP {inside} END LOOP;",
            f"FOR k IN 1..2 LOOP {inside} END LOOP;", f"FOREACH r IN ARRAY ARRAY['a', 'admin'] LOOP {inside} END LOOP;", f"WHILE k < 2 AND turns < 9 LOOP turns := turns + 1; k := k + 1; {inside} END LOOP;",
            f"LOOP turns := turns + 1; k := COALESCE(k, 0) + 1; EXIT WHEN k > 2 OR turns > 9; {self.statement(0)} END LOOP;", f"FOR rec IN EXECUTE 'SELECT m.role, m.org FROM public.law_member m' LOOP {inside} END LOOP;",
            f"<<outer>> LOOP {self.statement(0)} EXIT outer; END LOOP;", f"FOR rec IN cur LOOP {inside} END LOOP;", f"FOR k IN 1..0 LOOP {inside} END LOOP;",
        )  # fmt: skip

    def block(self, depth: int) -> str:
        inside = self.statements(depth)
        return self.pick(
            f"BEGIN {inside} END;", f"DECLARE c boolean := {self.test()}; BEGIN {inside} END;", f"BEGIN {inside} EXCEPTION WHEN OTHERS THEN {self.statement(0)} END;",
            f"BEGIN c := (1 / k) > 0; {inside} EXCEPTION WHEN division_by_zero THEN {self.statement(0)} END;", f"BEGIN {inside} RAISE EXCEPTION 'x'; EXCEPTION WHEN raise_exception THEN {self.statement(0)} END;",
            f"DECLARE k integer; BEGIN {inside} END;",
        )  # fmt: skip

    def plpgsql(self) -> str:
        return f"{DECLARED}BEGIN {' '.join(self.statement(2) for _ in range(self.random.randrange(1, 5)))} {self.result()} END"

    def sql(self) -> str:
        """Return the body of an SQL function."""
        order = self.pick("", " LIMIT 1", " ORDER BY m.org LIMIT 1", " ORDER BY m.org DESC")
        test = self.pick(
            "a = auth.uid()",
            "b > 0",
            f"EXISTS (SELECT 1 FROM {MEMBER} WHERE m.user_id = a AND m.org = b)",
            "a IS NULL",
            "m.org = b",
            "m.role = 'admin'",
        )
        value = {
            "rows": "m.org",
            "table": "m.org",
            "ids": "m.user_id",
            "array": "array_agg(m.user_id)",
            "text": "m.role",
        }.get(self.kind, test)
        where = self.pick("m.user_id = a", "m.user_id = auth.uid()", "true", "false", "m.org = 5", "a IS NOT NULL")
        if self.kind in ("scalar", "default", "out") and not value.startswith("m."):
            return self.pick(f"SELECT {value}", f"SELECT {value} FROM {MEMBER} WHERE {where}{order}", f"SELECT COALESCE({value}, false)", f"SELECT bool_or({value}) FROM {MEMBER} WHERE {where}",
                             f"SELECT count(*) > 0 FROM {MEMBER} WHERE {where}", f"SELECT 1; SELECT {value}", f"WITH w AS (SELECT m.org FROM {MEMBER} WHERE {where}) SELECT EXISTS (SELECT 1 FROM w)")  # fmt: skip
        return self.pick(f"SELECT {value} FROM {MEMBER} WHERE {where}{'' if self.kind == 'array' else order}", f"SELECT {value} FROM {MEMBER} WHERE {where} UNION SELECT {value} FROM {MEMBER} WHERE m.org = 5",
                         f"SELECT {value} FROM {MEMBER} JOIN public.law_team t ON t.id = m.org WHERE {where}")  # fmt: skip


def functions(random: Random, count: int) -> Iterator[tuple[str, str, str]]:
    """Yield statements that make functions, each with its name and kind; some are overloaded."""
    for at in range(count):
        kind = random.choice(("scalar", "scalar", "scalar", *HEADS))
        body = Bodies(random, kind)
        name = f"public.policy_{at if random.random() < 0.85 else max(0, at - 1)}"
        strict, definer = random.choice(("", "", "", " STRICT")), random.choice(("", "", " SECURITY DEFINER"))
        head = f"CREATE FUNCTION {name}{HEADS[kind]}"
        if random.random() < 0.3:
            text = body.sql()
            if random.random() < 0.3 and "1; " not in text:
                yield f"{head} LANGUAGE sql STABLE{strict}{definer} BEGIN ATOMIC {text}; END", name, kind
            else:
                yield f"{head} LANGUAGE sql STABLE{strict}{definer} AS $${text}$$", name, kind
        else:
            yield f"{head} LANGUAGE plpgsql STABLE{strict}{definer} AS $${body.plpgsql()}$$", name, kind


def called(random: Random, name: str, kind: str) -> Iterator[str]:
    """Yield conditions that call a function."""
    for form in random.sample(CALLS[kind], 2):
        yield form.format(name)
