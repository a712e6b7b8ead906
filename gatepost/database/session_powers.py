"""What a connection lends to code that is not ours: a function in a policy may take on whatever the session may."""

from __future__ import annotations

from gatepost.database.reading import Reading
from gatepost.display import line
from gatepost.errors import DatabaseUnreachable

# RESET ROLE and SET ROLE go by the session's user and not by the role that was taken on, and READ ONLY stops neither
# COPY TO PROGRAM nor a write to a file of the server.
# https://www.postgresql.org/docs/17/sql-set-role.html
_POWERFUL = """
SELECT session_user, r.rolname, r.rolsuper
  FROM pg_roles r
 WHERE (r.rolsuper OR r.rolname IN ('pg_execute_server_program', 'pg_read_server_files', 'pg_write_server_files'))
   AND pg_has_role(session_user, r.oid, 'MEMBER')
 ORDER BY r.rolname <> session_user, NOT r.rolsuper, r.rolname
 LIMIT 1
"""


def refuse_powerful_session(found: Reading, what: str, fix: str) -> None:
    """Refuse a connection whose user may become a superuser, or may run programs or open files of the server.

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
    user, role, superuser = row
    whose = "is a superuser" if role == user else f'may become "{line(role)}"{", a superuser" if superuser else ""}'
    raise DatabaseUnreachable(
        f'{what} runs code of the database\'s owner, and "{line(user)}" {whose}, which that code could use',
        fix,
    )
