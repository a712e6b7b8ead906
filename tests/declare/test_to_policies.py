"""From rules to grants, sequences and the indexes that they need."""

import pytest
from sqlalchemy import (
    BigInteger,
    Column,
    ForeignKey,
    Identity,
    Index,
    Integer,
    PrimaryKeyConstraint,
    Text,
    UniqueConstraint,
    Uuid,
    func,
    text,
)

from gatepost import Role, allow, anon, authenticated, claim, declaring, owner, protect, public, restrict, uid
from gatepost.errors import DeclarationError
from gatepost.schema import Grant
from tests.tables import table

BACKEND = {("service_role", privilege, None) for privilege in ("DELETE", "INSERT", "SELECT", "UPDATE")}


@pytest.fixture(autouse=True)
def _apart():
    with declaring():
        yield


@pytest.fixture
def notes():
    return table(
        "notes",
        Column("id", Integer, Identity(), primary_key=True),
        Column("user_id", Uuid, index=True),
        Column("body", Text),
        Column("my secret", Text, key="secret"),
    )


def grants(table, *rules, **options):
    found = protect(table, *rules, **options).grants
    assert list(found) == sorted(found, key=lambda one: (one.grantee, one.privilege, one.column or ""))
    assert {(one.grantee, one.privilege, one.column) for one in found} >= BACKEND
    return {(one.grantee, one.privilege, one.column) for one in found} - BACKEND


def test_only_what_the_rules_need_is_granted(notes):
    assert grants(notes) == set()
    with declaring():
        assert grants(notes, owner(notes.c.user_id, "select", "delete")) == {
            ("authenticated", "SELECT", None),
            ("authenticated", "DELETE", None),
        }


def test_hidden_columns_leave_column_grants_and_the_backend_whole(notes):
    assert grants(notes, owner(notes.c.user_id), hide=(notes.c.secret,)) == {
        ("authenticated", "DELETE", None),
        *(
            ("authenticated", privilege, column)
            for privilege in ("INSERT", "SELECT", "UPDATE")
            for column in ("id", "user_id", "body")
        ),
    }


def test_a_hidden_column_stays_hidden_from_a_rule_that_names_it(notes):
    rule = allow("select", to=anon, columns=(notes.c.secret, notes.c.body))
    assert grants(notes, rule, hide=("my secret",)) == {("anon", "SELECT", "body")}


def test_columns_of_several_rules_add_up(notes):
    found = grants(
        notes,
        allow("select", to=(anon, authenticated), columns=(notes.c.id,)),
        owner(notes.c.user_id, "select", columns=("body",)),
        owner(notes.c.user_id, "update", columns=(notes.c.body,)),
    )
    assert found == {
        ("anon", "SELECT", "id"),
        ("authenticated", "SELECT", "id"),
        ("authenticated", "SELECT", "body"),
        ("authenticated", "UPDATE", "body"),
    }


def test_columns_that_add_up_to_all_are_the_whole_table(notes):
    found = grants(
        notes,
        allow("select", to=anon, columns=("id", "body")),
        allow("select", to=anon, columns=("my secret", "user_id"), name="rest"),
    )
    assert found == {("anon", "SELECT", None)}


def test_a_rule_without_columns_reaches_all_that_are_not_hidden(notes):
    found = grants(
        notes,
        allow("select", to=anon, columns=("id",)),
        allow("select", to=anon, name="all", where=notes.c.body == "x"),
    )
    assert found == {("anon", "SELECT", None)}


def test_a_delete_is_always_whole(notes):
    assert grants(notes, owner(notes.c.user_id, "delete", columns=("id",)), hide=("my secret",)) == {
        ("authenticated", "DELETE", None)
    }


def test_a_restriction_grants_nothing(notes):
    assert grants(notes, restrict("select", to=public, where=notes.c.user_id == uid())) == set()


def test_public_and_roles_of_ones_own(notes):
    assert grants(notes, allow("select", to=public), allow("select", to=Role("app admin"), name="b")) == {
        ("public", "SELECT", None),
        ("app admin", "SELECT", None),
    }


@pytest.mark.parametrize("type_", [Integer, BigInteger])
def test_a_serial_key_gives_its_inserters_the_sequence(type_):
    serial = table("serial", Column("id", type_, primary_key=True), Column("user_id", Uuid, index=True))
    protected = protect(
        serial,
        owner(serial.c.user_id, "insert"),
        allow("select", to=anon),
        restrict("insert", to=Role("x"), check=serial.c.user_id == uid()),
    )
    assert protected.sequences == (("id", (Grant("authenticated", "USAGE"), Grant("service_role", "USAGE"))),)


def test_an_identity_gives_nobody_the_sequence(notes):
    assert protect(notes, owner(notes.c.user_id)).sequences == (("id", ()),)


@pytest.mark.parametrize(
    "columns",
    [
        (Column("id", Uuid, primary_key=True),),
        (Column("a", Integer, primary_key=True), Column("b", Integer, primary_key=True)),
        (Column("id", Integer, primary_key=True, autoincrement=False),),
        (Column("id", Integer, primary_key=True, server_default=text("7")),),
        (Column("id", Integer, ForeignKey("other.id"), primary_key=True),),
    ],
)
def test_a_key_without_a_sequence(columns):
    assert protect(table("t", *columns)).sequences == ()


def with_index(*arguments, column=None):
    column = column if column is not None else Column("user_id", Uuid)
    others = (Column("id", Integer, primary_key=True), Column("at", Integer), Column("mail", Text))
    return table("t", column, *others, *arguments)


SERVES = {
    "plain": lambda: (Index("i", "user_id"),),
    "leading": lambda: (Index("i", "user_id", "at"),),
    "unique": lambda: (Index("i", "user_id", unique=True),),
    "unique constraint": lambda: (UniqueConstraint("user_id", "at"),),
    "hash": lambda: (Index("i", "user_id", postgresql_using="hash"),),
    "without nulls": lambda: (Index("i", "user_id", postgresql_where=text("user_id IS NOT NULL")),),
}
SERVES_NOT = {
    "none": lambda: (),
    "behind": lambda: (Index("i", "at", "user_id"),),
    "constraint behind": lambda: (UniqueConstraint("at", "user_id"),),
    "included": lambda: (Index("i", "at", postgresql_include=["user_id"]),),
    "partial": lambda: (Index("i", "user_id", postgresql_where=text("at > 5")),),
    "partial by null": lambda: (Index("i", "user_id", postgresql_where=text("user_id IS NULL")),),
    "partial by another": lambda: (Index("i", "user_id", postgresql_where=text("at IS NOT NULL")),),
    "expression": lambda: (Index("i", text("lower(user_id)")),),
    "gin": lambda: (Index("i", "user_id", postgresql_using="gin"),),
    "brin": lambda: (Index("i", "user_id", postgresql_using="brin"),),
}


@pytest.mark.parametrize("arguments", SERVES)
def test_an_index_that_serves(arguments):
    own = with_index(*SERVES[arguments]())
    assert protect(own, owner(own.c.user_id)).policies


def test_a_descending_index_serves():
    own = with_index()
    Index("i", own.c.user_id.desc().nulls_last(), own.c.at)
    assert protect(own, owner(own.c.user_id)).policies


@pytest.mark.parametrize("arguments", SERVES_NOT)
def test_an_index_that_does_not(arguments):
    own = with_index(*SERVES_NOT[arguments]())
    with pytest.raises(DeclarationError, match='compares "user_id", and no index begins with that column') as told:
        protect(own, owner(own.c.user_id))
    assert told.value.hint == '__table_args__ = (Index(None, "user_id"),)  # on the model of t'


def test_the_key_itself_is_an_index():
    own = with_index(column=Column("user_id", Uuid, primary_key=True))
    with pytest.raises(DeclarationError, match='compares "id"'):
        protect(own, allow("select", to=anon, where=own.c.id == claim("id")))
    only = table("only", Column("id", Uuid, primary_key=True), Column("n", Integer))
    assert protect(only, owner(only.c.id)).policies
    both = table("both", Column("a", Uuid), Column("b", Uuid), PrimaryKeyConstraint("a", "b"))
    with pytest.raises(DeclarationError, match='compares "b"'):
        protect(both, owner(both.c.b))


def test_every_compared_column_needs_one():
    own = with_index(*SERVES["plain"]())
    with pytest.raises(DeclarationError, match='compares "at"'):
        protect(own, owner(own.c.user_id), allow("select", to=anon, where=own.c.at == claim("at")))
    with pytest.raises(DeclarationError, match='compares "at"'):
        protect(own, allow("insert", to=anon, check=own.c.at == claim("at")))


def test_a_term_needs_an_index_on_the_same_term():
    own = with_index()
    rule = allow("select", to=anon, where=func.lower(own.c.mail) == claim("email"))
    with pytest.raises(DeclarationError, match=r"compares lower\(t.mail\), and no index") as told:
        protect(own, rule)
    assert "text('lower(t.mail)')" in told.value.hint
    Index("i", func.lower(own.c.mail))
    assert protect(own, rule).policies


def test_a_term_may_be_indexed_as_text():
    own = with_index(Index("i", text("(lower(mail))")))
    assert protect(own, allow("select", to=anon, where=func.lower(own.c.mail) == claim("email"))).policies


def test_a_term_in_json_may_be_indexed_too():
    from sqlalchemy.dialects.postgresql import JSONB

    own = table("t", Column("id", Integer, primary_key=True), Column("data", JSONB))
    Index("i", own.c.data["org"].astext)
    assert protect(own, allow("select", to=anon, where=own.c.data["org"].astext == claim("org"))).policies


@pytest.mark.parametrize("long", ["t" * 64, "ü" * 32])
def test_names_that_postgresql_would_cut_off(long):
    with pytest.raises(DeclarationError, match="longer than the 63 bytes"):
        protect(table(long), allow("select", to=anon, name="short"))
    own = table("short", Column("id", Integer, primary_key=True), Column(long, Uuid, index=True))
    with pytest.raises(DeclarationError, match="longer than the 63 bytes"):
        protect(own, owner(own.c[long], name="short"))


def test_a_long_table_wants_a_name_of_its_own_for_its_policies():
    long = table("t" * 60)
    with pytest.raises(DeclarationError, match="longer than the 63 bytes") as told:
        protect(long, allow("select", to=authenticated))
    assert told.value.hint.startswith('give the rule a name of its own: name="ttt')
    assert protect(long, allow("select", to=authenticated, name="readers")).policies[0].name == "readers"


def test_conditions_that_read_alike_keep_their_own_casts(notes):
    typed, plain = (func.chosen(type_=kind) == claim("one") for kind in (Uuid, Text))
    (policy,) = protect(notes, restrict("update", to=authenticated, where=typed, check=plain)).policies
    assert (policy.using, policy.check) == (
        "chosen() = (SELECT auth.jwt() ->> 'one')::uuid",
        "chosen() = (SELECT auth.jwt() ->> 'one')",
    )
