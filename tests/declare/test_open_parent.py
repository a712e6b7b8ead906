"""What a reader of a parent may write below it."""

import pytest
from sqlalchemy import Boolean, Column, ForeignKey, Integer, MetaData, Text, Uuid, func, text

from gatepost import allow, authenticated, declaring, owner, protect, public, restrict, service_role, through, uid
from gatepost.declare.language import collected
from gatepost.errors import DeclarationError
from tests.tables import table


@pytest.fixture
def books():
    metadata = MetaData()
    book = table(
        "book",
        Column("id", Integer, primary_key=True),
        Column("user_id", Uuid, index=True),
        Column("is_public", Boolean, index=True),
        Column("state", Text),
        metadata=metadata,
    )
    note = table(
        "note",
        Column("id", Integer, primary_key=True),
        Column("book_id", ForeignKey("book.id"), index=True),
        Column("user_id", Uuid, index=True),
        metadata=metadata,
    )
    line = table(
        "line",
        Column("id", Integer, primary_key=True),
        Column("note_id", ForeignKey("note.id"), index=True),
        metadata=metadata,
    )
    with declaring():
        yield book.c, note.c, line.c


def shown(book, *commands, to=authenticated):
    return allow(*(commands or ("select",)), to=to, where=book.is_public)


def test_without_commands_a_child_is_only_read(books):
    book, note, _ = books
    assert through(note.book_id).commands == ("select",)
    protect(book.id.table, owner(book.user_id), shown(book))
    protect(note.id.table, through(note.book_id))
    child = collected().table("public", "note")
    assert [policy.command for policy in child.policies] == ["select"]
    assert {grant.privilege for grant in child.grants if grant.grantee == "authenticated"} == {"SELECT"}


@pytest.mark.parametrize(
    ("parent", "child", "said"),
    [
        (lambda b: [shown(b)], ["update"], 'could change .* by allow("select", where=book.is_public)'),
        (lambda b: [shown(b, to=public)], ["select", "delete"], "could delete"),
        (lambda b: [allow("select", to=authenticated)], ["delete"], 'by allow("select")'),
        (lambda b: [shown(b), shown(b, "update")], ["update", "delete"], "could delete"),
        (
            lambda b: [allow("select", to=authenticated, where=func.lower(b.state) == "open")],
            ["delete"],
            "could delete",
        ),
        (lambda b: [shown(b), restrict("select", to=authenticated, where=b.is_public)], ["delete"], "could delete"),
    ],
)
def test_a_parent_that_everybody_reads_lets_nobody_change_what_is_below_it(books, parent, child, said):
    book, note, _ = books
    protect(book.id.table, owner(book.user_id), *parent(book))
    protect(note.id.table, through(note.book_id, *child))
    with pytest.raises(DeclarationError) as refused:
        collected()
    verb, _, way = said.partition(" .* ")
    assert refused.value.message.startswith("tests/declare/test_open_parent.py:")
    for part in ('"authenticated"', '"public.note"', verb, way):
        assert part in refused.value.message
    assert refused.value.hint.startswith('through(note.book_id, "select"), and owner(')


@pytest.mark.parametrize(
    ("parent", "child"),
    [
        (lambda b: [], ["select", "insert", "update", "delete"]),
        (lambda b: [shown(b)], ["select", "insert"]),
        (lambda b: [shown(b, to=service_role)], ["delete"]),
        (lambda b: [shown(b, "select", "update", "delete")], ["update", "delete"]),
        (lambda b: [shown(b), restrict("select", to=authenticated, where=b.user_id == uid())], ["delete"]),
        (lambda b: [allow("select", to=authenticated, where=text("private.may_read(id)"))], ["delete"]),
    ],
)
def test_what_is_the_callers_own_or_cannot_be_decided_is_not_refused(books, parent, child):
    book, note, _ = books
    protect(book.id.table, owner(book.user_id), *parent(book))
    protect(note.id.table, through(note.book_id, *child))
    collected()


def test_a_grandchild_is_looked_at_through_all_its_parents(books):
    book, note, line = books
    protect(book.id.table, owner(book.user_id), shown(book))
    protect(note.id.table, through(note.book_id), owner(note.user_id, "update", "delete"))
    protect(line.id.table, through(line.note_id, "select", "delete"))
    with pytest.raises(DeclarationError, match=r'every "public.note" that it can read by through\(note.book_id\)'):
        collected()
