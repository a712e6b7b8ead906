"""A history of revisions as SQL, without a database."""

from __future__ import annotations

import ast
import io
import re
from datetime import datetime
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.script import Script, ScriptDirectory
from alembic.util import CommandError

from gatepost.errors import SettingsError

_NOWHERE = "postgresql://nobody@nowhere/nothing"
_DATE = re.compile(r"^Create Date:\s*(\S+(?: \S+)?)\s*$", re.MULTILINE)


def history(ini: Path) -> tuple[list[tuple[str, str, datetime | None]], str]:
    """Return the revisions of a project in the order in which they run, and the SQL that `upgrade head --sql` prints.

    Args:
        ini: Alembic's configuration.

    Raises:
        SettingsError: there are no revisions, or one of them asks a database while it runs.
    """
    printed = io.StringIO()
    config = Config(str(ini), output_buffer=printed)
    config.attributes |= {"url": _NOWHERE, "configure_logger": False}
    try:
        revisions = list(reversed(list(ScriptDirectory.from_config(config).walk_revisions())))
        if not revisions:
            raise SettingsError(f'"{ini}" has no revisions', 'alembic revision --autogenerate -m "first"')
        command.upgrade(config, "heads", sql=True)
    except CommandError as error:
        raise SettingsError(f"the revisions cannot be printed as SQL: {error}", "alembic upgrade heads --sql") from None
    except (AttributeError, TypeError) as error:
        # Offline there is no connection: `op.get_bind()` gives None.
        raise SettingsError(
            f"a revision asks the database while it runs, so it cannot be printed as SQL: {error}",
            "write that step as op.execute(…)",
        ) from error
    return [(one.revision, one.doc, _created(one)) for one in revisions], printed.getvalue()


def _created(script: Script) -> datetime | None:
    text = ast.get_docstring(ast.parse(Path(script.path).read_text(encoding="utf-8"))) or ""
    found = _DATE.search(text)
    if found is None:
        return None
    try:
        return datetime.fromisoformat(found[1])
    except ValueError:
        return None
