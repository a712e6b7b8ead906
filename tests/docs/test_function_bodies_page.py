"""The table of statements in `docs/function-bodies.md`: each row is what the reader makes of a small body of that kind."""

# ruff: noqa: E501  (a body is read in one line)

import re
from dataclasses import replace
from pathlib import Path

import pytest

from gatepost.analysis.conditions import grammar
from gatepost.analysis.conditions.bodies.function_values import as_term
from gatepost.analysis.conditions.terms import Unknown
from gatepost.schema import Function

PAGE = Path(__file__).parents[2] / "docs" / "function-bodies.md"
DECLARED = "DECLARE c boolean := false; r text; k integer := 0; rec record; ids uuid[]; cur CURSOR FOR SELECT role FROM public.member;"
ROLE = "SELECT m.role INTO r FROM public.member m WHERE m.user_id = a"
BODIES = {
    "RETURN": "RETURN a = auth.uid();",
    "IF, ELSIF, ELSE": "IF a IS NULL THEN RETURN false; ELSIF b > 0 THEN RETURN true; ELSE c := true; END IF; RETURN c;",
    "CASE": "CASE b WHEN 1 THEN RETURN true; ELSE RETURN false; END CASE;",
    "RAISE EXCEPTION": "IF auth.uid() IS NULL THEN RAISE EXCEPTION 'no'; END IF; RETURN true;",
    "RAISE NOTICE, WARNING …": "RAISE NOTICE 'here'; RETURN true;",
    "ASSERT": "ASSERT a = auth.uid(); RETURN true;",
    "NULL": "NULL; RETURN true;",
    "variable := expression": "c := a = auth.uid(); RETURN c;",
    "record.field := expression": "rec.role := 'admin'; RETURN rec.role = 'admin';",
    "array[n] := expression": "ids[1] := a; RETURN a = ANY (ids);",
    "SELECT … INTO": f"{ROLE}; RETURN r = 'admin';",
    "SELECT … INTO of a record": "SELECT * INTO rec FROM public.member m WHERE m.user_id = a; RETURN rec.role = 'admin';",
    "SELECT … UNION … INTO": f"{ROLE} UNION SELECT 'x'; RETURN r = 'admin';",
    "PERFORM, FOUND": "PERFORM 1 FROM public.member m WHERE m.user_id = a; RETURN FOUND;",
    "RETURN (SELECT …)": "RETURN EXISTS (SELECT 1 FROM public.member m WHERE m.user_id = a);",
    "INSERT, UPDATE, DELETE, MERGE": "UPDATE public.member SET role = 'x' WHERE user_id = a; RETURN a = auth.uid();",
    "… RETURNING … INTO": "INSERT INTO public.member VALUES (a, 'x') RETURNING role INTO r; RETURN r = 'x';",
    "BEGIN … END": "BEGIN c := true; END; RETURN c;",
    "DECLARE of a name twice": "DECLARE c boolean := true; BEGIN c := true; END; RETURN c;",
    "EXCEPTION WHEN": "BEGIN c := true; EXCEPTION WHEN OTHERS THEN RETURN false; END; RETURN c;",
    "FOR … IN SELECT": "FOR rec IN SELECT m.role FROM public.member m WHERE m.user_id = a LOOP IF rec.role = 'admin' THEN RETURN true; END IF; END LOOP; RETURN false;",
    "FOR … IN 1..n, FOREACH, WHILE, LOOP": "FOREACH r IN ARRAY ARRAY['a', 'b'] LOOP IF r = 'a' THEN RETURN true; END IF; END LOOP; RETURN false;",
    "EXIT, CONTINUE": "LOOP k := k + 1; EXIT WHEN k > 2; END LOOP; RETURN a = auth.uid();",
    "EXIT, CONTINUE with a label": "<<one>> LOOP EXIT one; END LOOP; RETURN true;",
    "EXECUTE": "EXECUTE 'SELECT true' INTO c; RETURN c;",
    "CALL": "CALL public.log(a); RETURN a = auth.uid();",
    "OPEN, FETCH, MOVE, CLOSE": "OPEN cur; FETCH cur INTO r; CLOSE cur; RETURN r = 'admin';",
    "GET DIAGNOSTICS": "PERFORM 1 FROM public.member; GET DIAGNOSTICS k = ROW_COUNT; RETURN k > 0;",
    "RETURN NEXT": "IF a IS NULL THEN RETURN; END IF; RETURN NEXT b;",
    "RETURN NEXT of OUT parameters": "org := b; RETURN NEXT;",
    "RETURN QUERY": "RETURN QUERY SELECT m.org FROM public.member m WHERE m.user_id = a;",
    "RETURN QUERY of a UNION": "IF a = auth.uid() THEN RETURN QUERY SELECT m.org FROM public.member m UNION SELECT 5; END IF;",
    "RETURN QUERY EXECUTE": "RETURN QUERY EXECUTE 'SELECT 1';",
    "FOR … IN SELECT … RETURN NEXT": "FOR rec IN SELECT m.org FROM public.member m LOOP RETURN NEXT rec.org; END LOOP;",
    "WHILE … RETURN NEXT": "WHILE k < 2 LOOP k := k + 1; RETURN NEXT k; END LOOP;",
    "EXCEPTION … RETURN NEXT": "BEGIN RETURN NEXT b; EXCEPTION WHEN OTHERS THEN NULL; END;",
    "SQL: one SELECT": "SELECT EXISTS (SELECT 1 FROM public.member m WHERE m.user_id = a)",
    "SQL: SELECT … UNION": "SELECT m.org FROM public.member m UNION SELECT 5",
    "SQL: WITH": "WITH w AS (SELECT m.org FROM public.member m WHERE m.user_id = a) SELECT EXISTS (SELECT 1 FROM w)",
    "SQL: several statements": "SELECT 1; SELECT true",
    "SQL: RETURN, BEGIN ATOMIC": "RETURN (a = auth.uid())",
}  # fmt: skip


def reading(kind, body):
    """What is known of a function's value: all of it, the ways to it, or nothing."""
    sql, rows = kind.startswith("SQL"), "NEXT" in body or "QUERY" in body
    text = body if sql else f"{DECLARED} BEGIN {body} END"
    function = Function(
        "public", "f", "uuid, integer", "function", "sql" if sql else "plpgsql", "boolean", "o", False, "stable", text
    )
    names = ("a", "b") if "OUT" not in kind else ("a", "b", "org")
    function = replace(function, parameters=names, returns_set=rows, parsed=kind.endswith("ATOMIC"))
    term = as_term(function, lambda _: frozenset({"user_id", "role", "org"}), lambda name: ("public", name))
    if isinstance(term, Unknown):
        return "any value"
    return "partly" if term.all_of_type(Unknown) else "followed"


def test_the_table_says_of_each_statement_what_is_made_of_it():
    rows = re.findall(r"^\| (?!---)(?!Statement)(.+?) \| (.+?) \|", PAGE.read_text(), re.MULTILINE)
    found = {kind: reading(kind, body) for kind, body in BODIES.items()}
    assert {re.sub(r"`", "", kind): known for kind, known in rows} == found


pytestmark = pytest.mark.skipif(not grammar.available(), reason="no body is followed without PostgreSQL's grammar")
