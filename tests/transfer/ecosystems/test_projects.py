"""Projects of Django, Flask and FastAPI, made by their own migrations on both sides and moved whole.

What arrived is compared by the project's own models, value by value, in a process that knows nothing of Gatepost.
"""

import subprocess
import sys
from pathlib import Path

import pytest
from psycopg2.extensions import parse_dsn

pytestmark = [pytest.mark.slow, pytest.mark.subprocess]

HERE = Path(__file__).parent


@pytest.fixture(params=["django", "flask", "fastapi"])
def project(request, tmp_path, database_url):
    """`project(step)`: run a step of a project (make, compare, add) and return what it printed."""
    pytest.importorskip({"flask": "flask_migrate", "fastapi": "sqlmodel"}.get(request.param, request.param))
    path = tmp_path / "app.db"
    if request.param == "django":
        there = parse_dsn(database_url)
        sides = [path, *(there[part] for part in ("dbname", "user", "host", "port"))]
    else:
        sides = [f"sqlite:///{path}", database_url.replace("postgresql:", "postgresql+psycopg2:", 1)]
    script = HERE / ("django_project/run.py" if request.param == "django" else f"{request.param}_project.py")

    def run(step):
        command = [sys.executable, str(script), step, *map(str, sides)]
        done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout.splitlines()

    run.name, run.path = request.param, path
    return run


CHANGE = {
    "django": (
        "UPDATE shop_item SET wait = wait + interval '1 microsecond' WHERE ratio BETWEEN 0.1 AND 1",
        "Item.wait",
    ),
    "flask": ("UPDATE reading SET value = value + 1e-15 WHERE value = 1", "reading.value"),
    "fastapi": (
        "UPDATE item SET created_at = created_at + interval '1 microsecond' WHERE title ~ '^7'",
        "item.created_at",
    ),
}
NEXT = {"django": "4 3", "flask": "10", "fastapi": "51"}


def test_a_project_moves_whole_and_goes_on(project, database_url, tmp_path, target):
    project("make")
    command = [sys.executable, "-m", "gatepost.cli", "transfer", str(project.path), database_url, "--quiet"]
    # Django's migrations fill tables of its own on both sides: what is there is replaced by the source's rows.
    command += ["--replace"] if project.name == "django" else []
    done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, check=False)
    assert (done.returncode, done.stdout + done.stderr) == (0, "")
    (compared,) = project("compare")
    assert int(compared.partition(" ")[0]) > 250
    statement, changed = CHANGE[project.name]
    target(statement)
    assert [line.partition(":")[0] for line in project("compare")[:-1]] == [changed]
    assert project("add") == [NEXT[project.name]]
