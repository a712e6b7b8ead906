"""A plain PostgreSQL whose admin is no superuser, as managed services have it."""

from contextlib import closing

import psycopg2
import psycopg2.errors
import pytest

from gatepost.errors import DatabaseUnreachable
from gatepost.local import bootstrap
from gatepost.local.cluster import SUPERUSER


@pytest.fixture
def superuser(cluster):
    with closing(psycopg2.connect(cluster.url("postgres", SUPERUSER))) as connection:
        connection.autocommit = True
        yield connection


@pytest.fixture
def admin(cluster, superuser):
    """A connection as `boss`, who may make roles and owns the database `shop`, and no more."""
    with superuser.cursor() as cursor:
        cursor.execute("CREATE ROLE boss LOGIN CREATEROLE CREATEDB")
        cursor.execute("CREATE DATABASE shop OWNER boss")
    with closing(psycopg2.connect(cluster.url("shop", "boss"))) as connection:
        yield connection


def one(connection, query):
    with connection.cursor() as cursor:
        cursor.execute(query)
        return cursor.fetchone()[0] if cursor.description else None


def test_everything_is_made_where_there_is_nothing(admin, superuser):
    done = bootstrap(admin)
    assert done.kept == ()
    assert {"role anon", "schema auth", "function auth.uid()", "table auth.users", "table storage.objects"} <= {
        *done.created
    }
    assert "membership of boss in anon" in done.created
    one(admin, "SELECT set_config('request.jwt.claims', '{\"sub\": \"11111111-1111-1111-1111-111111111111\"}', true)")
    one(admin, "SET LOCAL ROLE authenticated")
    assert one(admin, "SELECT auth.uid()::text") == "11111111-1111-1111-1111-111111111111"
    assert one(superuser, "SELECT count(*) FROM pg_auth_members WHERE member = 'authenticator'::regrole") == 3


def test_again_there_is_nothing_to_do(admin):
    first = bootstrap(admin)
    again = bootstrap(admin)
    assert again.created == ()
    assert set(again.kept) == {name for name in first.created if not name.startswith("membership")}


def test_what_the_account_cannot_give_is_noted(admin, superuser):
    done = bootstrap(admin)
    assert [note.partition(" ")[0] for note in done.notes] == ['"service_role"', '"boss"']
    assert one(superuser, "SELECT rolbypassrls FROM pg_roles WHERE rolname = 'service_role'") is False


def test_a_superuser_gives_it(superuser):
    done = bootstrap(superuser)
    assert done.notes == ()
    assert one(superuser, "SELECT rolbypassrls FROM pg_roles WHERE rolname = 'service_role'") is True
    assert superuser.autocommit is True


def test_what_is_there_is_not_touched(admin, superuser):
    """Roles with other attributes, a function with another body, a table with other columns: all stay."""
    with superuser.cursor() as cursor:
        cursor.execute("CREATE ROLE anon LOGIN NOINHERIT; GRANT anon TO boss WITH ADMIN OPTION")
    one(admin, "CREATE SCHEMA auth")
    one(admin, "CREATE FUNCTION auth.uid() RETURNS uuid LANGUAGE sql AS 'SELECT NULL::uuid'")
    one(admin, "CREATE TABLE auth.users (id uuid PRIMARY KEY, mine int)")
    admin.commit()
    done = bootstrap(admin)
    assert {"role anon", "schema auth", "function auth.uid()", "table auth.users"} <= {*done.kept}
    assert {"role authenticated", "function auth.role()", "table auth.identities"} <= {*done.created}
    assert one(superuser, "SELECT rolcanlogin AND NOT rolinherit FROM pg_roles WHERE rolname = 'anon'") is True
    assert one(admin, "SELECT prosrc FROM pg_proc WHERE oid = 'auth.uid()'::regprocedure") == "SELECT NULL::uuid"
    assert one(admin, "SELECT count(*) FROM information_schema.columns WHERE table_name = 'users'") == 2
    assert one(admin, "SELECT relrowsecurity FROM pg_class WHERE oid = 'auth.users'::regclass") is False


def test_a_second_database_of_the_server_finds_the_roles(admin, cluster, superuser):
    bootstrap(admin)
    with superuser.cursor() as cursor:
        cursor.execute("CREATE DATABASE second OWNER boss")
    with closing(psycopg2.connect(cluster.url("second", "boss"))) as second:
        done = bootstrap(second)
        assert {"role anon", "role authenticator"} <= {*done.kept}
        assert "schema auth" in done.created
        one(second, "SET ROLE authenticated")
        assert one(second, "SELECT auth.uid()") is None


def test_an_account_that_may_not_is_reported_and_nothing_changed(admin, cluster, superuser):
    with superuser.cursor() as cursor:
        cursor.execute("CREATE ROLE clerk LOGIN")
    with closing(psycopg2.connect(cluster.url("shop", "clerk"))) as clerk:
        with pytest.raises(
            DatabaseUnreachable, match='"clerk" cannot create the role anon: permission denied'
        ) as caught:
            bootstrap(clerk)
        assert caught.value.hint.startswith("connect as an account that may")
        assert clerk.info.transaction_status == psycopg2.extensions.TRANSACTION_STATUS_IDLE
    assert one(superuser, "SELECT count(*) FROM pg_roles WHERE rolname = 'anon'") == 0


def test_half_a_bootstrap_is_none(admin, superuser):
    """The roles could be made, the tables could not: no role is left behind."""
    one(admin, "CREATE SCHEMA auth")
    one(admin, "CREATE TABLE auth.users (email text)")
    admin.commit()
    with pytest.raises(DatabaseUnreachable, match=r"cannot create the table auth[.]identities"):
        bootstrap(admin)
    assert one(superuser, "SELECT count(*) FROM pg_roles WHERE rolname = 'anon'") == 0


def test_roles_that_the_account_may_not_join_are_noted(admin, superuser):
    if superuser.server_version < 160000:
        pytest.skip("before 16, CREATEROLE was enough to join any role")
    with superuser.cursor() as cursor:
        for role in ("anon", "authenticated", "service_role", "authenticator"):
            cursor.execute(f"CREATE ROLE {role}")
    done = bootstrap(admin)
    assert "schema auth" in done.created
    assert [note for note in done.notes if 'may not act as "anon"' in note]


def test_a_role_to_be_granted_that_the_account_does_not_own_is_reported(admin, superuser):
    """The authenticator is missing, and the account may not hand on roles that somebody else made."""
    if superuser.server_version < 160000:
        pytest.skip("before 16, CREATEROLE was enough")
    with superuser.cursor() as cursor:
        for role in ("anon", "authenticated", "service_role"):
            cursor.execute(f"CREATE ROLE {role}")
    with pytest.raises(DatabaseUnreachable, match="cannot create the role authenticator"):
        bootstrap(admin)
    assert one(superuser, "SELECT count(*) FROM pg_roles WHERE rolname = 'authenticator'") == 0


def test_the_admin_protects_what_it_made(admin):
    bootstrap(admin)
    one(admin, "CREATE POLICY p ON storage.objects TO authenticated USING (true)")
    one(admin, "CREATE TABLE note (id int); ALTER TABLE note ENABLE ROW LEVEL SECURITY")
    one(admin, "GRANT SELECT ON note TO authenticated")
    one(admin, "SET ROLE anon")
    with pytest.raises(psycopg2.errors.InsufficientPrivilege):
        one(admin, "SELECT count(*) FROM note")
