"""What a declaration lets in is decided before the row is stored: no helper finds it, and no key refuses it."""

import pytest
from sqlalchemy import Column, ForeignKey, MetaData, Table, Text, Uuid

from gatepost import allow, authenticated, call, declaring, protect
from gatepost.declare.declaration import Declaration
from gatepost.observation.run import Scope

TEAMS = """
CREATE TABLE team (id uuid PRIMARY KEY);
CREATE TABLE member (team_id uuid REFERENCES team, user_id uuid REFERENCES auth.users, job text NOT NULL,
                     PRIMARY KEY (team_id, user_id));
CREATE INDEX ON member (user_id);
CREATE FUNCTION leads(team uuid) RETURNS boolean LANGUAGE sql STABLE SECURITY DEFINER SET search_path = ''
  AS $$ SELECT EXISTS (SELECT FROM public.member m
                        WHERE m.team_id = team AND m.user_id = (SELECT auth.uid()) AND m.job = 'lead') $$;
REVOKE ALL ON team, member FROM anon, authenticated;
GRANT SELECT, INSERT ON member TO authenticated; GRANT SELECT, INSERT, UPDATE, DELETE ON member, team TO service_role;
ALTER TABLE team ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
ALTER TABLE member ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY member_select_authenticated ON member FOR SELECT TO authenticated USING (leads(team_id));
CREATE POLICY member_insert_authenticated ON member FOR INSERT TO authenticated WITH CHECK ({check});
"""


def declaration():
    metadata = MetaData()
    team = Table("team", metadata, Column("id", Uuid, primary_key=True))
    member = Table("member", metadata, Column("team_id", ForeignKey("team.id"), primary_key=True),
                   Column("user_id", Uuid, primary_key=True, index=True), Column("job", Text))  # fmt: skip
    leads = call("public.leads", member.c.team_id)
    with declaring() as statements:
        protect(team)
        protect(
            member,
            allow("select", to=authenticated, where=leads),
            allow("insert", to=authenticated, check=leads),
        )
        return Declaration(tuple(statements.values()))


@pytest.mark.parametrize(
    ("check", "beyond"), [("leads(team_id)", []), ("user_id = (SELECT auth.uid())", ["insert"])], ids=["sound", "open"]
)
def test_who_joins_is_not_let_in_by_the_row_that_joins(designs, check, beyond):
    result = designs.observe(TEAMS.format(check=check), Scope(declaration=declaration()))
    found = [one.detail for one in result.findings if one.rule == "access-beyond-declaration"]
    assert [detail.split(":")[0] for detail in found] == beyond, result.findings
    assert result.not_checked == ()
