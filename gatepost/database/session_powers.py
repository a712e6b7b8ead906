"""What a connection lends to code that is not ours: a function in a policy may take on whatever the session may."""

from __future__ import annotations

from gatepost.database.reading import Reading
from gatepost.display import line
from gatepost.errors import DatabaseUnreachable

# RESET ROLE and SET ROLE go by the session's user and not by the role that was taken on, and READ ONLY stops neither
# COPY TO PROGRAM nor a write to a file of the server.
# https://www.postgresql.org/docs/17/sql-set-role.html
# Before 16, CREATEROLE is enough to join a role that runs programs, except where supautils reserves it. Its setting is
# then one of the server's files, and not a name that anybody may SET (https://github.com/supabase/supautils).
# https://www.postgresql.org/docs/15/role-attributes.html
_POWERFUL = """
WITH server AS (
    SELECT ARRAY['pg_execute_server_program', 'pg_read_server_files', 'pg_write_server_files'] AS roles
), granted AS (
    SELECT current_setting('server_version_num')::int < 160000 AND NOT EXISTS (
               SELECT FROM pg_settings s, server
                WHERE s.name = 'supautils.reserved_memberships' AND s.context = 'sighup'
                  AND string_to_array(translate(s.setting, ' "', ''), ',') @> server.roles) AS by_createrole
)
SELECT session_user, r.rolname, r.rolsuper, NOT r.rolsuper AND r.rolname <> ALL (server.roles)
  FROM pg_roles r, server, granted
 WHERE (r.rolsuper OR r.rolname = ANY (server.roles) OR (r.rolcreaterole AND granted.by_createrole))
   AND pg_has_role(session_user, r.oid, 'MEMBER')
 ORDER BY r.rolname <> session_user, NOT r.rolsuper, r.rolname
 LIMIT 1
"""


def refuse_powerful_session(found: Reading, what: str, fix: str) -> None:
    """Refuse a connection whose user may become a superuser, or may run programs or open files of the server.

    Before PostgreSQL 16, that is everybody with CREATEROLE, who may grant themselves `pg_execute_server_program`.

    Args:
        found: The connection, read.
        what: What runs the database's code, as the start of a sentence.
        fix: What to do in place of it.

    Raises:
        DatabaseUnreachable: it is such a connection.
    """
    found.cursor.execute(_POWERFUL)
    row = found.cursor.fetchone()
    if row is None:
        return
    user, role, superuser, creates = row
    how = ", a superuser" if superuser else ", which has CREATEROLE" if creates else ""
    whose = f'may become "{line(role)}"{how}'
    if role == user:
        whose = 'has CREATEROLE and may join "pg_execute_server_program"' if creates else "is a superuser"
    raise DatabaseUnreachable(
        f'{what} runs code of the database\'s owner, and "{line(user)}" {whose}, which that code could use',
        fix,
    )
