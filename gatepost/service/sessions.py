"""A FastAPI dependency: a session that acts as the user of a verified Supabase token, synchronous or asynchronous.

Needs `pip install 'gatepost[api]'`, and for an asynchronous engine `gatepost[api,async]`.
"""

from __future__ import annotations

import inspect
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NoReturn, cast, overload

from fastapi import HTTPException, WebSocketException
from fastapi.concurrency import run_in_threadpool
from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import DBAPIError
from sqlmodel import Session
from starlette.requests import HTTPConnection

from gatepost.database.impersonation.acting import Acting, acting_as
from gatepost.database.impersonation.driver_errors import INSUFFICIENT_PRIVILEGE, INVALID_TEXT, server_message, sqlstate
from gatepost.errors import SettingsError
from gatepost.service.tokens import InvalidToken, Verifier, VerifierUnreachable, supabase_verifier

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncEngine
    from sqlmodel.ext.asyncio.session import AsyncSession

__all__ = [
    "InvalidToken",
    "Verifier",
    "VerifierUnreachable",
    "bearer_token",
    "lent_session",
    "supabase_verifier",
    "user_session",
]

_CHALLENGE = {"WWW-Authenticate": "Bearer"}
_CLAIMS = text("SELECT pg_catalog.current_setting('request.jwt.claims', true)")
_POLICY_VIOLATION, _TRY_AGAIN_LATER = 1008, 1013
"""How a WebSocket is closed (https://www.iana.org/assignments/websocket/websocket.xhtml)."""


def bearer_token(connection: HTTPConnection) -> str | None:
    """Return the token of the header `Authorization: Bearer ...`, or None."""
    scheme, _, token = connection.headers.get("Authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" and token.strip() else None


@overload
def user_session(
    engine: Engine,
    *,
    verify: Verifier | None = None,
    roles: Sequence[str] = ("authenticated",),
    anonymous: bool = False,
    anonymous_users: bool = True,
    token: Callable[[HTTPConnection], str | None] = bearer_token,
) -> Callable[[HTTPConnection], Iterator[Session]]: ...


@overload
def user_session(
    engine: AsyncEngine,
    *,
    verify: Verifier | None = None,
    roles: Sequence[str] = ("authenticated",),
    anonymous: bool = False,
    anonymous_users: bool = True,
    token: Callable[[HTTPConnection], str | None] = bearer_token,
) -> Callable[[HTTPConnection], AsyncIterator[AsyncSession]]: ...


def user_session(
    engine: Engine | AsyncEngine,
    *,
    verify: Verifier | None = None,
    roles: Sequence[str] = ("authenticated",),
    anonymous: bool = False,
    anonymous_users: bool = True,
    token: Callable[[HTTPConnection], str | None] = bearer_token,
) -> Callable[[HTTPConnection], Iterator[Session]] | Callable[[HTTPConnection], AsyncIterator[AsyncSession]]:
    """Return a dependency that opens a session under the row security of the request's or WebSocket's user.

    ::

        UserSession = Annotated[Session, Depends(user_session(engine))]

        @app.get("/tasks")
        def tasks(session: UserSession) -> list[Task]:
            return session.exec(select(Task)).all()

    For an asynchronous engine, the session is SQLModel's `AsyncSession`. Everything that an endpoint does not commit
    is rolled back, and a session that was closed refuses to go on, in a background task as anywhere else. What the
    database refuses by a privilege or a policy is answered 403 without a word of the database.

    Args:
        engine: The service's engine, connected as a role that may act as the roles below.
        verify: Verifies the token (default: Supabase Auth).
        roles: The database roles that a token's `role` may choose. `service_role` is never one unless listed here.
        anonymous: Whether a request without a token acts as `anon`; otherwise it is answered 401.
        anonymous_users: Whether a user without an identity (`signInAnonymously`), who has the role `authenticated` as
            everybody else, is let in; otherwise they are answered 403.
        token: Finds the token in a request. A browser cannot send `Authorization` with a WebSocket.
    """
    door = _Door(verify or supabase_verifier(), frozenset(roles), anonymous, anonymous_users, token)
    if isinstance(engine, Engine):
        return _synchronous(engine, door)
    return _asynchronous(engine, door)


def _synchronous(engine: Engine, door: _Door) -> Callable[[HTTPConnection], Iterator[Session]]:
    def dependency(connection: HTTPConnection) -> Iterator[Session]:
        caller = door.caller(connection)
        with (
            _refusals(connection, caller),
            Session(engine, close_resets_only=False) as session,
            caller.acting(session, connection),
        ):
            yield session

    return dependency


def _asynchronous(engine: AsyncEngine, door: _Door) -> Callable[[HTTPConnection], AsyncIterator[AsyncSession]]:
    from sqlmodel.ext.asyncio.session import AsyncSession

    async def dependency(connection: HTTPConnection) -> AsyncIterator[AsyncSession]:
        caller = await door.caller_of_asynchronous(connection)
        with _refusals(connection, caller):
            # An attribute that expired at a commit could not be read by what writes the response.
            async with (
                AsyncSession(engine, close_resets_only=False, expire_on_commit=False) as session,
                caller.acting(session, connection),
            ):
                yield session

    return dependency


def lent_session(
    session: Session | AsyncSession,
) -> Callable[[HTTPConnection], Iterator[Session]] | Callable[[HTTPConnection], AsyncIterator[AsyncSession]]:
    """Return a dependency that lends one session to every request, in the place of `user_session`'s in a test.

    The session acts as whoever it acts as already. As with `user_session`, what the policies refuse is answered 403,
    and what an endpoint does not commit is rolled back.

    Args:
        session: That of the test.
    """
    if isinstance(session, Session):

        def dependency(connection: HTTPConnection) -> Iterator[Session]:
            caller = _caller_of(session.connection())
            with _refusals(connection, caller):
                try:
                    yield session
                finally:
                    session.rollback()

        return dependency

    async def asynchronous(connection: HTTPConnection) -> AsyncIterator[AsyncSession]:
        caller = await (await session.connection()).run_sync(_caller_of)
        with _refusals(connection, caller):
            try:
                yield session
            finally:
                await session.rollback()

    return asynchronous


def _caller_of(connection: Connection) -> _Caller:
    claims = json.loads(connection.execute(_CLAIMS).scalar() or "{}")
    return _Caller(user=claims.get("sub"))


@dataclass(frozen=True)
class _Caller:
    """Who a request is, as its token says."""

    role: str = "anon"
    user: str | None = None
    claims: Mapping[str, Any] = field(default_factory=dict)

    def acting(self, session: Any, connection: HTTPConnection) -> Acting[Any]:  # noqa: ANN401  a session of either kind
        try:
            return acting_as(session, user_id=self.user, role=self.role, claims=self.claims)
        except SettingsError:  # a claim that no database takes
            _refuse(connection, 401, "the token is not valid")


@dataclass(frozen=True)
class _Door:
    """Decides who comes in."""

    verify: Verifier
    roles: frozenset[str]
    anonymous: bool
    anonymous_users: bool
    token: Callable[[HTTPConnection], str | None]

    def caller(self, connection: HTTPConnection) -> _Caller:
        token = self.token(connection)
        if token is None:
            return self._without_token(connection)
        with _verdict(connection):
            claims = self.verify(token)
        if not isinstance(claims, Mapping):
            raise TypeError("verify is asynchronous, and the engine is not")
        return self._let_in(connection, claims)

    async def caller_of_asynchronous(self, connection: HTTPConnection) -> _Caller:
        token = self.token(connection)
        if token is None:
            return self._without_token(connection)
        with _verdict(connection):
            if inspect.iscoroutinefunction(self.verify):
                claims: Any = self.verify(token)
            else:  # it may wait for the network
                claims = await run_in_threadpool(self.verify, token)
            if inspect.isawaitable(claims):
                claims = await cast("Awaitable[Mapping[str, Any]]", claims)
        return self._let_in(connection, claims)

    def _without_token(self, connection: HTTPConnection) -> _Caller:
        if not self.anonymous:
            _refuse(connection, 401, "this needs a token: Authorization: Bearer ...")
        return _Caller()

    def _let_in(self, connection: HTTPConnection, claims: Mapping[str, Any]) -> _Caller:
        role, user = claims.get("role"), claims.get("sub")
        if not isinstance(user, str) or not user:
            _refuse(connection, 401, "the token names no user")
        if not isinstance(role, str) or role not in self.roles:
            _refuse(connection, 403, "the token's role may not be used here")
        if claims.get("is_anonymous") is True and not self.anonymous_users:
            _refuse(connection, 403, "this needs an account")
        return _Caller(role, user, claims)


@contextmanager
def _verdict(connection: HTTPConnection) -> Iterator[None]:
    try:
        yield
    except InvalidToken:
        _refuse(connection, 401, "the token is not valid")
    except VerifierUnreachable:
        _refuse(connection, 503, "the token cannot be verified now")


@contextmanager
def _refusals(connection: HTTPConnection, caller: _Caller) -> Iterator[None]:
    """Answer what the database refuses as the Data API does (https://docs.postgrest.org/en/v13/references/errors.html)."""
    try:
        yield
    except DBAPIError as refusal:
        if sqlstate(refusal) == INVALID_TEXT and f'"{caller.user}"' in server_message(refusal):
            # Policies read the id by auth.uid(), and somebody else's ids are no uuid.
            _refuse(connection, 401, "the token's user is none of this database", refusal)
        if sqlstate(refusal) != INSUFFICIENT_PRIVILEGE:
            raise
        if caller.user is None:
            _refuse(connection, 401, "this needs a token: Authorization: Bearer ...", refusal)
        _refuse(connection, 403, "this is not allowed", refusal)


def _refuse(connection: HTTPConnection, status: int, detail: str, reason: BaseException | None = None) -> NoReturn:
    """Raise what FastAPI answers; the reason is for the service's own log."""
    if connection.scope["type"] == "websocket":
        raise WebSocketException(_TRY_AGAIN_LATER if status == 503 else _POLICY_VIOLATION, detail) from reason
    raise HTTPException(status, detail, _CHALLENGE if status == 401 else None) from reason
