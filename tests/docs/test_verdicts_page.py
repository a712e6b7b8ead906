"""docs/verdicts.md: its commands end as it says, and a suspicion has values that would pass."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

import gatepost
from gatepost.analysis.solver import available
from gatepost.cli import app
from tests.docs.test_pages import commands

PAGE = Path(gatepost.__file__).parents[1] / "docs" / "verdicts.md"


@pytest.mark.skipif(not available(), reason="the solver is not installed")
def test_a_suspicion_passes_where_only_proofs_fail(connection, database_url, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with connection, connection.cursor() as cursor:
        cursor.execute(
            "CREATE TABLE task (id int PRIMARY KEY, user_id uuid NOT NULL, done boolean NOT NULL);"
            "CREATE INDEX ON task (user_id); ALTER TABLE task ENABLE ROW LEVEL SECURITY;"
            "REVOKE ALL ON task FROM anon, authenticated; GRANT SELECT ON task TO authenticated;"
            "CREATE POLICY own ON task FOR SELECT TO authenticated USING ((SELECT auth.uid()) = user_id OR done)"
        )
    only_proofs, as_json = (line.replace("$DATABASE_URL", database_url).split()[1:] for line in commands(PAGE))
    done = CliRunner().invoke(app, only_proofs)
    assert done.exit_code == 0
    assert "would pass" in done.output
    found = CliRunner().invoke(app, as_json)
    assert found.exit_code == 1
    (one,) = [finding for finding in json.loads(found.stdout)["findings"] if finding["severity"] != "info"]
    assert (one["severity"], one["verdict"]) == ("warning", "suspected")
    assert one["candidate"]["row"]["done"] is True
    assert one["candidate"]["row"]["user_id"] != one["candidate"]["session"]["auth.uid()"]
