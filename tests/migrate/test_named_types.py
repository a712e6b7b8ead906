"""ENUMs, their labels, domains and schemas: there already, new, or one more, in the deploy that uses them."""

import logging

import pytest
from sqlalchemy import ARRAY, Column, Enum, Integer, Text, Uuid, text
from sqlalchemy.dialects.postgresql import DOMAIN

from gatepost import allow, authenticated


def state(*labels, schema=None):
    return Column("state", Enum(*labels, name="st", schema=schema), index=True)


def where(condition):
    return lambda _table: [allow("select", to=authenticated, where=text(condition))]


def labels(project):
    return project.rows("SELECT enumlabel::text FROM pg_enum WHERE enumtypid = 'st'::regtype ORDER BY enumsortorder")


def test_a_type_that_is_there_is_used_by_a_new_table(project, notes, both):
    one, other, third = (notes(state("open", "closed"), name=name) for name in ("ones", "others", "thirds"))
    project.starts(one)
    revision = project.lands(both(one, other, third))
    assert "EnumEntity" not in revision.text
    assert "create_type=False" in revision.text


def test_tables_that_share_a_new_type(project, notes, both):
    columns = state("open", "it's"), Column("past", ARRAY(Enum("open", "it's", name="st")))
    revision = project.lands(both(notes(*columns), notes(*columns, name="others")))
    assert """op.create_entity(EnumEntity("public", "st", ["open", "it's"]))""" in revision.up
    assert "op.drop_entity(EnumEntity(" in revision.down


def test_a_new_label_and_the_policies_that_use_it(project, notes, both, caplog):
    project.starts(both(notes(state("open", "closed")), notes(name="others")))
    longer = notes(
        state("new", "open", "shared", "closed", "gone"),
        rules=lambda t: [allow("select", to=authenticated, where=t.c.state == "shared")],
    )
    read = notes(name="others", rules=where("id IN (SELECT id FROM notes WHERE state = 'gone')"))
    revision = project.lands(both(longer, read))
    assert [label for (label,) in labels(project)] == ["new", "open", "shared", "closed", "gone"]
    assert 'PostgreSQL drops no label: "shared" of the type "public.st" stays' in caplog.messages
    assert revision.up.index("autocommit_block") < revision.up.index("PolicyEntity")
    assert "'shared'::public.st" in project.policies("notes")["notes_select_authenticated"].using


def test_a_label_that_is_only_in_the_database_is_said_and_stays(project, notes, caplog):
    project.starts(notes(state("open", "closed")))
    project.say(notes(state("open")))
    with caplog.at_level(logging.WARNING, "gatepost"):
        project.check()
    assert '"closed" is a label of the type "public.st" and not in the models; PostgreSQL drops no label' in (
        caplog.messages
    )


def test_a_domain_that_is_there_is_used_by_a_new_table(project, notes, both):
    word = Column("word", DOMAIN("short", Text, check=text("length(VALUE) < 9")))
    project.starts(notes(word))
    project.lands(both(notes(word), notes(word, name="others", rules=where("word = 'a'::short"))))


def test_a_new_schema(project, notes):
    revision = project.lands(
        notes(state("open", "closed", schema="app"), schema="app", rules=lambda t: [
            allow("select", to=authenticated, where=t.c.state == "open")
        ])
    )  # fmt: skip
    assert 'op.create_entity(SchemaEntity("app"))' in revision.up


@pytest.mark.parametrize("sqlite", [False, True], ids=["as a script", "on SQLite"])
def test_types_in_a_script_and_on_sqlite(project, notes, tmp_path, capsys, sqlite):
    project.starts(notes(state("open", "closed")))
    project.say(notes(state("open", "closed", "shared"), Column("n", Integer)))
    project.revise()
    if sqlite:
        project.url = "sqlite:///" + str(tmp_path / "notes.db")
        project.upgrade()
        project.downgrade("base")
        return
    capsys.readouterr()
    project.upgrade("r1:r2", sql=True)
    script = capsys.readouterr().out
    assert "ALTER TYPE \"public\".\"st\" ADD VALUE IF NOT EXISTS 'shared' AFTER 'closed'" in script


@pytest.mark.parametrize(
    ("old", "new", "up", "down"),
    [
        (Text, Uuid, "state::UUID", None),
        (Text, Enum("open", "closed", name="made"), "state::made", None),
        (Enum("open", name="st"), Enum("open", name="made"), "state::text::made", "state::text::public.st"),
        (Integer, Text, None, "state::integer"),
    ],
    ids=["text to uuid", "text to a new ENUM", "ENUM to ENUM", "only down"],
)
def test_a_change_of_a_type_says_how_under_a_policy(project, notes, old, new, up, down):
    project.starts(notes(Column("state", old), rules=where("state IS NOT NULL")))
    project.say(notes(Column("state", new), rules=where("state IS NOT NULL")))
    revision = project.revise()
    for text_, using in ((revision.up, up), (revision.down, down)):
        written = text_.partition("postgresql_using=")[2].partition(")")[0].replace('"', "").replace("'", "")
        assert written.replace("\\", "") == (using or "")
    project.upgrade()
    project.check()
    project.downgrade()
    project.upgrade()
    assert project.policies("notes")["notes_select_authenticated"].using == "(state IS NOT NULL)"
