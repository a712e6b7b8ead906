"""The SQL script that creates an audit role for `gatepost verify`: it can read the catalogs and change nothing."""

from __future__ import annotations

from gatepost.sql import identifier

ROLE = "gatepost_audit"


def audit_script(database: str, role: str = ROLE) -> str:
    """Return the statements that create a role for `verify`.

    `verify` reads PostgreSQL's catalogs, which every role may read
    (https://www.postgresql.org/docs/17/catalogs-overview.html), and no row of a table: the right to connect is enough.
    USAGE of `public` and `extensions` says where unqualified names are looked up, as for the roles that migrate; where
    the database itself prints what is declared, `auth` too, whose helpers the policies name.

    Args:
        database: The database to connect to.
        role: The role's name.
    """
    name = identifier(role)
    return f"""\
-- A role for `gatepost verify`: it may connect and read the catalogs, and no row of any table.
CREATE ROLE {name} LOGIN NOINHERIT CONNECTION LIMIT 5;
ALTER ROLE {name} SET default_transaction_read_only = on;
GRANT CONNECT ON DATABASE {identifier(database)} TO {name};
DO $$ DECLARE schema name; BEGIN
  FOR schema IN SELECT nspname FROM pg_catalog.pg_namespace WHERE nspname IN ('public', 'extensions', 'auth') LOOP
    EXECUTE pg_catalog.format('GRANT USAGE ON SCHEMA %I TO {name}', schema);
  END LOOP;
END $$;
-- It has no password yet. In psql: \\password {role}"""
