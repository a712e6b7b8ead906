"""Whether a SECURITY DEFINER function compares the rows that it returns with who is calling."""

# ruff: noqa: E501  (a body is read in one line)

import pytest

from gatepost.analysis.conditions.grammar import available
from gatepost.analysis.functions.caller_checks import NOT_COMPARED, WITHOUT_USER, identity_not_compared
from gatepost.analysis.functions.security_definer import callable_definers, chosen_owner, hidden_reads
from tests.analysis.schemas import function, note, policy, project

pytestmark = pytest.mark.skipif(not available(), reason="no body is followed without PostgreSQL's grammar")

OWN = policy("note", "own", "select", "(owner = ( SELECT auth.uid() AS uid))")
TEAM = policy(
    "note",
    "team",
    "select",
    "(team IN ( SELECT m.team FROM public.member m WHERE (m.person = ( SELECT auth.uid() AS uid))))",
)
ROWS = "RETURN QUERY SELECT n.body FROM public.note n"
OF_P, OF_T = f"{ROWS} WHERE n.owner = p;", f"{ROWS} WHERE n.team = t;"
MEMBER = "FROM public.member m WHERE m.team = t AND m.person = auth.uid()"
NULL = "its refusal does not fire when the caller's id is NULL"
BODIES = {
    "compares": (f"{ROWS} WHERE n.owner = auth.uid();", ""),
    "joins the caller": (f"{ROWS} JOIN public.member m ON m.team = n.team WHERE m.person = auth.uid();", ""),
    "refuses others": (f"IF p IS DISTINCT FROM auth.uid() THEN RAISE EXCEPTION 'no'; END IF; {OF_P}", ""),
    "refuses whoever is not signed in, and others": (f"IF auth.uid() IS NULL OR p <> auth.uid() THEN RETURN; END IF; {OF_P}", ""),
    "refuses others where it can compare": (f"IF p <> auth.uid() THEN RAISE EXCEPTION 'no'; END IF; {OF_P}", NULL),
    "refuses others of those who are signed in": (f"IF auth.uid() IS NOT NULL THEN IF p <> auth.uid() THEN RAISE EXCEPTION 'no'; END IF; END IF; {OF_P}", WITHOUT_USER),
    "remarks": (f"IF p IS DISTINCT FROM auth.uid() THEN RAISE NOTICE 'no'; END IF; {OF_P}", NOT_COMPARED),
    "looks the caller up": (f"IF NOT EXISTS (SELECT 1 {MEMBER}) THEN RAISE EXCEPTION 'no'; END IF; {OF_T}", ""),
    "asks a helper": (f"IF NOT public.is_member(t) THEN RAISE EXCEPTION 'no'; END IF; {OF_T}", ""),
    "asks whether a row was found": (f"PERFORM 1 {MEMBER}; IF NOT FOUND THEN RAISE EXCEPTION 'no'; END IF; {OF_T}", ""),
    "does not ask whether a row was found": (f"PERFORM 1 {MEMBER}; {OF_T}", NOT_COMPARED),
    "returns all to admins": (f"IF public.is_admin() THEN {ROWS}; ELSE {ROWS} WHERE n.owner = auth.uid(); END IF;", ""),
    "returns more on one path": (f"IF t > 5 THEN {OF_T} END IF; {ROWS} WHERE n.owner = auth.uid();", NOT_COMPARED),
    "takes the caller as a default": (f"{ROWS} WHERE n.owner = coalesce(p, auth.uid());", NOT_COMPARED),
    "compares in one of two ways": (f"{ROWS} WHERE n.owner = auth.uid() OR n.public;", NOT_COMPARED),
    "asks for a claim": (f"IF (auth.jwt() -> 'app_metadata' ->> 'role') IS DISTINCT FROM 'admin' THEN RAISE EXCEPTION 'no'; END IF; {ROWS};", ""),
}  # fmt: skip


def found(body):
    made = function(
        "f",
        "uuid, integer",
        f"BEGIN {body} END",
        returns="text",
        language="plpgsql",
        parameters=("p", "t"),
        returns_set=True,
    )
    context = project(note(OWN, TEAM), functions=(made,))
    return context, next(one for one in callable_definers(context) if one.function.name == "f")


@pytest.mark.parametrize(("body", "why"), BODIES.values(), ids=BODIES)
def test_whether_a_function_compares_its_caller(body, why):
    context, one = found(body)
    assert identity_not_compared(one, context, {table.key for table in hidden_reads(one, context)}) == why


@pytest.mark.parametrize(
    ("body", "chosen"),
    [
        (OF_P, ("owner",)),
        (OF_T, ("team",)),
        (f"{ROWS} WHERE n.id = t;", ()),
        (f"{ROWS} WHERE n.owner = auth.uid();", ()),
    ],
)
def test_which_owner_the_caller_chooses(body, chosen):
    context, one = found(body)
    assert chosen_owner(one, context, hidden_reads(one, context)) == chosen
