"""Cast here, loaded there: the two halves together are one transfer."""

import gzip
import json

import pytest
from sqlalchemy import create_engine

import models
from gatepost import transfer
from gatepost.errors import TransferError
from gatepost.transfer import Options, RowsRefused
from gatepost.transfer.declared import declared_tables, same_type
from gatepost.transfer.target import prepare, read_target
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


def test_a_file_that_was_changed_is_refused(halves, target_of_models):
    _, directory, _ = halves
    path = directory / "000.copy.gz"
    with gzip.open(path, "rb") as file:
        content = file.read()
    path.write_bytes(gzip.compress(content.replace(b"e", b"f", 1)))
    with pytest.raises(TransferError, match="is not the file that the manifest describes"):
        transfer.plan(directory, target_of_models)


def test_a_manifest_that_says_otherwise_is_refused(halves, target_of_models, rows):
    _, directory, _ = halves
    manifest = json.loads((directory / "manifest.json").read_text())
    manifest["tables"][0]["fingerprint"] = "7"
    (directory / "manifest.json").write_text(json.dumps(manifest))
    planned = transfer.plan(directory, target_of_models)
    with pytest.raises(TransferError, match="nothing was written"):
        transfer.run(planned, target_of_models)
    assert rows("SELECT count(*) FROM tasks") == [(0,)]


def test_a_directory_that_is_not_finished_is_refused(halves, target_of_models):
    _, directory, _ = halves
    (directory / "manifest.json").unlink()
    with pytest.raises(TransferError, match=r"has no manifest.json: writing it was not finished"):
        transfer.plan(directory, target_of_models)


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
    options = Options(rejects=tmp_path / "bad")
    result = transfer.write(path, tmp_path / "other", metadata, options=options)
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
