"""The steps of action.yml as a shell runs them, in a repository made for the test; no runner and no network."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ACTION = (ROOT / "action.yml").read_text()
BEFORE = """
CREATE TABLE public.notes (id int PRIMARY KEY, user_id uuid NOT NULL);
ALTER TABLE public.notes ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON public.notes TO authenticated USING (user_id = (SELECT auth.uid()));
"""
AFTER = "CREATE POLICY everybody ON public.notes FOR SELECT TO authenticated USING (true);\n"
INI = "[alembic]\nscript_location = %(here)s/scripts\n"
ENV = """
from alembic import context
from sqlalchemy import create_engine
engine = create_engine(context.config.get_main_option("sqlalchemy.url").replace("postgresql:", "postgresql+psycopg2:"))
with engine.connect() as connection:
    context.configure(connection=connection)
    with context.begin_transaction():
        context.run_migrations()
"""
SPY = """
import json, os
from pathlib import Path
from alembic import op
revision, down_revision = "1", None
def upgrade():
    found = {{"environment": dict(os.environ), "home": [str(one) for one in Path.home().iterdir()]}}
    Path({place!r}).write_text(json.dumps(found))
    op.execute({sql!r})
"""
GH = """#!/usr/bin/env bash
printf '%s\\n' "$*" >> "$GH_LOG"
case "$*" in *--paginate*) cat "$GH_FOUND" ;; esac
"""


def step(name):
    """The shell of a step, without its indentation."""
    found = re.search(rf"- name: {name}\n(?:      .*\n)*?      run: \|\n((?:        .*\n|\n)+)", ACTION)
    return re.sub(r"^ {8}", "", found[1], flags=re.MULTILINE)


@pytest.fixture
def run(tmp_path, monkeypatch):
    """Run a step in the checkout, with the environment that a runner gives it and the job's secrets."""
    files = {name: tmp_path / name for name in ("event", "summary", "output", "gh.log", "gh.found")}
    for file in files.values():
        file.write_text("")
    tools = tmp_path / "tools"
    tools.mkdir()
    (tools / "gh").write_text(GH)
    (tools / "gh").chmod(0o755)

    def it(name, **environment):
        usual = {
            "PATH": os.pathsep.join([str(tools), str(Path(sys.executable).parent), os.environ["PATH"]]),
            "HOME": str(tmp_path / "home"), "XDG_CACHE_HOME": os.environ.get("XDG_CACHE_HOME", str(tmp_path / "cache")),
            "GITHUB_EVENT_NAME": "pull_request", "GITHUB_REPOSITORY": "goblins/app", "GITHUB_TOKEN": "s3cr3t-token",
            "GITHUB_EVENT_PATH": str(files["event"]), "GITHUB_STEP_SUMMARY": str(files["summary"]),
            "GITHUB_OUTPUT": str(files["output"]), "RUNNER_TEMP": str(tmp_path), "AWS_SECRET_ACCESS_KEY": "s3cr3t-key",
            "FOLDER": ".", "FAIL_ON": "gains", "FORK": "false", "GH_LOG": str(files["gh.log"]),
            "GH_FOUND": str(files["gh.found"]), **environment,
        }  # fmt: skip
        (tmp_path / "home").mkdir(exist_ok=True)
        (tmp_path / "home" / ".netrc").write_text("machine example.org password s3cr3t-home")
        return subprocess.run(
            ["bash", "-e", "-o", "pipefail", "-c", step(name)],
            cwd=tmp_path / "checkout", env=usual, capture_output=True, text=True, timeout=300, check=False,
        )  # fmt: skip

    return it


def git(folder, *arguments):
    command = ["git", "-c", "user.name=t", "-c", "user.email=t@example.org", *arguments]
    return subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True).stdout.strip()


@pytest.fixture
def checkout(tmp_path):
    """Make a checkout of a branch, its base on `origin`: the files before, then the files after."""

    def make(before, after, body=""):
        origin = tmp_path / "origin"
        origin.mkdir()
        git(origin, "init", "-q", "-b", "main", ".")
        _write(origin, before)
        git(origin, "add", "-A")
        git(origin, "commit", "-qm", "one")
        git(tmp_path, "clone", "-q", str(origin), "checkout")
        _write(tmp_path / "checkout", after)
        git(tmp_path / "checkout", "add", "-A")
        git(tmp_path / "checkout", "commit", "-qm", "two")
        (tmp_path / "event").write_text(json.dumps({"pull_request": {"body": body}}))
        return git(origin, "rev-parse", "HEAD")

    return make


def _write(folder, files):
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)


def test_it_runs_on_pull_request_alone(run, tmp_path):
    (tmp_path / "checkout").mkdir()
    assert run("Check the event").returncode == 0
    refused = run("Check the event", GITHUB_EVENT_NAME="pull_request_target")
    assert refused.returncode == 2
    assert "::error::gatepost review runs on pull_request" in refused.stdout


def test_no_step_that_reviews_holds_a_token_and_only_one_comments():
    steps = ACTION.split("    - name: ")[1:]
    holding = [one.split("\n")[0] for one in steps if "github.token" in one or "GH_TOKEN" in one]
    assert holding == ["Comment"]
    assert "head.repo.full_name == github.repository" in steps[3]


@pytest.mark.slow
@pytest.mark.server
@pytest.mark.subprocess
def test_a_gain_is_a_summary_annotations_and_a_comment_that_is_updated(run, checkout, tmp_path):
    base = checkout(
        {"supabase/migrations/0001_a.sql": BEFORE}, {"supabase/migrations/0002_b.sql": AFTER},
        "Access: authenticated gains select on notes",
    )  # fmt: skip
    declared = run("Review", BASE=base)
    assert "status=0" in (tmp_path / "output").read_text(), declared.stderr
    stranger = run("Review", BASE=base, FORK="true")  # a fork may not declare
    assert "status=1" in (tmp_path / "output").read_text(), stranger.stderr
    assert "::error file=supabase/migrations/0002_b.sql,line=1,title=gains" in stranger.stdout
    assert (tmp_path / "summary").read_text().count("<!-- gatepost review -->") == 2
    assert run("Verdict", STATUS="1").returncode == 1

    report = str(tmp_path / "gatepost-review" / "review.md")
    for found, method in (
        ("", "POST repos/goblins/app/issues/7/comments"),
        ("42\n", "PATCH repos/goblins/app/issues/comments/42"),
    ):
        (tmp_path / "gh.found").write_text(found)
        done = run("Comment", REPORT=report, NUMBER="7", GH_TOKEN="x")
        assert done.returncode == 0, done.stderr
        assert f"--method {method} --field body=@{report}" in (tmp_path / "gh.log").read_text()


@pytest.mark.slow
@pytest.mark.server
@pytest.mark.subprocess
def test_a_fork_s_revision_finds_no_secret_and_an_empty_home(run, checkout, tmp_path):
    seen = tmp_path / "seen.json"
    plain = {"alembic.ini": INI, "scripts/env.py": ENV}
    base = checkout(
        {**plain, "scripts/versions/1_a.py": SPY.format(place=str(tmp_path / "base.json"), sql=BEFORE)},
        {"scripts/versions/1_a.py": SPY.format(place=str(seen), sql=BEFORE + AFTER)},
    )  # fmt: skip
    done = run("Review", BASE=base, FORK="true")
    assert "status=1" in (tmp_path / "output").read_text(), done.stderr
    found = json.loads(seen.read_text())
    assert "s3cr3t" not in json.dumps(found)
    assert found["home"] == []
    assert {"GITHUB_TOKEN", "AWS_SECRET_ACCESS_KEY"}.isdisjoint(found["environment"])
