"""Values of columns that are named like secrets: moved, kept in the rejects' file, and printed nowhere."""

import pytest

from gatepost import transfer
from gatepost.errors import TransferError
from gatepost.transfer import Options
from gatepost.transfer.load.rejects import RowsRefused
from gatepost.transfer.masking import shown, without_secrets

SECRET = "hunter2-distinctive"


@pytest.fixture
def refused(sqlite_file, target, connection, tmp_path):
    """Move one user, or several, into a table that refuses; return all that is said, and the rejects' files."""

    def run(table, *more, value=SECRET, copies=1, column="password"):
        path = sqlite_file(
            f"CREATE TABLE users (id INTEGER PRIMARY KEY, {column} TEXT)",
            ("INSERT INTO users VALUES (?, ?)", [(number, value) for number in range(1, copies + 1)]),
        )
        target(table, *more)
        planned = transfer.plan(path, connection)
        with pytest.raises(TransferError) as caught:
            transfer.run(planned, connection)
        said = str(caught.value)
        if isinstance(caught.value, RowsRefused):
            said += repr(caught.value.rejects)
            aside = Options(rejects=tmp_path / "rejects")
            result = transfer.run(transfer.plan(path, connection, options=aside), connection)
            kept = (tmp_path / "rejects" / "users.jsonl").read_text()
            assert SECRET in kept.partition('"row"')[2]
            said += repr(result.rejects) + kept.partition('"row"')[0]
        return said

    return run


TRIGGER = """
CREATE FUNCTION no() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION 'not this one: %', NEW.password USING ERRCODE = 'check_violation'; END $$
"""


@pytest.mark.parametrize(
    ("statements", "copies"),
    [
        (["CREATE TABLE users (id int PRIMARY KEY, password varchar(10))"], 1),
        (["CREATE TABLE users (id int PRIMARY KEY, password uuid)"], 1),
        (["CREATE TABLE users (id int PRIMARY KEY, password text UNIQUE)"], 2),
        (["CREATE TABLE users (id int PRIMARY KEY, password text CHECK (length(password) > 99))"], 1),
        (["CREATE TABLE users (id int, password text PRIMARY KEY CHECK (length(password) > 99))"], 1),
        (["CREATE TABLE users (id int PRIMARY KEY, password text)", TRIGGER,
          "CREATE TRIGGER no BEFORE INSERT ON users FOR EACH ROW EXECUTE FUNCTION no()"], 1),
        (["CREATE TABLE users (id int PRIMARY KEY, password text)", "CREATE UNIQUE INDEX ON users (upper(password))"],
         2),
        (["CREATE DOMAIN short AS text CHECK (length(value) < 9)",
          "CREATE TABLE users (id int PRIMARY KEY, password short)"], 1),
    ],
)  # fmt: skip
def test_a_secret_that_is_refused_is_not_printed(refused, statements, copies):
    said = refused(*statements, copies=copies)
    assert "users" in said
    assert SECRET not in said


def test_other_values_are_printed(refused):
    assert SECRET in refused("CREATE TABLE users (id int PRIMARY KEY, nickname varchar(10))", column="nickname")


@pytest.mark.parametrize(
    ("said", "masked"),
    [
        ("Key (token)=(abc) already exists.", "Key (token)=(…) already exists."),
        ('Key (id, "api_key")=(1, a)b) is not present', 'Key (id, "api_key")=(…) is not present'),
        ("Key (id)=(7) already exists.", "Key (id)=(7) already exists."),
        ("Failing row contains (1, abc).", "Failing row contains (…)."),
        ('COPY users, line 1, column password: "abc"', "COPY users, line 1, column password"),
        ('COPY users, line 1: "1\tabc"', "COPY users, line 1"),
        ('COPY users, line 1, column id: "x"', 'COPY users, line 1, column id: "x"'),
    ],
)
def test_what_the_server_says_is_masked(said, masked):
    assert without_secrets(said) == masked


def test_that_a_secret_is_missing_may_be_said():
    assert (shown("password", "NULL"), shown("password", "'x'"), shown("name", "'x'")) == ("NULL", "…", "'x'")
