"""A database as a project: the commands of docs/adopt.md, in their order, on a project as strangers write them."""

import json
import os
import re
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import psycopg2
import pytest

pytestmark = pytest.mark.subprocess

PAGE = Path(__file__).parents[2] / "docs" / "adopt.md"
WORKSHOP = Path(__file__).with_name("workshop.sql")
DESIGNS = Path(__file__).parents[2] / "benchmarks" / "designs"
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


def must(command, folder, url):
    done = run(command, folder, url)
    assert done.returncode == 0, (command, done.stdout, done.stderr)
    return done.stdout


@pytest.mark.slow
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
        said.append(must(command, tmp_path, database_url))
        assert (tmp_path / "models").exists() == ("--dry-run" not in command)
    assert "7 tables, 16 policies: 16 typed, 0 word for word" in said[1]
    assert "4 functions, 1 view, 1 trigger declared" in said[1]
    assert 'in the first revision only: the trigger "auth.users.on_auth_user_created"' in said[1]
    assert "not carried over" not in "".join(said)
    assert "\nThen:\n  alembic stamp 0001" in said[1]
    assert "No new upgrade operations detected" in said[-1]
    assert policies(database_url) == before
    verified = json.loads(run("gatepost verify --format json", tmp_path, database_url).stdout)
    assert {one["rule"] for one in verified["findings"]} & {"drift", "undeclared-table"} == set()

    statements = tmp_path / "policies" / "tables.py"
    slow, fast = 'name="Owners: everything", per_row=True', 'name="Owners: everything"'
    changed = statements.read_text().replace(slow, fast)
    assert changed != statements.read_text()
    statements.write_text(changed)
    must("alembic revision --autogenerate -m faster", tmp_path, database_url)
    must("alembic upgrade head", tmp_path, database_url)
    different = [new[2] for new, old in zip(policies(database_url), before, strict=True) if new != old]
    assert different == ["Owners: everything"]


@pytest.mark.slow
def test_a_part_of_a_database_is_managed_and_the_rest_left_alone(tmp_path, database_url):
    with closing(psycopg2.connect(database_url)) as connection, connection, connection.cursor() as cursor:
        cursor.execute(WORKSHOP.read_text())
    before = policies(database_url)
    said = must("gatepost adopt $DATABASE_URL --only team_members --only private.audit", tmp_path, database_url)
    assert "2 tables, 2 policies: 2 typed" in said
    assert not (tmp_path / "entities").exists()
    for command in ("alembic stamp 0001", "alembic upgrade head", "alembic check"):
        must(command, tmp_path, database_url)
    statements = tmp_path / "policies" / "tables.py"
    text = statements.read_text()
    changed = text.replace('owner(TeamMembers.user_id, "select"', 'owner(TeamMembers.user_id, "delete"')
    assert changed != text
    statements.write_text(changed)
    must("alembic revision --autogenerate -m less", tmp_path, database_url)
    must("alembic upgrade head", tmp_path, database_url)
    must("alembic check", tmp_path, database_url)
    different = [new[2:4] for new, old in zip(policies(database_url), before, strict=True) if new != old]
    assert different == [("own_membership", "DELETE")]


ONE_RULE = """protect(
    {table},
    more("delete", to=signed_in, name="only with a second factor", where=of_token("aal") == "aal2"),
"""


@pytest.mark.slow
@pytest.mark.parametrize("design", ["05_social", "17_photos", "23_saas_basejump", "29_fleet_multischema", "30_jobs"])
def test_one_more_rule_leaves_every_other_policy_as_it_is(tmp_path, database_url, design):
    with closing(psycopg2.connect(database_url)) as connection, connection, connection.cursor() as cursor:
        cursor.execute((DESIGNS / f"{design}.sql").read_text())
    before = policies(database_url)
    for command in ("gatepost adopt $DATABASE_URL", "alembic stamp 0001", "alembic upgrade head"):
        must(command, tmp_path, database_url)
    statements = tmp_path / "policies" / "tables.py"
    words = "from gatepost import authenticated as signed_in, claim as of_token, restrict as more\n"
    head, table, rest = re.split(r"^protect\(\n    (\w+),\n", statements.read_text(), maxsplit=1, flags=re.MULTILINE)
    statements.write_text(head + words + ONE_RULE.format(table=table) + rest)
    for command in ("alembic revision --autogenerate -m second-factor", "alembic upgrade head", "alembic check"):
        must(command, tmp_path, database_url)
    after = policies(database_url)
    assert [one[2] for one in after if one not in before] == ["only with a second factor"]
    assert [one for one in after if one in before] == before
    assert len(before) > 8


@pytest.mark.slow
@pytest.mark.parametrize("design", ["13_clinic", "20_donations", "25_logistics", "27_inventory"])
def test_a_design_comes_back_equal(tmp_path, design):
    """Roles of its own, a sequence behind a default, composite types and ranges, constraints with options."""
    said = must(f"gatepost adopt {DESIGNS / design}.sql", tmp_path, "")
    assert "0 word for word" in said
    assert "not carried over" not in said
    if design == "13_clinic":
        assert 'in the first revision only: the role "auditor"' in said
        assert 'CREATE ROLE "auditor"' in (tmp_path / "alembic" / "versions" / "0001_baseline.sql").read_text()


def test_a_folder_that_has_models_is_refused_and_stays_as_it_is(tmp_path):
    (tmp_path / "models").mkdir()
    done = run(f"gatepost adopt {WORKSHOP}", tmp_path, "")
    assert done.returncode == 2
    assert "is there already" in done.stderr
    assert [path.name for path in tmp_path.rglob("*")] == ["models"]
