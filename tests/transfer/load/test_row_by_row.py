"""A table full of rows that PostgreSQL refuses: found by the server itself, a batch in one round trip."""

import pytest

from gatepost import transfer
from gatepost.transfer import Options, RowsRefused
from gatepost.transfer.load import copy, row_by_row
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


def test_it_takes_a_round_trip_for_ten_batches(moved, target, monkeypatch):
    target("CREATE TABLE t (id int PRIMARY KEY, word text CHECK (word = 'none'))")
    batches = []
    faults = RowByRow.faults
    monkeypatch.setattr(RowByRow, "faults", lambda *of: batches.append(1) or faults(*of))
    with pytest.raises(RowsRefused, match="1,200 rows in all"):
        moved()
    assert len(batches) == 1


@pytest.fixture
def one_by_one(monkeypatch):
    """Count the rows that PostgreSQL inserted one by one, with 500 rows in each group."""
    monkeypatch.setattr(copy, "_TOGETHER", 1)
    found = []
    learn = row_by_row.KnownChecks.learn

    def counted(self, cursor, faults):
        cursor.execute("SELECT count(*) FROM pg_temp.gatepost_rows")
        found.append(cursor.fetchone()[0])
        return learn(self, cursor, faults)

    monkeypatch.setattr(row_by_row.KnownChecks, "learn", counted)
    return found


CHECKED = {
    "two": ("CREATE TABLE t (id int PRIMARY KEY, word text, CHECK (word <> 'bad'), CHECK (id % 4 > 0))", 1),
    "two of a column": ("CREATE TABLE t (id int, word text CHECK (word <> 'bad') CHECK (length(word) < 5))", 1),
    "that fails on a row": ("CREATE TABLE t (id int, word text, CHECK (1000 / (id - 900) > 1000))", 2),
    "of what is computed there": (
        "CREATE TABLE t (id int, word text, other text GENERATED ALWAYS AS (upper(word)) STORED,"
        " CHECK (other <> 'BAD'))",
        3,
    ),
}
REFUSED = {
    "two": lambda n: n % 3 == 1 or n % 4 == 0,
    "two of a column": lambda n: n % 3 > 0,
    "that fails on a row": lambda n: True,
    "of what is computed there": lambda n: n % 3 == 1,
}


@pytest.mark.parametrize("kind", CHECKED)
@pytest.mark.parametrize("mode", ["empty", "append"])
def test_a_constraint_that_refused_a_row_finds_all_others_in_one_query(
    moved, target, rows, tmp_path, one_by_one, kind, mode
):
    """With the same result as one by one, which is the way wherever the query may say something else."""
    table, groups = CHECKED[kind]
    target(table)
    result = moved(rejects=tmp_path / "aside", mode=mode, ignore_columns=("t.other",) * ("other" in table))
    assert len(one_by_one) == groups
    there = {row[0] for row in rows("SELECT id FROM t")}
    refused = {int(reject.key.removeprefix("id=")) for reject in result.rejects}
    expected = set(filter(REFUSED[kind], range(1200)))
    assert (refused, there) == (expected, set(range(1200)) - expected)
    assert (result.rows, len(result.rejects)) == (len(there), len(refused))
    reasons = {reject.reason.partition('"')[0] for reject in result.rejects}
    failed = {"is refused by PostgreSQL: division by zero"} if "fails" in kind else set()
    assert reasons == {"is refused by PostgreSQL: new row for relation ", *failed}
    assert len((tmp_path / "aside" / "t.jsonl").read_text().splitlines()) == len(expected)
