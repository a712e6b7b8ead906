"""What changes in a project that is live: policies, roles, columns and tables come, go and move."""

from contextlib import contextmanager

import pytest
from sqlalchemy import Column, ForeignKey, Identity, Integer, Table, Text, Uuid, text

from gatepost import Role, allow, anon, authenticated, owner, protect, restrict, through


def reading(to=authenticated, name="reading", command="select", where="id > 0", **how):
    return lambda _table: [allow(command, to=to, where=text(where), name=name, **how)]


@pytest.mark.parametrize(
    ("after", "operations"),
    [
        (reading(where="id > 1"), ["ReplaceOp"]),
        (reading(name="another"), ["DropOp", "CreateOp"]),
        (reading(to=anon), ["DropOp", "CreateOp", "ReplaceOp"]),
        (reading(to=(anon, authenticated)), ["CreateOp", "ReplaceOp"]),
        (reading(command="delete"), ["DropOp", "CreateOp", "ReplaceOp"]),
        (
            lambda _: [restrict("select", to=authenticated, where=text("id > 0"), name="reading")],
            ["DropOp", "ReplaceOp"],
        ),
        (lambda _: [], ["DropOp", "DropOp"]),
    ],
    ids=["changed", "renamed", "another role", "one more role", "another command", "restrictive", "the last one gone"],
)
def test_a_policy_is(project, notes, after, operations):
    project.starts(notes(rules=reading()))
    revision = project.lands(notes(rules=after))
    assert [name for name, _ in revision.ops] == operations


@pytest.mark.parametrize("schema", [None, "app"])
def test_a_table_is_dropped_and_its_downgrade_brings_everything_back(project, notes, both, schema):
    project.execute("CREATE SCHEMA IF NOT EXISTS app")
    kept = notes(name="kept", schema=schema)
    gone = notes(Column("secret", Text), rules=lambda t: [owner(t.c.user_id)], hide=["secret"], schema=schema)
    project.starts(both(kept, gone))
    project.execute(
        "ALTER TABLE {0}.notes NO FORCE ROW LEVEL SECURITY; CREATE POLICY \"by hand\" ON {0}.notes TO anon"
        " USING (secret = E'a\\tb'); GRANT REFERENCES ON {0}.notes TO authenticator".format(schema or "public")
    )  # fmt: skip
    revision = project.lands(kept)
    kinds = [name for name, _ in revision.ops]
    assert kinds[:6] == ["DropOp"] * 5 + ["DropIndexOp"]
    assert kinds[-1] == "DropTableOp"


def test_the_last_table_is_dropped(project, notes):
    project.starts(notes(rules=reading()))
    project.lands(lambda _metadata: None)


def test_tables_that_refer_to_each_other_are_dropped_together(project, notes, both):
    def child(name, parent):
        return notes(
            Column("parent_id", Integer, ForeignKey(f"{parent}.id"), index=True),
            name=name,
            rules=lambda t: [through(t.c.parent_id)],
        )

    names = ["notes", "d", "a", "c", "b"]
    everything = [notes(rules=lambda t: [owner(t.c.user_id)]), *map(child, names[1:], names)]
    project.starts(both(*everything))
    project.lands(both(*everything[:1]))


def test_a_dropped_table_that_the_policy_of_another_used(project, notes, both):
    other = notes(name="remarks", rules=reading(where="id IN (SELECT id FROM notes)"))
    project.starts(both(notes(), other))
    project.lands(notes(name="remarks", rules=reading(where="id > 7")))


def test_a_dropped_column_that_a_policy_used(project, notes):
    project.starts(notes(Column("open", Integer), rules=reading(where="open > 0")))
    project.lands(notes(rules=reading()))


def test_a_dropped_column_that_a_policy_still_uses_is_refused(project, notes):
    from alembic.util import CommandError

    project.starts(notes(Column("open", Integer), rules=reading(where="open > 0")))
    project.say(notes(rules=reading(where="open > 0")))
    with pytest.raises(CommandError, match=r'"public\.notes\.reading": column "open" does not exist'):
        project.revise()


def test_a_dropped_column_that_a_policy_made_by_hand_uses_is_refused(project, notes):
    from alembic.util import CommandError

    project.starts(notes(Column("open", Integer)))
    project.execute("CREATE TABLE by_hand (id int)")
    project.execute("CREATE POLICY p ON by_hand USING (id IN (SELECT open FROM notes))")
    project.options["include_object"] = lambda _object, name, *_: name != "by_hand"
    project.say(notes())
    with pytest.raises(CommandError) as error:
        project.revise()
    assert str(error.value) == (
        'the policy "public.by_hand.p", which nobody declared, uses "public.notes.open", which is to be dropped\n'
        '  DROP POLICY "p" ON "public"."by_hand"'
    )


@pytest.mark.parametrize("columns", [["title"], ["title", "body"]], ids=["one", "all"])
def test_a_dropped_column_that_had_grants_of_its_own(project, notes, columns):
    def build(*kept):
        made = [Column(name, Text) for name in kept]
        return notes(
            *made, Column("secret", Text), rules=lambda t: [owner(t.c.user_id, columns=["id", *kept])], hide=["secret"]
        )

    project.starts(build("title", "body"))
    project.lands(build(*(name for name in ("title", "body") if name not in columns)))


def test_a_dropped_column_with_a_sequence(project):
    def build(*columns):
        def declare(metadata):
            table = Table("notes", metadata, Column("user_id", Text, primary_key=True), *(c._copy() for c in columns))
            protect(table, owner(table.c.user_id))

        return declare

    project.starts(build(Column("number", Integer, Identity(), nullable=False)))
    project.lands(build())


def test_a_column_becomes_hidden(project, notes):
    columns = Column("title", Text), Column("secret", Text)
    project.starts(notes(*columns, rules=lambda t: [owner(t.c.user_id)]))
    project.lands(notes(*columns, rules=lambda t: [owner(t.c.user_id)], hide=["secret"]))
    assert project.grants("notes")["authenticated"] == {"DELETE"} | {
        f"{privilege} ({column})"
        for privilege in ("SELECT", "INSERT", "UPDATE")
        for column in ("id", "title", "user_id")
    }


@pytest.fixture
def new_role(project, superuser_url):
    """A role of the test's own: roles belong to the whole cluster."""
    import os

    import psycopg2

    @contextmanager
    def connected():
        connection = psycopg2.connect(superuser_url)
        try:
            with connection, connection.cursor() as cursor:
                yield cursor
        finally:
            connection.close()

    name = f"gp test {os.getpid()} {id(project)}"
    with connected() as cursor:
        cursor.execute(f'CREATE ROLE "{name}"')
    yield Role(name)
    with connected() as cursor:
        cursor.execute(f'DROP OWNED BY "{name}"')
        cursor.execute(f'DROP ROLE "{name}"')


def test_a_role_that_no_rule_names_any_more_loses_its_grants(project, notes, new_role):
    project.starts(notes(rules=reading(to=new_role)))
    assert project.grants("notes")[new_role.name] == {"SELECT"}
    project.lands(notes(rules=reading()))
    assert new_role.name not in project.grants("notes")


def test_a_role_with_a_sequence_of_its_own(project, new_role):
    def build(*rules):
        def declare(metadata):
            table = Table("notes", metadata, Column("id", Integer, primary_key=True))
            protect(table, *rules)

        return declare

    project.starts(build(allow("insert", to=new_role, check=text("id > 0"))))
    assert {grant.grantee for one in project.schema().sequences if one.schema == "public" for grant in one.grants} >= {
        new_role.name,
        "service_role",
    }
    project.lands(build())


def test_the_grants_of_a_role_that_nobody_named_come_back_with_its_table(project, notes, both, new_role):
    kept = notes(name="kept")
    project.starts(both(kept, notes()))
    project.execute(f'GRANT SELECT (id), TRUNCATE ON notes TO "{new_role.name}" WITH GRANT OPTION')
    project.lands(kept)


def test_a_role_that_is_not_there_is_reported_in_a_sentence(project, notes):
    from alembic.util import CommandError

    project.say(notes(rules=reading(to=Role("No such role"))))
    with pytest.raises(CommandError) as error:
        project.revise()
    assert str(error.value) == (
        'the role "No such role" is not on this server\n'
        '  CREATE ROLE "No such role" NOLOGIN; GRANT "No such role" TO authenticator'
    )


def test_a_grant_by_hand_is_taken_back(project, notes):
    project.starts(notes())
    project.execute("GRANT SELECT, TRUNCATE ON notes TO anon; GRANT UPDATE (user_id) ON notes TO PUBLIC")
    project.lands(notes())
    assert set(project.grants("notes")) == {"service_role"}


@pytest.mark.parametrize("statement", ["DISABLE", "NO FORCE"])
def test_row_security_that_was_switched_off_is_switched_on(project, notes, statement):
    project.starts(notes())
    project.execute(f"ALTER TABLE notes {statement} ROW LEVEL SECURITY")
    assert len(project.lands(notes()).ops) == 1


def test_a_policy_from_the_dashboard_on_a_declared_table_is_dropped(project, notes):
    project.starts(notes(rules=reading()))
    project.execute('CREATE POLICY "Enable read access for all users" ON notes FOR SELECT USING (true)')
    revision = project.lands(notes(rules=reading()))
    assert revision.ops == (("DropOp", "policy public.notes.Enable read access for all users"),)


@pytest.mark.parametrize("default", ["extensions.uuid_generate_v4()", "uuid_generate_v4()"])
def test_a_default_is_the_same_with_and_without_a_schema_of_the_search_path(project, notes, default):
    project.lands(notes(Column("code", Uuid, server_default=text(default))))


def test_a_project_of_few_tables_leaves_the_others_alone(project, notes):
    def with_another(metadata):
        notes()(metadata)
        Table("others", metadata, Column("id", Integer, primary_key=True))

    project.options["only_declared"] = True
    project.lands(with_another)
    assert not project.policies("others")
