"""What users of other tools reported about policies, views, functions, grants and types: here it comes out right.

Each test names the project and the number of the report that it is made after.
"""

import pytest
from alembic_utils.pg_function import PGFunction
from alembic_utils.pg_trigger import PGTrigger
from alembic_utils.pg_view import PGView
from sqlalchemy import BigInteger, Column, Enum, Integer, Text, text

from gatepost import allow, anon, authenticated, owner
from gatepost.migrate import View

TITLED = Column("title", Text)


def reading(condition="id > 0", **how):
    return lambda _table: [allow("select", to=authenticated, where=text(condition), name="reading", **how)]


def options(project, name):
    return project.rows(f"SELECT array_to_string(reloptions, ',') FROM pg_class WHERE relname = '{name}'")[0][0]


def test_a_view_stays_its_callers_when_a_column_is_added(project, notes):
    """Supabase CLI #792 and #3973: the migration of a view came without security_invoker."""
    project.starts(notes(TITLED), [View("public", "shown", "SELECT id FROM public.notes", to=authenticated)])
    project.lands(notes(TITLED), [View("public", "shown", "SELECT id, title FROM public.notes", to=authenticated)])
    assert options(project, "shown") == "security_invoker=true"


def test_privileges_on_columns_are_part_of_the_revision(project, notes):
    """Supabase CLI #1716: REVOKE UPDATE and GRANT UPDATE on some columns were missing."""
    project.starts(notes(TITLED, rules=lambda t: [owner(t.c.user_id)]))
    revision = project.lands(
        notes(TITLED, rules=lambda t: [owner(t.c.user_id, "select"), owner(t.c.user_id, "update", columns=["title"])])
    )
    assert 'op.drop_entity(Grant("public", "notes", "authenticated", "UPDATE"))' in revision.up
    assert 'op.create_entity(Grant("public", "notes", "authenticated", "UPDATE", ["title"]))' in revision.up
    assert project.grants("notes")["authenticated"] == {"SELECT", "UPDATE (title)"}


def test_both_conditions_of_a_policy_reach_the_database(project, notes):
    """drizzle-orm #3504: policies were made without USING and WITH CHECK."""
    rule = allow("all", to=authenticated, where=text("id > 0"), check=text("id > 1"), name="both")
    project.lands(notes(rules=lambda _: [rule]))
    policy = project.policies("notes")["both"]
    assert (policy.using, policy.check) == ("(id > 0)", "(id > 1)")


def test_a_policy_changes_its_command_and_keeps_its_name(project, notes):
    """drizzle-orm #4198: the change was written as an ALTER POLICY, which cannot change the command."""
    project.starts(notes(rules=reading()))
    project.lands(notes(rules=lambda _: [allow("insert", to=anon, check=text("id > 1"), name="reading")]))
    policy = project.policies("notes")["reading"]
    assert (policy.command, policy.roles, policy.using, policy.check) == ("insert", ("anon",), None, "(id > 1)")


def test_policies_of_schemas_that_are_not_ours_stay(project, notes):
    """drizzle-orm #5329: policies of cron and storage were to be dropped, although only public was chosen."""
    project.execute(
        "CREATE SCHEMA theirs; CREATE TABLE theirs.job (id int); CREATE POLICY p ON theirs.job USING (id > 0);"
        "CREATE POLICY mine ON storage.objects FOR SELECT USING (bucket_id = 'docs')"
    )
    project.lands(notes(rules=reading()))
    project.lands(notes())
    assert set(project.policies("job", "theirs")) == {"p"}
    assert set(project.policies("objects", "storage")) == {"mine"}


def test_a_policy_reads_a_new_table_of_another_schema(project, notes, both):
    """pg-schema-diff #265: the policy was made before the table that it reads."""
    project.execute("CREATE SCHEMA aaa; CREATE SCHEMA zzz")
    reader = notes(schema="aaa", rules=reading("EXISTS (SELECT FROM zzz.notes n WHERE n.id = notes.id)"))
    project.lands(both(reader, notes(schema="zzz", rules=reading())))
    project.lands(lambda _metadata: None)


CHECK = PGFunction("public", "may(who uuid)", "RETURNS boolean LANGUAGE sql AS 'SELECT who IS NOT NULL'")
CHECK_2 = PGFunction(
    "public", "may(who uuid, level int DEFAULT 1)", "RETURNS boolean LANGUAGE sql AS 'SELECT level > 0'"
)


def test_a_function_gets_an_argument_while_the_policy_that_calls_it_reads_the_same(project, notes):
    """pg-toolbelt #263: the text of the policy did not change, so it kept the old function from being dropped."""
    project.starts(notes(rules=reading("may(user_id)")), [CHECK])
    project.lands(notes(rules=reading("may(user_id)")), [CHECK_2])


def test_the_type_of_a_column_changes_under_a_policy_and_a_view(project, notes):
    """pg-toolbelt #263, its first two cases: both were in the way of ALTER COLUMN."""
    views = [
        PGView("public", "numbers", "SELECT number FROM public.notes"),
        PGView("public", "large", "SELECT number FROM public.numbers WHERE number > 9"),
    ]
    project.starts(notes(Column("number", Integer), TITLED, rules=reading("number = 1")), views)
    project.lands(notes(Column("number", BigInteger), TITLED, rules=reading("number = 1")), views)
    titles = [PGView("public", "numbers", "SELECT title FROM public.notes")]
    project.lands(notes(TITLED), titles)


def test_what_is_dropped_together_is_dropped_in_an_order_that_works(project, notes):
    """pg-toolbelt #230: a function before its policy, a type before its column, a sequence before its default."""
    state = Column("state", Enum("open", "closed", name="state"))
    project.starts(notes(state, rules=reading("may(user_id) AND state = 'open'")), [CHECK])
    project.lands(notes(), [])


@pytest.mark.parametrize("listed", [True, False], ids=["an entity", "made by hand"])
def test_a_view_is_replaced_under_another_view(project, notes, listed):
    """alembic-utils #149: the view on top was in the way of the DROP that the replacement needed."""
    first = PGView("public", "first", "SELECT id, title FROM public.notes")
    second = PGView("public", "second", "SELECT id FROM public.first")
    project.starts(notes(TITLED), [first, second])
    project.execute("ALTER VIEW second SET (security_invoker=true); REVOKE ALL ON second FROM anon, authenticated")
    if not listed:
        project.options["include_name"] = lambda name, kind, _parents: name != "public.second"
    changed = PGView("public", "first", "SELECT title, id FROM public.notes")
    project.lands(notes(TITLED), [changed, second] if listed else [changed])
    assert options(project, "second") == "security_invoker=true"
    held = project.rows("SELECT relacl::text FROM pg_class WHERE relname = 'second'")[0][0]
    assert "anon" not in held


STAMP = PGFunction("public", "stamp()", "RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$")
STAMPS = PGTrigger(
    "public",
    "stamps",
    "BEFORE UPDATE ON public.notes FOR EACH ROW EXECUTE FUNCTION public.stamp()",
    on_entity="public.notes",
)


@pytest.mark.parametrize("entities", [[STAMP, STAMPS], [STAMPS, STAMP]], ids=["function first", "trigger first"])
def test_a_trigger_and_its_function_come_and_go_in_either_order(project, notes, entities):
    """alembic-utils #169: what order worked for making them did not work for dropping them."""
    project.starts(notes())
    project.lands(notes(), entities)
    project.lands(notes(), [])


def test_a_type_of_a_new_table_can_be_made_twice(project, notes, both):
    """alembic #886 and #1612: the downgrade left the type behind, and the next upgrade failed."""
    project.starts(notes(name="kept"))
    column = Column("state", Enum("open", "closed", name="state"))
    project.lands(both(notes(name="kept"), notes(column, rules=reading("state = 'open'"))))
