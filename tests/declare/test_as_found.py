"""What a table had before it was declared stays: its grants, its row security, and policies that we would not write."""

import pytest
from sqlalchemy import Boolean, Column, Integer, MetaData, Table, Text, Uuid

from gatepost import allow, anon, anything, as_found, authenticated, declaring, owner, protect, public, uid
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
        (allow("update", to=public, where=anything, check=anything), "true", "true"),
        (allow("select", to=anon, where=TASKS.c.user_id == uid(per_row=True)), "tasks.user_id = (auth.uid())", None),
    ],
)
def test_a_policy_is_written_as_it_was(rule, using, check):
    (policy,) = declared(rule).policies
    assert (policy.using, policy.check) == (using, check)


def test_a_new_table_still_needs_an_index():
    with pytest.raises(DeclarationError, match="no index begins with that column"):
        declared(owner(TASKS.c.user_id), found=None)


def test_what_is_no_privilege_is_refused():
    with pytest.raises(DeclarationError, match="is no privilege"):
        as_found({anon: ("read",)})
