import pytest

from gatepost.errors import TransferError
from gatepost.transfer.users import User, UsersOptions, plan_users

HASH = "$2b$12$" + "a" * 53
ONE = "11111111-1111-4111-8111-111111111111"
TWO = "22222222-2222-4222-8222-222222222222"
UPPER = "AAAAAAAA-AAAA-4AAA-8AAA-AAAAAAAAAAAA"


def test_users_as_auth_takes_them(app_with):
    plan = plan_users(app_with([(ONE, "One@Example.org", HASH, "One", "2025-01-09 22:38:08.041300")]))
    assert plan.users == (User(ONE, "one@example.org", HASH, "One", "2025-01-09 22:38:08.0413+00"),)
    assert (plan.problems, plan.without_password) == ((), 0)
    assert HASH not in repr(plan)


@pytest.mark.parametrize(
    ("row", "column", "reason"),
    [
        (("7", "a@b.c", None, None, None), "id", "is not a UUID"),
        ((7, "a@b.c", None, None, None), "id", "is not a UUID"),
        (("0" * 8 + "-0000" * 3 + "-" + "0" * 12, "a@b.c", None, None, None), "id", "is the nil UUID"),
        ((UPPER, "a@b.c", None, None, None), "id", f'not written as auth.uid() prints it ("{UPPER.lower()}")'),
        ((TWO.replace("-", ""), "a@b.c", None, None, None), "id", "not written as auth.uid() prints it"),
        ((TWO, None, None, None, None), "email", "is empty, and Auth creates nobody without"),
        ((TWO, b"a@b.c", None, None, None), "email", "is not an e-mail address"),
        ((TWO, "nobody", None, None, None), "email", "is not an e-mail address"),
        (
            (TWO, "a@b.c", "5f4dcc3b5aa765d61d8327deb882cf99", None, None),
            "password_hash",
            "is bare hexadecimal digits (MD5, SHA), which Auth does not accept",
        ),
        ((TWO, "a@b.c", HASH.replace("$12$", "$99$"), None, None), "password_hash", "is bcrypt at a cost that it"),
        ((TWO, "a@b.c", b"$2b$", None, None), "password_hash", "is no text, which Auth does not accept"),
        ((TWO, "a@b.c", None, "a\0b", None), "name", "is not text that can be stored"),
        ((TWO, "a@b.c", None, None, "soon"), "created_at", "is not a moment"),
    ],
)
def test_what_stands_against_a_user(app_with, row, column, reason):
    plan = plan_users(app_with([row, (ONE, "one@example.org", None, None, None)]))
    assert [user.id for user in plan.users] == [ONE]
    (problem,) = plan.problems
    assert problem.column == column
    assert reason in problem.reason


def test_doubles_are_reported_for_each(app_with):
    plan = plan_users(app_with([(ONE, "a@b.c", None, None, None), (TWO, " A@B.C", None, None, None)]))
    assert plan.users == ()
    assert {problem.reason for problem in plan.problems} == {"is the address of 2 users, and Auth allows one"}
    plan = plan_users(app_with([(ONE, "a@b.c", None, None, None), (ONE, "d@e.f", None, None, None)], "other.db"))
    assert {problem.reason for problem in plan.problems} == {"is there more than once"}


def test_a_database_without_users(sqlite_file):
    path = sqlite_file("CREATE TABLE people (id TEXT, email TEXT)", f"INSERT INTO people VALUES ('{ONE}', 'a@b.c')")
    with pytest.raises(TransferError, match='has no table "users"'):
        plan_users(path)
    assert plan_users(path, UsersOptions("people")).users == (User(ONE, "a@b.c"),)
