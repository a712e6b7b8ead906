"""A table whose rows refer to rows of the same table: its changes are tried as those of every other one."""

from sqlalchemy import Column, ForeignKey, Integer, MetaData, Table, Text

from gatepost import declaring, protect
from gatepost.declare.declaration import Declaration
from gatepost.observation.run import Scope

TREE = """
CREATE TABLE thing (id serial PRIMARY KEY, name text NOT NULL, parent_id int REFERENCES thing);
CREATE INDEX ON thing (parent_id);
ALTER TABLE thing ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
REVOKE ALL ON thing FROM anon, authenticated; GRANT SELECT, INSERT, UPDATE, DELETE ON thing TO service_role;
"""


def declaration():
    tree = Table(
        "thing", MetaData(), Column("id", Integer, primary_key=True), Column("name", Text, nullable=False),
        Column("parent_id", ForeignKey("thing.id"), index=True),
    )  # fmt: skip
    with declaring() as statements:
        protect(tree)
        return Declaration(tuple(statements.values()))


def test_a_tree_is_changed_like_any_table(designs):
    run = designs.observe(TREE, Scope(declaration=declaration()))
    assert [one.rule for one in run.findings if one.severity != "info"] == []
    assert run.not_checked == ()
