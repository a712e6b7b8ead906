"""A check takes a project's own words in names, in the thread that reads and in the one that tries."""

import json

from typer.testing import CliRunner

from gatepost.cli import app

POSTS = """
CREATE TABLE posts (id bigint PRIMARY KEY, title text, geheimnis text);
ALTER TABLE posts ENABLE ROW LEVEL SECURITY;
CREATE POLICY all_rows ON posts FOR SELECT USING (true);
"""


def test_a_word_of_the_project_makes_a_column_a_secret(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "schema.sql").write_text(POSTS)
    (tmp_path / "pyproject.toml").write_text('[tool.gatepost.name_hints]\nsecret_columns = ["geheimnis"]\n')
    done = CliRunner().invoke(app, ["check", "schema.sql", "--format", "json", "--no-fixes"])
    found = {one["rule"]: one["severity"] for one in json.loads(done.stdout)["findings"]}
    assert found["always-true-read"] == "error"
