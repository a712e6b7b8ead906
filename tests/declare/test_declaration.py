"""The declaration as a whole: who is asked by whom."""

import pytest
from sqlalchemy import Column, ForeignKey, Integer, MetaData, Uuid, select

from gatepost import (
    Role,
    allow,
    anon,
    authenticated,
    declaring,
    owner,
    protect,
    public,
    restrict,
    service_role,
    through,
)
from gatepost.declare.declaration import Declaration
from gatepost.declare.language import collected
from gatepost.errors import DeclarationError
from tests.tables import table


@pytest.fixture(autouse=True)
def _apart():
    with declaring():
        yield


@pytest.fixture
def family():
    metadata = MetaData()
    parent = table(
        "parent",
        Column("id", Integer, primary_key=True),
        Column("user_id", Uuid, index=True),
        Column("up", ForeignKey("grand.id"), index=True),
        metadata=metadata,
    )
    child = table(
        "child",
        Column("id", Integer, primary_key=True),
        Column("parent_id", ForeignKey("parent.id"), index=True),
        metadata=metadata,
    )
    grand = table(
        "grand",
        Column("id", Integer, primary_key=True),
        Column("child_id", ForeignKey("child.id"), index=True),
        schema=None,
        metadata=metadata,
    )
    return parent, child, grand


def refused(*, match):
    with pytest.raises(DeclarationError, match=match) as told:
        collected()
    return told.value.hint


def test_it_is_sorted_and_looked_up_by_name(family):
    parent, child, _ = family
    protect(parent, owner(parent.c.user_id))
    protect(child, through(child.c.parent_id, "select", to=(authenticated,)))
    declaration = collected()
    assert [str(one) for one in declaration] == ["public.child", "public.parent"]
    assert declaration.table("public", "parent").name == "parent"
    assert declaration.table("other", "parent") is None
    assert declaration.roles == {"anon", "authenticated", "service_role"}
    assert Declaration(declaration.tables) == declaration
    assert hash(Declaration(declaration.tables)) == hash(declaration)


def test_a_parent_must_be_protected(family):
    _, child, _ = family
    protect(child, through(child.c.parent_id))
    hint = refused(match='"public.child" is protected through "public.parent", which is not protected')
    assert hint == "protect(…, owner(…))  # the model of public.parent"


@pytest.mark.parametrize(
    "rules",
    [
        lambda parent: (),
        lambda parent: (owner(parent.c.user_id, "insert", "update"),),
        lambda parent: (allow("select", to=anon),),
        lambda parent: (restrict("select", to=authenticated, where=parent.c.id == 1),),
    ],
)
def test_a_parent_must_be_readable(family, rules):
    parent, child, _ = family
    protect(parent, *rules(parent))
    protect(child, through(child.c.parent_id))
    hint = refused(match='through "public.parent", of which "authenticated" may read nothing')
    assert hint.startswith(
        'add a rule with "select" for authenticated to the statement at tests/declare/test_declaration.py:'
    )


@pytest.mark.parametrize("hidden", [{"hide": ("id",)}, {}])
def test_a_parents_key_must_be_readable(family, hidden):
    parent, child, _ = family
    protect(parent, owner(parent.c.user_id, columns=() if hidden else ("user_id",)), **hidden)
    protect(child, through(child.c.parent_id))
    refused(match='through "public.parent", of which "authenticated" may read no "id"')


def test_every_role_of_the_child_must_read_the_parent(family):
    parent, child, _ = family
    protect(parent, owner(parent.c.user_id))
    protect(child, through(child.c.parent_id, to=(authenticated, Role("app"))))
    refused(match='of which "app" may read nothing')


def test_everybody_and_the_backend_read_it_anyway(family):
    parent, child, _ = family
    protect(parent, allow("select", to=public))
    protect(child, through(child.c.parent_id, to=(anon, service_role, Role("app"))))
    assert len(collected().tables) == 2


def test_a_sub_select_reads_a_table_as_well(family):
    parent, child, _ = family
    protect(child, allow("select", to=authenticated, where=child.c.parent_id.in_(select(parent.c.id))))
    refused(match='"public.child" is protected by a subquery on "public.parent", which is not protected')
    protect(parent)
    refused(match='by a subquery on "public.parent", of which "authenticated" may read nothing')


def test_a_table_of_the_platform_may_be_read():
    metadata = MetaData()
    users = table("users", Column("id", Uuid, primary_key=True), schema="auth", metadata=metadata)
    own = table("own", Column("id", Uuid, primary_key=True), metadata=metadata)
    protect(own, allow("select", to=authenticated, where=own.c.id.in_(select(users.c.id))))
    assert len(collected().tables) == 1


def test_policies_that_read_each_others_tables_are_refused(family):
    parent, child, grand = family
    protect(parent, through(parent.c.up), owner(parent.c.user_id, name="own"))
    protect(child, through(child.c.parent_id))
    protect(grand, through(grand.c.child_id))
    hint = refused(match="without end")
    assert hint == "keep the owner's id on one of them and write owner(…)"


def test_asking_the_same_table_in_two_ways_is_no_circle(family):
    parent, child, grand = family
    protect(parent, owner(parent.c.user_id))
    protect(child, through(child.c.parent_id))
    protect(grand, allow("select", to=authenticated, where=grand.c.child_id.in_(
        select(child.c.id).join(parent, parent.c.id == child.c.parent_id))))  # fmt: skip
    assert len(collected().tables) == 3


@pytest.mark.parametrize("open_to_all", [True, False])
def test_writing_may_read_back_where_reading_reads_nothing(family, open_to_all):
    # As PostgreSQL has it: the second visit of a table is refused where its own reading holds a sub-select.
    parent, child, _ = family
    reading = allow("select", to=authenticated) if open_to_all else owner(parent.c.user_id, "select")
    protect(parent, reading, allow("insert", to=authenticated, check=parent.c.id.in_(select(child.c.id))))
    protect(child, through(child.c.parent_id, "select"))
    if open_to_all:
        assert len(collected().tables) == 2
    else:
        refused(match='"public.parent" reads "public.child" reads "public.parent": .* without end')
