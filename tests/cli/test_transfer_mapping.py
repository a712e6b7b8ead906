"""The mapping of `gatepost transfer` and the scan, as a person types them."""

import json
import sqlite3
from contextlib import closing

import pytest

from tests.cli.test_transfer import gatepost  # noqa: F401


@pytest.fixture
def old(tmp_path, connection):
    """Two sides in two styles, with a column too many on each and values that do not fit."""
    path = tmp_path / "app.db"
    with closing(sqlite3.connect(path)) as app, app:
        app.execute("CREATE TABLE userNotes (id INTEGER PRIMARY KEY, createdAt REAL, old TEXT)")
        app.execute("INSERT INTO userNotes VALUES (1, 1763747931.2441125, 'x'), (2, 1763747931.5, NULL)")
        app.execute("CREATE TABLE logs (id INTEGER PRIMARY KEY)")
    with connection, connection.cursor() as cursor:
        cursor.execute(
            "CREATE TABLE user_notes (id int PRIMARY KEY, created_at timestamptz, title text DEFAULT 'none')"
        )
    return path


def lines(text):
    return [" ".join(line.split()) for line in text.splitlines()]


def test_a_dry_run_is_one_page_with_all_differences(gatepost, old, database_url):  # noqa: F811
    done = gatepost(old, database_url, "--dry-run")
    assert done.exit_code == 2
    page = lines(done.stdout)
    assert "createdAt → created_at REAL timestamp with time zone" in page
    assert "old TEXT needs a decision: 1 value would be lost" in page
    assert "title text needs a decision, or becomes 'none'::text" in page
    assert "logs 0 needs a decision: 0 rows would be lost" in page
    assert "differ in 3 places; each needs a decision" in done.stderr


def test_a_mapping_is_written_edited_and_given_back(gatepost, old, database_url, tmp_path, connection):  # noqa: F811
    file = tmp_path / "mapping.toml"
    done = gatepost(old, database_url, "--write-mapping", file)
    assert (done.exit_code, 'written to "' in done.stdout) == (1, True), done.output
    assert gatepost(old, database_url, "--mapping", file).exit_code == 2
    text = file.read_text()
    for undecided, decided in (
        ('to = "?"', "drop = true"),
        ('old = "?"', "old = { drop = true, loses = 1 }"),
        ('title = "?"', "title = { compute = \"'#' || id\" }"),
    ):
        assert undecided in text
        text = text.replace(undecided, decided)
    file.write_text(text)
    scanned = gatepost(old, database_url, "--mapping", file, "--scan", "--epoch", "seconds")
    assert scanned.exit_code == 1
    assert lines(scanned.stdout)[-3:] == [
        "user_notes.created_at: 1 counts parts of a microsecond, which a moment does not keep, as id=1:"
        " 1763747931.2441125",
        "--cast user_notes.created_at=round",
        "1 value will not fit",
    ]
    words = ("--mapping", file, "--cast", "user_notes.created_at=round", "--epoch", "seconds")
    said = json.loads(gatepost(old, database_url, *words, "--scan", "--json").stdout)
    assert (said["findings"], said["summary"]["written"]) == ([], False)
    done = gatepost(old, database_url, *words)
    assert done.exit_code == 0, done.output
    assert "user_notes.created_at: 1 value rounded" in lines(done.stdout)
    assert "old TEXT not moved: 1 value lost" in lines(done.stdout)
    with connection, connection.cursor() as cursor:
        cursor.execute("SELECT title, created_at AT TIME ZONE 'UTC' || '' FROM user_notes ORDER BY id")
        assert cursor.fetchall() == [("#1", "2025-11-21 17:58:51.244112"), ("#2", "2025-11-21 17:58:51.5")]
    assert gatepost(old, database_url, "--check-only", *words).exit_code == 0


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--cast", "t.a=rond"), '"--cast t.a=rond" allows nothing'),
        (("--cast", "a=round"), '"--cast a=round" allows nothing'),
        (("--cast", "userNotes.odl=round"), 'there is no column "userNotes.odl" to move'),
        (("--compute", "t.a="), '"--compute t.a=" computes nothing'),
        (("--compute", "t.a=1", "--compute", "t.a=2"), 'two options compute "t.a"'),
        (("--compute", "notes.a=1"), 'there is no "notes.a" to compute'),
        (("--mapping", "nothing.toml"), '"nothing.toml" cannot be read'),
        (("--scan", "--rejects", "aside"), '"--rejects" does not go with "--scan"'),
        (("--scan", "--check-only"), '"--scan" does not go with "--check-only"'),
    ],
)
def test_what_cannot_be_done_is_refused(gatepost, old, database_url, words, said):  # noqa: F811
    done = gatepost(old, database_url, *words)
    assert (done.exit_code, said in done.stderr) == (2, True), done.output
