"""Two sides whose names differ, and what is lost by leaving something out."""

import pytest

from gatepost import transfer
from gatepost.errors import TransferError
from gatepost.transfer import Options


@pytest.fixture
def move(sqlite_file, target, connection):
    """`move(options)`: two tables in the app's style into two in the server's."""
    path = sqlite_file(
        "CREATE TABLE userNotes (id INTEGER PRIMARY KEY, createdAt TEXT, old TEXT, gone TEXT)",
        "INSERT INTO userNotes VALUES (1, '2020-01-01 00:00:00', 'kept?', NULL), (2, NULL, NULL, NULL)",
        "CREATE TABLE logs (id INTEGER PRIMARY KEY)",
        "INSERT INTO logs VALUES (1), (2), (3)",
    )
    target("CREATE TABLE user_notes (id int PRIMARY KEY, created_at timestamptz DEFAULT now())")

    def run(**options):
        planned = transfer.plan(path, connection, options=Options(**options))
        return planned, transfer.run(planned, connection)

    return run


def test_all_differences_come_at_once_with_what_each_would_drop(move):
    with pytest.raises(TransferError) as caught:
        move()
    assert caught.value.message == "the source and the target differ in 2 places; each needs a decision"
    first, second = (" ".join(line.split()) for line in caught.value.hint.splitlines())
    assert first == (
        '--rename userNotes=user_notes # "userNotes" of the source and "user_notes" of the target'
        " differ only in how they are written"
    )
    assert second == '--ignore-table logs # the target has no table "logs", which the source has with 3 rows'
    with pytest.raises(TransferError) as caught:
        move(renames=(("userNotes", "user_notes"),), ignore_tables=("logs",))
    first, second, third = caught.value.hint.splitlines()
    assert first.startswith("--rename userNotes.createdAt=created_at ")
    assert second.strip().startswith("--ignore-column user_notes.old ")
    assert second.endswith("which the source has with 1 value")
    assert third.endswith("which the source has with 0 values")


def test_a_pair_that_is_named_moves_and_what_is_left_out_is_counted(move, rows):
    plan, _ = move(
        renames=(("USERNOTES", "user_notes"), ("user_notes.createdat", "created_at")),
        ignore_tables=("logs",),
        ignore_columns=("user_notes.old", "user_notes.gone"),
    )
    assert rows("SELECT id, created_at::text FROM user_notes") == [(1, "2020-01-01 00:00:00+00"), (2, None)]
    assert plan.notes[:3] == (
        'table "logs" of the source is not moved (3 rows): --ignore-table',
        'column "user_notes.old" of the source is not moved (1 value)',
        'column "user_notes.gone" of the source is not moved (0 values)',
    )


def test_one_difference_is_one_sentence(move):
    options = {"renames": (("userNotes", "user_notes"), ("userNotes.createdAt", "created_at"))}
    with pytest.raises(TransferError, match="which the source has with 1 value") as caught:
        move(**options, ignore_tables=("logs",), ignore_columns=("user_notes.gone",))
    assert caught.value.hint == "--ignore-column user_notes.old  # drops 1 value"


def test_ignoring_one_half_of_a_pair_still_offers_the_pair(move):
    ignored = ("user_notes.created_at", "user_notes.old", "user_notes.gone")
    with pytest.raises(TransferError, match="which is ignored and written alike") as caught:
        move(renames=(("userNotes", "user_notes"),), ignore_tables=("logs",), ignore_columns=ignored)
    assert caught.value.hint.startswith("--rename userNotes.createdAt=created_at  # in place of")


@pytest.mark.parametrize(
    ("renames", "message"),
    [((("userNotes.at", "created_at"),), 'there is no "userNotes.at" to rename'), ((("logs", "userNotes"),), "both")],
)
def test_a_name_that_is_not_there_or_is_taken_is_refused(move, target, renames, message):
    target("CREATE TABLE logs (id int)", "ALTER TABLE user_notes ADD old text, ADD gone text")
    target('ALTER TABLE user_notes RENAME created_at TO "createdAt"', 'ALTER TABLE user_notes RENAME TO "userNotes"')
    with pytest.raises(TransferError, match=message):
        move(renames=renames)


def test_a_name_does_not_begin_a_line_of_what_to_do(sqlite_file, target, connection):
    path = sqlite_file('CREATE TABLE t (id INTEGER PRIMARY KEY, "a\n::error::x" TEXT, b TEXT)')
    target("CREATE TABLE t (id int PRIMARY KEY)")
    with pytest.raises(TransferError) as caught:
        transfer.plan(path, connection)
    assert len(str(caught.value).splitlines()) == 3
