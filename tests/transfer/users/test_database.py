"""By SQL, against the `auth` schema of the local server."""

import psycopg2
import pytest

from gatepost.errors import TransferError
from gatepost.transfer.users import Pushed, plan_users, push_by_sql, refuse_taken

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


def test_an_address_or_id_of_another_is_told_before_anything_is_written(app_with, connection, target, rows):
    target(f"INSERT INTO auth.users (id, email) VALUES ('{TWO}', 'One@example.org')")
    plan = plan_users(app_with(GOOD))
    present, problems = refuse_taken(connection, plan)
    assert present == set()
    assert {problem.reason for problem in problems} == {
        f'belongs to the user "{TWO}" there', 'is there with the address "One@example.org"',
    }  # fmt: skip
    connection.rollback()
    with pytest.raises(TransferError, match="nothing was written"):
        push_by_sql(connection, plan)
    assert rows("SELECT count(*) FROM auth.users") == [(1,)]


def test_a_role_that_may_not_write_is_told_the_other_way(app_with, connection, server):
    weak = psycopg2.connect(server.url(connection.info.dbname, "authenticator"))
    try:
        with pytest.raises(TransferError, match=r'cannot read "auth.users": permission denied') as caught:
            push_by_sql(weak, plan_users(app_with(GOOD)))
        assert "admin API" in caught.value.mend
    finally:
        weak.close()
