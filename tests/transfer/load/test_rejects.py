"""Rows that cannot be moved: all of them told, or put aside with their children and loaded later."""

import json

import pytest
from sqlalchemy import MetaData, StaticPool, create_engine

from gatepost import transfer
from gatepost.errors import TransferError
from gatepost.transfer import Options, RowsRefused

TARGET = (
    "CREATE TABLE owner (id int PRIMARY KEY, email text UNIQUE, age int CHECK (age >= 0))",
    "CREATE TABLE task (id int PRIMARY KEY, owner_id int REFERENCES owner (id) ON DELETE CASCADE, at timestamptz)",
    "CREATE TABLE step (id int PRIMARY KEY, task_id int NOT NULL REFERENCES task (id) ON DELETE CASCADE, photo bytea)",
)
SOURCE = (
    "CREATE TABLE owner (id INTEGER PRIMARY KEY, email TEXT, age)",
    "CREATE TABLE task (id INTEGER PRIMARY KEY, owner_id INTEGER, at)",
    "CREATE TABLE step (id INTEGER PRIMARY KEY, task_id INTEGER, photo)",
    (
        "INSERT INTO owner VALUES (?, ?, ?)",
        [(1, "a@x", 30), (2, "b@x", "old"), (3, "a@x", 31), (4, "d@x", -1), (5, "e@x", None)],
    ),
    (
        "INSERT INTO task VALUES (?, ?, ?)",
        [(10, 1, None), (20, 2, "2025-01-01"), (30, 3, None), (40, 99, None), (50, 5, "soon"), (60, 5, None)],
    ),
    (
        "INSERT INTO step VALUES (?, ?, ?)",
        [(100, 10, b"\xff\xd8"), (200, 20, b"\x00"), (300, 30, None), (500, 50, None), (600, 60, "text")],
    ),
)


@pytest.fixture
def dirty(sqlite_file, target):
    return sqlite_file(*SOURCE), target(*TARGET)


def moved(path, connection, **options):
    return transfer.run(transfer.plan(path, connection, options=Options(**options)), connection)


def lines(directory):
    return {path.stem: [json.loads(line) for line in path.read_text().splitlines()] for path in directory.iterdir()}


def test_by_default_all_bad_rows_are_reported_and_nothing_is_written(dirty, rows):
    with pytest.raises(RowsRefused) as caught:
        moved(*dirty)
    assert {(r.table, r.key, r.column) for r in caught.value.rejects} == {
        ("owner", "id=2", "age"), ("owner", "id=3", "email"), ("owner", "id=4", ""),
        ("task", "id=20", "owner_id"), ("task", "id=30", "owner_id"), ("task", "id=40", "owner_id"),
        ("task", "id=50", "at"),
        ("step", "id=200", "task_id"), ("step", "id=300", "task_id"), ("step", "id=500", "task_id"),
        ("step", "id=600", "photo"),
    }  # fmt: skip
    reasons = {r.key: r.reason for r in caught.value.rejects}
    assert reasons["id=3"] == 'is there already, and "owner_email_key" allows it once'
    assert reasons["id=40"] == 'has no row in "owner"'
    assert 'violates check constraint "owner_age_check"' in reasons["id=4"]
    assert "nothing was written" in caught.value.message
    assert rows("SELECT count(*) FROM owner") == [(0,)]


def test_rejects_are_put_aside_with_their_children(dirty, tmp_path, rows):
    result = moved(*dirty, rejects=tmp_path / "bad")
    assert [(t.name, t.rows, t.rejects) for t in result.tables] == [("owner", 2, 3), ("task", 2, 4), ("step", 1, 4)]
    assert rows("SELECT id FROM owner ORDER BY 1") == [(1,), (5,)]
    assert rows("SELECT id FROM task ORDER BY 1") == [(10,), (60,)]
    assert rows("SELECT id FROM step ORDER BY 1") == [(100,)]
    assert (tmp_path / "bad").stat().st_mode & 0o777 == 0o700
    found = lines(tmp_path / "bad")
    assert {name: len(kept) for name, kept in found.items()} == {"owner": 3, "task": 4, "step": 4}
    assert {"key": "id=2", "problems": [
        {"column": "age", "value": "'old'", "reason": "is not a whole number"}
    ], "row": {"id": 2, "email": "b@x", "age": "old"}} in found["owner"]  # fmt: skip
    assert {"blob": "00"} in [line["row"]["photo"] for line in found["step"]]


def test_mended_rejects_are_added(dirty, tmp_path, rows):
    path, connection = dirty
    bad = tmp_path / "bad"
    moved(path, connection, rejects=bad)
    with pytest.raises(RowsRefused) as caught:
        transfer.run_rejects(bad, connection)
    assert caught.value.rejects[0].key == "id=2, line=1"
    assert caught.value.hint == f'correct the lines in "{bad}", or add --rejects DIR to put these aside again'
    mends = {2: {"age": 70}, 3: {"email": "c@x"}, 4: {"age": 1}, 40: {"owner_id": None}, 50: {"at": "2025-01-02"}}
    mends[600] = {"photo": {"blob": "ff"}}
    for file in bad.iterdir():
        kept = [json.loads(line) for line in file.read_text().splitlines()]
        for line in kept:
            line["row"] |= mends.get(int(line["row"]["id"]), {})
        file.write_text("".join(json.dumps(line) + "\n" for line in kept))
    result = transfer.run_rejects(bad, connection)
    assert [(t.name, t.rows) for t in result.tables] == [("owner", 3), ("task", 4), ("step", 4)]
    assert rows("SELECT id, photo::text FROM step ORDER BY id") == [
        (100, "\\xffd8"), (200, "\\x00"), (300, None), (500, None), (600, "\\xff"),
    ]  # fmt: skip
    with pytest.raises(RowsRefused, match="already exists"):
        transfer.run_rejects(bad, connection)


def test_what_is_still_bad_can_be_put_aside_again(dirty, tmp_path):
    path, connection = dirty
    moved(path, connection, rejects=tmp_path / "bad")
    again = transfer.run_rejects(tmp_path / "bad", connection, options=Options(rejects=tmp_path / "worse"))
    assert sum(t.rejects for t in again.tables) == 11
    assert lines(tmp_path / "worse").keys() == {"owner", "task", "step"}


EVERY = {
    "small": (7, "smallint"),
    "big": (2**53 + 1, "bigint"),
    "truth": (1, "boolean"),
    "one": (0.1, "real"),
    "two": (0.1 + 0.2, "double precision"),
    "price": ("12.50", "numeric(6,2)"),
    "word": ('a\tb\\\r\n🦝 \\N {} "', "text"),
    "short": ("ab", "varchar(3)"),
    "filled": ("ab", "char(4)"),
    "doc": ('{"b": [1, "x"], "a": null}', "jsonb"),
    "text_doc": (' {"b":1} ', "json"),
    "at": ("2025-01-09 22:38:08.0413", "timestamptz"),
    "naive": ("2025-01-09 22:38:08", "timestamp"),
    "day": ("2025-01-09", "date"),
    "clock": ("22:38:08", "time"),
    "span": ("P-1Y2M3DT-4H", "interval"),
    "uid": ("6f9619ff-8b86-d011-b42d-00c04fc964ff", "uuid"),
    "raw": (b"\x00\xff\\", "bytea"),
    "numbers": ("[[1, null], [3, 4]]", "integer[]"),
    "words": ('["a b", "", "NULL", null, "q\\"\\\\,{}"]', "text[]"),
    "truths": ("[true, false]", "boolean[]"),
    "filled_words": ('["ab"]', "char(3)[]"),
    "empty": ("[]", "text[]"),
}


@pytest.mark.parametrize("half", [False, True])
def test_a_value_of_every_type_comes_back_from_the_rejects(sqlite_file, target, rows, tmp_path, half):
    """What PostgreSQL printed when it gave a row back is read again as what it was."""
    columns = ", ".join(EVERY)
    path = sqlite_file(
        "CREATE TABLE mother (id INTEGER PRIMARY KEY)",
        f"CREATE TABLE child (id INTEGER PRIMARY KEY, mother_id INTEGER, {columns})",
        "INSERT INTO mother VALUES (1)",
        (
            f"INSERT INTO child VALUES (?, ?, {', '.join('?' * len(EVERY))})",
            [(n, n, *(value for value, _ in EVERY.values())) for n in (1, 2)],
        ),
    )
    kinds = ", ".join(f"{name} {kind}" for name, (_, kind) in EVERY.items())
    connection = target(
        "CREATE TABLE mother (id int PRIMARY KEY)",
        f"CREATE TABLE child (id int PRIMARY KEY, mother_id int REFERENCES mother, {kinds})",
    )
    if half:
        metadata = MetaData()
        metadata.reflect(create_engine("postgresql+psycopg2://", creator=lambda: connection, poolclass=StaticPool))
        connection.rollback()
        transfer.write(path, tmp_path / "half", metadata)
    result = moved(tmp_path / "half" if half else path, connection, rejects=tmp_path / "bad")
    assert [(t.name, t.rows, t.rejects) for t in result.tables] == [("mother", 1, 0), ("child", 1, 1)]
    target("INSERT INTO mother VALUES (2)")
    transfer.run_rejects(tmp_path / "bad", connection)
    one, two = rows(f"SELECT ROW({columns})::text FROM child ORDER BY id")
    assert one == two


def test_rows_that_the_target_refused_one_by_one_come_back(sqlite_file, target, rows, tmp_path):
    columns = ", ".join(EVERY)
    path = sqlite_file(
        f"CREATE TABLE t (id INTEGER PRIMARY KEY, {columns})",
        (f"INSERT INTO t VALUES (1, {', '.join('?' * len(EVERY))})", [[value for value, _ in EVERY.values()]]),
    )
    kinds = ", ".join(f"{name} {kind}" for name, (_, kind) in EVERY.items())
    connection = target(f"CREATE TABLE t (id int PRIMARY KEY, {kinds}, CONSTRAINT never CHECK (id > 1))")
    metadata = MetaData()
    metadata.reflect(create_engine("postgresql+psycopg2://", creator=lambda: connection, poolclass=StaticPool))
    connection.rollback()
    transfer.write(path, tmp_path / "half", metadata)
    assert moved(tmp_path / "half", connection, rejects=tmp_path / "bad").rows == 0
    target("ALTER TABLE t DROP CONSTRAINT never")
    assert transfer.run_rejects(tmp_path / "bad", connection).rows == 1
    assert transfer.check(path, connection).mismatches == ()


def test_a_directory_with_something_in_it_is_refused(dirty, tmp_path):
    (tmp_path / "bad").mkdir()
    (tmp_path / "bad" / "mine").touch()
    with pytest.raises(TransferError, match="is not an empty directory"):
        moved(*dirty, rejects=tmp_path / "bad")
    with pytest.raises(TransferError, match="there are no rejects in"):
        transfer.run_rejects(tmp_path / "bad", dirty[1])


def test_a_line_that_is_no_reject_is_named(dirty, tmp_path):
    (tmp_path / "owner.jsonl").write_text('{"row": {"id": 1}}\nnonsense\n')
    with pytest.raises(TransferError, match=r'owner.jsonl" line 2 is not a reject'):
        transfer.run_rejects(tmp_path, dirty[1])


def test_rejects_in_the_middle_of_many(sqlite_file, target, tmp_path, rows):
    """Batches around a bad row arrive whole, and the server's own refusals are found one by one."""
    path = sqlite_file(
        "CREATE TABLE n (id INTEGER PRIMARY KEY, x)",
        ("INSERT INTO n VALUES (?, ?)", [(i, "bad" if i == 3333 else i) for i in range(1, 9001)]),
    )
    connection = target("CREATE TABLE n (id int PRIMARY KEY, x int CHECK (x NOT IN (1, 4000, 4001, 9000)))")
    result = moved(path, connection, rejects=tmp_path / "bad")
    assert (result.rows, len(result.rejects)) == (8995, 5)
    assert {line["key"] for line in lines(tmp_path / "bad")["n"]} == {f"id={i}" for i in (1, 3333, 4000, 4001, 9000)}


@pytest.mark.slow
def test_a_table_of_bad_rows_neither_fills_the_server_nor_takes_for_ever(sqlite_file, target, rows, tmp_path):
    """Each refusal is a transaction inside the transaction, and the server has room for some thousands at once."""
    path = sqlite_file(
        "CREATE TABLE n (id INTEGER PRIMARY KEY)",
        ("INSERT INTO n VALUES (?)", [(i,) for i in range(1, 14_001)]),
    )
    connection = target("CREATE TABLE n (id int PRIMARY KEY)", "INSERT INTO n SELECT generate_series(1, 14000)")
    with pytest.raises(RowsRefused, match=r"\(at least 10,000 rows\)"):
        moved(path, connection, mode="append")
    assert rows("SELECT count(*) FROM n") == [(14_000,)]


def test_a_key_over_two_columns_and_an_index_on_an_expression(sqlite_file, target):
    path = sqlite_file(
        "CREATE TABLE a (x TEXT, y INTEGER)",
        "CREATE TABLE b (x TEXT, y INTEGER)",
        ("INSERT INTO a VALUES (?, ?)", [("k", 1), ("k", 2), ("K", 2), ("K", 3)]),
        ("INSERT INTO b VALUES (?, ?)", [("k", 1), ("k", None), ("k", 3)]),
    )
    connection = target(
        "CREATE TABLE a (x text, y int, UNIQUE (x, y))",
        "CREATE UNIQUE INDEX folded ON a (lower(x), y) WHERE y > 1",
        "CREATE TABLE b (x text, y int, FOREIGN KEY (x, y) REFERENCES a (x, y))",
    )
    with pytest.raises(RowsRefused) as caught:
        moved(path, connection)
    assert [(r.table, r.key, r.column, r.value) for r in caught.value.rejects] == [
        ("a", "x='K', y=2", "y", "2"),
        ("b", "x='k', y=3", "x, y", "'k', 3"),
    ]


def test_a_row_that_is_its_own_family(sqlite_file, target, tmp_path, rows):
    path = sqlite_file(
        "CREATE TABLE node (id INTEGER PRIMARY KEY, up INTEGER)",
        ("INSERT INTO node VALUES (?, ?)", [(1, 3), (2, None), (3, 2), (4, 9), (5, 4), (6, 5)]),
    )
    connection = target("CREATE TABLE node (id int PRIMARY KEY, up int REFERENCES node)")
    moved(path, connection, rejects=tmp_path / "bad")
    assert rows("SELECT id FROM node ORDER BY 1") == [(1,), (2,), (3,)]


def test_a_run_that_fails_leaves_no_rejects(dirty, target, tmp_path):
    target("CREATE TABLE extra (id int REFERENCES owner)")
    path, connection = dirty
    options = Options(rejects=tmp_path / "bad", mode="replace", ignore_tables=("extra",))
    with pytest.raises(TransferError, match="cannot truncate"):
        transfer.run(transfer.plan(path, connection, options=options), connection)
    target(
        "DROP TABLE extra",
        "CREATE FUNCTION lose() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NULL; END $$",
        "CREATE TRIGGER lose BEFORE INSERT ON step FOR EACH ROW EXECUTE FUNCTION lose()",
    )
    with pytest.raises(TransferError, match="a trigger on the table silently drops rows"):
        moved(path, connection, rejects=tmp_path / "bad")
    assert list((tmp_path / "bad").iterdir()) == []
