"""The mapping as a file: written, edited, read back, and refused where it says what no mapping can say."""

import pytest

from gatepost import transfer
from gatepost.errors import TransferError
from gatepost.transfer import Options, SidesDiffer
from gatepost.transfer.mapping.read_toml import read_mapping
from gatepost.transfer.mapping.values import ColumnMapping, Mapping, TableMapping
from gatepost.transfer.mapping.write_toml import write_mapping

TWO = "00000000-0000-4000-8000-000000000002"
MAPPING = Mapping(
    (
        TableMapping(
            'my "table"\n',
            "notes",
            (
                ColumnMapping("id", "id"),
                ColumnMapping("createdAt", "created_at", ("seconds", "round")),
                ColumnMapping("old", loses=3),
                ColumnMapping("odd", undecided=True),
                ColumnMapping("", "title", computed="'a' || \"b\\\""),
                ColumnMapping("", "added"),
                ColumnMapping("", "owner", undecided=True),
            ),
        ),
        TableMapping("logs", loses=0),
        TableMapping("what", undecided=True),
    )
)


def test_what_is_written_is_what_is_read(tmp_path):
    path = tmp_path / "mapping.toml"
    write_mapping(MAPPING, path, "app.db")
    assert read_mapping(path) == MAPPING
    with pytest.raises(TransferError, match="exists, and may hold decisions"):
        write_mapping(MAPPING, path, "app.db")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("version = 1\n[tables.t\n", "is not TOML"),
        ("[tables.t]\n", "has version None"),
        ("version = 1\n[table.t]\n", '"table" in ".*" is unknown\n  Did you mean "tables"'),
        ("version = 1\n[tables.t]\nto = 3", '"tables.t.to" in ".*" is 3, and not a text'),
        ("version = 1\n[tables.t]\ndrop = true\nto = 'x'", 'is dropped and has "to"'),
        ("version = 1\n[tables.t]\nto = 'x'\ncolumns.a = 3", r'"tables.t.columns.a" in ".*" is 3'),
        ("version = 1\n[tables.t]\nto = 'x'\ncolumns.a = { cast = ['rond'] }", r"is \['rond'\]"),
        ("version = 1\n[tables.t]\nto = 'x'\ncolumns.a = { drop = 'yes' }", "is 'yes', neither true nor false"),
        ("version = 1\n[tables.t]\nto = 'x'\ncolumns.a = { drop = true, loses = -1 }", "is -1, and not a number"),
        ("version = 1\n[tables.t]\nto = 'x'\ntarget.a = { cast = 'round' }", "is neither a default nor computed"),
    ],
)
def test_what_no_mapping_can_say_is_refused_with_its_place(tmp_path, text, message):
    path = tmp_path / "mapping.toml"
    path.write_text(text)
    with pytest.raises(TransferError, match=message):
        read_mapping(path)


@pytest.fixture
def sides(sqlite_file, target):
    path = sqlite_file(
        "CREATE TABLE userNotes (id INTEGER PRIMARY KEY, at REAL, body BLOB, n TEXT, price REAL, old TEXT)",
        (
            "INSERT INTO userNotes VALUES (?, ?, ?, ?, ?, ?)",
            [(1, 1763747931.2441125, b"caf\xc3\xa9", "", 1.005, "x"), (2, 1763747931, "plain", "7", 2.5, None)],
        ),
        "CREATE TABLE logs (id INTEGER PRIMARY KEY)",
        "INSERT INTO logs VALUES (1)",
    )
    return path, target(
        "CREATE TABLE notes (id int PRIMARY KEY, at timestamptz, body text, n int, price numeric(10,2),"
        " owner text NOT NULL DEFAULT 'me', title text)"
    )


DECIDED = """
version = 1
[tables.userNotes]
to = "notes"
columns.at = { cast = ["seconds", "round"] }
columns.body = { to = "body", cast = "utf8" }
columns.n = { cast = ["empty-as-null"] }
columns.price = { cast = ["round"] }
columns.old = { drop = true, loses = 1 }
target.owner = { default = true }
target.title = { compute = "upper(body)" }
[tables.logs]
drop = true
"""


def test_a_mapping_moves_what_nothing_else_could_and_counts_it(sides, tmp_path, rows):
    path, connection = sides
    file = tmp_path / "mapping.toml"
    with pytest.raises(SidesDiffer) as caught:
        transfer.plan(path, connection)
    write_mapping(caught.value.plan.mapping, file, path.name)
    # What nobody edited is as undecided as before.
    with pytest.raises(SidesDiffer, match=caught.value.message):
        transfer.plan(path, connection, options=Options(mapping=read_mapping(file)))
    file.write_text(DECIDED)
    options = Options(mapping=read_mapping(file))
    result = transfer.run(transfer.plan(path, connection, options=options), connection)
    assert rows("SELECT at::text, body, n, price::text, owner, title FROM notes ORDER BY id") == [
        ("2025-11-21 17:58:51.244112+00", "café", None, "1.01", "me", "CAFé"),
        ("2025-11-21 17:58:51+00", "plain", 7, "2.50", "me", "PLAIN"),
    ]
    assert result.tables[0].changed == (
        ("at", "round", 1),
        ("body", "utf8", 1),
        ("n", "empty-as-null", 1),
        ("price", "round", 1),
    )
    assert transfer.check(path, connection, options=options).mismatches == ()


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("loses = 1", "loses = 0", '"userNotes.old" has 1 value, and the mapping drops 0'),
        ("drop = true\n", "drop = true\nloses = 0\n", '"logs" has 1 row, and the mapping drops 0'),
        ("columns.n ", "columns.m ", 'the column of "userNotes" in the source "m", which is not there'),
        ("target.title", "target.titel", 'the column of "notes" in the target "titel", which is not there'),
        ("[tables.logs]", "[tables.log]", 'the table of the source "log", which is not there'),
        ('to = "notes"', 'to = "note"', 'the table of the target "note", which is not there'),
        ('compute = "upper(body)"', 'compute = "upper(bdy)"', 'SQLite cannot compute "notes.title" by "upper'),
        ("target.owner = { default = true }\n", "", 'the source has no column "notes.owner"'),
    ],
)
def test_a_mapping_that_no_longer_fits_is_refused(sides, tmp_path, old, new, message):
    path, connection = sides
    file = tmp_path / "mapping.toml"
    assert old in DECIDED
    file.write_text(DECIDED.replace(old, new))
    with pytest.raises(TransferError, match=message):
        transfer.plan(path, connection, options=Options(mapping=read_mapping(file)))


def test_the_namespace_of_new_ids_is_made_once_and_kept(tmp_path):
    ids = Mapping((TableMapping("t", "t", (ColumnMapping("id", "id", ids="t"),)),), known=(("t", "7", TWO),))
    path, again = tmp_path / "mapping.toml", tmp_path / "again.toml"
    write_mapping(ids, path, "app.db")
    read = read_mapping(path)
    assert (read.tables, read.known) == (ids.tables, ids.known)
    write_mapping(read, again, "app.db")
    assert read_mapping(again) == read
    path.write_text(path.read_text().replace("namespace", "known.u.1"))
    with pytest.raises(TransferError, match="is missing, from which the new ids are made"):
        read_mapping(path)
