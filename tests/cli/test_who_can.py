"""`gatepost who-can` and the tools for agents: sentences with what decides, and no address taken."""

import asyncio
import json
import re
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from gatepost.check.who_can import who_can
from gatepost.cli import app
from gatepost.errors import SettingsError
from gatepost.finding import Result

ROOT = Path(__file__).parents[2]
NOTES = """
CREATE TABLE note (id int PRIMARY KEY, user_id uuid NOT NULL);
CREATE INDEX ON note (user_id);
ALTER TABLE note ENABLE ROW LEVEL SECURITY;
REVOKE ALL ON note FROM anon;
CREATE POLICY mine ON note FOR SELECT TO authenticated USING ((SELECT auth.uid()) = user_id);
"""


def cell(reach, outcome="done", policies=(), said=""):
    return {"reach": reach, "outcome": outcome, "policies": list(policies), "said": said}


@pytest.mark.parametrize(
    ("found", "row_security", "sentence"),
    [
        (
            cell("own", policies=["mine: using (x)"]),
            True,
            "ann can SELECT their own rows of public.note: policy mine",
        ),
        (
            cell("none", "refused by privilege"),
            True,
            "ann cannot SELECT on public.note: authenticated has no",
        ),
        (cell("none"), True, "ann cannot SELECT on public.note: no policy is for authenticated"),
        (cell("none", policies=["p: using (x)"]), True, "ann cannot SELECT on public.note: no row passes p: using (x)"),
        (cell("all"), True, "ann can SELECT every row of public.note: authenticated bypasses row security"),
        (cell("all"), False, "ann can SELECT every row of public.note: row security is off"),
        (cell("unknown", said="division by zero"), True, "SELECT on public.note is not known: division by zero"),
    ],
)
def test_what_decides_is_in_the_sentence(found, row_security, sentence):
    row = {"table": "public.note", "owned": True, "row_security": row_security, "cells": {"ann": {"select": found}}}
    matrix = {"personas": [{"name": "ann", "role": "authenticated"}], "tables": [row]}
    (answer,) = who_can(Result("observe", "x", sections={"matrix": matrix}), "note", "select")
    assert sentence in answer.sentence


def test_an_unknown_name_suggests_the_nearest():
    row = {"table": "public.note", "owned": True, "row_security": True, "cells": {}}
    result = Result("observe", "x", sections={"matrix": {"personas": [], "tables": [row]}})
    with pytest.raises(SettingsError, match=r'no table "public\.notes"') as refused:
        who_can(result, "notes")
    assert refused.value.hint == 'Did you mean "public.note"?'


@pytest.mark.server
def test_who_can_read_a_table_of_a_file(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("schema.sql").write_text(NOTES)
    done = CliRunner().invoke(app, ["who-can", "note", "select", "--on", "schema.sql", "--format", "json"])
    found = {one["personas"][0]: one["reach"] for one in json.loads(done.stdout)["answers"]}
    assert found == {"anon": "nothing", "ann": "their own rows", "service_role": "every row"}


@pytest.mark.slow
@pytest.mark.subprocess
def test_an_agent_calls_the_tools():
    mcp = pytest.importorskip("mcp")
    from mcp.client.stdio import stdio_client

    async def asked():
        server = mcp.StdioServerParameters(command=sys.executable, args=["-m", "gatepost.cli", "mcp"])
        async with stdio_client(server) as streams, mcp.ClientSession(*streams) as session:
            await session.initialize()
            tools = {tool.name: set(tool.input_schema["properties"]) for tool in (await session.list_tools()).tools}

            async def call(tool, /, **arguments):
                return (await session.call_tool(tool, arguments)).content[0].text

            opened = NOTES.replace("(SELECT auth.uid()) = user_id", "true")
            texts = [
                await call("check_sql", sql=opened),
                await call("who_can", sql=NOTES, table="note", command="select", persona="ann"),
                await call("who_can", sql=NOTES, table="other"),
                await call("explain_rule", name="row-security-off"),
            ]
            return tools, texts

    tools, texts = asyncio.run(asked())
    assert tools == {"check_sql": {"sql"}, "who_can": {"sql", "table", "command", "persona"}, "explain_rule": {"name"}}
    assert "always-true-read" in texts[0]
    assert texts[1].startswith("ann can SELECT their own rows of public.note: policy mine")
    assert 'there is no table "public.other"' in texts[2]
    assert texts[3].startswith("row-security-off (error)")


@pytest.mark.parametrize("name", ["AGENTS.md", "llms.txt"])
def test_links_for_agents_lead_somewhere(name):
    links = re.findall(r"\]\(([^)#]+)\)", (ROOT / name).read_text())
    assert [link for link in links if not (ROOT / link).is_file()] == []
