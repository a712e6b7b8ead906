"""Check the open connection: TLS, the role and its timeouts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gatepost.database.url import DatabaseUrl
from gatepost.doctor.answer import Answer
from gatepost.sql import identifier, identifiers

if TYPE_CHECKING:
    from psycopg2.extensions import connection as Connection

API_ROLES = ("anon", "authenticated", "service_role")

_ROLE = """
    SELECT r.rolname, r.rolsuper, r.rolbypassrls,
           ARRAY(SELECT a.rolname FROM pg_catalog.pg_roles a WHERE a.rolname = ANY (%(api)s) ORDER BY 1),
           ARRAY(SELECT a.rolname FROM pg_catalog.pg_roles a
                  WHERE a.rolname = ANY (%(api)s) AND pg_catalog.pg_has_role(r.oid, a.oid, {set}) ORDER BY 1)
      FROM pg_catalog.pg_roles r WHERE r.rolname = current_user
"""
# https://www.postgresql.org/docs/17/ddl-rowsecurity.html: the owner bypasses row security unless it is forced.
_FORCED_ON_OWNER = """
    SELECT pg_catalog.count(*), pg_catalog.min(c.oid::pg_catalog.regclass::text)
      FROM pg_catalog.pg_class c JOIN pg_catalog.pg_roles r ON r.oid = c.relowner AND r.rolname = current_user
     WHERE c.relforcerowsecurity AND NOT r.rolsuper AND NOT r.rolbypassrls
       AND NOT EXISTS (SELECT FROM pg_catalog.pg_policy p, pg_catalog.unnest(p.polroles) n (role)
                        WHERE p.polrelid = c.oid AND p.polpermissive AND p.polcmd IN ('r', '*')
                          AND (n.role = 0 OR pg_catalog.pg_has_role(r.oid, n.role, 'USAGE')))
"""
_OWN_TIMEOUT = """
    SELECT reset_val::bigint FROM pg_catalog.pg_settings WHERE name = %s
"""


def secured(connection: Connection, url: DatabaseUrl) -> list[Answer]:
    """Return the answers about TLS on this connection."""
    info = connection.info
    if not url.crosses_network:
        how = f"in use ({info.ssl_attribute('protocol')})" if info.ssl_in_use else "not in use"
        return [Answer("TLS", "ok", f"{how}; the connection does not leave this machine")]
    if not info.ssl_in_use:
        return [
            Answer(
                "TLS",
                "error",
                f'traffic to "{url.host}" goes over the network in plain text',
                "remove sslmode from the URL, or set sslmode=require",
            )
        ]
    answers = [Answer("TLS", "ok", f"in use ({info.ssl_attribute('protocol')}, {info.ssl_attribute('cipher')})")]
    mode = url.connect_arguments().get("sslmode", "")
    if mode in ("verify-ca", "verify-full"):
        answers.append(Answer("certificate", "ok", f"checked against the root certificate (sslmode={mode})"))
    else:
        answers.append(
            Answer(
                "certificate",
                "warning",
                f'the certificate of "{url.host}" is not verified',
                "download the provider's root certificate and set DB_SSL_ROOT_CERT to its path",
            )
        )
    return answers


def session_answers(connection: Connection) -> list[Answer]:
    """Return the answers about the role and its timeouts."""
    return [*_role(connection), *_forced_on_owner(connection), _timeouts(connection)]


def _role(connection: Connection) -> list[Answer]:
    # PostgreSQL 16 distinguishes who may SET ROLE from who inherits (https://www.postgresql.org/docs/16/sql-grant.html).
    kind = "'SET'" if connection.server_version >= 160000 else "'MEMBER'"
    name, is_super, bypasses, present, allowed = rows(connection, _ROLE.format(set=kind), {"api": list(API_ROLES)})[0]
    power = "bypasses row security" if bypasses else "is subject to row security"
    answers = [Answer("role", "ok", f'"{name}" {power}')]
    if is_super:
        answers = [
            Answer(
                "role",
                "warning",
                f'"{name}" is a superuser, so nothing that it does is checked',
                "create a role for the service and connect as it",
            )
        ]
    if not present:
        answers.append(
            Answer(
                "API roles",
                "warning",
                "the roles anon, authenticated and service_role do not exist here, so no policy can name them",
                "gatepost local bootstrap --url URL",
            )
        )
    elif missing := [role for role in present if role not in allowed]:
        names = ", ".join(missing)
        answers.append(
            Answer(
                "API roles",
                "warning",
                f'"{name}" may not act as {names}, so acting_as() fails for it',
                f"as a role that may grant it: GRANT {identifiers(missing)} TO {identifier(name)}",
            )
        )
    else:
        answers.append(Answer("API roles", "ok", f'"{name}" may act as {", ".join(allowed)}'))
    return answers


def _forced_on_owner(connection: Connection) -> list[Answer]:
    """Report tables whose rows their owner, who asks, does not see."""
    count, first = rows(connection, _FORCED_ON_OWNER)[0]
    if not count:
        return []
    ((name,),) = rows(connection, "SELECT current_user")
    return [
        Answer(
            "owner",
            "warning",
            f'"{name}" sees no rows of {count} of its own tables, such as "{first}": row security is forced there, and'
            " no policy names it",
            f"ALTER ROLE {identifier(name)} BYPASSRLS, where you are allowed to; or add to the statement of each table:"
            f' forced=False, or allow("all", to=Role("{name}"), where=anything)',
        )
    ]


def _timeouts(connection: Connection) -> Answer:
    # reset_val is the value that a session starts with; the current one is set by the doctor.
    names = ("statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout")
    values = {name: int(rows(connection, _OWN_TIMEOUT, [name])[0][0]) for name in names}
    shown = ", ".join(f"{name} {value / 1000:g} s" if value else f"{name} off" for name, value in values.items())
    return Answer("timeouts", "ok", f"{shown}; create_engine() sets its own for queries")


def rows(connection: Connection, query: str, arguments: Any = None) -> list[tuple[Any, ...]]:  # noqa: ANN401
    """Return every row of a query."""
    with connection.cursor() as cursor:
        cursor.execute(query, arguments)
        return list(cursor.fetchall())
