"""A function's body is followed along its paths: it is equal to the condition that says the same in one expression."""

# ruff: noqa: E501  (a body and its condition are read side by side)

import pytest

from gatepost.analysis import parse
from gatepost.analysis.conditions.bodies.inlining import Follower
from gatepost.analysis.conditions.grammar import available
from gatepost.analysis.solver import Frame, compare
from gatepost.schema import Column, Function, RowSecurity, Schema, Table

pytestmark = pytest.mark.skipif(not available(), reason="no body is followed without PostgreSQL's grammar")


def table(name, *columns):
    made = tuple(Column(column, type_) for column, type_ in columns)
    return Table("public", name, "table", "postgres", RowSecurity(True, False), columns=made)


NOTE = table("note", ("owner", "uuid"), ("n", "integer"), ("flag", "boolean"), ("kind", "text"))
MEMBER = table("member", ("person", "uuid"), ("team", "integer"), ("role", "text"))
TEAM = "RETURN QUERY SELECT m.team FROM public.member m WHERE m.person = a;"
IN_TEAM = "EXISTS (SELECT 1 FROM public.member m WHERE (m.person = owner) AND (m.team = n){})"


def followed(body, call, *, returns_set=False, strict=False, language="plpgsql"):
    text = f"DECLARE c boolean := true; r text; BEGIN {body} END" if language == "plpgsql" else body
    function = Function(
        "public", "f", "uuid, integer", "function", language, "integer" if returns_set else "boolean", "postgres",
        False, "stable", text, returns_set=returns_set, strict=strict, parameters=("a", "b"),
    )  # fmt: skip
    live = Schema("d", 170000, "postgres", ("public",), tables=(NOTE, MEMBER), functions=(function,))
    return Follower(live).follow(parse(call)), Frame(NOTE, live)


SCALARS = {
    "an early return": ("IF a IS NULL THEN RETURN false; END IF; RETURN b > 0;", "(owner IS NOT NULL) AND (n > 0)"),
    "a condition that is NULL is not taken": ("IF b > 0 THEN RETURN true; END IF; RETURN false;", "COALESCE((n > 0), false)"),
    "an ELSIF": ("IF b > 5 THEN RETURN true; ELSIF b > 3 THEN RETURN NULL; ELSE RETURN false; END IF;", "CASE WHEN (n > 5) THEN true WHEN (n > 3) THEN NULL::boolean ELSE false END"),
    "an assignment on one path": ("IF b > 0 THEN c := false; END IF; RETURN c;", "CASE WHEN (n > 0) THEN false ELSE true END"),
    "an assignment before": ("c := (b = 1); RETURN NOT c;", "NOT (n = 1)"),
    "an assignment of NULL": ("c := NULL; RETURN c IS NULL;", "true"),
    "the end without a RETURN of one path": ("IF b = 1 THEN RETURN true; END IF; RETURN NULL;", "CASE WHEN (n = 1) THEN true ELSE NULL::boolean END"),
    "a CASE": ("CASE b WHEN 1 THEN RETURN true; WHEN 2 THEN RETURN false; ELSE RETURN NULL; END CASE;", "CASE WHEN (n = 1) THEN true WHEN (n = 2) THEN false ELSE NULL::boolean END"),
    "a row that was looked for": ("PERFORM 1 FROM public.member m WHERE m.person = a AND m.team = b; IF NOT FOUND THEN RETURN false; END IF; RETURN true;", IN_TEAM.format("")),
    "a block inside": ("BEGIN IF b = 1 THEN RETURN true; END IF; END; RETURN false;", "COALESCE((n = 1), false)"),
    "two guards": ("IF b IS NULL THEN RETURN false; END IF; IF a IS DISTINCT FROM auth.uid() THEN RETURN false; END IF; RETURN true;", "(n IS NOT NULL) AND (NOT (owner IS DISTINCT FROM auth.uid()))"),
}  # fmt: skip


@pytest.mark.parametrize(("body", "condition"), SCALARS.values(), ids=SCALARS)
def test_what_a_function_returns(body, condition):
    term, frame = followed(body, "public.f(owner, n)")
    assert compare(term, parse(condition), frame).relation == "equal"


def test_a_path_that_raises_lets_nobody_through():
    term, frame = followed("IF b > 0 THEN RAISE EXCEPTION 'no'; END IF; RETURN true;", "public.f(owner, n)")
    assert compare(term, parse("(n > 0) IS NOT TRUE"), frame).relation in ("right implies left", "not known", "apart")
    term, frame = followed("RAISE NOTICE 'yes'; RETURN b > 0;", "public.f(owner, n)")
    assert compare(term, parse("n > 0"), frame).relation == "equal"


ROWS = {
    "a query": (TEAM, IN_TEAM.format("")),
    "a return before it": (f"IF b > 5 THEN RETURN; END IF; {TEAM}", IN_TEAM.format(" AND ((n > 5) IS NOT TRUE)")),
    "a return on an inner path": (f"IF b > 5 THEN IF a = auth.uid() THEN RETURN; END IF; END IF; {TEAM}", IN_TEAM.format(" AND (((n > 5) AND (owner = auth.uid())) IS NOT TRUE)")),
    "an ELSE": (f"IF b > 5 THEN RETURN; ELSE {TEAM} END IF;", IN_TEAM.format(" AND ((n > 5) IS NOT TRUE)")),
    "an ELSIF after a refusal": (f"IF b > 5 THEN RETURN; ELSIF b > 3 THEN {TEAM} END IF;", IN_TEAM.format(" AND (n > 3) AND ((n > 5) IS NOT TRUE)")),
    "two queries": (f"{TEAM} RETURN NEXT 5;", f"{IN_TEAM.format('')} OR (n = 5)"),
    "nothing behind a RETURN": (f"{TEAM} RETURN; RETURN NEXT 5;", IN_TEAM.format("")),
    "a variable": ("c := (b = 1); IF c THEN RETURN NEXT 1; END IF;", "n = 1"),
}  # fmt: skip


@pytest.mark.parametrize(("body", "condition"), ROWS.values(), ids=ROWS)
def test_which_rows_a_function_returns(body, condition):
    term, frame = followed(body, "(n IN (SELECT public.f(owner, n) AS f))", returns_set=True)
    assert compare(term, parse(condition), frame).relation == "equal"


def test_a_variable_that_a_branch_sets_is_not_what_it_was():
    body = "IF b > 0 THEN c := false; END IF; IF c THEN RETURN NEXT 5; END IF;"
    term, frame = followed(body, "(5 IN (SELECT public.f(owner, n) AS f))", returns_set=True)
    assert compare(term, parse("true"), frame).relation != "equal"


STRICT = {
    "no row": (TEAM, "(n IN (SELECT public.f(owner, n) AS f))", True, IN_TEAM.format("")),
    "NULL": ("RETURN a IS NULL;", "public.f(owner, n)", False, "false"),
    "NULL, also denied": ("RETURN a IS NULL;", "(NOT public.f(owner, n))", False, "(owner IS NOT NULL) AND (n IS NOT NULL)"),
}  # fmt: skip


@pytest.mark.parametrize(("body", "call", "returns_set", "condition"), STRICT.values(), ids=STRICT)
def test_a_strict_function_over_null(body, call, returns_set, condition):
    term, frame = followed(body, call, returns_set=returns_set, strict=True)
    assert compare(term, parse(condition), frame).relation == "equal"


def test_an_sql_function():
    term, frame = followed("SELECT a = auth.uid() OR b > 0", "public.f(owner, n)", language="sql")
    assert compare(term, parse("(owner = auth.uid()) OR (n > 0)"), frame).relation == "equal"
