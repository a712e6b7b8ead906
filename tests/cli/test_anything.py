"""Whatever a command is pointed at: one sentence and exit 2, or a verdict; no traceback, and no password anywhere."""

import random
import sqlite3

import pytest
from typer.testing import CliRunner

from gatepost.cli import app
from models.sample import write_sample
from tests.database.server import free_port

PASSWORD = "Hunter2-Kn0wn-Nowhere"


def gatepost(*arguments, **environment):
    done = CliRunner().invoke(app, list(arguments), env=environment or None)
    assert "Traceback" not in done.output, done.output
    assert "bug of Gatepost" not in done.output, done.output
    assert PASSWORD not in done.output, done.output
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    return done


@pytest.fixture(scope="module")
def sound(tmp_path_factory):
    file = tmp_path_factory.mktemp("sound") / "app.db"
    write_sample(file, scale=0.1)
    return file.read_bytes()


def mutated(content, seed):
    """Return a database file with a flipped bit, a piece missing, a strange header, or another schema text."""
    chance = random.Random(seed)
    damaged = bytearray(content)
    match seed % 5:
        case 0:
            for _ in range(chance.choice((1, 10, 1000))):
                damaged[chance.randrange(len(damaged))] ^= 1 << chance.randrange(8)
        case 1:
            del damaged[chance.randrange(len(damaged)) :]
        case 2:
            damaged[chance.randrange(100)] = chance.randrange(256)
        case 3:
            start = content.find(b"CREATE TABLE", chance.randrange(4096))
            for _ in range(chance.choice((1, 5, 20))):
                damaged[start + chance.randrange(400)] = chance.randrange(256)
        case 4:
            page = 4096 * chance.randrange(len(damaged) // 4096)
            damaged[page : page + 4096] = chance.randbytes(4096)
    return bytes(damaged)


def try_file(path, database_url):
    done = gatepost("transfer", str(path), database_url, "--dry-run")
    assert done.exit_code in (0, 2), done.output
    checked = gatepost("doctor", database_url, "--checklist", "--sqlite", str(path))
    assert checked.exit_code in (0, 1, 2), checked.output


@pytest.mark.parametrize("seeds", [range(10), pytest.param(range(10, 300), marks=pytest.mark.slow)], ids=("few", "all"))
def test_a_damaged_sqlite_file(seeds, sound, database_url, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DB_POOL_SIZE", "2")
    for seed in seeds:
        path = tmp_path / f"{seed}.db"
        path.write_bytes(mutated(sound, seed))
        try_file(path, database_url)
        path.unlink()


def addresses():
    port = free_port()
    yield f"postgresql://u:{PASSWORD}@127.0.0.1:{port}/d"
    yield f"postgresql://u:{PASSWORD}/@h/d"
    yield f"postgresql://u:{PASSWORD}@/d?host=/nowhere"
    yield f"postgresql://u:{PASSWORD}@[::1/d"
    yield f"postgresql://127.0.0.1:{port}/d?password={PASSWORD}&nonsense=1"
    yield f"host=127.0.0.1 user=u password={PASSWORD}"
    yield f"mysql://u:{PASSWORD}@h/d"
    yield f"postgresql://u:x@{PASSWORD}@h:5/d d"
    yield f"postgresql:/u:{PASSWORD}@h/d"
    yield f"u:{PASSWORD}@h/d"


COMMANDS = (
    "verify ADDRESS",
    "verify ADDRESS ADDRESS",
    "verify ADDRESS --local",
    "verify ADDRESS --rule ADDRESS",
    "verify ADDRESS --format ADDRESS",
    "verify ADDRESS --fail-on ADDRESS",
    "verify ADDRESS --baseline ADDRESS",
    "observe ADDRESS",
    "observe ADDRESS --in-place",
    "observe ADDRESS --persona ADDRESS",
    "doctor ADDRESS --timeout 1",
    "doctor ADDRESS --checklist --timeout 1 --health ADDRESS",
    "doctor ADDRESS --threads ADDRESS",
    "load ADDRESS --threads 1 --seconds 0.1",
    "load ADDRESS --role ADDRESS --seconds ADDRESS",
    "transfer ADDRESS ADDRESS",
    "transfer app.db ADDRESS",
    "transfer app.db ADDRESS --models ADDRESS",
    "transfer app.db ADDRESS --epoch ADDRESS",
    "users plan app.db --url ADDRESS",
    "users push ADDRESS --url ADDRESS",
    "local bootstrap --url ADDRESS",
    "local ADDRESS",
    "rules ADDRESS",
    "ADDRESS",
)


@pytest.mark.parametrize("part", [0, *(pytest.param(part, marks=pytest.mark.slow) for part in range(1, 10))])
def test_a_command_that_fails_repeats_no_password(part, sound, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DB_CONNECT_TIMEOUT", "1")
    (tmp_path / "app.db").write_bytes(sound)
    known = list(addresses())
    for number, command in enumerate(COMMANDS):
        address = known[(number + part) % len(known)]
        done = gatepost(*(word.replace("ADDRESS", address) for word in command.split()), DATABASE_URL=address)
        assert done.exit_code == (1 if command.startswith("doctor") and "error: " not in done.stderr.lower() else 2), (
            command
        )


@pytest.mark.parametrize(
    "sql", ["", "CREATE TABLE t (a)", "CREATE TABLE [a b] (x); CREATE VIEW v AS SELECT * FROM gone"]
)
def test_an_odd_but_sound_sqlite_file(sql, database_url, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with sqlite3.connect(tmp_path / "odd.db") as connection:
        connection.executescript(sql)
    connection.close()
    try_file(tmp_path / "odd.db", database_url)
