"""The commands pointed at a database, or a SQLite file, whose owner chose the names."""

import json
import re
import sqlite3
from contextlib import closing
from html import escape

import pytest
from typer.testing import CliRunner

from gatepost import sql
from gatepost.check import check
from gatepost.cli import app
from gatepost.database.url import parse_url
from gatepost.display import line, statement
from gatepost.report import render
from tests.hostile import NAMES, Shown, commands, hidden, rendered


@pytest.fixture
def hostile(connection):
    """A database in which tables, columns, policies, functions, views and schemas have such names."""
    with connection, connection.cursor() as cursor:
        for number, name in enumerate(NAMES.values()):
            table, policy, schema = (sql.identifier(one) for one in (name, name, f"s{number}{name[:30]}"))
            column = sql.identifier(f"{name[:20]}_id")
            cursor.execute(
                f"CREATE TABLE {table} ({column} uuid, body text); GRANT ALL ON {table} TO anon, authenticated;"
                f"CREATE TABLE p{number} (user_id uuid, body text); GRANT ALL ON p{number} TO authenticated;"
                f"ALTER TABLE p{number} ENABLE ROW LEVEL SECURITY;"
                f"CREATE POLICY {policy} ON p{number} USING (true);"
                f"CREATE POLICY more ON p{number} FOR SELECT USING (body = {sql.literal(name)}"
                f" AND user_id IN (SELECT {column} FROM {table}));"
                f"COMMENT ON TABLE {table} IS {sql.literal(name)};"
                f"CREATE VIEW {sql.identifier(f'v{name[:30]}')} AS SELECT * FROM p{number};"
                f"GRANT SELECT ON {sql.identifier(f'v{name[:30]}')} TO anon;"
                f"CREATE SCHEMA {schema}; CREATE TABLE {schema}.{table} (user_id uuid);"
                f"CREATE FUNCTION {sql.identifier(f'f{name[:30]}')}({column} uuid) RETURNS SETOF p{number}"
                f" LANGUAGE sql SECURITY DEFINER AS $f$ SELECT * FROM p{number} $f$"
            )


@pytest.fixture
def outside(tmp_path, monkeypatch):
    """An empty folder, in which nothing is declared."""
    monkeypatch.chdir(tmp_path)


def test_a_check_of_hostile_names(hostile, database_url, outside):
    result = check(parse_url(database_url))
    assert result.fails()
    for form in ("text", "html"):  # the others print the same values in the same way
        shown = render(result, form)
        assert not hidden(shown), form
        assert not commands(shown), form
        for name in NAMES.values():
            expected = line(f"public.{name}") if form == "text" else escape(line(name))
            assert expected in re.sub("</?mark>", "", shown)


def test_a_database_of_hostile_names(hostile, connection, database_url, outside):
    shown = {}
    for form in ("text", "json", "markdown", "sarif", "github", "html"):
        done = CliRunner().invoke(app, ["verify", database_url, "--format", form])
        assert done.exit_code == 1, done.output
        shown[form] = done.stdout
        assert not hidden(done.stdout), form
    findings = json.loads(shown["json"])["findings"]
    objects = {finding["object"] for finding in findings}
    assert {f"public.{name}" for name in NAMES.values()} <= objects
    assert set(commands(shown["github"])) <= {"error", "warning", "notice"}
    assert len(commands(shown["github"])) == shown["github"].count("\n") - 1
    assert not [
        commands(shown[form]) for form in ("text", "markdown", "json", "sarif", "html") if commands(shown[form])
    ]
    assert not {"h1", "img", "a", "script", "table"} & {tag for tag, _ in rendered(shown["markdown"]).tags}
    assert not {"img", "iframe", "link"} & {tag for tag, _ in Shown(shown["html"]).tags}
    assert [tag for tag, _ in Shown(shown["html"]).tags].count("script") == 2  # our own, and its data
    assert {line(one) for one in objects} <= {*rendered(shown["markdown"]).of("code")}
    with closing(connection.cursor()) as cursor:
        for finding in findings:
            if finding["fix"].startswith(("ALTER", "DROP", "REVOKE", "CREATE")):
                cursor.execute(f"SAVEPOINT one;\n{statement(finding['fix'])}\n;ROLLBACK TO one")

    refused = CliRunner().invoke(app, ["verify", database_url, "--schema", "absent\n::error::x"])
    assert refused.exit_code == 2
    assert refused.stderr.startswith('error: "absent\\n::error::x" is not a schema of this database\n  one of ')
    assert refused.stderr.count("\n") == 2
    assert not hidden(refused.stderr)
    assert not commands(refused.stderr)


@pytest.mark.parametrize("form", ["text", "json", "markdown"])
def test_doctor_of_an_open_hostile_table(connection, database_url, outside, form):
    name = "\x1b[2J\n::error::[x](y)@all"
    with connection, connection.cursor() as cursor:
        cursor.execute(f"CREATE TABLE {sql.identifier(name)} (id int); GRANT ALL ON {sql.identifier(name)} TO anon")
    done = CliRunner().invoke(app, ["doctor", database_url, "--checklist", "--format", form])
    assert "::error::[x](y)@all" in (done.stdout if form != "markdown" else "".join(rendered(done.stdout).prose))
    assert not hidden(done.stdout)
    assert not commands(done.stdout)


def test_transfer_of_hostile_names(connection, database_url, outside, tmp_path):
    with closing(sqlite3.connect(tmp_path / "old.db")) as old, old, connection, connection.cursor() as cursor:
        for name in NAMES.values():
            columns = f"{sql.identifier(name)} integer PRIMARY KEY, body text"
            old.execute(f"CREATE TABLE {sql.identifier(name)} ({columns})")
            old.execute(f"INSERT INTO {sql.identifier(name)} VALUES (1, ?)", [name])
            cursor.execute(f"CREATE TABLE {sql.identifier(name)} ({columns} CHECK (body <> {sql.literal(name)}))")
    runs = ((0, ["--dry-run"]), (0, ["--dry-run", "--json"]), (2, []), (1, ["--rejects", "aside"]))
    for code, arguments in runs:
        done = CliRunner().invoke(app, ["transfer", str(tmp_path / "old.db"), database_url, *arguments])
        assert done.exit_code == code, done.output
        assert not hidden(done.output), arguments
        assert not commands(done.output), arguments
