"""What costs is information, and a warning where the table is big."""

from dataclasses import replace

import pytest

from gatepost.reflect import read
from gatepost.rules import Context, all_rules

COST = {
    "auth-function-evaluated-per-row",
    "helper-per-row",
    "policy-column-without-index",
    "multiple-permissive-policies",
}
NOTE = """
CREATE TABLE public.member (team_id bigint, user_id uuid, PRIMARY KEY (team_id, user_id));
CREATE TABLE public.note (id bigint PRIMARY KEY, user_id uuid NOT NULL, team_id bigint, shown boolean);
ALTER TABLE public.note ENABLE ROW LEVEL SECURITY;
GRANT SELECT ON public.note, public.member TO authenticated;
CREATE FUNCTION public.of_team(team bigint) RETURNS boolean LANGUAGE sql STABLE SECURITY DEFINER SET search_path = ''
AS $$ SELECT EXISTS (SELECT 1 FROM public.member m WHERE m.team_id = team AND m.user_id = (SELECT auth.uid())) $$;
"""


def found(rolled_back, policies, rows):
    with rolled_back.cursor() as cursor:
        cursor.execute(NOTE + policies)
        live = read(cursor)
    rolled_back.rollback()
    context = Context(replace(live, tables=tuple(replace(table, rows=rows) for table in live.tables)))
    return {f.rule: f.severity for rule in all_rules() if rule.name in COST for f in rule.check(context)}


@pytest.mark.parametrize(("rows", "severity"), [(-1, "info"), (500, "info"), (1_000_000, "warning")])
def test_size_decides_how_loudly(rolled_back, rows, severity):
    policies = """
    CREATE POLICY own ON public.note FOR SELECT TO authenticated USING (auth.uid() = user_id);
    CREATE POLICY team ON public.note FOR SELECT TO authenticated USING (public.of_team(team_id));
    """
    assert found(rolled_back, policies, rows) == dict.fromkeys(COST, severity)


def test_the_declared_way_costs_nothing(rolled_back):
    policies = """
    CREATE INDEX ON public.note (user_id);
    CREATE POLICY own ON public.note FOR SELECT TO authenticated USING ((SELECT auth.uid()) = user_id);
    """
    assert found(rolled_back, policies, 1_000_000) == {}


def test_a_value_that_is_read_once_inside_a_set_costs_nothing(rolled_back):
    policies = """
    CREATE INDEX ON public.note (team_id);
    CREATE POLICY team ON public.note FOR SELECT TO authenticated USING (team_id = ANY (ARRAY(
        SELECT m.team_id FROM public.member m WHERE m.user_id = (SELECT auth.uid()))));
    """
    assert found(rolled_back, policies, 1_000_000) == {}
