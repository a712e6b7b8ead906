"""What a project declares and its migrations do not hold: nobody may read "nobody gains" where nothing was run."""

import pytest

from gatepost.finding import NotChecked
from gatepost.review.api import review
from gatepost.sources import opened, parse_source
from gatepost.sources.undeployed import not_exported, not_migrated

SQL = "-- The Alembic revision {}, written by gatepost export. Change the revision, and export again.\n"
INI = "[alembic]\nscript_location = %(here)s/scripts\n"
ENV = """
from alembic import context
from sqlalchemy import Column, MetaData, Table, Uuid
from gatepost import allow, authenticated, owner, protect
from gatepost.declare.language import collected, declaring
from gatepost.migrate import run

metadata = MetaData()
with declaring():
    table = Table("notes", metadata, Column("user_id", Uuid, primary_key=True))
    protect(table, owner(table.c.user_id){more})
    declaration = collected()
run(context, metadata, policies=declaration)
"""


@pytest.fixture
def folder(tmp_path):
    made = tmp_path / "supabase" / "migrations"
    made.mkdir(parents=True)
    (made / "20000101000001_first.sql").write_text(SQL.format("a1") + "SELECT 1;\n")
    (tmp_path / "alembic" / "versions").mkdir(parents=True)
    (tmp_path / "alembic" / "versions" / "a1_first.py").write_text('revision = "a1"\n')
    (tmp_path / "policies").mkdir()
    (tmp_path / "policies" / "__init__.py").write_text("protect(Note)\n")
    return made


def test_a_revision_that_was_not_exported(folder):
    assert list(not_exported(folder)) == []
    (folder.parents[1] / "alembic" / "versions" / "b2.py").write_text('raise SystemExit\nrevision: str = "b2"\n')
    why = '"supabase/migrations" holds no file of this revision; gatepost export'
    assert list(not_exported(folder)) == [NotChecked("alembic/versions/b2.py", why)]


def test_a_project_that_exports_nothing_may_have_revisions_and_sql(folder):
    (folder / "20000101000001_first.sql").write_text("SELECT 1;\n")
    assert list(not_exported(folder)) == []


@pytest.mark.parametrize(
    ("written", "said"),
    [("protect(Note, owner(Note.user_id))\n", "policies/__init__.py"), ("# Nobody.\nprotect( Note )\n", None)],
    ids=["another rule", "a comment"],
)
def test_declarations_that_change_without_a_migration(folder, tmp_path, written, said):
    before = tmp_path / "before"
    (before / "policies").mkdir(parents=True)
    (before / "policies" / "__init__.py").write_text(written)
    (before / "supabase" / "migrations").mkdir(parents=True)
    found = not_migrated(before / "supabase" / "migrations", folder, "policies")
    assert [one.what for one in found] == ([said] if said else [])


@pytest.mark.server
def test_what_is_declared_in_no_revision_is_not_checked(tmp_path):
    for name, more in (("before", ""), ("after", ', allow("select", to=authenticated)')):
        scripts = tmp_path / name / "scripts"
        (scripts / "versions").mkdir(parents=True)
        (scripts.parent / "alembic.ini").write_text(INI)
        (scripts / "env.py").write_text(ENV.format(more=more))
    with opened(parse_source(str(tmp_path / "before"))) as database:
        (entry,) = database.undeployed
    assert "and 15 more; alembic revision --autogenerate" in entry.why
    result = review(*(parse_source(str(tmp_path / name)) for name in ("before", "after")))
    (entry,) = result.not_checked
    assert entry.fails
    assert "and 16 more; alembic revision --autogenerate" in entry.why
    shared = review(*[parse_source(str(tmp_path / "after"))] * 2)
    assert [one.fails for one in shared.not_checked] == [False]
