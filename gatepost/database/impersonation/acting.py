"""Act as a user: run every transaction of a session under one user's row security.

Each transaction of a session gets what the Data API sets for a request
(https://docs.postgrest.org/en/v13/references/transactions.html). Role and claims are local to the transaction, so
nothing is left on the connection for the next one. This also holds behind a pooler in transaction mode, and for every
driver of SQLAlchemy: psycopg2, psycopg 3 and asyncpg.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Generic, TypeVar, cast
from uuid import UUID

from sqlalchemy.exc import UnboundExecutionError

from gatepost.database.engine import NoRowSecurity
from gatepost.database.impersonation.identity import HeldIdentity
from gatepost.database.impersonation.token_claims import as_json, claims_of
from gatepost.errors import SettingsError
from gatepost.personas import Persona

if TYPE_CHECKING:
    from types import TracebackType

    from sqlalchemy.ext.asyncio import AsyncSession, async_scoped_session
    from sqlalchemy.orm import Session, scoped_session

    AnySession = Session | AsyncSession | scoped_session[Any] | async_scoped_session[Any]
    """A session of SQLAlchemy or SQLModel, synchronous or not, or the registry of one."""

S = TypeVar("S", bound="AnySession")


def acting_as(
    session: S,
    user_id: str | UUID | None = None,
    role: str = "authenticated",
    claims: Mapping[str, Any] | None = None,
) -> Acting[S]:
    """Let every transaction of a session run as a role, under its row security, until the block ends.

    ::

        with Session(engine) as session, acting_as(session, user_id=user.id):
            session.add(Task(...))
            session.commit()          # the next transaction is the same user's again

        async with AsyncSession(engine) as session, acting_as(session, user_id=user.id):
            await session.commit()

    When the block ends, everything that is not committed is rolled back, and the session forgets every object, so the
    next user cannot read what this one loaded. A plain `with` around an asynchronous session cannot wait for the
    server: it leaves the rollback to the session, which does nothing else until then. Role and claims protect against
    mistakes in queries, not against SQL of an attacker, because anybody who can send any statement can send
    `RESET ROLE`. Leave transactions to the session: a commit on the driver's own connection is not noticed.

    Args:
        session: A session (SQLModel's or SQLAlchemy's, synchronous or asynchronous, or a scoped one) that has done
            nothing yet.
        user_id: The user, as `auth.uid()` returns it; None for nobody.
        role: The database role.
        claims: Further claims of the token, as `auth.jwt()` returns them.

    Returns:
        A context manager, for `with` and `async with`, that gives the session.

    Raises:
        SettingsError: the claims name another user or role, or hold what no jsonb can hold; (as the block begins) the
            session has already begun; (as it ends) a scoped session was removed inside the block.
        DatabaseUnreachable: (at the first query) the connection may not act as the role, or is in autocommit, where
            nothing can be local to a transaction.
    """
    return Acting(session, Persona("session", role, as_json(claims_of(user_id, role, claims))))


def acting_as_service(session: S) -> Acting[S]:
    """Let a session work as `service_role`, which bypasses row security: for background work, never for requests."""
    return acting_as(session, role="service_role")


class Acting(Generic[S]):
    """The block in which a session acts as somebody; see `acting_as`."""

    def __init__(self, session: S, persona: Persona) -> None:
        self._given, self._persona = session, persona
        self._session: Any = None
        self._identity: HeldIdentity | None = None

    def __enter__(self) -> S:
        self._session = _current(self._given)
        synchronous = _synchronous(self._session)
        if synchronous.in_transaction() or len(synchronous.identity_map) or synchronous.new:
            raise SettingsError(
                "the session has already begun, so it may hold rows that this user may not see",
                "use a new session: with Session(engine) as session, acting_as(session, ...):",
            )
        if _has_row_security(synchronous):
            self._identity = HeldIdentity(synchronous, self._persona)
            self._identity.begin()
        return self._given

    async def __aenter__(self) -> S:
        return self.__enter__()

    def __exit__(
        self, _kind: type[BaseException] | None, error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        if self._identity is None:
            return
        synchronous = _synchronous(self._session)
        self._identity.explain(error)
        self._identity.seal()
        try:
            if not self._identity.waits or _can_wait():
                synchronous.rollback()
                self._identity.leave()
        finally:
            synchronous.expunge_all()
        self._refuse_other_session(error)

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        identity = self._identity
        if identity is None or self._session is _synchronous(self._session):
            self.__exit__(kind, error, trace)
            return
        identity.explain(error)
        identity.seal()
        try:
            await self._session.rollback()
            await self._session.run_sync(lambda _session: identity.leave())
        finally:
            _synchronous(self._session).expunge_all()
        self._refuse_other_session(error)

    def _refuse_other_session(self, error: BaseException | None) -> None:
        """Report that a registry was emptied inside the block: the session that it made next was nobody's."""
        if error is None and _current(self._given) is not self._session:
            raise SettingsError(
                "the scoped session was removed inside the block, so what came after it did not act as the user",
                "call remove() after the block of acting_as",
            )


def _current(session: AnySession) -> Any:  # noqa: ANN401  a session of either kind
    """Return the session itself, or the one that a registry has for this thread or task."""
    return cast("Any", session)() if hasattr(session, "registry") else session


def _synchronous(session: Any) -> Session:  # noqa: ANN401  a session of either kind
    return cast("Session", getattr(session, "sync_session", session))


def _can_wait() -> bool:
    """Return whether SQLAlchemy runs this for an asynchronous caller, as inside `AsyncSession.run_sync`."""
    from sqlalchemy.util.concurrency import in_greenlet  # which needs greenlet, as asynchronous drivers do

    return in_greenlet()


def _has_row_security(session: Session) -> bool:
    try:
        name = session.get_bind().dialect.name
    except UnboundExecutionError:  # each model has a database of its own
        return True
    if name != "postgresql":
        warnings.warn(
            "row security does not exist here, so acting as a user changes nothing", NoRowSecurity, stacklevel=3
        )
    return name == "postgresql"
