"""More than one schema, and the platform's."""

import logging

import pytest
from alembic.util import CommandError
from alembic_utils.pg_function import PGFunction
from alembic_utils.pg_view import PGView
from sqlalchemy import Column, ForeignKey, Integer, Text, text

from gatepost import allow, authenticated, owner, protect, through
from gatepost.schema import COMMANDS


def test_tables_of_the_same_name_in_two_schemas(project, notes, both):
    project.execute('CREATE SCHEMA app; CREATE SCHEMA "My Schema"')
    first = notes(rules=lambda t: [owner(t.c.user_id)])
    second = notes(
        Column("parent", Integer, ForeignKey("notes.id"), index=True),
        schema="app",
        rules=lambda t: [through(t.c.parent, *COMMANDS)],
    )
    third = notes(schema="My Schema", rules=lambda t: [allow("select", to=authenticated, where=text("id > 0"))])
    project.lands(both(first, second, third))
    assert len(project.policies("notes", "app")) == 4
    assert project.table("notes", "My Schema").row_security.forced
    project.lands(both(first, second))
    project.lands(first)


def test_a_schema_is_opened_to_those_who_need_it_and_closed_on_the_way_down(project, notes, both):
    def users():
        return {grant.grantee for space in project.schema().namespaces if space.name == "app" for grant in space.grants}

    project.execute("CREATE SCHEMA app")
    inside = notes(schema="app", rules=lambda t: [owner(t.c.user_id)])
    another = notes(schema="app", name="another", rules=lambda t: [owner(t.c.user_id)])
    project.starts(notes())
    two = project.lands(both(notes(), inside, another))
    assert two.up.count('Grant("app", "app", "authenticated", "USAGE", on="schema")') == 1
    project.downgrade()
    two.path.unlink()
    project.lands(both(notes(), inside))
    assert users() == {"postgres", "authenticated", "service_role"}
    project.lands(both(notes(), inside, another))
    project.downgrade()
    assert users() == {"postgres", "authenticated", "service_role"}
    project.downgrade()
    assert users() == {"postgres"}


def test_the_last_policy_of_a_schema_goes(project, notes, both):
    project.execute("CREATE SCHEMA app")
    project.starts(notes(schema="app", rules=lambda t: [owner(t.c.user_id)]))
    project.lands(notes(schema="app"))
    assert project.policies("notes", "app") == {}


def test_a_table_that_nobody_declared_is_reported_and_left_as_it_is(project, notes, caplog):
    project.execute(
        "CREATE SCHEMA other; CREATE TABLE other.theirs (id int); ALTER TABLE other.theirs ENABLE ROW LEVEL SECURITY;"
        "CREATE TABLE kept (id int); ALTER TABLE kept ENABLE ROW LEVEL SECURITY; CREATE POLICY p ON kept USING (true)"
    )
    project.options["include_name"] = lambda name, kind, _parents: name != "kept"
    before = project.table("theirs", "other"), project.table("kept")
    with caplog.at_level(logging.WARNING, "gatepost"):
        revision = project.lands(notes())
    assert 'row security is on for "other.theirs", which is not declared; it is not changed' in caplog.messages
    assert 'row security is on for "public.kept", which is not declared; it is not changed' in caplog.messages
    assert (project.table("theirs", "other"), project.table("kept")) == before
    assert "theirs" not in revision.text


def test_a_model_that_nobody_protected_is_reported_in_a_sentence(project, notes):
    from sqlalchemy import Table

    def build(metadata):
        notes()(metadata)
        Table("bare", metadata, Column("id", Integer, primary_key=True))

    project.say(build)
    with pytest.raises(
        CommandError, match=r'nobody protected "public\.bare"\n(.|\n)*protect\(bare\)  # the server alone'
    ):
        project.revise()


def test_a_model_that_nobody_protected_is_named_with_its_line_and_statement(project, notes):
    from sqlalchemy import Uuid
    from sqlalchemy.orm import declarative_base

    def build(metadata):
        notes()(metadata)

        class Invoice(declarative_base(metadata=metadata)):
            __tablename__ = "invoices"
            id = Column(Integer, primary_key=True)
            user_id = Column(Uuid)

        Invoice.__module__ = __name__
        globals()["Invoice"] = Invoice

    project.say(build)
    try:
        with pytest.raises(
            CommandError,
            match=r'tests/migrate/test_schemas\.py:\d+: nobody protected "public\.invoices"\n'
            r"(.|\n)*protect\(Invoice, owner\(Invoice\.user_id\)\)",
        ):
            project.revise()
    finally:
        del globals()["Invoice"]


def test_a_statement_about_a_table_of_another_metadata_is_reported_in_a_sentence(project, notes):
    from sqlalchemy import MetaData

    elsewhere = MetaData()
    project.say(lambda _metadata: notes()(elsewhere))
    with pytest.raises(CommandError, match=r'"public\.notes" is protected, and it is not in the metadata'):
        project.revise()


STORAGE = "bucket_id = 'avatars' AND (SELECT auth.uid())::text = (storage.foldername(name))[1]"


def platform(notes, *, objects=True):
    def build(metadata):
        notes()(metadata)
        rules = [allow("select", to=authenticated, where=text(STORAGE), name="Own folder")]
        protect("storage.objects", *(rules if objects else ()))
        protect("realtime.messages", allow("select", to=authenticated, where=text("realtime.topic() = 'room'")))

    return build


def test_policies_on_tables_of_the_platform(project, notes):
    revision = project.lands(platform(notes))
    assert set(project.policies("objects", "storage")) == {"Own folder"}
    assert set(project.policies("messages", "realtime")) == {"messages_select_authenticated"}
    assert 'ALTER TABLE "storage"' not in revision.text
    assert {name for name, about in revision.ops if "storage" in about or "realtime" in about} == {"CreateOp"}
    project.lands(platform(notes, objects=False))
    assert project.policies("objects", "storage") == {}


def on_objects(notes, *rules):
    def build(metadata):
        notes()(metadata)
        if rules:
            protect("storage.objects", *rules)

    return build


def test_what_is_ours_on_a_table_of_the_platform_goes_with_its_statement_and_nothing_else(project, notes):
    def read(bucket, name):
        return allow("select", to=authenticated, where=text(f"bucket_id = '{bucket}'"), name=name)

    project.starts(on_objects(notes, read("a", "first"), read("b", "second")))
    # A revision of before: the entity has a name, and its arguments too.
    path = project.folder / "versions" / "r1_step.py"
    path.write_text(path.read_text().replace("def upgrade() -> None:", BY_NAME))
    project.execute("CREATE POLICY \"of the Dashboard\" ON storage.objects FOR SELECT USING (bucket_id = 'docs')")
    renamed = project.lands(on_objects(notes, read("a", "first"), read("b", "another name")))
    assert {about for name, about in renamed.ops if name == "DropOp"} == {"policy storage.objects.second"}
    gone = project.lands(on_objects(notes))
    assert set(project.policies("objects", "storage")) == {"of the Dashboard"}
    assert {name for name, _ in gone.ops} == {"DropOp"}
    project.execute("CREATE POLICY \"second\" ON storage.objects FOR SELECT USING (bucket_id = 'docs')")
    project.check()  # what we dropped is not ours any more, whoever makes one of that name


BY_NAME = """def upgrade() -> None:
    third = PolicyEntity(schema="storage", table="objects", name="third", command="select", roles=["anon"])
    op.create_entity(third)
    op.drop_entity(third)
"""


def test_a_table_of_the_platform_that_is_not_there_is_reported_in_a_sentence(project, notes):
    project.say(lambda metadata: protect("storage.no_such", allow("select", to=authenticated, where=text("true"))))
    with pytest.raises(CommandError, match=r'the table "storage\.no_such" of the platform is not in this database'):
        project.revise()


def test_nothing_of_the_platform_is_proposed(project, notes, superuser_url):
    """The whole hosted-shaped database is there; the automatic row security of new projects is added."""
    import psycopg2

    connection = psycopg2.connect(superuser_url)
    with connection, connection.cursor() as cursor:
        cursor.execute(
            "CREATE OR REPLACE FUNCTION public.rls_auto_enable() RETURNS event_trigger LANGUAGE plpgsql"
            " SECURITY DEFINER AS $$ BEGIN END $$; CREATE EVENT TRIGGER ensure_rls ON ddl_command_end"
            " WHEN TAG IN ('CREATE TABLE') EXECUTE FUNCTION public.rls_auto_enable();"
            "CREATE SCHEMA cron; CREATE TABLE cron.job (id int);"
            "CREATE SCHEMA topology; CREATE TABLE topology.layer (id int)"
        )
    connection.close()
    platform_before = {table.key: table for table in project.schema().tables if table.schema != "public"}
    project.execute("CREATE SCHEMA app")
    function = PGFunction("public", "one()", "RETURNS int LANGUAGE sql AS 'SELECT 1'")
    view = PGView("public", "titles", "SELECT title FROM public.notes")

    def build(metadata):
        notes(Column("title", Text))(metadata)
        notes(schema="app")(metadata)

    revision = project.lands(build, [function, view])
    assert not any(name.startswith("Drop") for name, _ in revision.ops)
    assert not any(word in revision.text for word in ("cron", "topology", "rls_auto_enable", "storage", "realtime"))
    after = {table.key: table for table in project.schema().tables if table.key in platform_before}
    assert {key: (t.policies, t.grants) for key, t in after.items()} == {
        key: (t.policies, t.grants) for key, t in platform_before.items()
    }
