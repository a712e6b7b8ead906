"""Record what the application's own engines do as a persona, for `--gatepost-coverage`."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from sqlalchemy import Engine, event
from sqlalchemy.exc import DBAPIError

from gatepost.database.impersonation.driver_errors import INSUFFICIENT_PRIVILEGE, sqlstate

if TYPE_CHECKING:
    from sqlalchemy import Connection
    from sqlalchemy.engine import ExceptionContext

    from gatepost.testing.coverage import Recorder

_ROLE = "gatepost_coverage_role"
_TAKES_ON = re.compile(
    r"""\bset_config\(\s*'role'\s*,\s*(?:'(?P<literal>[^']*)'|(?P<place>[^,]+))"""
    r"""|\bSET\s+(?:LOCAL\s+|SESSION\s+)?ROLE\s+(?:TO\s+|=\s*)?["']?(?P<word>[^"';]+)|\bRESET\s+(?P<reset>ROLE|ALL)\b""",
    re.IGNORECASE,
)
_PLACE = re.compile(r"%\(\w+\)s|%s")


class EngineStatements:
    """Listens to every engine, and knows who a connection is from the statement that took on the role.

    Args:
        recorder: Takes what the statements did.
    """

    def __init__(self, recorder: Recorder) -> None:
        self._recorder = recorder

    @contextmanager
    def recording(self) -> Iterator[None]:
        """Listen inside the block."""
        listeners: dict[str, Callable[..., None]] = {
            "after_cursor_execute": self._executed,
            "handle_error": self._failed,
            "commit": _forget,
            "rollback": _forget,
        }
        for name, listener in listeners.items():
            event.listen(Engine, name, listener)
        try:
            yield
        finally:
            for name, listener in listeners.items():
                event.remove(Engine, name, listener)

    def _executed(
        self,
        connection: Connection,
        cursor: Any,  # noqa: ANN401  each driver has its own
        statement: str,
        _parameters: object,
        context: Any,  # noqa: ANN401  SQLAlchemy's
        _many: bool,
    ) -> None:
        taken = _TAKES_ON.search(statement)
        if taken is not None:
            connection.info[_ROLE] = _role(taken, context.compiled_parameters if context is not None else ())
        else:
            self._record(connection, statement, cursor.rowcount, refused=False)

    def _failed(self, context: ExceptionContext) -> None:
        error = context.sqlalchemy_exception
        refused = isinstance(error, DBAPIError) and sqlstate(error) == INSUFFICIENT_PRIVILEGE
        if refused and context.connection is not None and context.statement is not None:
            self._record(context.connection, context.statement, 0, refused=True)

    def _record(self, connection: Connection, statement: str, rows: int, *, refused: bool) -> None:
        role, database = connection.info.get(_ROLE, ""), connection.engine.url.database
        if role not in ("", "none") and database:  # gatepost_session has no database: its cursors record
            sent = _PLACE.sub("NULL", statement).replace("%%", "%")
            self._recorder.record(sent, role, rows, refused, database)


def _role(taken: re.Match[str], compiled: Sequence[Mapping[str, object]]) -> str:
    """Return the role that a statement takes on, from its text, or from the parameter that is named for it."""
    written = taken["literal"] or taken["word"]
    if written:
        return str(written).strip()
    return str(compiled[0].get("role", "")) if taken["place"] and compiled else ""


def _forget(connection: Connection) -> None:
    connection.info.pop(_ROLE, None)
