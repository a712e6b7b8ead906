"""Act as a persona in a test, by setting the role and the claims on the test's connection as the Data API does."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, TypeVar

from psycopg2.extensions import TRANSACTION_STATUS_INERROR, connection, cursor

from gatepost.errors import GatepostError, SettingsError
from gatepost.personas import ANON, SERVICE, TAKE_ON_ROLE, Persona, signed_in

if TYPE_CHECKING:
    from uuid import UUID

    from sqlmodel import Session
    from sqlmodel.ext.asyncio.session import AsyncSession

    AnySession = Session | AsyncSession

T = TypeVar("T")
ActingAs = AbstractContextManager[T]

_ROLE = "pg_catalog.current_setting('role', true)"
_BACK = "ROLLBACK TO SAVEPOINT gatepost_acting"
_NOW = f"SELECT pg_catalog.current_setting('request.jwt.claims', true), {_ROLE}"


class CommitInTest(GatepostError):
    """A test tried to commit on the connection that all tests of the process share."""


class PersonaEnded(GatepostError):
    """A block of `as_user` stopped being its persona before it ended."""


class SharedCursor(cursor):
    """A cursor of a test's connection, which SQLAlchemy may use behind its asynchronous interface."""

    async def _async_soft_close(self) -> None:
        """Do nothing: SQLAlchemy awaits this of a cursor whose rows it keeps, and psycopg2 has fetched them already."""


class RollingBack(connection):
    """A connection that cannot commit, because a commit would affect the next test.

    Inside a block of `as_user` a rollback undoes what the block has done, and the persona goes on.
    """

    def __init__(self, dsn: str, **arguments: Any) -> None:  # noqa: ANN401  as psycopg2 declares it
        super().__init__(dsn, **arguments)
        self.personas: list[Persona] = []

    def commit(self) -> None:
        """Refuse to commit.

        Raises:
            CommitInTest: always.
        """
        raise CommitInTest(
            'a test called "commit" on gatepost_db, which every test shares and which is rolled back after each',
            "leave the commit out; with SQLModel take gatepost_session, whose commit() is a savepoint's",
        )

    def rollback(self) -> None:
        """Roll back to the start of the innermost block of `as_user`, or else everything."""
        if not self.personas:
            super().rollback()
            return
        with self.cursor() as cursor:
            cursor.execute(f"{_BACK}; SELECT {TAKE_ON_ROLE}", self.personas[-1].settings)

    def end_test(self) -> None:
        """Roll everything back, whoever the connection is."""
        self.personas.clear()
        super().rollback()


def open_connection(url: str, cursors: type[SharedCursor] = SharedCursor) -> RollingBack:
    """Return a connection that cannot commit.

    Args:
        url: The database.
        cursors: The class of its cursors.
    """
    import psycopg2

    from gatepost.database.url import parse_url

    arguments: dict[str, Any] = dict(parse_url(url).connect_arguments())
    opened: RollingBack = psycopg2.connect(connection_factory=RollingBack, cursor_factory=cursors, **arguments)
    return opened


@dataclass(frozen=True)
class Acting:
    """The context managers behind `as_user`, `as_anon` and `as_service`."""

    db: RollingBack

    def user(
        self,
        user_id: str | UUID,
        /,
        *,
        role: str = "authenticated",
        session: AnySession | None = None,
        **claims: Any,  # noqa: ANN401
    ) -> ActingAs[Any]:
        """Act as a signed-in user.

        Args:
            user_id: The user's id, the claim `sub`.
            role: The role that the token names, where it is one of the project's own.
            session: Yield this session instead of the connection.
            claims: More claims of the token, such as `app_metadata={"org_id": …}`.
        """
        return self._acting(replace(signed_in(str(user_id), role=role, **claims), role=role), session)

    def anon(self, *, session: AnySession | None = None) -> ActingAs[Any]:
        """Act as a caller who is not signed in."""
        return self._acting(ANON, session)

    def service(self, *, session: AnySession | None = None) -> ActingAs[Any]:
        """Act as the backend."""
        return self._acting(SERVICE, session)

    @contextmanager
    def _acting(self, persona: Persona, session: AnySession | None) -> Iterator[Any]:
        with self._one(persona) if session is None else self._session(persona, session) as acting:
            yield acting

    @contextmanager
    def _session(self, persona: Persona, given: AnySession) -> Iterator[AnySession]:
        """Hold the persona in every transaction of a session, as `acting_as` does for a service."""
        from gatepost.database.impersonation.identity import HeldIdentity

        session: Session = getattr(given, "sync_session", None) or given  # type: ignore[assignment]  # one of both
        self._refuse_other(session)
        session.commit()  # what the test has prepared must outlive a rollback of the code under test
        session.expunge_all()  # the next persona must not see objects that this one loaded
        with self._one(persona):
            identity = HeldIdentity(session, persona)
            identity.begin()
            try:
                yield given
                session.commit()  # the persona's changes last until the test ends
            finally:
                identity.stop()
                session.rollback()
                if self.db.info.transaction_status == TRANSACTION_STATUS_INERROR:
                    self.db.rollback()
                session.expunge_all()

    def _refuse_other(self, session: Session) -> None:
        if session.connection().connection.driver_connection is not self.db:
            raise SettingsError(
                "the session is not on the connection of gatepost_db, so it would not act as the persona",
                "take gatepost_session or gatepost_async_session, or act with gatepost.acting_as(session, ...)",
            )

    @contextmanager
    def _one(self, persona: Persona) -> Iterator[RollingBack]:
        from psycopg2.errors import InsufficientPrivilege, InvalidParameterValue

        with self.db.cursor() as cursor:
            try:
                # In one round trip. The previous settings are read first.
                cursor.execute(f"SAVEPOINT gatepost_acting; {_NOW}, {TAKE_ON_ROLE}", persona.settings)
            except (InsufficientPrivilege, InvalidParameterValue) as refusal:
                cursor.execute(f"{_BACK}; RELEASE SAVEPOINT gatepost_acting")
                raise SettingsError(
                    f'this connection may not act as "{persona.role}": {refusal.diag.message_primary}',
                    f'GRANT "{persona.role}" TO CURRENT_USER  -- in a migration, after CREATE ROLE',
                ) from refusal
            claims, role, *_ = cursor.fetchone() or ("", "none")
        before = Persona("before", role or "none", claims or "")
        self.db.personas.append(persona)
        try:
            yield self.db
        except BaseException:
            self._leave(before)
            raise
        if self._leave(before) != persona.role:
            raise PersonaEnded(
                f'the block of "{persona.role}" went on as another role, after a statement like ROLLBACK or RESET ROLE',
                "call rollback() of the connection or the session, which holds the persona, and set no role",
            )

    def _leave(self, before: Persona) -> str:
        """End a block, and return the role that it ended as."""
        from psycopg2.errors import InvalidSavepointSpecification, NoActiveSqlTransaction

        persona = self.db.personas.pop()
        # The persona's changes last until the test ends, unless the block ended in an error.
        failed = self.db.info.transaction_status == TRANSACTION_STATUS_INERROR
        with self.db.cursor() as cursor:
            try:
                cursor.execute(
                    f"{_BACK if failed else ''}; RELEASE SAVEPOINT gatepost_acting; SELECT {_ROLE}, {TAKE_ON_ROLE}",
                    before.settings,
                )
            except (InvalidSavepointSpecification, NoActiveSqlTransaction):  # a statement ended the whole transaction
                self.db.end_test()
                return "none"
            role, *_ = cursor.fetchone() or ("none",)
        return persona.role if failed else str(role)


def who(cursor: Any) -> str:  # noqa: ANN401  a cursor of psycopg2
    """Return who a session is now: the role, and the user of the token."""
    cursor.execute(_NOW.replace(_ROLE, "current_user::pg_catalog.text"))
    claims, role = cursor.fetchone() or ("", "")
    token = json.loads(claims) if claims else {}
    more = {name: value for name, value in token.items() if name not in ("role", "aud")}
    return f"{role} {json.dumps(more)}" if more else str(role)
