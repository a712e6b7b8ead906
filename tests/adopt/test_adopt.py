"""A database as a project: the commands of docs/adopt.md, in their order, on a project as strangers write them."""

import os
import re
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import psycopg2

PAGE = Path(__file__).parents[2] / "docs" / "adopt.md"
WORKSHOP = Path(__file__).with_name("workshop.sql")
POLICIES = "SELECT schemaname, tablename, policyname, cmd, roles, qual, with_check FROM pg_policies ORDER BY 1, 2, 3"


def run(command, folder, url):
    program, *arguments = command.replace("$DATABASE_URL", url).split()
    module = {"gatepost": "gatepost.cli", "alembic": "alembic"}[program]
    return subprocess.run(
        [sys.executable, "-B", "-m", module, *arguments],
        cwd=folder,
        env={**os.environ, "DATABASE_URL": url},
        capture_output=True,
        text=True,
    )


def policies(url):
    with closing(psycopg2.connect(url)) as connection, connection.cursor() as cursor:
        cursor.execute("SET search_path = ''")
        cursor.execute(POLICIES)
        return cursor.fetchall()


def test_the_commands_of_the_page_adopt_a_project_and_change_nothing(tmp_path, database_url):
    (tmp_path / "supabase" / "migrations").mkdir(parents=True)
    (tmp_path / "supabase" / "migrations" / "20260101000000_all.sql").write_text(WORKSHOP.read_text())
    with closing(psycopg2.connect(database_url)) as connection, connection, connection.cursor() as cursor:
        cursor.execute(WORKSHOP.read_text())
    before = policies(database_url)
    commands = [
        line for block in re.findall(r"```shell\n(.*?)```", PAGE.read_text(), re.DOTALL) for line in block.splitlines()
    ]
    said = []
    for command in commands:
        done = run(command, tmp_path, database_url)
        assert done.returncode == 0, (command, done.stdout, done.stderr)
        said.append(done.stdout)
        assert (tmp_path / "models").exists() == ("--dry-run" not in command)
    assert "7 tables, 16 policies: 16 typed, 0 word for word" in said[1]
    assert "not carried over" not in "".join(said)
    assert "No new upgrade operations detected" in said[-1]
    assert policies(database_url) == before

    statements = tmp_path / "policies" / "tables.py"
    changed = statements.read_text().replace("name='Owners: everything', per_row=True", "name='Owners: everything'")
    assert changed != statements.read_text()
    statements.write_text(changed)
    for command in ("alembic revision --autogenerate -m faster", "alembic upgrade head"):
        done = run(command, tmp_path, database_url)
        assert done.returncode == 0, (command, done.stdout, done.stderr)
    different = [new[2] for new, old in zip(policies(database_url), before, strict=True) if new != old]
    assert different == ["Owners: everything"]


def test_a_folder_that_has_models_is_refused_and_stays_as_it_is(tmp_path):
    (tmp_path / "models").mkdir()
    done = run(f"gatepost adopt {WORKSHOP}", tmp_path, "")
    assert done.returncode == 2
    assert "is there already" in done.stderr
    assert [path.name for path in tmp_path.rglob("*")] == ["models"]
