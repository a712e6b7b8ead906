"""A table full of rows that PostgreSQL refuses: found by the server itself, a batch in one round trip."""

import pytest

from gatepost import transfer
from gatepost.transfer import Options, RowsRefused
from gatepost.transfer.load.row_by_row import RowByRow


@pytest.fixture
def moved(sqlite_file, connection):
    """`moved(options)`: 1,200 rows, of which each third is odd in its own way."""
    path = sqlite_file(
        "CREATE TABLE t (id INTEGER PRIMARY KEY, word TEXT)",
        ("INSERT INTO t VALUES (?, ?)", [(n, ("fine", "bad", "worse")[n % 3]) for n in range(1200)]),
    )

    def run(**options):
        return transfer.run(transfer.plan(path, connection, options=Options(**options)), connection)

    return run


SIDES = {
    "binary": "CREATE TABLE t (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, word text CHECK (word <> 'bad'))",
    "text": "CREATE TABLE t (id int PRIMARY KEY, word char(5) CHECK (word <> 'bad'))",
    "domain": "CREATE TABLE t (id int PRIMARY KEY, word word)",
    "its own name": "CREATE TABLE t (id int PRIMARY KEY, word text CHECK (word <> 'bad'), gatepost_place int)",
}


@pytest.mark.parametrize("kind", SIDES)
def test_the_rows_that_are_refused_are_put_aside_and_the_others_moved(moved, target, rows, tmp_path, kind):
    target(
        "CREATE DOMAIN word AS text CHECK (VALUE <> 'bad')",
        SIDES[kind],
        "CREATE FUNCTION no() RETURNS trigger LANGUAGE plpgsql AS"
        " $$ BEGIN IF NEW.word = 'worse' THEN RAISE 'no % here', NEW.word; END IF; RETURN NEW; END $$",
        "CREATE TRIGGER no BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION no()",
    )
    ignored = ("t.gatepost_place",) if kind == "its own name" else ()
    result = moved(rejects=tmp_path / "aside", ignore_columns=ignored)
    assert (result.rows, result.tables[0].rejects) == (400, 800)
    assert rows("SELECT count(*), min(trim(word)), max(id) FROM t") == [(400, "fine", 1197)]
    reasons = {reject.key: reject.reason for reject in result.rejects}
    assert len(reasons) == 800
    assert "violates check constraint" in reasons["id=1"]
    assert "no worse here" in reasons["id=2"]


def test_it_takes_a_round_trip_a_batch(moved, target, monkeypatch):
    target("CREATE TABLE t (id int PRIMARY KEY, word text CHECK (word = 'none'))")
    batches = []
    faults = RowByRow.faults
    monkeypatch.setattr(RowByRow, "faults", lambda *of: batches.append(1) or faults(*of))
    with pytest.raises(RowsRefused, match="1,200 rows in all"):
        moved()
    assert len(batches) == 3
