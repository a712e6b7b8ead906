"""Commands that are pointed at SQL migrations."""

import json

import pytest
from typer.testing import CliRunner

from gatepost.cli import app

pytestmark = pytest.mark.server

NOTES = """
create table public.notes (id uuid primary key default gen_random_uuid(), owner uuid not null, body text);
create table public.kinds (id int primary key, name text);
insert into public.kinds values (1, 'plain'), (2, 'rich');
alter table public.notes enable row level security;
create policy own on public.notes for select to authenticated using (owner = (select auth.uid()));
"""


@pytest.fixture
def folder(tmp_path, monkeypatch):
    directory = tmp_path / "supabase" / "migrations"
    directory.mkdir(parents=True)
    (directory / "0001_notes.sql").write_text(NOTES)
    monkeypatch.chdir(tmp_path)
    return directory


def test_verify_reads_a_folder_and_names_it(folder):
    done = CliRunner().invoke(app, ["verify", "supabase/migrations", "--rule", "row-security-off"])
    assert done.exit_code == 1, done.output
    assert "public.kinds" in done.stdout
    assert "verify of supabase/migrations (1 file; new tables open to the API (no config.toml)" in done.stdout


def test_observe_tries_on_the_database_that_was_made_of_a_folder(folder):
    done = CliRunner().invoke(app, ["observe", "supabase", "--persona", "anon"])
    assert done.exit_code == 1, done.output
    assert "public.kinds" in done.stdout
    assert "public.notes" in done.stdout


def test_stop_at_refused_ends_at_what_postgresql_refuses(folder):
    (folder / "0002_wrong.sql").write_text("select 1;\nselect nothing();")
    done = CliRunner().invoke(app, ["verify", ".", "--stop-at-refused"])
    assert (done.exit_code, done.stdout) == (2, "")
    assert "0002_wrong.sql:2: function nothing() does not exist" in done.stderr


@pytest.mark.parametrize("command", ["verify", "observe"])
def test_a_folder_that_is_not_there_is_one_sentence(folder, command):
    done = CliRunner().invoke(app, [command, "supabase/migratoins"])
    assert done.exit_code == 2
    assert 'there is no file or folder "supabase/migratoins"' in done.stderr


def test_a_snapshot_is_judged_as_the_folder_that_it_was_taken_of(folder):
    (folder.parent / "config.toml").write_text('[api]\nschemas = ["public", "shop"]\n')
    (folder / "0002_shop.sql").write_text(
        "create schema shop; grant usage on schema shop to partner;"
        " create table shop.tills (id int primary key); grant select on shop.tills to partner;"
    )
    (folder / "0001_partner.sql").write_text("create role partner nologin; grant partner to authenticator;")

    def said(command, target):
        found = json.loads(CliRunner().invoke(app, [command, target, "--format", "json"]).stdout)
        return found | {"target": ""}

    assert CliRunner().invoke(app, ["snapshot", ".", "--output", "kept.json"]).exit_code == 0
    for command in ("verify", "check"):
        kept = said(command, "kept.json")
        assert "shop.tills" in {one["object"] for one in kept["findings"]}
        assert kept == said(command, ".")
