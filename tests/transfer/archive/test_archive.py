"""Cast here, loaded there: the two halves together are one transfer."""

import json
import subprocess
import sys
from dataclasses import replace

import pytest
from sqlalchemy import create_engine

import models
from gatepost import transfer
from gatepost.errors import TransferError
from gatepost.transfer import Options, RowsRefused
from gatepost.transfer.archive.compression import reading, writing
from gatepost.transfer.archive.manifest import _seal, read_manifest, write_manifest
from gatepost.transfer.planning.declared_tables import declared_tables, same_type
from gatepost.transfer.planning.target_tables import prepare, read_target
from models.sample import write_sample


@pytest.fixture
def target_of_models(connection, database_url):
    engine = create_engine(database_url.replace("postgresql://", "postgresql+psycopg2://", 1))
    models.metadata.create_all(engine)
    engine.dispose()
    return connection


@pytest.fixture
def halves(tmp_path):
    write_sample(tmp_path / "old.db", scale=0.1)
    written = transfer.write(tmp_path / "old.db", tmp_path / "half", models.metadata)
    return tmp_path / "old.db", tmp_path / "half", written


def test_the_two_halves_are_one_transfer(halves, target_of_models):
    source, directory, written = halves
    result = transfer.run(transfer.plan(directory, target_of_models), target_of_models)
    assert result.rows == written.rows > 400
    assert transfer.check(source, target_of_models).mismatches == ()
    assert transfer.check(directory, target_of_models).mismatches == ()


def test_what_the_models_declare_is_what_the_catalog_says(target_of_models):
    prepare(target_of_models)
    there = {table.name: table for table in read_target(target_of_models, "public")}
    here = {table.name: table for table in declared_tables(models.metadata, "public")}
    assert here.keys() == there.keys()
    for name, table in here.items():
        assert [(c.name, c.not_null) for c in table.columns] == [(c.name, c.not_null) for c in there[name].columns]
        assert all(same_type(a.type, b.type) for a, b in zip(table.columns, there[name].columns, strict=True))


def test_every_type_is_read_from_a_declaration(connection):
    import sqlalchemy as sa
    from sqlalchemy.dialects import postgresql as pg

    types = [
        sa.SmallInteger(), sa.BigInteger(), sa.Float(), sa.REAL(), sa.Double(), sa.Numeric(10, 2), sa.Numeric(7),
        sa.Numeric(), sa.String(), sa.String(9), sa.CHAR(4), sa.Text(), sa.DateTime(), sa.DateTime(timezone=True),
        pg.TIMESTAMP(timezone=True, precision=3), sa.Date(), sa.Time(), sa.Interval(), sa.Uuid(), sa.LargeBinary(),
        sa.JSON(), pg.JSONB(), sa.Enum("a", "b", name="portable_letters"), sa.ARRAY(sa.Integer),
        pg.ARRAY(sa.String(5)), sa.Boolean(), sa.JSON().with_variant(pg.JSONB(), "postgresql"),
    ]  # fmt: skip
    metadata = sa.MetaData()
    sa.Table("kinds", metadata, *(sa.Column(f"c{i}", kind) for i, kind in enumerate(types)))
    engine = sa.create_engine("postgresql+psycopg2://", creator=lambda: connection, poolclass=sa.StaticPool)
    with engine.begin() as there:
        metadata.create_all(there)
    (found,) = read_target(connection, "public")
    (declared,) = declared_tables(metadata, "public")
    wrong = [
        (a.type, b.type) for a, b in zip(declared.columns, found.columns, strict=True) if not same_type(a.type, b.type)
    ]
    assert wrong == []
    odd = sa.MetaData()
    sa.Table("odd", odd, sa.Column("x", pg.TSVECTOR))
    with pytest.raises(TransferError, match=r'column "odd.x" is of type "TSVECTOR"'):
        declared_tables(odd, "public")


def test_the_same_source_gives_the_same_bytes(halves, tmp_path):
    source, directory, _ = halves
    transfer.write(source, tmp_path / "again", models.metadata)
    for path in directory.iterdir():
        assert path.read_bytes() == (tmp_path / "again" / path.name).read_bytes()


def test_both_compressions_hold_the_same(halves, tmp_path, target_of_models):
    source, directory, _ = halves
    result = transfer.write(source, tmp_path / "gz", models.metadata, compression="gzip")
    assert {path.suffix for path in directory.iterdir()} == {".zst", ".json"}
    assert {path.suffix for path in (tmp_path / "gz").iterdir()} == {".gz", ".json"}
    for path in directory.glob("*.zst"):
        with reading(path) as one, reading(tmp_path / "gz" / f"{path.stem}.gz") as other:
            assert one.read() == other.read()
    assert transfer.run(transfer.plan(tmp_path / "gz", target_of_models), target_of_models).rows == result.rows


def test_a_file_that_was_changed_cut_or_lost_is_refused(halves, target_of_models):
    _, directory, _ = halves
    path = directory / "000.copy.zst"
    content = path.read_bytes()
    with reading(path) as file:
        text = file.read()
    path.unlink()
    with writing(path) as file:
        file.write(text.replace(b"e", b"f", 1))
    for broken in (path.read_bytes(), content[:-5], content + b"x", b""):
        path.write_bytes(broken)
        with pytest.raises(TransferError, match="is not the file that the manifest describes"):
            transfer.plan(directory, target_of_models)
    path.unlink()
    with pytest.raises(TransferError, match=r"000.copy.zst\" is missing, which the manifest names"):
        transfer.plan(directory, target_of_models)


def test_a_manifest_that_is_not_true_stops_the_run(halves, target_of_models, rows):
    """The seal keeps accidents away; whoever writes another manifest on purpose meets the comparison."""
    _, directory, _ = halves
    manifest = read_manifest(directory)
    first, *others = manifest.tables
    lie = replace(first, tally=replace(first.tally, fingerprint=first.tally.fingerprint + 1))
    (directory / "manifest.json").unlink()
    write_manifest(directory, replace(manifest, tables=(lie, *others)))
    planned = transfer.plan(directory, target_of_models)
    with pytest.raises(TransferError, match="nothing was written"):
        transfer.run(planned, target_of_models)
    assert rows("SELECT count(*) FROM tasks") == [(0,)]


def sealed(said):
    return json.dumps({**said, "sha256": _seal(said)})


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda text: text[: len(text) // 2], r'manifest.json" cannot be read'),
        (lambda text: "[]", r'manifest.json" cannot be read'),
        (lambda text: "", r'manifest.json" cannot be read'),
        (lambda text: '{"format": 1, "tables": []}', "has format 1, and this version reads 2"),
        (lambda text: '{"format": 2}', "was changed after it was written"),
        (lambda text: sealed({"format": 2, "source": "a.db"}), r'manifest.json" cannot be read: it lacks \'timezone\''),
        (lambda text: text.replace("000.copy", "../000.copy"), "was changed after it was written"),
        (lambda text: text.replace('"rows": ', '"rows": 1'), "was changed after it was written"),
    ],
)
def test_a_manifest_that_was_changed_is_refused(halves, target_of_models, change, told):
    path = halves[1] / "manifest.json"
    path.write_text(change(path.read_text()))
    with pytest.raises(TransferError, match=told):
        transfer.plan(halves[1], target_of_models)


def test_a_directory_that_is_not_finished_is_refused(halves, target_of_models, tmp_path):
    _, directory, _ = halves
    (directory / "manifest.json").unlink()
    with pytest.raises(TransferError, match=r"has no manifest.json, because writing it was not finished"):
        transfer.plan(directory, target_of_models)
    (tmp_path / "mine").mkdir()
    with pytest.raises(TransferError, match="is a directory, neither a SQLite file nor one that --to wrote"):
        transfer.plan(tmp_path / "mine", target_of_models)


KILLED = """
import sys
from pathlib import Path
import models
from gatepost import transfer

def progress(table, done, rows):
    if table == "tasks":
        print("there", flush=True)
        sys.stdin.read()

transfer.write(Path(sys.argv[1]), Path(sys.argv[2]), models.metadata, progress=progress)
"""


@pytest.mark.subprocess
def test_writing_that_was_killed_is_refused_and_begun_again(tmp_path, target_of_models):
    write_sample(tmp_path / "old.db", scale=0.1)
    half = tmp_path / "half"
    command = [sys.executable, "-c", KILLED, tmp_path / "old.db", half]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout.readline() == "there\n"
        process.kill()
    assert list(half.glob("*.copy.zst")) != []
    with pytest.raises(TransferError, match="was not finished"):
        transfer.plan(half, target_of_models)
    transfer.write(tmp_path / "old.db", half, models.metadata)
    transfer.run(transfer.plan(half, target_of_models), target_of_models)
    assert transfer.check(tmp_path / "old.db", target_of_models).mismatches == ()


def test_nothing_is_written_over(halves, tmp_path):
    source, directory, _ = halves
    before = {path: path.read_bytes() for path in directory.iterdir()}
    with pytest.raises(TransferError, match="is not an empty directory"):
        transfer.write(source, directory, models.metadata)
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "letter.txt").write_text("dear")
    with pytest.raises(TransferError, match="is not an empty directory"):
        transfer.write(source, tmp_path / "mine", models.metadata)
    assert {path: path.read_bytes() for path in directory.iterdir()} == before


def test_a_plan_of_the_first_half_writes_nothing(tmp_path):
    write_sample(tmp_path / "old.db", scale=0.1)
    planned = transfer.plan_write(tmp_path / "old.db", models.metadata)
    assert {table.name for table in planned.tables} == set(models.metadata.tables)
    assert [path.name for path in tmp_path.iterdir()] == ["old.db"]


WITHOUT = """
import sys
sys.modules["backports.zstd"] = sys.modules["compression.zstd"] = None
from pathlib import Path
from gatepost.errors import TransferError
from gatepost.transfer.archive.compression import best, refuse_unreadable
print(best())
refuse_unreadable(Path("a.gz"))
try:
    refuse_unreadable(Path("a.zst"))
except TransferError as error:
    print(error)
"""


@pytest.mark.subprocess
def test_a_python_without_zstd_writes_gzip_and_says_what_it_lacks():
    done = subprocess.run([sys.executable, "-c", WITHOUT], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == [
        "gzip",
        '"a.zst" is compressed by zstd, which this Python does not have',
        "  pip install backports.zstd   # up to Python 3.13; or write it with --compress gzip",
    ]


def test_another_type_in_the_target_is_refused(halves, target_of_models, target):
    target("ALTER TABLE users ALTER name TYPE varchar(7)")
    with pytest.raises(TransferError, match=r'"users.name" was written for type "text"'):
        transfer.plan(halves[1], target_of_models)


def test_rows_that_cannot_be_cast_stop_the_first_half(sqlite_file, tmp_path):
    import sqlalchemy as sa

    metadata = sa.MetaData()
    sa.Table("n", metadata, sa.Column("id", sa.Integer, primary_key=True), sa.Column("x", sa.Integer))
    path = sqlite_file("CREATE TABLE n (id INTEGER PRIMARY KEY, x)", "INSERT INTO n VALUES (1, 1), (2, 'two')")
    with pytest.raises(RowsRefused, match='"n" id=2: column "x" is not a whole number'):
        transfer.write(path, tmp_path / "half", metadata)
    assert list((tmp_path / "half").iterdir()) == []
    options = Options(rejects=tmp_path / "bad", backup=tmp_path / "copy.db")
    result = transfer.write(path, tmp_path / "half", metadata, options=options)
    assert (tmp_path / "copy.db").exists()
    assert [(t.rows, t.rejects) for t in result.tables] == [(1, 1)]
    assert (tmp_path / "bad" / "n.jsonl").exists()


def test_rows_that_the_target_refuses_are_put_aside(sqlite_file, tmp_path, target, rows):
    import sqlalchemy as sa

    metadata = sa.MetaData()
    sa.Table("n", metadata, sa.Column("id", sa.Integer, primary_key=True), sa.Column("x", sa.Text))
    path = sqlite_file(
        "CREATE TABLE n (id INTEGER PRIMARY KEY, x)", "INSERT INTO n VALUES (1, 'a\tb\\\n'), (2, 'bad\t'), (3, NULL)"
    )
    transfer.write(path, tmp_path / "half", metadata)
    connection = target("CREATE TABLE n (id int PRIMARY KEY, x text CHECK (x NOT LIKE 'bad%'))")
    with pytest.raises(RowsRefused, match="id='2'"):
        transfer.run(transfer.plan(tmp_path / "half", connection), connection)
    planned = transfer.plan(tmp_path / "half", connection, options=Options(rejects=tmp_path / "bad"))
    assert transfer.run(planned, connection).rows == 2
    assert rows("SELECT x FROM n ORDER BY id") == [("a\tb\\\n",), (None,)]
    (line,) = (tmp_path / "bad" / "n.jsonl").read_text().splitlines()
    assert json.loads(line)["row"] == {"id": "2", "x": "bad\t"}
