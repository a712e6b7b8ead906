import os
import shutil
import sqlite3
import tempfile
import zlib
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from gatepost.errors import TransferError
from gatepost.transfer.source.sqlite import Source


def refusal(path):
    with pytest.raises(TransferError) as caught, Source(path) as source:
        source.quick_check()
    return caught.value.message


def test_tables_columns_keys_and_counts(sqlite_file):
    path = sqlite_file(
        "CREATE TABLE pair (b TEXT, a INTEGER, c TEXT, PRIMARY KEY (a, b)) WITHOUT ROWID",
        ("INSERT INTO pair VALUES (?, ?, ?)", [("x", 1, "c"), ("y", 1, None)]),
        "CREATE TABLE bare (n)",
        "CREATE VIEW seen AS SELECT * FROM bare",
    )
    with Source(path) as source:
        bare, pair = source.tables
        assert (bare.name, bare.rows, bare.key, bare.rowid) == ("bare", 0, (), "rowid")
        assert (pair.name, pair.rows, pair.key, pair.rowid) == ("pair", 2, ("a", "b"), "")
        assert [(c.name, c.declared) for c in pair.columns] == [("b", "TEXT"), ("a", "INTEGER"), ("c", "TEXT")]
        assert list(source.batches(pair, ("b", "c"), 1)) == [[("x", "c")], [("y", None)]]


def test_a_column_named_rowid_does_not_hide_the_row_number(sqlite_file):
    path = sqlite_file("CREATE TABLE t (rowid TEXT, x TEXT)", "INSERT INTO t VALUES ('r', 'x')")
    with Source(path) as source:
        assert source.table("T").rowid == "_rowid_"


@pytest.mark.parametrize("mode", ["delete", "wal"])
def test_the_snapshot_stays_while_the_app_writes(sqlite_file, mode):
    path = sqlite_file("CREATE TABLE t (x)", "INSERT INTO t VALUES (1)")
    with closing(sqlite3.connect(path, timeout=0)) as app:
        app.execute(f"PRAGMA journal_mode = {mode}")
        with app:
            app.execute("INSERT INTO t VALUES (2)")
        with Source(path) as source:
            try:
                with app:
                    app.execute("INSERT INTO t VALUES (3)")
            except sqlite3.OperationalError:
                assert mode == "delete"  # without WAL the writer waits; the snapshot is what counts
            assert list(source.batches(source.tables[0], ("x",))) == [[(1,), (2,)]]


def test_rows_in_the_write_ahead_log_are_read(sqlite_file):
    path = sqlite_file("CREATE TABLE t (x)")
    with closing(sqlite3.connect(path)) as app:
        app.execute("PRAGMA journal_mode = wal")
        with app:
            app.execute("INSERT INTO t VALUES (1)")
        assert path.with_name("app.db-wal").stat().st_size
        with Source(path) as source:
            assert source.tables[0].rows == 1


def test_invalid_utf_8_is_found_in_its_place(sqlite_file):
    path = sqlite_file(
        "CREATE TABLE t (x TEXT)",
        ("INSERT INTO t VALUES (?)", [("one",), ("two",), ("three",)]),
        "UPDATE t SET x = CAST(x'ff41' AS TEXT) WHERE x = 'two'",
    )
    with Source(path) as source:
        assert [row for batch in source.batches(source.tables[0], ("x",), 1) for row in batch] == [
            ("one",),
            ("\udcffA",),
            ("three",),
        ]


def test_a_database_in_utf_16_is_read_as_what_it_says(sqlite_file):
    path = sqlite_file("PRAGMA encoding = 'UTF-16le'", "CREATE TABLE t (x)", ("INSERT INTO t VALUES (?)", [("é🦝日",)]))
    with Source(path) as source:
        assert list(source.batches(source.tables[0], ("x",))) == [[("é🦝日",)]]


def test_what_is_not_sqlite_is_named(tmp_path):
    path = tmp_path / "app.db"
    for content, what in [
        (b"", "it is empty"),
        (b"\x1f\x8b" + zlib.compress(b"x"), "a gzip archive"),
        (b"PGDMP\x01", "a pg_dump archive"),
        (b"BEGIN TRANSACTION;\nCREATE TABLE t (x);\n", "text that begins with 'BEGIN TRANSACTION;'"),
        (os.urandom(4096), "encrypted"),
        (b"\x00\x01\x02", "of an unknown kind (it begins with 00 01 02)"),
    ]:
        path.write_bytes(content)
        assert what in refusal(path)
    assert "there is no file" in refusal(tmp_path / "nothing.db")
    assert "is a directory" in refusal(tmp_path)
    os.mkfifo(tmp_path / "pipe")
    assert "is a pipe or a device" in refusal(tmp_path / "pipe")


def test_a_damaged_page_is_found_before_anything_is_written(sqlite_file):
    path = sqlite_file("CREATE TABLE t (x)", ("INSERT INTO t VALUES (?)", [("y" * 500,)] * 200))
    content = bytearray(path.read_bytes())
    content[4096 * 3 : 4096 * 3 + 200] = b"\xa5" * 200
    path.write_bytes(content)
    assert "is damaged" in refusal(path)


def test_an_encrypted_file_with_a_plain_header(sqlite_file):
    path = sqlite_file("CREATE TABLE t (x)")
    path.write_bytes(b"SQLite format 3\x00" + os.urandom(8176))
    assert "encrypted, or its header lies" in refusal(path)


def test_null_in_a_column_declared_not_null_is_not_damage(sqlite_file):
    path = sqlite_file("CREATE TABLE t (x)", "INSERT INTO t VALUES (NULL)")
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("PRAGMA writable_schema = on")
        connection.execute("UPDATE sqlite_master SET sql = 'CREATE TABLE t (x NOT NULL)'")
    with Source(path) as source:
        source.quick_check()


@pytest.fixture
def reader_only(tmp_path):
    """Give a directory that this process may read and not write, also where it runs as root."""
    directory = Path(tempfile.mkdtemp(prefix="gatepost-source-"))
    uid, gid = os.geteuid(), os.getegid()

    @contextmanager
    def closed():
        directory.chmod(0o555)
        if uid == 0:
            os.setegid(65534)
            os.seteuid(65534)
        try:
            yield
        finally:
            os.seteuid(uid)
            os.setegid(gid)
            directory.chmod(0o755)

    directory.chmod(0o755)
    yield directory, closed
    shutil.rmtree(directory)


def left_in(directory, mode):
    """Leave a database as an app leaves it that was killed: with a log of one row, or in the middle of a write."""
    path, scratch = directory / "app.db", directory / "scratch.db"
    with closing(sqlite3.connect(scratch, isolation_level=None)) as app:
        app.execute(f"PRAGMA journal_mode = {mode}")
        app.execute("PRAGMA cache_size = 2")
        app.execute("CREATE TABLE t (x)")
        app.executemany("INSERT INTO t VALUES (?)", [("y" * 300,)] * 200)
        if mode == "wal":
            app.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            app.execute("INSERT INTO t VALUES ('late')")
        else:
            app.execute("BEGIN")
            app.execute("UPDATE t SET x = x || 'z'")
        for end in ("", "-wal", "-journal"):
            if scratch.with_name(scratch.name + end).exists():
                shutil.copyfile(scratch.with_name(scratch.name + end), path.with_name(path.name + end))
    for file in directory.iterdir():
        file.chmod(0o644)
    return path


def test_a_log_that_cannot_be_read_is_not_passed_over(reader_only, tmp_path):
    directory, closed = reader_only
    path = left_in(directory, "wal")
    with closed():
        assert "has a write-ahead log, and its directory may not be written" in refusal(path)
    elsewhere = Path(tempfile.mkdtemp(prefix="gatepost-source-"))
    elsewhere.chmod(0o755)
    link = elsewhere / "link.db"
    link.symlink_to(path)
    with closed():
        assert "has a write-ahead log, and its directory may not be written" in refusal(link)
    shutil.rmtree(elsewhere)
    with Source(path) as source:
        assert source.tables[0].rows == 201


def test_a_file_without_a_log_is_read_where_nothing_may_be_written(reader_only):
    directory, closed = reader_only
    path = left_in(directory, "wal")
    path.with_name("app.db-wal").unlink()
    with closed(), Source(path) as source:
        assert (source.immutable, source.tables[0].rows) == (True, 200)
        assert sum(map(len, source.batches(source.tables[0], ("x",)))) == 200
    with closed(), Source(path) as source:
        os.seteuid(os.getuid())
        os.utime(path, ns=(1, 1))
        with pytest.raises(TransferError, match="was written to while it was read"):
            list(source.batches(source.tables[0], ("x",)))


def test_a_write_that_was_stopped_is_distinguished_from_one_that_goes_on(reader_only):
    path = left_in(reader_only[0], "delete")
    assert "was left in the middle of a write" in refusal(path)
    path.with_name("app.db-journal").unlink()
    with closing(sqlite3.connect(reader_only[0] / "scratch.db", isolation_level=None)) as app:
        app.execute("BEGIN EXCLUSIVE")
        app.execute("DELETE FROM t")
        assert "is being written to: database is locked" in refusal(reader_only[0] / "scratch.db")


def test_a_virtual_table_is_named(sqlite_file):
    path = sqlite_file("CREATE VIRTUAL TABLE found USING fts5(x)", "CREATE TABLE t (x)")
    with Source(path) as source:
        assert ([t.name for t in source.tables], source.passed_over) == (["t"], ("found",))


def test_a_log_without_its_database(sqlite_file):
    path = sqlite_file("CREATE TABLE t (x)")
    path.rename(path.with_name("app.db-wal"))
    assert "only its write-ahead log" in refusal(path)


def test_backup_is_the_snapshot(sqlite_file, tmp_path):
    path = sqlite_file("CREATE TABLE t (x)", "INSERT INTO t VALUES (1)")
    path.chmod(0o600)
    with Source(path) as source:
        source.backup(tmp_path / "copy.db")
        assert (tmp_path / "copy.db").stat().st_mode & 0o777 == 0o600
        with pytest.raises(TransferError, match="exists already"):
            source.backup(tmp_path / "copy.db")
    with Source(tmp_path / "copy.db") as copy:
        assert copy.tables[0].rows == 1
    with Source(path) as source, pytest.raises(TransferError, match="cannot be written"):
        source.backup(tmp_path / "nowhere" / "copy.db")


def test_the_file_is_not_touched(sqlite_file):
    path = sqlite_file("CREATE TABLE t (x)", "INSERT INTO t VALUES (1)")
    os.utime(path, ns=(1, 1))
    before = path.read_bytes(), path.stat().st_mtime_ns
    with Source(path) as source:
        source.quick_check()
        list(source.batches(source.tables[0], ("x",)))
    assert (path.read_bytes(), path.stat().st_mtime_ns) == before


@pytest.fixture
def apps_own(tmp_path):
    """`apps_own(statements)`: a file made with a collation and a function that only the app has."""

    def make(script):
        path = tmp_path / "own.db"
        with closing(sqlite3.connect(path)) as connection:
            connection.create_collation("unicase", lambda a, b: (a.lower() > b.lower()) - (a.lower() < b.lower()))
            connection.create_function("own", 1, lambda value: value, deterministic=True)
            connection.executescript(script)
        return path

    return make


@pytest.mark.parametrize(
    "script",
    [
        "CREATE TABLE t (a TEXT COLLATE unicase); CREATE INDEX i ON t (a); INSERT INTO t VALUES ('a'), ('B')",
        "CREATE TABLE t (a TEXT COLLATE unicase PRIMARY KEY) WITHOUT ROWID; INSERT INTO t VALUES ('a'), ('B')",
        "CREATE TABLE t (a TEXT CHECK (own(a) <> '')); INSERT INTO t VALUES ('a'), ('B')",
        "CREATE TABLE t (a TEXT); CREATE INDEX i ON t (own(a)); INSERT INTO t VALUES ('a'), ('B')",
    ],
)
def test_what_only_the_app_defines_is_no_damage(apps_own, script):
    with Source(apps_own(script)) as source:
        source.quick_check()
        assert [row for batch in source.batches(source.table("t"), ("a",)) for row in batch] == [("a",), ("B",)]


def test_a_column_that_only_the_app_can_compute_is_named(apps_own):
    path = apps_own("CREATE TABLE t (a TEXT, b TEXT AS (own(a))); INSERT INTO t (a) VALUES ('a')")
    with Source(path) as source, pytest.raises(TransferError, match='computes a column by "own"'):
        list(source.batches(source.table("t"), ("a", "b")))


@pytest.mark.parametrize("end", ["", " WITHOUT ROWID"])
def test_large_values_are_read_by_themselves(sqlite_file, end):
    big = bytes(range(256)) * 5000
    values = [(1, b"small", "x"), (2, big, "y"), (3, None, "z" * 2_000_000), (4, big + b"!", None), (5, b"", "")]
    path = sqlite_file(
        f"CREATE TABLE t (id INTEGER PRIMARY KEY, b BLOB, x TEXT){end}",
        ("INSERT INTO t VALUES (?, ?, ?)", values),
        "UPDATE t SET x = CAST(x'ff' AS TEXT) WHERE id = 5",
    )
    with Source(path) as source:
        table = source.table("t")
        read = list(source.batches(table, ("id", "b", "x"), 3))
        assert [row for batch in read for row in batch] == [*values[:4], (5, b"", "\udcff")]
        # No batch holds more than it has to, and what comes after is read as usual.
        assert max(map(len, read)) <= 3
        source.quick_check()


def test_a_large_value_of_a_generated_column_is_read_too(sqlite_file):
    path = sqlite_file(
        "CREATE TABLE t (id INTEGER PRIMARY KEY, b BLOB AS (zeroblob(2000000)) VIRTUAL)",
        "INSERT INTO t (id) VALUES (1)",
    )
    with Source(path) as source:
        assert list(source.batches(source.table("t"), ("b",))) == [[(bytes(2_000_000),)]]
