"""Convert every error that can end a command into one sentence and a hint."""

from __future__ import annotations

import sqlite3
import sys

from gatepost.display import line
from gatepost.errors import GatepostError

DEBUG = "GATEPOST_DEBUG"
"""The environment variable that shows the traceback above the sentence."""

_LOST = "try again; if it happens each time, the server's own log says why"
_BY_STATE = {
    "57P01": "an administrator ended the connection: try again",
    "57P02": "the server crashed: read its log, and try again when it is up",
    "57P03": "the server is starting or stopping: try again in a moment",
    "57014": "the statement was cancelled or took too long: try again, or raise statement_timeout",
    "55P03": "another session holds a lock: check pg_stat_activity, and try again",
    "42501": "grant the right, or connect as a role that has it",
    "25006": "connect to the primary: this is a standby, or a session that may only read",
    "53300": "free connections, or connect through a pooler",
    "53100": "free space on the server's disk",
    "53200": "the server is out of memory: try again with less load",
    "40001": "another transaction changed the same rows: try again",
    "40P01": "two transactions waited for each other: try again",
}
_CHANGED = "the database was changed meanwhile: try again"


def sentence(error: BaseException) -> GatepostError:
    """Convert an error for the user.

    Args:
        error: The error that ended a command.

    Returns:
        The error itself if it is one of Gatepost's own; else one that names its cause.
    """
    if isinstance(error, GatepostError):
        return error
    database = _of_database(error)
    if database is not None:
        return database
    match error:
        case sqlite3.Error():
            return GatepostError(f"SQLite refuses: {_first(error)}", 'sqlite3 FILE "PRAGMA integrity_check"')
        case MemoryError():
            return GatepostError("there is not enough memory", "close other programs, or use a bigger machine")
        case UnicodeEncodeError():
            return GatepostError(
                f'"{line(error.object[error.start : error.end])}" cannot be written in {error.encoding}',
                "PYTHONUTF8=1, or a locale whose encoding is UTF-8",
            )
        case UnicodeDecodeError():
            return GatepostError(f"a text is not in {error.encoding}: {error.reason} at byte {error.start}")
        case OSError():
            where = f'"{line(str(error.filename))}": ' if error.filename is not None else ""
            return GatepostError(f"the system refuses: {where}{line(error.strerror or _first(error))}")
        case RecursionError():
            return GatepostError(f"something is nested too deeply to be read{_debug_hint(error)}", _debug())
    return GatepostError(f"this is a bug of Gatepost: {type(error).__name__}: {_first(error)}", _debug())


def _of_database(error: BaseException) -> GatepostError | None:
    """Convert an error of a driver, SQLAlchemy or Alembic, or return None; import none of them."""
    driver, alchemy, alembic = (sys.modules.get(name) for name in ("psycopg2", "sqlalchemy.exc", "alembic.util.exc"))
    if alchemy is not None and isinstance(error, alchemy.DBAPIError) and error.orig is not None:
        return sentence(error.orig)
    if driver is not None and isinstance(error, driver.Error):
        said = error.diag.message_primary or str(error)
        state = error.pgcode or ""
        hint = _BY_STATE.get(state) or (_CHANGED if state.startswith("42") else _LOST if not state else "")
        return GatepostError(f"PostgreSQL refuses: {_first(said)}" if state else f"the database: {_first(said)}", hint)
    if alchemy is not None and isinstance(error, alchemy.SQLAlchemyError):
        return GatepostError(f"SQLAlchemy refuses: {_first(error)}", _debug())
    if alembic is not None and isinstance(error, alembic.CommandError):
        return GatepostError(f"Alembic refuses: {_first(error)}", "alembic current")
    return None


def _first(said: object) -> str:
    return line(str(said).strip().partition("\n")[0]) or "no reason was given"


def _debug() -> str:
    return f"please report it, with {DEBUG}=1 in the environment for the traceback"


def _debug_hint(error: BaseException) -> str:
    return "" if not str(error) else f" ({_first(error)})"
