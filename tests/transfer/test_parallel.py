"""Several processes cast, one transaction writes: the same rows, the same refusals, the same state of the file."""

import sqlite3
from contextlib import closing

import pytest

from gatepost import transfer
from gatepost.errors import TransferError
from gatepost.transfer import Options, RowsRefused
from gatepost.transfer.parallel import Workers
from gatepost.transfer.source import Source, Watch

ROWS = 90_000


@pytest.fixture
def many(sqlite_file, target):
    path = sqlite_file(
        "CREATE TABLE note (id INTEGER PRIMARY KEY, body TEXT, n INTEGER)",
        ("INSERT INTO note VALUES (?, ?, ?)", [(i * 3 - 1000, f"body\t{i}", i) for i in range(ROWS)]),
        "CREATE TABLE few (id INTEGER PRIMARY KEY)",
        "INSERT INTO few VALUES (1)",
    )
    connection = target(
        "CREATE TABLE note (id int PRIMARY KEY, body text, n int)", "CREATE TABLE few (id int PRIMARY KEY)"
    )
    return path, connection


def moved(path, connection, **options):
    planned = transfer.plan(path, connection, options=Options(parallel=2, **options))
    return transfer.run(planned, connection)


def test_every_row_arrives(many):
    assert [(t.name, t.rows) for t in moved(*many).tables] == [("few", 1), ("note", ROWS)]
    assert transfer.check(*many).mismatches == ()


def test_rejects_come_from_every_process(many, tmp_path):
    with closing(sqlite3.connect(many[0])) as app, app:
        app.execute("UPDATE note SET n = 'bad' WHERE n % 9000 = 0")
    with pytest.raises(RowsRefused) as caught:
        moved(*many)
    assert len(caught.value.rejects) == 10
    result = moved(*many, rejects=tmp_path / "bad")
    assert [t.rejects for t in result.tables] == [0, 10]
    assert len((tmp_path / "bad" / "note.jsonl").read_text().splitlines()) == 10


def test_rows_that_the_server_refuses_are_found_all_the_same(many, target, rows):
    target("ALTER TABLE note ADD CHECK (n <> 70000)")
    with pytest.raises(RowsRefused) as caught:
        moved(*many)
    assert [reject.key for reject in caught.value.rejects] == ["id=209000"]
    assert rows("SELECT count(*) FROM note") == [(0,)]


@pytest.mark.parametrize("mode", ["delete", "wal"])
def test_a_watch_sees_a_write(sqlite_file, mode):
    path = sqlite_file("CREATE TABLE t (x)")
    with closing(sqlite3.connect(path)) as app:
        app.execute(f"PRAGMA journal_mode = {mode}")
        with Watch(path) as watch:
            assert watch.still()
            with Source(path):
                assert watch.still()
            with app:
                app.execute("INSERT INTO t VALUES (1)")
            assert not watch.still()


def test_a_file_that_never_stands_still_is_refused(many):
    with Workers(many[0], Options(parallel=2)) as workers, closing(sqlite3.connect(many[0])) as app:
        app.execute("PRAGMA journal_mode = wal")
        workers._pipes[0] = _Busy(workers._pipes[0], app)
        with pytest.raises(TransferError, match="is written to all the time"):
            workers.open()


class _Busy:
    """A pipe beside which the app writes, each time that something is sent."""

    def __init__(self, pipe, app):
        self.pipe, self.app = pipe, app

    def send(self, message):
        with self.app:
            self.app.execute("INSERT INTO few DEFAULT VALUES")
        self.pipe.send(message)

    def __getattr__(self, name):
        return getattr(self.pipe, name)


def test_a_worker_that_dies_is_told_and_nothing_is_written(many, rows):
    with Workers(many[0], Options(parallel=2)) as workers, workers.open() as source:
        planned = transfer.plan(many[0], many[1])
        (table,) = (t for t in planned.tables if t.name == "note")
        batches = workers.encoded(source, table)
        next(batches)
        for process in workers._processes:
            process.kill()
        with pytest.raises(TransferError, match="a process that casts has ended"):
            list(batches)
