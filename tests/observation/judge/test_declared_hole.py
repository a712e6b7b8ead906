"""A hole that was declared is told like any other: readers of a public book change the notes of others in it."""

from sqlalchemy import Boolean, Column, ForeignKey, Integer, MetaData, Table, Uuid

from gatepost import allow, authenticated, declaring, owner, protect, through
from gatepost.declare.declaration import Declaration
from gatepost.observation.run import Scope

BOOKS = """
CREATE TABLE public.book (id int PRIMARY KEY, user_id uuid NOT NULL, is_public boolean NOT NULL);
CREATE TABLE public.note (id int PRIMARY KEY, book_id int NOT NULL REFERENCES public.book);
CREATE INDEX ON public.book (user_id); CREATE INDEX ON public.note (book_id);
ALTER TABLE public.book ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
ALTER TABLE public.note ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
REVOKE ALL ON public.book, public.note FROM anon, authenticated;
GRANT SELECT, INSERT, UPDATE, DELETE ON public.book TO authenticated, service_role;
GRANT SELECT, INSERT, UPDATE, DELETE ON public.note TO service_role;
GRANT SELECT, DELETE ON public.note TO authenticated;
CREATE POLICY own ON public.book TO authenticated
  USING (user_id = (SELECT auth.uid())) WITH CHECK (user_id = (SELECT auth.uid()));
CREATE POLICY shown ON public.book FOR SELECT TO authenticated USING (is_public);
CREATE POLICY note_select_through ON public.note FOR SELECT TO authenticated
  USING (book_id = ANY (ARRAY(SELECT id FROM public.book)));
CREATE POLICY note_delete_through ON public.note FOR DELETE TO authenticated
  USING (book_id = ANY (ARRAY(SELECT id FROM public.book)))
"""


def declaration(*commands):
    metadata = MetaData()
    book = Table("book", metadata, Column("id", Integer, primary_key=True), Column("user_id", Uuid, index=True),
                 Column("is_public", Boolean, index=True))  # fmt: skip
    note = Table("note", metadata, Column("id", Integer, primary_key=True),
                 Column("book_id", ForeignKey("book.id"), index=True))  # fmt: skip
    with declaring() as statements:
        protect(book, owner(book.c.user_id), allow("select", to=authenticated, where=book.c.is_public))
        protect(note, through(note.c.book_id, *commands))
        return Declaration(tuple(statements.values()))


def test_what_was_declared_so_is_a_hole_all_the_same(designs):
    found = designs.observe(BOOKS, Scope(declaration=declaration("select", "delete"))).findings
    assert [(one.rule, one.object, one.detail) for one in found] == [("foreign-row-written", "public.note", "delete")]


def test_what_was_not_declared_is_reported_once(designs):
    found = designs.observe(BOOKS, Scope(declaration=declaration())).findings
    assert [(one.rule, one.detail) for one in found if one.object == "public.note"] == [
        ("access-beyond-declaration", "delete")
    ]
