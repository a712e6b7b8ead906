"""The access matrix as a file in git."""

from gatepost.check.lock import as_lock, stale
from gatepost.finding import Result


def result(reach, owned=True):
    cell = {
        "select": {"reach": reach},
        "insert": {"reach": "none"},
        "update": {"reach": "none"},
        "delete": {"reach": "none"},
    }
    personas = ("anon", "ann", "bob", "editor")
    table = {"table": "public.notes", "owned": owned, "cells": dict.fromkeys(personas, cell)}
    return Result("check", "x", sections={"matrix": {"personas": [{"name": n} for n in personas], "tables": [table]}})


def test_a_line_a_table_command_and_class_of_callers():
    lines = as_lock(result("own")).splitlines()
    assert lines[0].startswith("#")
    assert "public.notes | select | signed in | own rows" in lines
    assert "public.notes | select | editor | own rows" in lines
    assert "public.notes | delete | anon | -" in lines
    assert len(lines) == 1 + 3 * 4
    assert lines[1:] == sorted(lines[1:])


def test_a_stale_file_fails_by_the_lines_that_differ(tmp_path):
    file = tmp_path / "access.lock"
    file.write_text(as_lock(result("own")))
    assert stale(result("own"), file) == ()
    found = stale(result("all"), file)
    assert any(one.message == '"public.notes | select | anon | every row" holds now and is not in it' for one in found)
    assert {one.object for one in found} == {"public.notes"}
