"""Declared functions and views beside those of a database, read from the catalog alone."""

import pytest

from gatepost import authenticated, verify
from gatepost.declare.declaration import Declaration
from gatepost.migrate import Function, View
from gatepost.rules import named_rule

BODY = "RETURNS int LANGUAGE sql SECURITY DEFINER SET search_path = '' AS 'SELECT 1'"
FUNCTION = Function("public", "one(n integer)", BODY, to=authenticated)
VIEW = View("public", "titles", "SELECT 1 AS id", to=authenticated)
AS_DECLARED = f"""
CREATE FUNCTION one(n integer) {BODY};
CREATE VIEW titles WITH (security_invoker = true) AS SELECT 1 AS id;
REVOKE ALL ON FUNCTION one FROM PUBLIC, anon, authenticated, service_role;
REVOKE ALL ON titles FROM PUBLIC, anon, authenticated, service_role;
GRANT EXECUTE ON FUNCTION one TO authenticated, service_role;
GRANT SELECT ON titles TO authenticated, service_role;
"""


def found(connection, statement="", entities=(FUNCTION, VIEW)):
    with connection.cursor() as cursor:
        cursor.execute(AS_DECLARED + statement)
    declaration = Declaration(entities=tuple(one.declared for one in entities))
    return verify(connection, declaration=declaration, rules=[named_rule("drift")])


def test_what_is_as_declared_is_no_drift(rolled_back):
    result = found(rolled_back)
    assert not result.findings
    assert not [one for one in result.not_checked if "public.one" in one.what]


DRIFTS = {
    "its roles": (
        "GRANT EXECUTE ON FUNCTION one TO anon; REVOKE EXECUTE ON FUNCTION one FROM authenticated",
        'drift: "public.one(integer)" differs from its declaration: EXECUTE to anon should not be there;'
        " EXECUTE to authenticated is missing",
    ),
    "whose privileges": (
        "ALTER FUNCTION one SECURITY INVOKER",
        "it runs as its caller, declared is as its owner",
    ),
    "its search path": ("ALTER FUNCTION one RESET search_path", "it runs on the search path of whoever calls it"),
    "a function that is gone": ("DROP FUNCTION one", "it is declared but not in the database"),
    "a view as its owner": (
        "ALTER VIEW titles SET (security_invoker = false)",
        "it has security_invoker = false, declared is true",
    ),
    "a view's roles": (
        "GRANT SELECT (id), INSERT ON titles TO anon",
        "INSERT to anon should not be there; SELECT (id)",
    ),
}


@pytest.mark.parametrize(("statement", "said"), DRIFTS.values(), ids=DRIFTS)
def test_drift_of_a_function_or_view_is_reported_and_its_fix_ends_it(rolled_back, statement, said):
    (finding,) = found(rolled_back, statement).findings
    assert said in f"{finding.rule}: {finding.message}"
    if "is declared but not" in said:
        return
    with rolled_back.cursor() as cursor:
        cursor.execute(finding.fix)
    declaration = Declaration(entities=(FUNCTION.declared, VIEW.declared))
    assert not verify(rolled_back, declaration=declaration, rules=[named_rule("drift")]).findings


@pytest.mark.parametrize(
    ("other", "checked"), [("one(n text)", True), ("one(n integer, more numeric(3, 1))", True), ("one(n int4[])", True)]
)
def test_a_function_is_found_among_its_namesakes(rolled_back, other, checked):
    result = found(rolled_back, f"CREATE FUNCTION {other} RETURNS int LANGUAGE sql AS 'SELECT 2'")
    assert not result.findings
    assert not [one for one in result.not_checked if "public.one" in one.what]


def test_a_function_that_is_not_found_among_its_namesakes_is_not_checked(rolled_back):
    written = Function("public", "one(n int)", BODY, to=authenticated)  # `int` is how nobody's catalog writes it
    result = found(rolled_back, "CREATE FUNCTION one(n text) RETURNS int LANGUAGE sql AS 'SELECT 2'", (written,))
    assert [one.what for one in result.not_checked if "public.one" in one.what] == ["public.one(n int)"]
