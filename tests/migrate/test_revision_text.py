"""What people read: the text of a revision, and the sentences of `alembic check`."""

import logging

import pytest
from alembic import command
from alembic.util import CommandError
from sqlalchemy import Column, Text, text

from gatepost import allow, authenticated, owner
from gatepost.migrate import Grant, PolicyEntity, RevokeAll, RowSecurityEntity
from gatepost.migrate.entities import source_text

LONG = " AND ".join(f"(title <> 'title number {number}')" for number in range(5))


def test_a_new_table_is_a_line_for_each_privilege_and_a_few_for_a_policy(project, notes):
    project.say(
        notes(Column("title", Text), rules=lambda t: [owner(t.c.user_id, "select", "update", columns=["title"])])
    )
    revision = project.revise()
    lines = [line.strip() for line in revision.up.splitlines()]
    assert 'op.create_entity(RevokeAll("public", "notes", sequences=["notes_id_seq"]))' in lines
    assert 'op.create_entity(Grant("public", "notes", "authenticated", "UPDATE", ["title"]))' in lines
    assert 'op.create_entity(RowSecurityEntity("public", "notes"))' in lines
    assert '"public", "notes", "notes_select_owner", "select", ["authenticated"],' in lines
    assert 'using="(( SELECT auth.uid() AS uid) = user_id)",' in lines
    assert "GrantsEntity" not in revision.text
    # What is on a new table goes with it.
    assert "Grant(" not in revision.down
    assert 'op.drop_entity(PolicyEntity("public", "notes", "notes_select_owner"))' in revision.down


@pytest.mark.parametrize(
    "condition",
    [
        LONG,
        "title = 'two\n  lines'",
        "id IN (\n  SELECT id\n  FROM notes\n)",
        'title = \'a\\b"""c\'',
        "title = '  \u00a0é'",
    ],
    ids=["long", "a literal of two lines", "a query", "escapes", "beyond ASCII"],
)
def test_a_condition_is_the_same_after_it_was_written_and_read(project, notes, condition):
    project.lands(
        notes(Column("title", Text), rules=lambda _: [allow("select", to=authenticated, where=text(condition))])
    )


@pytest.mark.parametrize(
    "entity",
    [
        PolicyEntity(
            "public", "t", "a 'name' \"in\" quotes", "all", ["public"], using=LONG, check="true", permissive=False
        ),
        PolicyEntity("public", "t", "p", "select", ["anon"], using=f"({LONG})\n  OR false"),
        PolicyEntity("public", "t", "p", "select", ["anon"], using="a = 'x\n y'\n -- why\n OR b"),
        RowSecurityEntity("s", "t", enabled=False, forced=False),
        Grant("public", "t", "anon", "UPDATE", ["a", "b"], grantable=True),
        Grant("app", "is_mine(uuid, text[])", "public", "EXECUTE", on="routine"),
        RevokeAll("public", "t", ["other"], ["s", '"app"."s"']),
    ],
)
def test_an_entity_is_the_same_after_it_was_written_and_read(entity):
    names = {kind.__name__: kind for kind in (PolicyEntity, RowSecurityEntity, Grant, RevokeAll)}
    again = eval(entity.source(), names)
    assert again.source() == entity.source()
    assert again.create_sql() == entity.create_sql() or 'using="""' in entity.source()


def test_a_long_condition_is_broken_before_its_outermost_words():
    block = source_text.call("f", ["public"], {"using": f"({LONG})"})
    assert block.count("\n          AND (title") == 4


def test_check_says_each_difference_in_a_sentence(project, notes, caplog):
    rules = lambda t: [owner(t.c.user_id, "select", "delete")]  # noqa: E731
    project.starts(notes(rules=rules))
    project.execute(
        "GRANT INSERT, UPDATE (user_id) ON notes TO anon; REVOKE DELETE ON notes FROM authenticated;"
        "ALTER TABLE notes NO FORCE ROW LEVEL SECURITY; DROP POLICY notes_delete_owner ON notes;"
        "CREATE POLICY extra ON notes USING (true); ALTER POLICY notes_select_owner ON notes USING (id = 1)"
    )
    with caplog.at_level(logging.INFO, "alembic"), pytest.raises(CommandError) as found:
        command.check(project.config())
    for sentence in (
        '"anon" has INSERT on "public.notes"',
        '"anon" has UPDATE (user_id) on "public.notes"',
        '"authenticated" has no DELETE on "public.notes"',
        'row security of "public.notes" is on but not forced',
        'the policy "notes_delete_owner" on "public.notes" is not in the database',
        'the policy "extra" on "public.notes" is in the database and not declared',
        'the policy "notes_select_owner" on "public.notes" differs: USING is (id = 1), declared is '
        "(( SELECT auth.uid() AS uid) = user_id)",
    ):
        assert sentence in str(found.value)
        assert f"Detected: {sentence}" in caplog.messages
