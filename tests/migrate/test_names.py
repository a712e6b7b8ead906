"""Names that a person gives, and that a tool which does not quote, folds or splits them would lose."""

import pytest
import sqlmodel
from sqlalchemy import Column, ForeignKey, Identity, Integer, Table, Text, Uuid

from gatepost import owner, protect, through

AWKWARD = ["Users can read", 'the "owner" reads', "v1.2 reads", "read on notes", "it's", "100%", "a:b", "naïve ✓", "A"]


def test_a_policy_may_be_named_anything(project, notes):
    project.lands(notes(rules=lambda table: [owner(table.c.user_id, "select", name=name) for name in AWKWARD]))
    assert set(project.policies("notes")) == set(AWKWARD)


def test_a_policy_may_be_named_as_a_python_word(project, notes):
    def build(metadata):
        for name in ("op", "class", "sa"):
            notes(name=name, rules=lambda table, name=name: [owner(table.c.user_id, "select", name=name)])(metadata)

    project.lands(build)
    assert set(project.policies("class")) == {"class"}


@pytest.mark.parametrize("name", ["CamelTable", "my table", "user", "order", 'a "b"', "100%", "it's", "x:y"])
def test_a_table_and_a_column_may_be_named_anything(project, name):
    def build(metadata):
        table = Table(
            name,
            metadata,
            Column(name, Integer, Identity(), primary_key=True),
            Column("user_id", Uuid, index=True),
        )
        child = Table(
            f"{name} of it",
            metadata,
            Column("id", Integer, primary_key=True, autoincrement=False),
            Column(f"{name} id", ForeignKey(table.c[name]), index=True),
            Column("secret", Text),
        )
        protect(table, owner(table.c.user_id))
        protect(child, through(child.c[f"{name} id"]), hide=["secret"])

    project.lands(build)
    assert len(project.policies(name)) == 4
    assert f"SELECT ({name} id)" in project.grants(f"{name} of it")["authenticated"]
    assert "SELECT (secret)" not in project.grants(f"{name} of it")["authenticated"]


def test_a_table_may_have_a_dot_in_its_name(project, notes):
    project.lands(notes(name="a.b", rules=lambda table: [owner(table.c.user_id)]))
    assert len(project.policies("a.b")) == 4


def test_the_text_of_a_revision_is_the_same_each_time(project, notes, new_project):
    def build(metadata):
        for name in ("b", "a", "c"):
            notes(Column("secret", Text), name=name, rules=lambda t: [owner(t.c.user_id)], hide=["secret"])(metadata)

    texts = []
    for folder in ("first", "second"):
        again = new_project(project.url, folder)
        again.say(build)
        texts.append(again.revise().text)
    assert texts[0] == texts[1]
    assert "import sqlmodel" not in texts[0]


def test_a_revision_holds_plain_types(project):
    def build(metadata):
        types = sqlmodel.AutoString(), sqlmodel.AutoString(length=20)
        columns = [Column(f"word{at}", type_) for at, type_ in enumerate(types)]
        protect(Table("plain", metadata, Column("id", Integer, primary_key=True), *columns))

    revision = project.lands(build)
    assert "sqlmodel" not in revision.text
    assert "sa.String(length=20)" in revision.text
