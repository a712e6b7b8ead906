"""PostgreSQL decides what a declared INSERT condition lets in, as in every INSERT: before the row is there."""

import pytest
from sqlalchemy import Column, ForeignKey, MetaData, Table, Text, Uuid

from gatepost import allow, authenticated, call, declaring, owner, protect
from gatepost.declare.declaration import Declaration
from gatepost.observation.run import Scope

TEAMS = """
CREATE SCHEMA private; GRANT USAGE ON SCHEMA private TO authenticated;
CREATE TABLE team (id uuid PRIMARY KEY, created_by uuid NOT NULL REFERENCES auth.users);
CREATE TABLE member (team_id uuid NOT NULL REFERENCES team, user_id uuid NOT NULL REFERENCES auth.users,
  kind text NOT NULL DEFAULT 'plain' CHECK (kind IN ('lead', 'plain')), PRIMARY KEY (team_id, user_id));
CREATE INDEX ON team (created_by); CREATE INDEX ON member (user_id);
CREATE FUNCTION private.leads(team uuid) RETURNS boolean LANGUAGE sql STABLE SECURITY DEFINER SET search_path = '' AS
  $$ SELECT EXISTS (SELECT FROM public.member m WHERE m.team_id = $1 AND m.user_id = auth.uid() AND m.kind = 'lead') $$;
ALTER TABLE team ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
ALTER TABLE member ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
REVOKE ALL ON team, member FROM anon, authenticated;
GRANT SELECT, INSERT, UPDATE, DELETE ON team, member TO authenticated, service_role;
CREATE POLICY own ON team TO authenticated USING (created_by = (SELECT auth.uid()));
CREATE POLICY lead ON member TO authenticated USING ({lead}) WITH CHECK ({lead});
"""
LEADS = "private.leads(team_id)"


def declaration():
    metadata = MetaData()
    team = Table("team", metadata, Column("id", Uuid, primary_key=True), Column("created_by", Uuid, index=True))
    member = Table("member", metadata, Column("team_id", ForeignKey("team.id"), primary_key=True),
                   Column("user_id", Uuid, primary_key=True, index=True), Column("kind", Text))  # fmt: skip
    with declaring() as statements:
        protect(team, owner(team.c.created_by, "all"))
        protect(member, allow("all", to=authenticated, where=call("private.leads", member.c.team_id)))
        return Declaration(tuple(statements.values()))


@pytest.mark.parametrize(
    ("lead", "differs"),
    [
        (LEADS, []),
        (f"{LEADS} OR user_id = auth.uid()", ["access-beyond-declaration"]),
        (f"{LEADS} AND kind <> 'lead' AND kind <> 'plain'", ["access-short-of-declaration"]),
    ],
    ids=["as declared", "whoever names themselves", "nobody"],
)
def test_a_key_that_is_taken_and_a_helper_that_reads_the_table(designs, lead, differs):
    run = designs.observe(TEAMS.format(lead=lead), Scope(declaration=declaration()))
    inserts = [one.rule for one in run.findings if one.object == "public.member" and one.detail == "insert"]
    assert [rule for rule in inserts if "declaration" in rule] == differs
    assert [str(one.what) for one in run.not_checked if "insert" in str(one.what)] == []
