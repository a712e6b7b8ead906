"""Branches that are merged, comments on policies, and models of several metadata objects."""

import pytest
from alembic import command
from alembic.util import CommandError
from sqlalchemy import ARRAY, Column, MetaData, Text, Uuid, any_, func

from gatepost import Role, allow, authenticated, owner, uid
from gatepost.declare.declaration import Declaration


@pytest.fixture
def branches(project, notes):
    """Two revisions of one base, each made as if the other were not there, and their merge."""

    def make(base, *states):
        project.starts(base)
        written = []
        for state in states:
            project.say(state)
            revision = project.revise()
            written.append((revision.path, revision.text))
            revision.path.unlink()
        for path, text in written:
            path.write_text(text)
        command.merge(project.config(), [path.name.partition("_")[0] for path, _ in written], rev_id="merged")
        return project

    return make


def test_two_branches_that_drop_the_same_policy(branches, notes):
    def with_commands(*commands):
        return notes(rules=lambda t: [owner(t.c.user_id, *commands)])

    project = branches(with_commands(), with_commands("select", "insert"), with_commands("select", "update"))
    before = project.state()
    project.upgrade()
    assert set(project.policies("notes")) == {"notes_select_owner"}
    project.downgrade("r1")
    assert project.state() == before


def test_two_branches_that_make_the_same_policy(branches, notes):
    def with_commands(*commands):
        return notes(rules=lambda t: [owner(t.c.user_id, *commands)])

    project = branches(with_commands("select"), with_commands("select", "insert"), with_commands("select", "insert"))
    with pytest.raises(CommandError, match='policy "notes_insert_owner" for table "notes" already exists') as refused:
        project.upgrade()
    assert "nothing was changed" in str(refused.value)


def test_two_branches_that_grant_columns_of_one_table(branches, notes):
    def with_columns(*names):
        return notes(
            *(Column(name, Text) for name in names), rules=lambda t: [owner(t.c.user_id, "update", columns=names)]
        )

    project = branches(with_columns("body"), with_columns("body", "one"), with_columns("body", "two"))
    project.say(with_columns("body", "one", "two"))
    project.upgrade()
    project.check()


def test_the_comment_on_a_policy_stays_when_the_policy_changes(project, notes):
    def for_roles(*roles):
        return notes(Column("n", Text), rules=lambda t: [owner(t.c.user_id, "select", to=roles)])

    project.starts(for_roles(authenticated))
    project.execute("COMMENT ON POLICY notes_select_owner ON notes IS 'it''s why:\tsee #1'")
    project.lands(for_roles(authenticated, Role("dashboard_user")))
    assert project.policies("notes")["notes_select_owner"].comment == "it's why:\tsee #1"


def test_models_of_several_metadata_objects(project, notes, both):
    other = MetaData()
    project.say(both(notes(rules=lambda t: [owner(t.c.user_id)]), lambda _: notes(name="others")(other)))
    project.options["metadata"] = [project.metadata, other]
    project.revise()
    project.upgrade()
    project.check()
    assert {table for table in project.state()["tables"] if "public" in table} == {"public.notes", "public.others"}


def test_am_i_among_the_elements_of_an_array(project, notes):
    people = Column("people", ARRAY(Uuid))
    rules = [
        lambda t: allow("select", to=authenticated, where=uid() == func.any(t.c.people)),
        lambda t: allow("delete", to=authenticated, where=uid() == any_(t.c.people)),
    ]
    project.lands(notes(people, rules=lambda t: [rule(t) for rule in rules]))
    assert all("= ANY (people)" in policy.using for policy in project.policies("notes").values())


def test_a_lent_connection_migrates_and_stays_as_it_was(project, notes):
    from sqlalchemy import create_engine, text

    project.say(notes(rules=lambda t: [owner(t.c.user_id)]))
    project.revise()
    config = project.config()
    engine = create_engine(project.url.replace("postgresql:", "postgresql+psycopg2:", 1))
    with engine.connect() as connection:
        config.attributes["connection"] = connection
        with connection.begin() as transaction:
            connection.execute(text("SELECT 1"))
            command.upgrade(config, "head")
            transaction.rollback()
        assert project.table("notes") is None
        command.upgrade(config, "head")
        command.check(config)
        assert connection.scalar(text("SHOW lock_timeout")) == "0"
    engine.dispose()
    assert project.table("notes") is not None


def test_a_lent_connection_of_another_driver_is_a_sentence(project):
    from sqlalchemy import create_mock_engine

    class Lent:
        dialect = create_mock_engine("postgresql+asyncpg://", lambda *_: None).dialect

    project.say(lambda _metadata: None)
    config = project.config()
    config.attributes["connection"] = Lent()
    with pytest.raises(CommandError, match='is of the driver "asyncpg"'):
        command.upgrade(config, "head")
    assert project.declaration == Declaration()
