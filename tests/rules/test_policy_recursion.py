"""The rule says that policies ask each other without end exactly where PostgreSQL, or its stack, does."""

import psycopg2
import pytest

from gatepost.reflect import read
from gatepost.rules import Context
from gatepost.rules.policy_recursion import policy_recursion

START = """
CREATE TABLE public.m (id int, u uuid);
CREATE TABLE public.o (id int, u uuid);
ALTER TABLE public.m ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.o ENABLE ROW LEVEL SECURITY;
GRANT ALL ON public.m, public.o TO authenticated;
CREATE FUNCTION public.invoker() RETURNS SETOF int LANGUAGE sql STABLE AS $$ SELECT id FROM public.m $$;
CREATE FUNCTION public.definer() RETURNS SETOF int LANGUAGE sql STABLE SECURITY DEFINER
AS $$ SELECT id FROM public.m $$;
"""
SELECT_M, INSERT_M = "SELECT 1 FROM public.m", "INSERT INTO public.m VALUES (1)"
READ = "CREATE POLICY s ON public.m FOR SELECT USING (id IN (SELECT {}))"
OWN = "CREATE POLICY s ON public.m FOR SELECT USING ({}auth.uid(){} = u);"
CASES = {
    "itself": ("CREATE POLICY s ON public.m FOR SELECT USING (id IN (SELECT x.id FROM public.m x))", SELECT_M),
    "each other": (
        "CREATE POLICY s ON public.m FOR SELECT USING (id IN (SELECT x.id FROM public.o x));"
        "CREATE POLICY s ON public.o FOR SELECT USING (id IN (SELECT x.id FROM public.m x))",
        SELECT_M,
    ),
    "one way": (
        OWN.format("(SELECT ", ")")
        + "CREATE POLICY s ON public.o FOR SELECT USING (id IN (SELECT x.id FROM public.m x))",
        "SELECT 1 FROM public.o",
    ),
    "an insert, over a policy with a sub-select": (
        OWN.format("(SELECT ", ")")
        + "CREATE POLICY i ON public.m FOR INSERT WITH CHECK (NOT EXISTS (SELECT 1 FROM public.m x WHERE x.id = m.id))",
        INSERT_M,
    ),
    "an insert, over a policy without": (
        OWN.format("", "")
        + "CREATE POLICY i ON public.m FOR INSERT WITH CHECK (NOT EXISTS (SELECT 1 FROM public.m x WHERE x.id = m.id))",
        INSERT_M,
    ),
    "a function of the caller's": (READ.format("public.invoker()"), SELECT_M),
    "a function of its owner's": (READ.format("public.definer()"), SELECT_M),
    "for another role": (READ.replace("USING", "TO service_role USING").format("x.id FROM public.m x"), SELECT_M),
}


@pytest.mark.parametrize("case", CASES)
def test_it_is_reported_where_it_happens(case, rolled_back):
    policies, statement = CASES[case]
    with rolled_back.cursor() as cursor:
        cursor.execute(START + policies)
        found = list(policy_recursion.check(Context(read(cursor))))
        cursor.execute("INSERT INTO public.m VALUES (0); INSERT INTO public.o VALUES (0); SET LOCAL ROLE authenticated")
        try:
            cursor.execute(statement)
            fails = False
        except (psycopg2.errors.InvalidObjectDefinition, psycopg2.errors.StatementTooComplex):
            fails = True
    assert bool(found) is fails
