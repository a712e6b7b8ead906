"""The command line as a whole: what every command shares."""

import resource
import subprocess
import sys

import pytest
import typer
from typer.testing import CliRunner

from gatepost.cli import _Commands, app
from gatepost.errors import LocalServerError


def gatepost(*arguments):
    return CliRunner().invoke(app, list(arguments))


def test_version_is_the_package_s():
    assert gatepost("--version").stdout.startswith("gatepost 0.")


def test_help_answers_at_once():
    """Counted in the process's own time, because the machine may be busy; the least of several."""
    command = [sys.executable, "-m", "gatepost.cli", "--help"]

    def seconds():
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run(command, check=True, capture_output=True)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime

    assert min(seconds() for _ in range(4)) < 0.3


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
        own = typer.Typer(cls=_Commands)

        @own.callback()
        def root(): ...

        @own.command()
        def fail():
            raise mistake

        return own

    return build


def test_mistake_is_told_in_a_sentence_with_its_mend(failing):
    result = CliRunner().invoke(failing(LocalServerError('"x" is not there', "make x")), ["fail"])
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr == 'error: "x" is not there\n  make x\n'


def test_mistake_without_a_mend_ends_after_the_sentence(failing):
    result = CliRunner().invoke(failing(LocalServerError("no")), ["fail"])
    assert result.stderr == "error: no\n"


def test_interrupt_exits_130_without_a_traceback(failing):
    result = CliRunner().invoke(failing(KeyboardInterrupt()), ["fail"])
    assert (result.exit_code, result.output) == (130, "")


def run_whole(code, *arguments):
    """A process of its own, which ends as the command line ends it."""
    command = [sys.executable, "-c", f"from gatepost.cli import main\n{code}\nmain()", *arguments]
    return subprocess.run(command, capture_output=True, text=True)


def test_the_process_ends_with_everything_said_and_what_others_asked_for_at_the_end():
    done = run_whole("import atexit; atexit.register(print, 'goodbye')", "--version")
    assert done.returncode == 0
    assert done.stdout.startswith("gatepost 0.")
    assert done.stdout.endswith("goodbye\n")


def test_the_process_ends_with_the_code_of_a_mistake():
    done = run_whole("", "nonsense")
    assert done.returncode == 2
    assert "nonsense" in done.stderr


def test_the_process_waits_for_a_thread_that_still_works():
    work = "import threading as t; t.Thread(target=lambda: (t.main_thread().join(), print('worked'))).start()"
    assert run_whole(work, "--version").stdout.endswith("worked\n")
