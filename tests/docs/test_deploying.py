"""docs/deploying.md: its command runs, its lent connection migrates, and its numbers are those of the code."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from alembic import command
from sqlalchemy import create_engine

from gatepost.migrate.deploy.blind_owners import ALLOW
from gatepost.migrate.deploy.lock_patience import Patience

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "deploying.md").read_text()


def test_the_numbers_are_those_of_the_code():
    assert (Patience().lock_timeout, Patience().attempts) == (2, 7)
    assert "for two seconds only" in PAGE
    assert "seven times in all" in PAGE
    assert f"alembic -x {ALLOW} upgrade head" in PAGE


@pytest.mark.subprocess
def test_the_command_runs(database_url):
    (line,) = re.findall(r"^\$ (.*)$", PAGE, re.MULTILINE)
    program, *words = line.split()
    done = subprocess.run(
        [sys.executable, "-m", program, *words],
        cwd=ROOT,
        env={**os.environ, "DATABASE_URL": database_url},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_lent_connection_migrates(database_url, monkeypatch):
    from alembic.config import Config

    monkeypatch.chdir(ROOT)
    code, _ = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    config = Config("alembic.ini")
    config.attributes["configure_logger"] = False
    engine = create_engine(database_url.replace("postgresql:", "postgresql+psycopg2:", 1))
    exec(code, {"engine": engine, "config": config, "command": command})
    with engine.connect() as connection:
        config.attributes["connection"] = connection
        command.check(config)
    engine.dispose()


@pytest.mark.subprocess
def test_each_database_has_its_own_section(database_url, tmp_path):
    """The address of the page's env.py is the one that is migrated, whatever DATABASE_URL says."""
    (ini,) = re.findall(r"```ini\n(.*?)```", PAGE, re.DOTALL)
    _, call = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    (tmp_path / "alembic.ini").write_text(ini)
    (tmp_path / "analytics" / "versions").mkdir(parents=True)
    (tmp_path / "analytics" / "script.py.mako").write_text((ROOT / "alembic" / "script.py.mako").read_text())
    (tmp_path / "models.py").write_text(
        "from sqlalchemy import Column, Integer, MetaData, Table\nmetadata = MetaData()\n"
        'events = Table("events", metadata, Column("id", Integer, primary_key=True))\n'
    )
    (tmp_path / "analytics_policies.py").write_text(
        "from gatepost import protect\nfrom models import events\nprotect(events)\n"
    )
    (tmp_path / "analytics" / "env.py").write_text(
        f"import os\nfrom alembic import context\nfrom gatepost.migrate import run\nfrom models import metadata\n{call}"
    )
    for words in (["revision", "--autogenerate", "-m", "first"], ["upgrade", "head"], ["check"]):
        done = subprocess.run(
            [sys.executable, "-m", "alembic", "--name", "analytics", *words],
            cwd=tmp_path,
            env={
                **os.environ,
                "DATABASE_URL": "postgresql://nobody@127.0.0.1:1/nowhere",
                "ANALYTICS_URL": database_url,
            },
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
