"""Acting as somebody: a session whose every transaction runs under one persona's row security.

What the Data API does for a request (https://docs.postgrest.org/en/v13/references/transactions.html) is done here for
each transaction of a session, and only for it: role and claims are local to the transaction, so nothing is left on the
connection for the next one, behind a pooler in transaction mode too.

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

    What is not committed when the block ends is rolled back, and the session forgets every object: nothing that one
    persona loaded can be read by the next. Role and claims protect from mistakes in queries, not from SQL that an
    attacker writes: whoever may send any statement may send `RESET ROLE`. Nor does this see a commit on psycopg2's
    own connection (`raw(session).commit()`): leave transactions to the session.

    Args:
        session: A session (SQLModel's or SQLAlchemy's) that has done nothing yet.
        user_id: The user, as `auth.uid()` tells it; None for nobody.
        role: The database role.
        claims: Further claims of the token, as `auth.jwt()` tells them.

    Yields:
        The session.

    Raises:
        SettingsError: the claims name another user or role, or the session has already begun.
        DatabaseUnreachable: (at the first query) the connection may not act as the role, or is in autocommit, where
            nothing can be local to a transaction.
    """
    told = _claims(user_id, role, claims)
    if session.in_transaction() or len(session.identity_map) or session.new:
        raise SettingsError(
            "the session has already begun, so it may hold rows that this user may not see",
            "act from the start: with Session(engine) as session, acting_as(session, ...):",
        )
    if session.get_bind().dialect.name != "postgresql":
        warnings.warn(
            "row security does not exist here: acting as somebody changes nothing", NoRowSecurity, stacklevel=3
        )
        yield session
        return
    taken = _Impersonation(Persona("session", role, json.dumps(told)))
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
    """Takes the role as a transaction begins, whoever began it: the session, or its connection by itself."""

    def __init__(self, persona: Persona) -> None:
        self._persona = persona
        self._watched: list[Connection] = []

    def after_begin(self, _session: Session, transaction: SessionTransaction, connection: Connection) -> None:
        if transaction.nested:
            return  # a savepoint inherits, and gives back what it found
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
            # Who catches this error and asks again must not be answered as the connection's own user.
            connection.invalidate()
            raise

    def forget(self) -> None:
        for connection in self._watched:
            event.remove(connection, "begin", self.become)
        self._watched.clear()


@contextmanager
def acting_as_service(session: S) -> Iterator[S]:
    """Let a session work as `service_role`, past row security: for background work, never for a user's request."""
    with acting_as(session, role="service_role") as service:
        yield service


def _stop(session: Session) -> None:
    """Take the role back where the transaction is not the session's own and lives on."""
    bind = session.get_bind()
    if isinstance(bind, Connection) and bind.in_transaction():
        bind.exec_driver_sql(f"SELECT {TAKE_ON_ROLE}", Persona("nobody", "none").settings)


def _claims(user_id: str | UUID | None, role: str, claims: Mapping[str, Any] | None) -> dict[str, Any]:
    own: dict[str, Any] = {"role": role}
    if user_id is not None:
        own["sub"] = str(user_id)
    told = dict(claims or {})
    for name, value in own.items():
        if name in told and told[name] != value:
            raise SettingsError(
                f'the claims say {name} "{told[name]}" and the call says "{value}"', f"leave {name} out of one of them"
            )
    return told | own


def _become(connection: Connection, persona: Persona) -> None:
    from psycopg2.errors import InsufficientPrivilege, InvalidParameterValue

    if raw(connection).autocommit:
        raise DatabaseUnreachable(
            "the connection is in autocommit, where a role cannot be taken for one transaction",
            'leave isolation_level="AUTOCOMMIT" out of the engine of this session',
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
