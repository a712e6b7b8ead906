"""By SQL, against the `auth` schema of the local server."""

from itertools import count

import psycopg2
import pytest

from gatepost.errors import TransferError
from gatepost.transfer.users import Pushed, UsersOptions, compare_users, plan_users, push_by_sql

from .conftest import GOOD, HASH, ONE, TWO


@pytest.fixture
def pushed(app_with, connection):
    plan = plan_users(app_with(GOOD))
    return plan, push_by_sql(connection, plan)


def test_every_user_is_there_with_an_identity(pushed, rows):
    assert pushed[1] == Pushed(3, 0)
    assert rows("SELECT id::text, email, encrypted_password, aud, role, raw_user_meta_data->>'name' FROM auth.users "
                "WHERE email_confirmed_at IS NOT NULL AND confirmation_token = '' ORDER BY id")[:2] == [
        (ONE, "one@example.org", HASH, "authenticated", "authenticated", "One"),
        (TWO, "two@example.org", "", "authenticated", "authenticated", None),
    ]  # fmt: skip
    assert rows("SELECT provider_id, user_id::text, provider, email, identity_data->>'sub' FROM auth.identities "
                "ORDER BY user_id")[0] == (ONE, ONE, "email", "one@example.org", ONE)  # fmt: skip
    assert rows("SELECT created_at::text FROM auth.users ORDER BY id")[0] == ("2025-01-09 22:38:08.0413+00",)


def test_auth_uid_is_the_id_that_policies_compare(pushed, connection, rows):
    with connection, connection.cursor() as cursor:
        cursor.execute("CREATE TABLE mine (user_id text); GRANT SELECT ON mine TO authenticated")
        cursor.execute("ALTER TABLE mine ENABLE ROW LEVEL SECURITY; INSERT INTO mine VALUES (%s), (%s)", (ONE, TWO))
        cursor.execute("CREATE POLICY own ON mine USING ((SELECT auth.uid())::text = user_id)")
        cursor.execute("SELECT set_config('request.jwt.claims', json_build_object('sub', id)::text, true) "
                       "FROM auth.users WHERE email = 'one@example.org'")  # fmt: skip
        cursor.execute("SET LOCAL ROLE authenticated")
        cursor.execute("SELECT user_id FROM mine")
        assert cursor.fetchall() == [(ONE,)]


def test_a_second_push_changes_nothing(pushed, connection, rows):
    assert push_by_sql(connection, pushed[0]) == Pushed(0, 3)
    assert rows("SELECT count(*) FROM auth.identities") == [(3,)]


def test_an_identity_that_is_missing_is_added(pushed, connection, rows, target):
    target("DELETE FROM auth.identities")
    assert push_by_sql(connection, pushed[0]) == Pushed(0, 3)
    assert rows("SELECT count(*) FROM auth.identities") == [(3,)]


STATE = (
    "SELECT email_confirmed_at IS NOT NULL, coalesce(banned_until > now() + interval '50 years', false), "
    "encrypted_password, raw_user_meta_data->>'name' FROM auth.users ORDER BY id"
)


@pytest.fixture
def disabled(sqlite_file):
    """An app of one user who is disabled and unverified."""

    numbers = count()

    def plan(active=0, verified=0, secret=HASH, name="One", **options):
        path = sqlite_file(
            "CREATE TABLE users (id, email, hashed_password, full_name, is_active, email_verified)",
            ("INSERT INTO users VALUES (?, 'one@example.org', ?, ?, ?, ?)", [(ONE, secret, name, active, verified)]),
            name=f"{next(numbers)}.db",
        )
        return plan_users(path, UsersOptions(inactive="ban", **options))

    return plan


def test_who_may_not_sign_in_still_may_not(disabled, connection, rows):
    assert push_by_sql(connection, disabled()) == Pushed(1, 0)
    assert rows(STATE) == [(False, True, HASH, "One")]
    assert rows("SELECT identity_data->>'email_verified' FROM auth.identities") == [("false",)]


def test_a_second_push_fills_in_what_is_lacking(disabled, connection, rows):
    push_by_sql(connection, disabled(active=1, secret=None, name=None))
    assert push_by_sql(connection, disabled()) == Pushed(0, 1, 1)
    assert rows(STATE) == [(False, True, HASH, "One")]
    assert push_by_sql(connection, disabled()) == Pushed(0, 1)


def test_what_a_user_may_have_changed_is_reported_and_left(disabled, connection, rows, target):
    push_by_sql(connection, disabled(active=1))
    target("UPDATE auth.users SET email_confirmed_at = now(), encrypted_password = 'new', banned_until = 'infinity'")
    pushed = push_by_sql(connection, disabled(active=1, name="Else"))
    assert [one.what for one in pushed.differences] == [
        "has another password there",
        "has an address that is verified there, and not verified here",
        "is banned there, and may sign in here",
        "has another name there",
    ]
    assert rows(STATE) == [(True, True, "new", "One")]
    assert push_by_sql(connection, disabled(active=1, name="Else", overwrite=True)) == Pushed(0, 1, 1)
    assert rows(STATE) == [(False, False, HASH, "Else")]


def test_an_address_or_id_of_another_is_reported_before_anything_is_written(app_with, connection, target, rows):
    target(f"INSERT INTO auth.users (id, email) VALUES ('{TWO}', 'One@example.org')")
    plan = plan_users(app_with(GOOD))
    there = compare_users(connection, plan)
    assert there.present == set()
    assert {problem.reason for problem in there.taken} == {
        f'belongs to the user "{TWO}" there', 'is there with the address "One@example.org"',
    }  # fmt: skip
    connection.rollback()
    with pytest.raises(TransferError, match="nothing was written"):
        push_by_sql(connection, plan)
    assert rows("SELECT count(*) FROM auth.users") == [(1,)]


def test_a_role_that_may_not_write_gets_the_other_way(app_with, connection, server):
    weak = psycopg2.connect(server.url(connection.info.dbname, "authenticator"))
    try:
        with pytest.raises(TransferError, match=r'cannot read "auth.users": permission denied') as caught:
            push_by_sql(weak, plan_users(app_with(GOOD)))
        assert "admin API" in caught.value.hint
    finally:
        weak.close()


@pytest.fixture
def callable_(sqlite_file):
    """An app of two users with phone numbers, moved where somebody says so."""
    numbers = count()

    def plan(
        one="+49 151 0000001", two="49151000002", columns=(("phone", "mobile"),), mail="two@example.org", **options
    ):
        path = sqlite_file(
            "CREATE TABLE users (id, email, mobile)",
            ("INSERT INTO users VALUES (?, ?, ?)", [(ONE, "one@example.org", one), (TWO, mail, two)]),
            name=f"phones{next(numbers)}.db",
        )
        return plan_users(path, UsersOptions(columns=columns, **options))

    return plan


PHONES = (
    "SELECT u.phone, u.phone_confirmed_at IS NULL, u.raw_app_meta_data->>'providers', "
    " array_agg(i.provider ORDER BY i.provider)::text"
    " FROM auth.users u JOIN auth.identities i ON i.user_id = u.id GROUP BY u.id ORDER BY u.id"
)


def test_a_phone_number_is_moved_unconfirmed_and_only_where_somebody_says_so(callable_, connection, rows):
    assert push_by_sql(connection, callable_(two=None)) == Pushed(2, 0)
    assert rows(PHONES) == [
        ("491510000001", True, '["email", "phone"]', "{email,phone}"),
        (None, True, '["email"]', "{email}"),
    ]
    assert push_by_sql(connection, callable_(two=None)) == Pushed(0, 2)
    assert push_by_sql(connection, callable_()) == Pushed(0, 2, 1)
    assert rows(PHONES)[1][::3] == ("49151000002", "{email,phone}")
    assert [user.phone for user in callable_(columns=()).users] == [None, None]


def test_another_phone_number_there_is_reported_and_left(callable_, connection, rows, target):
    push_by_sql(connection, callable_(two=None))
    target(f"UPDATE auth.users SET phone = '41790000000' WHERE id = '{ONE}'")
    pushed = push_by_sql(connection, callable_(two=None))
    assert [one.what for one in pushed.differences] == ["has another phone number there"]
    assert push_by_sql(connection, callable_(two=None, overwrite=True)) == Pushed(0, 2, 1)
    assert rows(PHONES)[0][0] == "491510000001"


def test_a_phone_number_of_another_user_is_reported_before_anything_is_written(callable_, connection, rows, target):
    target("INSERT INTO auth.users (id, phone) VALUES (gen_random_uuid(), '49151000002')")
    with pytest.raises(TransferError, match="phone … belongs to the user"):
        push_by_sql(connection, callable_())
    assert rows("SELECT count(*) FROM auth.users") == [(1,)]


@pytest.mark.parametrize(
    ("one", "two", "reason"),
    [("0151 1", None, "with its country"), (491510000, None, "with its country"), ("+491", "491", "of 2 users")],
)
def test_a_phone_number_that_auth_would_refuse_is_a_problem(callable_, one, two, reason):
    problems = callable_(one, two).problems
    assert problems
    assert all(reason in one.reason for one in problems)


def test_a_user_without_an_address_is_created_with_a_phone_number(callable_, connection, rows, target):
    plan = callable_(mail=None)
    assert (plan.problems, plan.without_address, plan.unconfirmed) == ((), 1, 0)
    assert push_by_sql(connection, plan) == Pushed(2, 0)
    assert rows(PHONES)[1] == ("49151000002", True, '["phone"]', "{phone}")
    assert rows("SELECT email IS NULL, email_confirmed_at IS NULL FROM auth.users")[1] == (True, True)
    assert push_by_sql(connection, plan) == Pushed(0, 2)
    target(f"UPDATE auth.users SET email = 'mine@example.org' WHERE id = '{TWO}'")
    assert [one.what for one in push_by_sql(connection, plan).differences] == ["has an address there, and none here"]
    target(f"UPDATE auth.users SET email = NULL, phone = '41790000000' WHERE id = '{TWO}'")
    with pytest.raises(TransferError, match="is there without an address; nothing was written"):
        push_by_sql(connection, plan)
    target(f"DELETE FROM auth.users WHERE id = '{TWO}'", "INSERT INTO auth.users (id, phone) "
           "VALUES (gen_random_uuid(), '49151000002')")  # fmt: skip
    with pytest.raises(TransferError, match="phone … belongs to the user"):
        push_by_sql(connection, plan)


@pytest.mark.parametrize(
    ("columns", "blamed", "reason"),
    [
        ((), "email", "without an address or a phone number; --column phone=mobile creates those who have"),
        ((("phone", "mobile"),), "email", "creates nobody without one of the two"),
    ],
)
def test_a_user_without_either_is_a_problem_that_names_the_way_around(callable_, columns, blamed, reason):
    (problem,) = callable_(mail="", two=None, columns=columns).problems
    assert (problem.column, reason in problem.reason) == (blamed, True)
