"""A policy and what it needs, made in the same revision."""

import pytest
from alembic_utils.pg_function import PGFunction
from alembic_utils.pg_view import PGView
from sqlalchemy import ARRAY, Boolean, Column, Enum, ForeignKey, Integer, Text, text
from sqlalchemy.dialects.postgresql import DOMAIN

from gatepost import allow, authenticated, owner, through

ADMIN = PGFunction(
    "public", "is_admin()", "RETURNS boolean LANGUAGE sql STABLE AS $$ SELECT auth.jwt() ->> 'role' = 'admin' $$"
)
MEMBER = PGFunction(
    "public",
    "owns_a_note(who uuid)",
    "RETURNS boolean LANGUAGE sql STABLE SECURITY DEFINER SET search_path = ''"
    " AS $$ SELECT EXISTS (SELECT FROM public.notes WHERE user_id = who) $$",
)
OPEN = PGView("public", "open_notes", "SELECT id FROM public.notes WHERE title = 'open'")


def where(condition):
    return lambda _table: [allow("select", to=authenticated, where=text(condition))]


def test_a_new_table_with_its_policies(project, notes):
    revision = project.lands(notes(rules=lambda t: [owner(t.c.user_id)]))
    assert project.table("notes").row_security.enabled
    assert project.table("notes").row_security.forced
    assert project.grants("notes") == {
        "authenticated": {"SELECT", "INSERT", "UPDATE", "DELETE"},
        "service_role": {"SELECT", "INSERT", "UPDATE", "DELETE"},
    }
    kinds = [about.split()[0] for name, about in revision.ops if name == "CreateOp"]
    assert revision.ops[0][0] == "CreateTableOp"
    # The first and the last are of Alembic's own table, too.
    assert kinds == ["no", "no", *["grant"] * 8, *["policy"] * 4, "row", "row"]


def test_a_new_child_of_a_new_table(project, notes, both):
    child = notes(
        Column("note_id", Integer, ForeignKey("notes.id"), index=True),
        name="remarks",
        rules=lambda t: [through(t.c.note_id)],
    )
    project.lands(both(notes(rules=lambda t: [owner(t.c.user_id)]), child))


def test_a_new_column(project, notes):
    project.starts(notes(rules=lambda t: [owner(t.c.user_id)]))
    project.lands(notes(Column("open", Boolean), rules=where("open")))
    assert project.policies("notes")["notes_select_authenticated"].using == "open"


def test_a_new_function(project, notes):
    project.starts(notes())
    project.lands(notes(rules=where("(SELECT is_admin())")), [ADMIN])


def test_a_new_function_that_reads_a_new_table(project, notes):
    project.lands(notes(rules=where("(SELECT public.owns_a_note(auth.uid()))")), [ADMIN, MEMBER])


def test_a_new_view_of_a_new_table(project, notes, both):
    remarks = notes(name="remarks", rules=where("id IN (SELECT id FROM open_notes)"))
    project.lands(both(notes(Column("title", Text)), remarks), [OPEN])
    assert "public.open_notes" in project.policies("remarks")["remarks_select_authenticated"].using


def test_a_view_that_goes_with_the_policy_that_used_it(project, notes, both):
    base = notes(Column("title", Text))
    project.starts(both(base, notes(name="remarks", rules=where("id IN (SELECT id FROM open_notes)"))), [OPEN])
    project.lands(both(base, notes(name="remarks", rules=where("id > 0"))), [])


def test_a_view_that_is_replaced_under_a_policy(project, notes, both):
    shown = both(notes(Column("title", Text)), notes(name="remarks", rules=where("id IN (SELECT id FROM open_notes)")))
    project.starts(shown, [OPEN])
    project.lands(shown, [PGView("public", "open_notes", "SELECT id, user_id FROM public.notes WHERE title = 'open'")])
    project.lands(shown, [PGView("public", "open_notes", "SELECT title, id FROM public.notes")])


def test_a_function_whose_signature_changes_under_a_policy(project, notes):
    def has_role(arguments, body):
        return PGFunction("public", f"has_role({arguments})", f"RETURNS boolean LANGUAGE sql AS $$ SELECT {body} $$")

    project.starts(notes(rules=where("has_role('a')")), [has_role("role text", "role = 'a'")])
    project.lands(notes(rules=where("has_role('a', 2)")), [has_role("role text, level integer", "level > 1")])
    project.lands(notes(), [])


def test_a_function_whose_body_changes_under_a_policy(project, notes):
    shown = notes(rules=where("is_admin()"))
    project.starts(shown, [ADMIN])
    other = PGFunction("public", "is_admin()", "RETURNS boolean LANGUAGE sql STABLE AS $$ SELECT false $$")
    assert [name for name, _ in project.lands(shown, [other]).ops] == ["ReplaceOp"]


@pytest.mark.parametrize("schema", [None, "app"])
def test_a_new_enum(project, notes, schema):
    if schema:
        project.execute("CREATE SCHEMA app")
    state = Enum("open", "closed: it's", name="Note state", schema=schema)
    columns = Column("state", state, index=True), Column("past", ARRAY(state))
    project.starts(notes(name="others"))
    full = "public" if schema is None else schema
    project.lands(
        notes(*columns, schema=schema, rules=lambda t: [
            allow("select", to=authenticated, where=t.c.state == "open"),
            allow("delete", to=authenticated, where=text(f"'open'::{full}.\"Note state\" = ANY (past)")),
        ])
    )  # fmt: skip


def test_a_new_enum_of_a_new_column(project, notes):
    state = Enum("open", "closed", name="state")
    project.starts(notes())
    project.lands(
        notes(Column("state", state, index=True), rules=lambda t: [
            allow("select", to=authenticated, where=t.c.state == "open"),
        ])
    )  # fmt: skip
    project.lands(notes(Column("state", state), Column("another", state), rules=where("another = 'open'")))


def test_a_new_domain(project, notes):
    short = DOMAIN("short", Text, check=text("length(VALUE) < 9"))
    project.lands(notes(Column("word", short), rules=where("word = 'a'::short")))


@pytest.mark.parametrize("rule", ["open = 1", "open > 0"], ids=["the same policy", "another policy"])
def test_a_column_whose_type_changes(project, notes, rule):
    from sqlalchemy import BigInteger

    project.starts(notes(Column("open", Integer), rules=where("open = 1")))
    project.lands(notes(Column("open", BigInteger), rules=where(rule)))


def test_a_column_whose_type_changes_under_the_policy_of_another_table(project, notes, both):
    from sqlalchemy import BigInteger

    other = notes(name="remarks", rules=where("id IN (SELECT open FROM notes)"))
    project.starts(both(notes(Column("open", Integer)), other))
    project.execute(
        "CREATE TABLE by_hand (id int)", "CREATE POLICY p ON by_hand USING (id IN (SELECT open FROM notes))"
    )
    project.options["include_object"] = lambda _object, name, *_: name != "by_hand"
    project.lands(both(notes(Column("open", BigInteger)), other))
    assert "p" in project.policies("by_hand")


def test_a_type_that_the_server_does_not_know_is_reported_in_a_sentence(project, notes):
    from alembic.util import CommandError
    from sqlalchemy.types import UserDefinedType

    class Vector(UserDefinedType):
        cache_ok = True

        def get_col_spec(self, **_):
            return "vector(3)"

    project.say(notes(Column("embedding", Vector())))
    with pytest.raises(CommandError, match=r'columns of "public\.notes": type "vector" does not exist'):
        project.revise()
