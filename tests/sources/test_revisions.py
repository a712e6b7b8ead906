"""An Alembic project as a database: its revisions run in a process that knows this database alone."""

from contextlib import closing

import pytest

from gatepost.database.connect import connect
from gatepost.errors import SourceError
from gatepost.sources import opened, parse_source

pytestmark = pytest.mark.server

INI = "[alembic]\nscript_location = %(here)s/scripts\nsqlalchemy.url = postgresql://production.example.com/app\n"
ENV = """
from alembic import context
from sqlalchemy import create_engine
engine = create_engine(context.config.get_main_option("sqlalchemy.url").replace("postgresql:", "postgresql+psycopg2:"))
with engine.connect() as connection:
    context.configure(connection=connection)
    with context.begin_transaction():
        context.run_migrations()
"""
REVISION = """
import os
from alembic import op
revision, down_revision = "1", None
def upgrade():
    found = os.environ.get("AWS_SECRET_ACCESS_KEY", "none")
    op.execute(f"create table public.seen as select '{found}' as found")
    op.execute("create policy files on storage.objects for select using (owner = auth.uid())")
"""


@pytest.fixture
def project(tmp_path, monkeypatch):
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "of-the-user")
    scripts = tmp_path / "scripts" / "versions"
    scripts.mkdir(parents=True)
    (tmp_path / "alembic.ini").write_text(INI)
    (scripts.parent / "env.py").write_text(ENV)
    (scripts / "1_start.py").write_text(REVISION)
    return tmp_path


def test_revisions_run_on_the_prepared_database_and_no_other(project):
    with opened(parse_source(str(project))) as database, closing(connect(database.url)) as connection:
        with connection.cursor() as cursor:
            cursor.execute("SELECT found, tableowner FROM public.seen, pg_tables WHERE tablename = 'seen'")
            assert cursor.fetchall() == [("none", "postgres")]
            cursor.execute("SELECT policyname FROM pg_policies WHERE tablename = 'objects'")
            assert cursor.fetchall() == [("files",)]
        assert "was run, as you" in database.notes[0]


def test_revisions_that_fail_are_one_sentence(project):
    (project / "scripts" / "versions" / "1_start.py").write_text(REVISION.replace("create table", "create tabel"))
    said = r"alembic upgrade head fails in .*syntax error at or near"
    with pytest.raises(SourceError, match=said), opened(parse_source(str(project))):
        pass
