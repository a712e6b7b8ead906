"""Several processes cast, one transaction writes: the same rows, the same refusals, the same state of the file."""

import sqlite3
import threading
from contextlib import closing
from dataclasses import replace

import pytest

from gatepost import transfer
from gatepost.errors import TransferError
from gatepost.transfer import Options, RowsRefused
from gatepost.transfer.casts.time_options import TimeOptions
from gatepost.transfer.compare.fingerprints import Tally, tally_source
from gatepost.transfer.parallel import workers as workers_module
from gatepost.transfer.parallel.workers import Workers
from gatepost.transfer.source.sqlite import Source
from gatepost.transfer.source.watch import Watch

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
    with Workers(many[0], 2) as workers, closing(sqlite3.connect(many[0])) as app:
        app.execute("PRAGMA journal_mode = wal")
        workers._processes[0].stdin = _Busy(workers._processes[0].stdin, app)
        with pytest.raises(TransferError, match="is written to all the time"):
            workers.open()


class _Busy:
    """A pipe beside which the app writes, each time that something is sent."""

    def __init__(self, pipe, app):
        self.pipe, self.app = pipe, app

    def write(self, data):
        with self.app:
            self.app.execute("INSERT INTO few DEFAULT VALUES")
        self.pipe.write(data)

    def __getattr__(self, name):
        return getattr(self.pipe, name)


def test_processes_that_meet_a_busy_file_are_done_without(many, monkeypatch):
    """Nobody asked for them, so nobody is troubled with them."""
    path, connection = many
    planned = transfer.plan(path, connection)
    monkeypatch.setattr(workers_module, "WORTH_BYTES", 0)
    monkeypatch.setattr(Watch, "still", lambda _: False)
    assert [table.rows for table in transfer.run(planned, connection).tables] == [1, ROWS]


def test_processes_that_cannot_start_are_done_without(many, monkeypatch):
    path, connection = many
    monkeypatch.setattr(workers_module, "WORTH_BYTES", 0)
    monkeypatch.setattr(workers_module, "_START", "raise SystemExit('out of memory')")
    with pytest.raises(TransferError, match="a process that casts has ended"):
        moved(path, connection)
    assert [table.rows for table in transfer.run(transfer.plan(path, connection), connection).tables] == [1, ROWS]


def test_a_worker_ends_with_its_parent(many):
    with Workers(many[0], 1) as workers, workers.open():
        (process,) = workers._processes
        process.stdin.close()
        assert process.wait(60) == 0


def test_damage_that_is_found_beside_the_work_stops_it(tmp_path, target, rows):
    """The page of an index: no row is read from it, so only the check sees it."""
    path = tmp_path / "torn.db"
    with closing(sqlite3.connect(path)) as app, app:
        app.execute("CREATE TABLE note (id INTEGER PRIMARY KEY, body TEXT)")
        app.executemany("INSERT INTO note VALUES (?, ?)", [(i, f"body {i}") for i in range(9_000)])
        app.execute("CREATE INDEX by_body ON note (body) WHERE id > 0")
        root, size = app.execute("SELECT rootpage, (SELECT * FROM pragma_page_size) FROM sqlite_master").fetchall()[1]
    with path.open("r+b") as file:
        file.seek((root - 1) * size)
        file.write(b"\xff" * size)
    connection = target("CREATE TABLE note (id int PRIMARY KEY, body text)")
    planned = transfer.plan(path, connection, check=False)
    with pytest.raises(TransferError, match="is damaged"):
        transfer.run(planned, connection)
    with pytest.raises(TransferError, match="is damaged"):
        transfer.run(replace(planned, options=Options(resumable=True)), connection)
    assert rows("SELECT count(*) FROM note") == [(0,)]


def taken(workers, planned):
    workers.begin(planned)
    return [batch for table in planned.tables for batch in workers.encoded(table)]


def test_a_worker_that_is_dead_is_reported(many):
    planned = transfer.plan(many[0], many[1])
    with Workers(many[0], 2) as workers, workers.open():
        for process in workers._processes:
            process.kill()
            process.wait()
        with pytest.raises(TransferError, match="a process that casts has ended"):
            taken(workers, planned)


def test_a_worker_that_dies_on_the_way_is_reported(many):
    planned = transfer.plan(many[0], many[1])
    (note,) = (table for table in planned.tables if table.name == "note")
    with Workers(many[0], 2) as workers, workers.open():
        workers.begin(planned)
        batches = workers.encoded(note)
        next(batches)
        for process in workers._processes:
            process.kill()
        with pytest.raises(TransferError, match="a process that casts has ended"):
            list(batches)


def test_what_nobody_takes_holds_nobody_up(many, monkeypatch):
    """A table that is left in its middle is dropped, and the next one comes."""
    monkeypatch.setattr(workers_module, "MEMORY_BYTES", 0)
    monkeypatch.setattr(workers_module, "AHEAD_BYTES", 1000)
    planned = transfer.plan(many[0], many[1])
    note, few = sorted(planned.tables, key=lambda table: -table.source.rows)
    with Workers(many[0], 2) as workers, workers.open():
        workers.begin(replace(planned, tables=(note, few)))
        batches = workers.encoded(note)
        next(batches)
        batches.close()
        assert sum(batch.rows for batch in workers.encoded(few)) == 1


def test_leaving_does_not_wait_for_what_nobody_will_take(sqlite_file, target, monkeypatch):
    """All is sent and nothing is taken, so the thread that receives is too far ahead when the end comes."""
    monkeypatch.setattr(workers_module, "MEMORY_BYTES", 0)
    monkeypatch.setattr(workers_module, "AHEAD_BYTES", 1)
    path = sqlite_file("CREATE TABLE few (id INTEGER PRIMARY KEY)", "INSERT INTO few VALUES (1)")
    planned = transfer.plan(path, target("CREATE TABLE few (id int PRIMARY KEY)"))
    workers = Workers(path, 1)
    with workers.open():
        workers.begin(planned)
        (process,) = workers._processes
        process.stdin.close()
        process.wait(60)
        leaving = threading.Thread(target=workers.__exit__, args=(None, None, None), daemon=True)
        leaving.start()
        leaving.join(20)
        assert not leaving.is_alive()


@pytest.mark.parametrize("number", [1, 2, 3])
def test_the_pieces_are_the_whole(many, number):
    planned = transfer.plan(many[0], many[1])
    with Workers(many[0], number) as workers, workers.open() as source:
        workers.begin(planned)
        for table in planned.tables:
            here = tally_source(source, table, TimeOptions())
            there = sum((Tally(b.rows, b.fingerprint, b.nulls) for b in workers.encoded(table)), start=Tally.of(table))
            assert here == there


def test_processes_that_get_ready_before_the_plan_cast_its_rows(many, monkeypatch):
    path, connection = many
    options = Options(parallel=1)
    with transfer.processes(path, options) as workers:
        planned = transfer.plan(path, connection, options=options)
        monkeypatch.setattr(workers_module, "Workers", None)  # no others are started
        assert transfer.run(planned, connection, workers=workers).rows == ROWS + 1
    assert all(process.returncode is not None for process in workers._processes)


@pytest.mark.parametrize("options", [Options(parallel=1, resumable=True), Options()], ids=["resumable", "small"])
def test_no_process_is_started_where_none_pays(many, options):
    with transfer.processes(many[0], options) as workers:
        assert workers is None


def test_the_file_is_read_for_damage_when_everything_is_cast(many, monkeypatch):
    path, connection = many
    options = Options(parallel=1)
    seen = []
    with transfer.processes(path, options) as workers:
        monkeypatch.setattr(Source, "quick_check", lambda _source: seen.append(dict(workers._ended)))
        planned = transfer.plan(path, connection, options=options, check=False)
        transfer.run(planned, connection, workers=workers)
    assert seen == [{0: 1, 1: 1}]
