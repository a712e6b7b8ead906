"""The command line as a whole: what every command shares."""

import os
import resource
import sqlite3
import subprocess
import sys
from pathlib import Path

import alembic.util
import psycopg2
import pytest
import sqlalchemy.exc
import typer
from typer.testing import CliRunner

from gatepost.cli import app
from gatepost.cli._boundary import Commands
from gatepost.cli._output import put
from gatepost.errors import LocalServerError, SettingsError


def gatepost(*arguments):
    return CliRunner().invoke(app, list(arguments))


def test_version_is_the_package_s():
    assert gatepost("--version").stdout.startswith("gatepost 0.")


@pytest.mark.subprocess
def test_help_answers_at_once():
    """Counted in the process's own time, because the machine may be busy; the least of several."""
    command = [sys.executable, "-m", "gatepost.cli", "--help"]

    def seconds():
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run(command, check=True, capture_output=True)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime

    assert min(seconds() for _ in range(4)) < 0.3


@pytest.mark.subprocess
def test_help_imports_nothing_heavy():
    code = "import sys, gatepost.cli; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout.split()
    assert not {"sqlalchemy", "sqlmodel", "alembic", "psycopg2", "supabase", "rich.table"} & set(loaded)


def test_unknown_command_exits_2():
    assert gatepost("nonsense").exit_code == 2


@pytest.fixture
def failing():
    """A command line like ours, whose one command makes the mistake that it is given."""

    def build(mistake):
        own = typer.Typer(cls=Commands)

        @own.callback()
        def root(): ...

        @own.command()
        def fail():
            raise mistake

        return own

    return build


def test_mistake_is_reported_in_a_sentence_with_its_hint(failing):
    result = CliRunner().invoke(failing(LocalServerError('"x" is not there', "make x")), ["fail"])
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr == 'error: "x" is not there\n  make x\n'


def test_mistake_without_a_hint_ends_after_the_sentence(failing):
    result = CliRunner().invoke(failing(LocalServerError("no")), ["fail"])
    assert result.stderr == "error: no\n"


def test_interrupt_exits_130_without_a_traceback(failing):
    result = CliRunner().invoke(failing(KeyboardInterrupt()), ["fail"])
    assert (result.exit_code, result.output) == (130, "")


ERRORS = {
    "SQLite": (sqlite3.DatabaseError("database disk image is malformed"), "SQLite refuses: database disk image is"),
    "driver": (psycopg2.OperationalError("server closed\n\tthe connection"), "the database: server closed\n"),
    "SQLAlchemy": (
        sqlalchemy.exc.OperationalError("SELECT 'secret'", {}, psycopg2.OperationalError("gone")),
        "the database: gone\n",
    ),
    "Alembic": (alembic.util.CommandError("no such revision"), "Alembic refuses: no such revision"),
    "system": (OSError(28, "No space left on device", "/a/b"), 'the system refuses: "/a/b": No space left on device'),
    "pipe": (BrokenPipeError(32, "Broken pipe"), "the system refuses: Broken pipe"),
    "end": (EOFError("a worker is gone"), "this is a bug of Gatepost: EOFError: a worker is gone"),
    "encoding": (UnicodeEncodeError("latin-1", "a\u20ac", 1, 2, "no"), '"\u20ac" cannot be written in latin-1'),
    "decoding": (UnicodeDecodeError("utf-8", b"\xff", 0, 1, "invalid start byte"), "a text is not in utf-8"),
    "memory": (MemoryError(), "there is not enough memory"),
    "recursion": (RecursionError("maximum recursion depth"), "something is nested too deeply"),
    "bug": (
        KeyError("name"),
        "this is a bug of Gatepost: KeyError: 'name'\n  please report it, with GATEPOST_DEBUG",
    ),
    "foreign text": (ValueError("\x1b[31m::error\nnext"), r"ValueError: \x1b[31m::error"),
    "password": (ValueError("postgresql://u:p@ss/w@h/d?password=hunter2"), "postgresql://u:***@h/d?password=***"),
}


@pytest.mark.parametrize("kind", ERRORS)
def test_any_error_is_a_sentence_and_exit_2(failing, kind):
    error, sentence = ERRORS[kind]
    result = CliRunner().invoke(failing(error), ["fail"])
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.startswith("error: ")
    assert sentence in result.stderr
    assert "Traceback" not in result.stderr


def test_the_traceback_is_shown_on_request(failing):
    result = CliRunner().invoke(
        failing(ValueError("postgresql://u:hunter2@h/d")), ["fail"], env={"GATEPOST_DEBUG": "1"}
    )
    assert "in fail" in result.stderr
    assert "ValueError: postgresql://u:***@h/d" in result.stderr


@pytest.mark.parametrize(
    "words",
    [
        ["verify", "ADDRESS", "ADDRESS"],
        ["ADDRESS"],
        ["rules", "ADDRESS"],
        ["rules", "--nonsense=ADDRESS"],
        ["verify", "--format", "ADDRESS"],
        ["verify", "ADDRESS", "--baseline", "ADDRESS"],
        ["load", "--threads", "ADDRESS"],
        ["transfer", "ADDRESS", "ADDRESS", "ADDRESS"],
        ["doctor", "ADDRESS", "--format", "ADDRESS"],
    ],
)
@pytest.mark.parametrize("password", ["hunter2!xyz", "hunter2/xyz", 'hun"ter2 xyz', "hunter%32xyz"])
def test_no_password_is_repeated(words, password, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    result = gatepost(*(word.replace("ADDRESS", f"postgresql://u:{password}@127.0.0.1:1/d") for word in words))
    assert result.exit_code == 2
    assert "Traceback" not in result.output
    assert password not in result.output
    assert "xyz" not in result.output


def run_whole(code, *arguments, **more):
    """A process of its own, which ends as the command line ends it."""
    command = [sys.executable, "-c", f"from gatepost.cli import main\n{code}\nmain()", *arguments]
    return subprocess.run(command, text=True, **{"capture_output": True, **more})


@pytest.mark.subprocess
@pytest.mark.parametrize("encoding", ["ascii", "cp1252"])
def test_what_a_console_cannot_print_is_escaped(encoding):
    code = "import typer, gatepost.cli as c\nc.app.command('say')(lambda: typer.echo('\\u2713 \\udce9'))"
    done = run_whole(code, "say", env=os.environ | {"PYTHONIOENCODING": encoding, "PYTHONUTF8": "0"})
    assert (done.returncode, done.stdout) == (0, "\\u2713 \\udce9\n")


@pytest.mark.subprocess
@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no full device here")
def test_a_full_output_could_not_run():
    with Path("/dev/full").open("w") as full:
        done = run_whole("", "rules", capture_output=False, stdout=full, stderr=subprocess.PIPE)
        assert done.returncode == 2
        assert done.stderr == "error: the output cannot be written: No space left on device\n"
        assert run_whole("", "rules", "x", capture_output=False, stdout=full, stderr=full).returncode == 2


@pytest.mark.subprocess
def test_an_output_that_is_closed_could_not_run():
    reader, writer = os.pipe()
    os.close(reader)
    done = run_whole("", "rules", capture_output=False, stdout=writer, stderr=subprocess.PIPE)
    os.close(writer)
    assert (done.returncode, done.stderr) == (2, "error: the output cannot be written: Broken pipe\n")
    closed = run_whole("", "rules", capture_output=False, stderr=subprocess.PIPE, preexec_fn=lambda: os.close(1))
    assert (closed.returncode, closed.stderr) == (2, "error: the output cannot be written: it is closed\n")


@pytest.mark.subprocess
@pytest.mark.parametrize("module", ["typer", "gatepost.cli.verify"])
def test_an_interrupt_while_it_starts_is_silent(module):
    code = f"""
class Interrupting:
    def find_spec(self, name, path=None, target=None):
        if name == {module!r}:
            raise KeyboardInterrupt
import sys
sys.meta_path.insert(0, Interrupting())"""
    done = run_whole(code, "--version")
    assert (done.returncode, done.stdout, done.stderr) == (130, "", "")


def test_an_output_file_is_whole_or_as_it_was(tmp_path, monkeypatch):
    report = tmp_path / "report"
    put("old", report)
    report.chmod(0o640)
    put("new \udce9 postgresql://u:hunter2@h", report)
    assert report.read_text() == "new \\udce9 postgresql://u:***@h\n"
    assert report.stat().st_mode & 0o777 == 0o640
    monkeypatch.setattr(os, "fsync", refuse)
    with pytest.raises(SettingsError, match="cannot be written: No space left"):
        put("newer", report)
    assert report.read_text().startswith("new ")
    assert list(tmp_path.iterdir()) == [report]


def refuse(_):
    raise OSError(28, "No space left on device")


@pytest.mark.subprocess
def test_the_process_ends_with_everything_printed_and_the_exit_functions_of_others_called():
    done = run_whole("import atexit; atexit.register(print, 'goodbye')", "--version")
    assert done.returncode == 0
    assert done.stdout.startswith("gatepost 0.")
    assert done.stdout.endswith("goodbye\n")


@pytest.mark.subprocess
def test_the_process_ends_with_the_code_of_a_mistake():
    done = run_whole("", "nonsense")
    assert done.returncode == 2
    assert "nonsense" in done.stderr


@pytest.mark.subprocess
def test_the_process_waits_for_a_thread_that_still_works():
    work = "import threading as t; t.Thread(target=lambda: (t.main_thread().join(), print('worked'))).start()"
    assert run_whole(work, "--version").stdout.endswith("worked\n")
