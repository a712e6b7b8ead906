"""The pages in docs/: every command runs, in the order of the page, and the table of faults is the table of faults."""

import os
import re
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
from alembic import command
from alembic.config import Config

from gatepost.database.connection_faults import FAULTS
from models.sample import write_sample
from tests.programs import programs

ROOT = Path(__file__).parents[2]
PAGES = sorted((ROOT / "docs").glob("*.md"))


def commands(page: Path) -> list[str]:
    blocks = re.findall(r"```console\n(.*?)```", page.read_text(), re.DOTALL)
    return [line[2:] for block in blocks for line in block.splitlines() if line.startswith("$ ")]


@pytest.fixture
def project(tmp_path: Path) -> Path:
    for name in ("models", "policies", "alembic"):
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("alembic.ini", "pyproject.toml"):
        shutil.copy(ROOT / name, tmp_path / name)
    write_sample(tmp_path / "goblin_assistant.db", scale=0.2)
    return tmp_path


def run_in_order(lines: list[str], project: Path, url: str) -> None:
    """Run in one shell, as a reader does, so that what is exported holds for the lines after it."""
    tools = [str(Path(sys.executable).parent), str(programs().directory), os.environ["PATH"]]
    kept = {name: value for name, value in os.environ.items() if not name.startswith("DB_")}
    # The server of the tests has 60 connections, as the smallest compute has.
    pool = {} if any("DB_POOL_SIZE" in line for line in lines) else {"DB_POOL_SIZE": "5", "DB_MAX_OVERFLOW": "10"}
    script = "\n".join(f"echo {line!r}\n{line}" if "'" not in line else line for line in lines)
    done = subprocess.run(
        ["bash", "-e", "-o", "pipefail", "-c", script],
        cwd=project,
        env=kept | pool | {"DATABASE_URL": url, "PATH": os.pathsep.join(tools)},
        capture_output=True,
        text=True,
        timeout=240,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_moving_has_ten_commands() -> None:
    lines = commands(ROOT / "docs" / "moving.md")
    assert len([line for line in lines if not line.startswith("export ")]) == 10


@pytest.mark.slow
@pytest.mark.subprocess
def test_moving(project: Path, database_url: str) -> None:
    run_in_order(commands(ROOT / "docs" / "moving.md"), project, database_url)


@pytest.mark.slow
@pytest.mark.subprocess
def test_rolling_back(project: Path, database_url: str) -> None:
    shutil.copy(project / "goblin_assistant.db", project / "goblin_assistant.db.backup")
    lines = commands(ROOT / "docs" / "rolling-back.md")
    count = "psql \"$DATABASE_URL\" -XAtc 'SELECT count(*) FROM stream_chunks'"
    before = ["alembic upgrade head", "gatepost transfer goblin_assistant.db", f"{count} > before"]
    put_back = next(place for place, line in enumerate(lines) if line.startswith("pg_restore"))
    after = [f"{count} > after", "test -s before", "cmp before after"]
    run_in_order([*before, *lines[: put_back + 1], *after, *lines[put_back + 1 :]], project, database_url)


@pytest.mark.slow
@pytest.mark.subprocess
def test_troubleshooting(project: Path, database_url: str) -> None:
    lines = commands(ROOT / "docs" / "troubleshooting.md")
    # As somebody has it who runs `alembic stamp`: the tables are there, the revision is not.
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("DATABASE_URL", database_url)
        config = Config()
        config.set_main_option("script_location", str(ROOT / "alembic"))
        config.set_main_option("path_separator", "os")
        command.upgrade(config, "0ae54fa82ef0")
    stamp = next(place for place, line in enumerate(lines) if line.startswith("alembic stamp"))
    forget = "psql \"$DATABASE_URL\" -Xqc 'DROP TABLE alembic_version'"
    sick = [line if line.startswith("gatepost load") else f"{line} || test $? = 1" for line in lines[:stamp]]
    run_in_order([forget, *sick, *lines[stamp:], "gatepost doctor"], project, database_url)


@pytest.mark.slow
@pytest.mark.subprocess
def test_migrations_folder(tmp_path: Path) -> None:
    """The commands of the page, in a repository with two migrations and a schema file."""
    made = (
        "CREATE TABLE public.note (id int PRIMARY KEY, user_id uuid NOT NULL);\nCREATE INDEX ON public.note (user_id);",
        "ALTER TABLE public.note ENABLE ROW LEVEL SECURITY;\nREVOKE ALL ON public.note FROM anon;\n"
        "CREATE POLICY own ON public.note TO authenticated USING ((SELECT auth.uid()) = user_id);",
    )
    folder = tmp_path / "supabase" / "migrations"
    folder.mkdir(parents=True)
    for at, text in enumerate(made):
        (folder / f"2026010100000{at}_step.sql").write_text(text)
    (tmp_path / "schema.sql").write_text("\n".join(made))
    git = "git -c user.name=t -c user.email=t@example.org"
    lines = [f"{line} || test $? = 1" for line in commands(ROOT / "docs" / "migrations-folder.md")]
    assert len(lines) == 3
    run_in_order(["git init -q .", f"git add -A && {git} commit -qm one", *lines], tmp_path, "")


@pytest.mark.slow
@pytest.mark.subprocess
def test_mapping(tmp_path: Path, database_url: str) -> None:
    """The page in its order, with its own file in the place of the one that is written."""
    page = (ROOT / "docs" / "mapping.md").read_text()
    with closing(sqlite3.connect(tmp_path / "app.db")) as app, app:
        app.execute('CREATE TABLE userNotes (id INTEGER PRIMARY KEY, createdAt REAL, "Body Text" BLOB, old TEXT)')
        app.execute("INSERT INTO userNotes VALUES (1, 1763747931.2441125, x'636166c3a9', 'x')")
        app.execute("CREATE TABLE logs (id INTEGER)")
    (tmp_path / "decided.toml").write_text(re.findall(r"```toml\n(.*?)```", page, re.DOTALL)[0])
    columns = "id int, created_at timestamptz, body_text text, title text, owner text DEFAULT 'me'"
    plan, write, *rest = commands(ROOT / "docs" / "mapping.md")
    lines = [
        f'psql "$DATABASE_URL" -Xqc "CREATE TABLE user_notes ({columns})"',
        f"{plan} || test $? = 2",
        f"{write} || test $? = 1",
        "cp decided.toml mapping.toml",
        *rest,
    ]
    run_in_order(lines, tmp_path, database_url)


@pytest.mark.slow
@pytest.mark.subprocess
def test_adopt_sqlite(tmp_path: Path, database_url: str) -> None:
    write_sample(tmp_path / "app.db", scale=0.2)
    lines = commands(ROOT / "docs" / "adopt-sqlite.md")
    assert len(lines) == 8
    run_in_order(
        [*lines, "gatepost transfer app.db $DATABASE_URL --check-only", "alembic check"], tmp_path, database_url
    )


def test_every_fault_is_on_the_page() -> None:
    page = (ROOT / "docs" / "troubleshooting.md").read_text()
    for fault in FAULTS:
        says, do = (
            re.sub(r"\{\w+\}", "…", text).replace("|", "\\|").replace("<ref>", "`<ref>`")
            for text in (fault.sentence, fault.hint)
        )
        assert f"| {says} | {do} |" in page, fault.code


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_page_is_tried_and_its_links_lead_somewhere(page: Path) -> None:
    # A page with commands or code is run by a test, and a test that runs a page names it.
    tried = any(page.name in test.read_text() for test in (ROOT / "tests").rglob("test_*.py"))
    assert tried or not re.search(r"```(console|python|sql|toml)", page.read_text()), page.name
    for link in re.findall(r"\]\(([^)#]+)\)", page.read_text()):
        assert link.startswith("https://") or (page.parent / link).is_file(), link
