"""The shape of a hosted project, as a migration role and a signed-in user see it."""

import psycopg2
import pytest


def test_postgres_is_no_superuser(connection):
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_user, rolsuper, rolbypassrls FROM pg_roles WHERE rolname = current_user")
        assert cursor.fetchone() == ("postgres", False, True)


def test_postgres_makes_policies_on_platform_tables_and_nothing_else(connection):
    with connection.cursor() as cursor:
        for table in ("storage.objects", "realtime.messages", "auth.users"):
            cursor.execute(f"CREATE POLICY p ON {table} TO authenticated USING (true)")
            cursor.execute(f"ALTER POLICY p ON {table} RENAME TO q")
            cursor.execute(f"COMMENT ON POLICY q ON {table} IS 'mine'")
            cursor.execute(f"DROP POLICY q ON {table}")
        with pytest.raises(psycopg2.errors.InsufficientPrivilege, match="must be owner of table objects"):
            cursor.execute("ALTER TABLE storage.objects DISABLE ROW LEVEL SECURITY")
