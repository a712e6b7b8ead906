"""What a table had before it was declared stays: its grants, its row security, and policies that we would not write."""

import pytest
from sqlalchemy import Boolean, Column, ForeignKey, Integer, MetaData, Table, Text, Uuid, exists, select

from gatepost import (
    allow,
    anon,
    anything,
    as_found,
    authenticated,
    declaring,
    member,
    owner,
    protect,
    public,
    through,
    uid,
)
from gatepost.declare.language import collected
from gatepost.errors import DeclarationError
from gatepost.schema import Grant, RowSecurity

TASKS = Table(
    "tasks",
    MetaData(),
    Column("id", Integer, primary_key=True),
    Column("user_id", Uuid),
    Column("done", Boolean),
    Column("role", Text),
)
FOUND = as_found(
    {anon: ("SELECT", ("UPDATE*", "done")), authenticated: ("SELECT",)}, sequences={"id": {anon: ("USAGE",)}}
)


def declared(*rules, found=FOUND):
    with declaring():
        return protect(TASKS, *rules, found=found)


def test_grants_and_row_security_are_those_that_were_found():
    table = declared()
    assert table.row_security == RowSecurity(enabled=True, forced=False)
    assert table.grants == (
        Grant("anon", "SELECT"),
        Grant("anon", "UPDATE", "done", grantable=True),
        Grant("authenticated", "SELECT"),
    )
    assert table.sequences == (("id", (Grant("anon", "USAGE"),)),)


@pytest.mark.parametrize(
    ("rule", "using", "check"),
    [
        (owner(TASKS.c.user_id, "update", per_row=True, with_check=False), '(auth.uid()) = "user_id"', None),
        (
            owner(TASKS.c.user_id, "all", with_check=True),
            '(SELECT auth.uid()) = "user_id"',
            '(SELECT auth.uid()) = "user_id"',
        ),
        (owner(TASKS.c.user_id, "select", column_first=True), '"user_id" = (SELECT auth.uid())', None),
        (allow("update", to=public, where=anything, check=anything), "true", "true"),
        (allow("select", to=anon, where=TASKS.c.user_id == uid(per_row=True)), "tasks.user_id = (auth.uid())", None),
    ],
)
def test_a_policy_is_written_as_it_was(rule, using, check):
    (policy,) = declared(rule).policies
    assert (policy.using, policy.check) == (using, check)


TEAMS = Table("teams", TASKS.metadata, Column("id", Integer, primary_key=True), Column("owner", Uuid))
SEATS = Table("seats", TASKS.metadata, Column("team", Integer), Column("person", Uuid), Column("rank", Integer))
NOTES = Table("notes", TASKS.metadata, Column("id", Integer), Column("team", ForeignKey("teams.id")))
OWN = "teams.owner = (SELECT auth.uid())"


@pytest.mark.parametrize(
    ("rule", "using"),
    [
        (
            through(NOTES.c.team, "select", by=owner(TEAMS.c.owner), shape="in"),
            f"notes.team IN (SELECT teams.id FROM teams WHERE {OWN})",
        ),
        (
            through(NOTES.c.team, "select", by=owner(TEAMS.c.owner, per_row=True), shape="exists", alias="t"),
            "EXISTS (SELECT 1 FROM teams AS t WHERE t.id = notes.team AND t.owner = (auth.uid()))",
        ),
        (through(NOTES.c.team, "select", shape="in"), "notes.team IN (SELECT teams.id FROM teams)"),
        (through(NOTES.c.team), '"team" = ANY (ARRAY(SELECT "teams"."id" FROM "public"."teams"))'),
        (
            member(
                NOTES.c.team, of=SEATS.c.team, user=SEATS.c.person, where=SEATS.c.rank > 1, shape="exists", alias="s"
            ),
            "EXISTS (SELECT 1 FROM seats AS s"
            " WHERE s.team = notes.team AND s.person = (SELECT auth.uid()) AND s.rank > 1)",
        ),
        (
            member(NOTES.c.team, of=SEATS.c.team, user=SEATS.c.person, per_row=True, shape="in"),
            "notes.team IN (SELECT seats.team FROM seats WHERE seats.person = (auth.uid()))",
        ),
    ],
)
def test_a_look_into_another_table_keeps_its_shape(rule, using):
    with declaring():
        (policy,) = protect(NOTES, rule, found=FOUND).policies
    assert policy.using == using


def test_a_shape_is_one_of_three():
    with pytest.raises(DeclarationError, match='"join" is no shape of a policy'):
        through(NOTES.c.team, shape="join")


def test_a_new_table_still_needs_an_index():
    with pytest.raises(DeclarationError, match="no index begins with that column"):
        declared(owner(TASKS.c.user_id), found=None)


def test_what_is_no_privilege_is_refused():
    with pytest.raises(DeclarationError, match="is no privilege"):
        as_found({anon: ("read",)})


def test_a_policy_of_the_platform_may_read_a_table_whose_grants_were_found():
    """No grant lets the role read the table, which `verify` reports; the policy is declared as it is all the same."""
    with declaring():
        protect(TEAMS, found=as_found({}))
        protect("storage.objects", allow("select", to=authenticated, where=exists(select(TEAMS.c.id))))
        assert len(collected().tables) == 2
