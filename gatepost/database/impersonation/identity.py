"""Hold one identity for every transaction of a session, whoever begins it, until the session's user leaves."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, event, inspect, text
from sqlalchemy.exc import DBAPIError

from gatepost.database.impersonation.driver_errors import (
    INSUFFICIENT_PRIVILEGE,
    INVALID_PARAMETER_VALUE,
    server_message,
    sqlstate,
)
from gatepost.database.impersonation.hidden_columns import KNOWN, HiddenColumns, Row, Rows
from gatepost.errors import DatabaseUnreachable, SettingsError
from gatepost.personas import TAKE_ON_ROLE, Persona

if TYPE_CHECKING:
    from sqlalchemy import Executable
    from sqlalchemy.orm import ORMExecuteState, Session, SessionTransaction

_TAKE_ON_ROLE = text("SELECT " + re.sub(r"%\((\w+)\)s", r":\1", TAKE_ON_ROLE))
"""SQLAlchemy writes the parameters as each driver wants them."""


class HeldIdentity:
    """Takes on a persona as each transaction begins, whether the session or its connection began it.

    Args:
        session: The session, synchronous; that of an asynchronous one is its `sync_session`.
        persona: Who it is.
    """

    def __init__(self, session: Session, persona: Persona) -> None:
        self._session, self._persona = session, persona
        self._watched: list[Connection] = []
        self._holds_back = False

    @property
    def waits(self) -> bool:
        """Whether the session has begun on a driver that talks to the server in an event loop."""
        return any(connection.dialect.is_async for connection in self._watched if connection.in_transaction())

    def begin(self) -> None:
        """Take on the persona in every transaction from now on."""
        event.listen(self._session, "after_begin", self._after_begin)
        event.listen(self._session, "do_orm_execute", self._defer_hidden)
        event.listen(self._session, "after_transaction_end", self._hold_back_hidden)

    def stop(self) -> None:
        """Stop taking on the persona. A transaction that is open keeps it."""
        event.remove(self._session, "after_begin", self._after_begin)
        event.remove(self._session, "do_orm_execute", self._defer_hidden)
        event.remove(self._session, "after_transaction_end", self._hold_back_hidden)
        for name in _LOADED if self._holds_back else ():
            event.remove(self._session, name, self._hold_back_loaded)
        self._holds_back = False
        for connection in self._watched:
            event.remove(connection, "begin", self._become)
            event.remove(connection, "before_execute", self._leave_out_hidden)

    def seal(self) -> None:
        """Stop taking on the persona, and let what is open end in no other way than by a rollback.

        An open transaction is still the user's. Until it is rolled back, the connection refuses to do anything in it.
        """
        self.stop()
        for connection in self._watched:
            if connection.in_transaction():
                for name in _DOINGS:
                    event.listen(connection, name, _refuse)
                event.listen(connection, "rollback", _unseal)

    def leave(self) -> None:
        """Open what `seal` closed, and become nobody where the transaction is not the session's and goes on."""
        for connection in self._watched:
            if connection.closed:
                continue
            _unseal(connection)
            if connection.in_transaction() and not connection.invalidated:
                connection.execute(_TAKE_ON_ROLE, Persona("nobody", "none").settings)
        self._watched.clear()

    def _after_begin(self, _session: Session, transaction: SessionTransaction, connection: Connection) -> None:
        if transaction.nested or connection.dialect.name != "postgresql":
            return  # a savepoint inherits the role, and restores what it found
        self._become(connection)
        # `session.connection().commit()` ends the transaction without the session, and the next statement begins
        # another one that the session does not see either.
        if not event.contains(connection, "begin", self._become):
            event.listen(connection, "begin", self._become)
            event.listen(connection, "before_execute", self._leave_out_hidden, retval=True)
            self._watched = [*(known for known in self._watched if not known.closed), connection]

    def explain(self, error: BaseException | None) -> None:
        """Add to the server's refusal of a table, which names no column, the hidden ones that the statement names."""
        if not isinstance(error, DBAPIError) or sqlstate(error) != INSUFFICIENT_PRIVILEGE:
            return
        for dialect in {connection.dialect for connection in self._watched}:
            hidden = KNOWN.get(dialect, self._persona.role)
            if named := hidden.named_in(error.statement or "") if hidden else []:
                error.add_note(f'hidden from "{self._persona.role}", so name the other columns: {", ".join(named)}')
            KNOWN.forget(dialect, self._persona.role)

    def _defer_hidden(self, state: ORMExecuteState) -> None:
        dialect = self._session.get_bind(**state.bind_arguments).dialect
        hidden = KNOWN.get(dialect, self._persona.role)
        if hidden is None and dialect.name == "postgresql":
            self._session.connection(bind_arguments=state.bind_arguments)  # which begins, and so reads them
            hidden = KNOWN.get(dialect, self._persona.role)
        if hidden:
            hidden.defer(state)

    def _hold_back_hidden(self, session: Session, _transaction: SessionTransaction) -> None:
        for dialect in {connection.dialect for connection in self._watched}:
            if hidden := KNOWN.get(dialect, self._persona.role):
                for held in session.identity_map.all_states():
                    hidden.hold_back(held)

    def _hold_back_loaded(self, _session: Session, loaded: object) -> None:
        for dialect in {connection.dialect for connection in self._watched}:
            if hidden := KNOWN.get(dialect, self._persona.role):
                hidden.hold_back(inspect(loaded))

    def _leave_out_hidden(
        self, connection: Connection, statement: Executable, many: Rows, one: Row, _options: object
    ) -> tuple[Executable, Rows, Row]:
        hidden = KNOWN.get(connection.dialect, self._persona.role)
        return hidden.leave_out(statement, many, one) if hidden else (statement, many, one)

    def _become(self, connection: Connection) -> None:
        try:
            _become(connection, self._persona)
            if KNOWN.get(connection.dialect, self._persona.role) is None:
                KNOWN.add(connection.dialect, self._persona.role, HiddenColumns.read(connection))
            if not self._holds_back and KNOWN.get(connection.dialect, self._persona.role):
                for name in _LOADED:  # only where something is hidden, because it costs a call for each object
                    event.listen(self._session, name, self._hold_back_loaded)
                self._holds_back = True
        except BaseException:
            # A caller who catches this error and queries again must not be the connection's own user.
            connection.invalidate()
            raise


_LOADED = ("loaded_as_persistent", "pending_to_persistent")
_DOINGS = ("before_cursor_execute", "savepoint", "commit", "prepare_twophase")


def _refuse(*_arguments: object) -> None:
    raise SettingsError(
        "the block of acting_as has ended, and the session goes on in its user's transaction",
        "end it inside the block: async with acting_as(session, ...):, or await session.rollback()",
    )


def _unseal(connection: Connection) -> None:
    for name in _DOINGS:
        if event.contains(connection, name, _refuse):
            event.remove(connection, name, _refuse)


def _become(connection: Connection, persona: Persona) -> None:
    driver: Any = connection.connection.dbapi_connection
    if driver.autocommit is not False:
        raise DatabaseUnreachable(
            "the connection is in autocommit mode, where a role cannot be limited to one transaction",
            'remove isolation_level="AUTOCOMMIT" from the engine of this session',
        )
    refused = ""
    try:
        connection.execute(_TAKE_ON_ROLE, persona.settings)
    except DBAPIError as refusal:
        if sqlstate(refusal) not in (INVALID_PARAMETER_VALUE, INSUFFICIENT_PRIVILEGE):
            raise
        refused = server_message(refusal)
    if refused:
        role = persona.role
        raise DatabaseUnreachable(
            f'this connection may not act as "{role}": {refused}', f'GRANT "{role}" TO CURRENT_USER'
        )
