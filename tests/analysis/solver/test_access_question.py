"""Whether a caller can use a command with a row that is somebody else's: all policies of a table together."""

import pytest

from gatepost.analysis.conditions.terms import Column, Compare, Const
from gatepost.analysis.solver import Candidate, RuledOut
from gatepost.analysis.solver.access_question import can, passing
from tests.analysis.schemas import note, policy, project

ME = "( SELECT auth.uid() AS uid)"
OWN = f"(owner = {ME})"


def answer(*policies, role="authenticated", command="select", beyond=None, **columns):
    context = project(note(*policies, **columns))
    return can(context.analysis, role, command, context.live.table("public", "note"), beyond)


def test_own_rows_alone():
    assert isinstance(answer(policy("note", "own", "select", OWN)), RuledOut)


def test_an_owner_whose_id_is_a_text():
    own = policy("note", "own", "select", f"(owner = ({ME})::text)")
    assert isinstance(answer(own, owner="text"), RuledOut)
    assert isinstance(answer(own, policy("note", "p", "select", "public"), owner="character varying(36)"), Candidate)


def test_another_policy_lets_rows_of_others_through():
    found = answer(policy("note", "own", "select", OWN), policy("note", "public", "select", "public"))
    row, session = dict(found.row), dict(found.session)
    assert row["public"] is True
    assert row["owner"] not in (None, session["auth.uid()"])


def test_a_restriction_takes_them_away():
    limit = policy("note", "limit", "select", f"{OWN} OR (1 = 2)", permissive=False)
    assert isinstance(answer(policy("note", "all", "select", "true"), limit), RuledOut)


@pytest.mark.parametrize(("command", "kind"), [("select", Candidate), ("insert", RuledOut), ("update", RuledOut)])
def test_a_command_has_its_own_policies(command, kind):
    everything = policy("note", "all", "select", "true"), policy("note", "new", "insert", None, OWN)
    assert isinstance(answer(*everything, policy("note", "own", "update", OWN), command=command), kind)


def test_a_policy_for_another_role_is_none():
    everything = policy("note", "all", "select", "true", roles=("anon",))
    assert isinstance(answer(everything, role="anon"), Candidate)
    assert isinstance(answer(everything), RuledOut)


def test_what_is_allowed_can_be_said():
    public = policy("note", "public", "select", "public")
    allowed = Compare("=", Column("", "public"), Const(True, "boolean"))
    assert isinstance(answer(public, beyond=allowed), RuledOut)


def test_what_lets_nobody_pass_is_false():
    context = project(note())
    assert passing(context.analysis, "anon", "select", context.live.table("public", "note")).value is False
