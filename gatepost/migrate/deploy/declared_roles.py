"""Check before the first statement of an upgrade that every role exists that a rule names."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from gatepost import sql
from gatepost.database.reading import reading
from gatepost.declare.declaration import Declaration
from gatepost.errors import MigrationError
from gatepost.schema import API_ROLES

if TYPE_CHECKING:
    from alembic.script import ScriptDirectory
    from psycopg2.extensions import connection as Connection

_MAKES_ROLES = re.compile(r"\bcreate\s+(role|user|group)\b", re.IGNORECASE)


def refuse_missing_roles(connection: Connection, declaration: Declaration, script: ScriptDirectory) -> None:
    """Refuse to begin where a role is missing.

    Args:
        connection: Open on the database.
        declaration: What `policies/` says.
        script: The project's revisions; roles that one of them makes need not be there yet.

    Raises:
        MigrationError: a role is missing.
    """
    wanted = sorted(declaration.roles - {"public"}) if declaration.tables else []
    with reading(connection) as found:
        found.cursor.execute("SELECT r.rolname FROM pg_roles r WHERE r.rolname = ANY (%s)", (wanted,))
        there = {name for (name,) in found.cursor.fetchall()}
    missing = [name for name in wanted if name not in there]
    if missing and not any(_makes_roles(Path(revision.path), missing) for revision in script.walk_revisions()):
        raise missing_role(missing[0])


def missing_role(name: str) -> MigrationError:
    """Return the sentence about a role that is not there."""
    return MigrationError(
        f'the role "{name}" is not on this server',
        "gatepost local bootstrap --url URL"
        if name in API_ROLES
        else f"CREATE ROLE {sql.identifier(name)} NOLOGIN; GRANT {sql.identifier(name)} TO authenticator",
    )


def _makes_roles(revision: Path, names: list[str]) -> bool:
    beside = revision.with_suffix(".sql")  # which the revision executes
    text = "".join(one.read_text(encoding="utf-8") for one in (revision, beside) if one.is_file())
    return _MAKES_ROLES.search(text) is not None and any(name in text for name in names)
