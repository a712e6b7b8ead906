"""Rules joined by `|` and `&`, the rules of members and restated parents, and calls of the project's functions."""

import pytest
from alembic_utils.pg_function import PGFunction
from sqlalchemy import ForeignKey, Integer, MetaData, Uuid, column
from sqlalchemy.orm import DeclarativeBase, mapped_column

from gatepost import (
    Role,
    allow,
    anon,
    anything,
    authenticated,
    call,
    claim,
    claims,
    declaring,
    folder,
    member,
    owner,
    protect,
    restrict,
    through,
    uid,
)
from gatepost.declare.language import collected
from gatepost.errors import DeclarationError
from tests.tables import Member, Note, Team, User

UID = "(SELECT auth.uid())"


@pytest.fixture(autouse=True)
def _apart():
    with declaring():
        yield


def policy(*rules, of=Note):
    (found,) = protect(of, *rules).policies
    return found


def of_team(*commands, **options):
    return member(Note.team_id, *commands, of=Member.team_id, user=Member.user_id, **options)


def test_either_rule_is_one_policy():
    found = policy(owner(Note.user_id, "select") | of_team())
    memberships = f'ANY (ARRAY(SELECT "my table".team_id FROM "my table" WHERE "my table".user_id = {UID}))'
    assert found.using == f'({UID} = "user_id") OR ("CamelTable".team_id = {memberships})'
    assert found.name == "CamelTable_select_owner_or_member"


def test_a_condition_joins_a_rule_for_old_and_new_rows():
    found = policy(owner(Note.user_id, "update") & Note.flag)
    assert found.using == found.check == f'({UID} = "user_id") AND ("CamelTable".flag)'


def test_rules_of_one_kind_are_joined_flat_and_others_are_nested():
    is_admin = claim("role") == "admin"
    mine = owner(Note.user_id, "select", name="mine")
    assert policy(mine | Note.flag | is_admin).using.count(") OR (") == 2
    with declaring():
        assert policy(mine | (owner(Note.user_id, "select") & Note.flag)).using.count(" AND ") == 1
    with declaring():
        assert policy(mine | Note.flag).name == "mine"


def test_a_session_wide_condition_needs_the_explicit_word():
    with pytest.raises(DeclarationError, match="joins the row's own condition by OR"):
        protect(Note, allow("select", to=authenticated, where=(Note.user_id == uid()) | (claim("role") == "admin")))


def test_a_restated_parent_is_read_as_its_own_rule_says():
    found = policy(through(Note.user_id, "update", by=User.email == claim("email")))
    assert found.using == found.check
    assert "email = (SELECT auth.jwt() ->> 'email')" in found.using
    with declaring():
        found = policy(through(Note.team_id, by=member(Team.id, of=Member.team_id, user=Member.user_id)))
        assert found.using.count("ANY (ARRAY(SELECT") == 2


def test_all_is_one_policy_whose_new_rows_are_checked_like_the_old():
    found = policy(owner(Note.user_id, "all", name="Users manage their own"))
    assert (found.command, found.name, found.check) == ("all", "Users manage their own", None)
    with declaring():
        table = protect(Note, allow("all", to=authenticated, where=Note.user_id == uid(), check=Note.flag))
        assert [one.check for one in table.policies] == ['"CamelTable".flag']
        assert {grant.privilege for grant in table.grants if grant.grantee == "authenticated"} == {
            "DELETE",
            "INSERT",
            "SELECT",
            "UPDATE",
        }


def test_open_inserts_need_an_explicit_word():
    assert policy(allow("insert", to=anon, check=anything)).check == "true"
    with pytest.raises(DeclarationError, match="write every row"):
        allow("insert", to=anon)


def test_a_call_without_a_column_runs_once_a_statement():
    assert call("is_admin").compile().string.strip("()") == 'SELECT "public"."is_admin"() AS is_admin'
    found = policy(allow("select", to=authenticated, where=call("private.may read", Note.team_id, "it's")))
    assert found.using == '"private"."may read"("CamelTable".team_id, \'it\'\'s\')'
    entity = PGFunction("private", 'is_admin("who" uuid)', "RETURNS boolean LANGUAGE sql AS $$ SELECT true $$")
    with declaring():
        found = policy(allow("select", to=authenticated, where=call(entity, uid())))
    assert found.using == f'(SELECT "private"."is_admin"({UID}) AS is_admin)'


def test_an_array_of_claims_is_cast_on_its_own_side():
    found = policy(allow("select", to=authenticated, where=Note.team_id.in_(claims("app_metadata", "teams"))))
    assert found.using == (
        "\"CamelTable\".team_id = ANY (ARRAY(SELECT value::bigint FROM jsonb_array_elements_text("
        "auth.jwt() -> 'app_metadata' -> 'teams') AS value))"
    )  # fmt: skip


@pytest.mark.parametrize(
    ("write", "reason"),
    [
        (lambda: owner(Note.user_id) | of_team(), 'both sides of "|" must have the same commands'),
        (lambda: owner(Note.user_id, "select") & of_team(to=Role("app")), "must have the same roles"),
        (lambda: owner(Note.user_id, "select") | of_team(columns=(Note.name,)), "must have the same columns"),
        (lambda: owner(Note.user_id, "all") | owner(Note.user_id), "must have the same FOR ALL"),
        (lambda: owner(Note.user_id) | restrict("select", to=anon, where=Note.flag), "restrict() cannot be joined"),
        (lambda: owner(Note.user_id) | "flag", "is a plain string"),
        (lambda: owner(Note.user_id, "all", "select"), '"all" stands alone'),
        (lambda: member(Note.team_id, of=Member.team_id, user=Note.user_id), 'of= from "my table" and user= from'),
        (lambda: through(Note.team_id, by=owner(User.id)), 'by= names the column "id" of "user"'),
        (lambda: through(Note.user_id, by=owner(User.id, "select")), "takes neither commands, columns nor a name"),
        (lambda: call("is_admin()"), "needs the name of a function"),
        (lambda: call("a.b.c"), "needs the name of a function"),
        (
            lambda: protect(Note, allow("select", to=anon, where=Note.user_id.in_(claims("user_metadata")))),
            "by the user",
        ),
        (lambda: folder(0), "the first one is 1"),
        (lambda: protect(Team, of_team()), 'member() on "team" names the column "team_id" of "CamelTable"'),
        (lambda: protect(Team, owner(Note.user_id) | Note.flag), 'owner() on "team" names the column "user_id"'),
    ],
)
def test_a_mistake_is_reported_with_its_line(write, reason):
    with pytest.raises(DeclarationError) as raised:
        write()
    assert reason in raised.value.message
    assert (
        raised.value.message.startswith("tests/declare/test_joined_rules.py:")
        or "user_metadata" in reason + raised.value.message
    )
    assert raised.value.hint


def test_a_restated_parent_may_be_written_through_although_everybody_reads_it():
    class Base(DeclarativeBase):
        metadata = MetaData()

    class Book(Base):
        __tablename__ = "books"
        id = mapped_column(Integer, primary_key=True)
        user_id = mapped_column(Uuid, index=True)

    class Page(Base):
        __tablename__ = "pages"
        id = mapped_column(Integer, primary_key=True)
        book_id = mapped_column(ForeignKey("books.id"), index=True)

    protect(Book, allow("select", to=authenticated))
    protect(Page, through(Page.book_id, "select", "update", by=owner(Book.user_id)))
    collected()
    with declaring():
        protect(Book, owner(Book.user_id, "select") | (column("id") > 5))
        protect(Page, through(Page.book_id, "update"))
        with pytest.raises(DeclarationError, match="could change all rows"):
            collected()
