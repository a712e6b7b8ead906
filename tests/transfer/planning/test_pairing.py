"""Two sides whose names differ, and what is lost by leaving something out."""

import pytest

from gatepost import transfer
from gatepost.errors import TransferError
from gatepost.transfer import Options, SidesDiffer


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
    with pytest.raises(SidesDiffer) as caught:
        move()
    assert caught.value.message == "the source and the target differ in 3 places; each needs a decision"
    assert [" ".join(line.split()) for line in caught.value.hint.splitlines()] == [
        '--ignore-table logs # the target has no table "logs", which the source has with 3 rows',
        '--ignore-column user_notes.old # the target has no column "user_notes.old", which the source has with 1 value',
        "--ignore-column user_notes.gone # the target has no column"
        ' "user_notes.gone", which the source has with 0 values',
        "or decide in a file: --write-mapping mapping.toml",
    ]
    # What is written alike is paired, and the page shows the rest beside it.
    (notes, logs) = sorted(caught.value.plan.mapping.tables, key=lambda table: not table.target)
    assert [(c.source, c.target, c.loses, c.undecided) for c in notes.columns] == [
        ("id", "id", None, False),
        ("createdAt", "created_at", None, False),
        ("old", "", 1, True),
        ("gone", "", 0, True),
    ]
    assert (logs.source, logs.rows, logs.undecided) == ("logs", 3, True)


def test_a_pair_that_is_named_moves_and_what_is_left_out_is_counted(move, rows):
    plan, _ = move(
        renames=(("USERNOTES", "user_notes"), ("user_notes.createdat", "created_at")),
        ignore_tables=("logs",),
        ignore_columns=("user_notes.old", "user_notes.gone"),
    )
    assert rows("SELECT id, created_at::text FROM user_notes") == [(1, "2020-01-01 00:00:00+00"), (2, None)]
    notes = plan.mapping.of_source("userNotes")
    assert [(c.source, c.loses) for c in notes.columns if not c.target] == [("old", 1), ("gone", 0)]
    assert (plan.mapping.of_source("logs").rows, plan.mapping.of_source("logs").undecided) == (3, False)


def test_one_difference_is_one_sentence(move):
    with pytest.raises(TransferError, match="which the source has with 1 value") as caught:
        move(ignore_tables=("logs",), ignore_columns=("user_notes.gone",))
    assert caught.value.hint == "--ignore-column user_notes.old  # drops 1 value"


def test_ignoring_one_half_of_a_pair_still_offers_the_pair(move):
    ignored = ("user_notes.created_at", "user_notes.old", "user_notes.gone")
    with pytest.raises(TransferError, match="which is written alike") as caught:
        move(ignore_tables=("logs",), ignore_columns=ignored)
    assert caught.value.hint.startswith("--rename userNotes.createdAt=created_at  # in place of")


def test_two_names_that_are_alike_are_not_chosen_between(move, target):
    target('ALTER TABLE user_notes ADD "CreatedAt_" timestamptz')
    with pytest.raises(SidesDiffer, match="differ in 5 places"):
        move(ignore_tables=("logs",))


def test_a_column_that_needs_a_value_is_known_before_the_first_row(move, target, rows):
    target("ALTER TABLE user_notes ADD owner uuid NOT NULL, ADD title text NOT NULL")
    ignored = {"ignore_tables": ("logs",), "ignore_columns": ("user_notes.old", "user_notes.gone", "user_notes.owner")}
    with pytest.raises(SidesDiffer, match="differ in 2 places") as caught:
        move(**ignored)
    assert "--compute 'user_notes.owner=EXPRESSION'" in caught.value.hint
    with pytest.raises(TransferError, match=r'SQLite cannot compute "user_notes\.title" by "oldd"'):
        move(**ignored, computed=(("user_notes.owner", "hex(randomblob(16))"), ("user_notes.title", "oldd")))
    ignored["ignore_columns"] = ignored["ignore_columns"][:2]
    move(**ignored, computed=(("user_notes.owner", "printf('%032d', id)"), ("user_notes.title", "'#' || id")))
    assert rows("SELECT owner::text, title FROM user_notes ORDER BY id") == [
        ("00000000-0000-0000-0000-000000000001", "#1"),
        ("00000000-0000-0000-0000-000000000002", "#2"),
    ]


def test_a_trigger_may_fill_a_column(move, target, rows):
    target(
        "ALTER TABLE user_notes ADD owner text NOT NULL",
        "CREATE FUNCTION mine() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.owner := 'me'; RETURN NEW; END $$",
        "CREATE TRIGGER mine BEFORE INSERT ON user_notes FOR EACH ROW EXECUTE FUNCTION mine()",
    )
    move(ignore_tables=("logs",), ignore_columns=("user_notes.old", "user_notes.gone", "user_notes.owner"))
    assert rows("SELECT DISTINCT owner FROM user_notes") == [("me",)]


def test_bookkeeping_of_frameworks_is_never_data(sqlite_file, target, connection, rows):
    path = sqlite_file(
        "CREATE TABLE t (id INTEGER PRIMARY KEY, wait bigint)",
        "INSERT INTO t VALUES (1, 90000000000)",
        "CREATE TABLE django_migrations (id INTEGER PRIMARY KEY, app TEXT)",
        "INSERT INTO django_migrations VALUES (1, 'here')",
        "CREATE TABLE _prisma_migrations (id TEXT)",
    )
    target(
        "CREATE TABLE t (id int PRIMARY KEY, wait interval)",
        "CREATE TABLE django_migrations (id int PRIMARY KEY, app text)",
        "INSERT INTO django_migrations VALUES (1, 'there')",
    )
    planned = transfer.plan(path, connection)
    assert "Django's own table" in planned.mapping.of_source("django_migrations").remark
    transfer.run(planned, connection)
    # Django keeps a duration as microseconds.
    assert rows("SELECT wait::text, app FROM t, django_migrations") == [("1 day 01:00:00", "there")]


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
    assert len(str(caught.value).splitlines()) == 4


def test_a_name_that_postgresql_cut_is_paired(sqlite_file, target, connection, rows):
    table, column = "oneVeryLongNameOf" + "Table" * 12, "ä" * 40
    path = sqlite_file(
        f"CREATE TABLE {table} (id INTEGER PRIMARY KEY, {column})", f"INSERT INTO {table} VALUES (1, 'x')"
    )
    target(f"CREATE TABLE {table} (id int PRIMARY KEY, {column} text)")
    transfer.run(transfer.plan(path, connection), connection)
    assert rows(f"SELECT {column} FROM {table}") == [("x",)]


def test_a_column_is_computed_from_the_one_of_its_own_name(sqlite_file, target, connection, rows):
    """As the advice about Julian days says; a column that an expression does not name still needs a decision."""
    path = sqlite_file(
        "CREATE TABLE t (id INTEGER PRIMARY KEY, seenAt REAL)",
        "INSERT INTO t VALUES (1, julianday('2025-01-09 22:38:08.041'))",
    )
    target("CREATE TABLE t (id int PRIMARY KEY, seen_at timestamp)")
    options = Options(computed=(("t.seen_at", "strftime('%Y-%m-%d %H:%M:%f', seenAt)"),))
    transfer.run(transfer.plan(path, connection, options=options), connection)
    assert rows("SELECT seen_at::text FROM t") == [("2025-01-09 22:38:08.041",)]
    with pytest.raises(SidesDiffer, match="the source has with 1 value"):
        transfer.plan(path, connection, options=Options(computed=(("t.seen_at", "'2025-01-09'"),)))


def test_a_column_that_needs_a_value_is_not_said_to_become_null(move, target):
    target("ALTER TABLE user_notes ADD owner uuid NOT NULL")
    with pytest.raises(SidesDiffer) as caught:
        move(ignore_columns=("user_notes.owner",))
    (owner,) = (c for t in caught.value.plan.mapping.tables for c in t.columns if c.target == "owner")
    assert (owner.undecided, owner.remark) == (True, "")
