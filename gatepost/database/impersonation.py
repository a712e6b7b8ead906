"""Act as a user: run every transaction of a session under one user's row security.

Each transaction of a session gets what the Data API sets for a request
(https://docs.postgrest.org/en/v13/references/transactions.html). Role and claims are local to the transaction, so
nothing is left on the connection for the next one. This also holds behind a pooler in transaction mode.

Asynchronous sessions are out of scope: psycopg2 has none.
"""

from __future__ import annotations

import json
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeVar
from uuid import UUID

from sqlalchemy import Connection, event
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from gatepost.database.connect import raw
from gatepost.database.engine import NoRowSecurity
from gatepost.errors import DatabaseUnreachable, SettingsError
from gatepost.personas import TAKE_ON_ROLE, Persona

if TYPE_CHECKING:
    from sqlalchemy.orm import SessionTransaction

S = TypeVar("S", bound=Session)


@contextmanager
def acting_as(
    session: S,
    user_id: str | UUID | None = None,
    role: str = "authenticated",
    claims: Mapping[str, Any] | None = None,
) -> Iterator[S]:
    """Let every transaction of a session run as a role, under its row security, until the block ends.

    ::

        with Session(engine) as session, acting_as(session, user_id=user.id):
            session.add(Task(...))
            session.commit()          # the next transaction is the same user's again

    When the block ends, everything that is not committed is rolled back, and the session forgets every object, so the
    next user cannot read what this one loaded. Role and claims protect against mistakes in queries, not against SQL
    of an attacker, because anybody who can send any statement can send `RESET ROLE`. Leave transactions to the session:
    a commit on psycopg2's own connection (`raw(session).commit()`) is not noticed.

    Args:
        session: A session (SQLModel's or SQLAlchemy's) that has done nothing yet.
        user_id: The user, as `auth.uid()` returns it; None for nobody.
        role: The database role.
        claims: Further claims of the token, as `auth.jwt()` returns them.

    Yields:
        The session.

    Raises:
        SettingsError: the claims name another user or role, or the session has already begun.
        DatabaseUnreachable: (at the first query) the connection may not act as the role, or is in autocommit, where
            nothing can be local to a transaction.
    """
    token = _claims(user_id, role, claims)
    if session.in_transaction() or len(session.identity_map) or session.new:
        raise SettingsError(
            "the session has already begun, so it may hold rows that this user may not see",
            "use a new session: with Session(engine) as session, acting_as(session, ...):",
        )
    if session.get_bind().dialect.name != "postgresql":
        warnings.warn(
            "row security does not exist here, so acting as a user changes nothing", NoRowSecurity, stacklevel=3
        )
        yield session
        return
    taken = _Impersonation(Persona("session", role, json.dumps(token)))
    event.listen(session, "after_begin", taken.after_begin)
    try:
        yield session
    finally:
        try:
            session.rollback()
            session.expunge_all()
            _stop(session)
        finally:
            event.remove(session, "after_begin", taken.after_begin)
            taken.forget()


class _Impersonation:
    """Takes on the role when a transaction begins, whether the session or its connection began it."""

    def __init__(self, persona: Persona) -> None:
        self._persona = persona
        self._watched: list[Connection] = []

    def after_begin(self, _session: Session, transaction: SessionTransaction, connection: Connection) -> None:
        if transaction.nested:
            return  # a savepoint inherits the role, and restores what it found
        self.become(connection)
        # `session.connection().commit()` ends the transaction without the session, and the next statement begins
        # another one that the session does not see either.
        if not event.contains(connection, "begin", self.become):
            event.listen(connection, "begin", self.become)
            self._watched.append(connection)

    def become(self, connection: Connection) -> None:
        try:
            _become(connection, self._persona)
        except BaseException:
            # A caller who catches this error and queries again must not be the connection's own user.
            connection.invalidate()
            raise

    def forget(self) -> None:
        for connection in self._watched:
            event.remove(connection, "begin", self.become)
        self._watched.clear()


@contextmanager
def acting_as_service(session: S) -> Iterator[S]:
    """Let a session work as `service_role`, which bypasses row security: for background work, never for requests."""
    with acting_as(session, role="service_role") as service:
        yield service


def _stop(session: Session) -> None:
    """Reset the role if the transaction is not the session's own and continues."""
    bind = session.get_bind()
    if isinstance(bind, Connection) and bind.in_transaction():
        bind.exec_driver_sql(f"SELECT {TAKE_ON_ROLE}", Persona("nobody", "none").settings)


def _claims(user_id: str | UUID | None, role: str, claims: Mapping[str, Any] | None) -> dict[str, Any]:
    own: dict[str, Any] = {"role": role}
    if user_id is not None:
        own["sub"] = str(user_id)
    given = dict(claims or {})
    for name, value in own.items():
        if name in given and given[name] != value:
            raise SettingsError(
                f'the claims say {name} "{given[name]}" and the call says "{value}"', f"leave {name} out of one of them"
            )
    return given | own


def _become(connection: Connection, persona: Persona) -> None:
    from psycopg2.errors import InsufficientPrivilege, InvalidParameterValue

    if raw(connection).autocommit:
        raise DatabaseUnreachable(
            "the connection is in autocommit mode, where a role cannot be limited to one transaction",
            'remove isolation_level="AUTOCOMMIT" from the engine of this session',
        )
    refused = ""
    try:
        connection.exec_driver_sql(f"SELECT {TAKE_ON_ROLE}", persona.settings)
    except DBAPIError as refusal:
        if not isinstance(refusal.orig, InvalidParameterValue | InsufficientPrivilege):
            raise
        refused = refusal.orig.diag.message_primary or ""
    if refused:
        role = persona.role
        raise DatabaseUnreachable(
            f'this connection may not act as "{role}": {refused}', f'GRANT "{role}" TO CURRENT_USER'
        )
