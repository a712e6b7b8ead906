"""Act as a persona in a test, by setting the role and the claims on the test's connection as the Data API does."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from psycopg2.extensions import TRANSACTION_STATUS_INERROR, connection

from gatepost.errors import GatepostError
from gatepost.personas import ANON, SERVICE, TAKE_ON_ROLE, Persona, signed_in

if TYPE_CHECKING:
    from uuid import UUID

    from sqlmodel import Session

T = TypeVar("T")
ActingAs = AbstractContextManager[T]

_ROLE = "pg_catalog.current_setting('role', true)"
_NOW = f"SELECT pg_catalog.current_setting('request.jwt.claims', true), {_ROLE}"


class CommitInTest(GatepostError):
    """A test tried to commit on the connection that all tests of the process share."""


class RollingBack(connection):
    """A connection that cannot commit, because a commit would affect the next test."""

    def commit(self) -> None:
        """Refuse to commit.

        Raises:
            CommitInTest: always.
        """
        raise CommitInTest(
            'a test called "commit" on gatepost_db, which every test shares and which is rolled back after each',
            "leave the commit out; with SQLModel take gatepost_session, whose commit() is a savepoint's",
        )


def open_connection(url: str) -> RollingBack:
    """Return a connection that cannot commit."""
    import psycopg2

    from gatepost.database.url import parse_url

    arguments: dict[str, Any] = dict(parse_url(url).connect_arguments())
    opened: RollingBack = psycopg2.connect(connection_factory=RollingBack, **arguments)
    return opened


@contextmanager
def session_on(db: RollingBack) -> Iterator[Session]:
    """Open a SQLModel session on a connection, inside the transaction that it is in."""
    from sqlalchemy import StaticPool, create_engine
    from sqlmodel import Session

    engine = create_engine(
        "postgresql+psycopg2://", creator=lambda: db, poolclass=StaticPool, pool_reset_on_return=None
    )
    with engine.connect() as bind, bind.begin() as outer:
        with Session(bind=bind, join_transaction_mode="create_savepoint") as session:
            yield session
        outer.rollback()


@dataclass(frozen=True)
class Acting:
    """The context managers behind `as_user`, `as_anon` and `as_service`."""

    db: RollingBack

    def user(self, user_id: str | UUID, /, *, session: Session | None = None, **claims: Any) -> ActingAs[Any]:  # noqa: ANN401
        """Act as a signed-in user.

        Args:
            user_id: The user's id, the claim `sub`.
            session: Yield this session instead of the connection.
            claims: More claims of the token, such as `app_metadata={"org_id": …}`.
        """
        return self._acting(signed_in(str(user_id), **claims), session)

    def anon(self, *, session: Session | None = None) -> ActingAs[Any]:
        """Act as a caller who is not signed in."""
        return self._acting(ANON, session)

    def service(self, *, session: Session | None = None) -> ActingAs[Any]:
        """Act as the backend."""
        return self._acting(SERVICE, session)

    @contextmanager
    def _acting(self, persona: Persona, session: Session | None) -> Iterator[Any]:
        if session is not None:
            session.flush()
            session.expunge_all()  # the next persona must not see objects that this one loaded
        with self.db.cursor() as cursor:
            # In one round trip. The previous settings are read first.
            cursor.execute(f"SAVEPOINT gatepost_acting; {_NOW}, {TAKE_ON_ROLE}", persona.settings)
            claims, role, *_ = cursor.fetchone() or ("", "none")
            before = Persona("before", role or "none", claims or "")
        try:
            yield self.db if session is None else session
            if session is not None:
                session.flush()
        finally:
            if session is not None:
                session.expunge_all()
            with self.db.cursor() as cursor:
                # The persona's changes last until the test ends, unless the block ended in an error.
                if self.db.info.transaction_status == TRANSACTION_STATUS_INERROR:
                    cursor.execute("ROLLBACK TO SAVEPOINT gatepost_acting")
                cursor.execute(f"SELECT {TAKE_ON_ROLE}", before.settings)


def who(cursor: Any) -> str:  # noqa: ANN401  a cursor of psycopg2
    """Return who a session is now: the role, and the user of the token."""
    cursor.execute(_NOW.replace(_ROLE, "current_user::pg_catalog.text"))
    claims, role = cursor.fetchone() or ("", "")
    token = json.loads(claims) if claims else {}
    more = {name: value for name, value in token.items() if name not in ("role", "aud")}
    return f"{role} {json.dumps(more)}" if more else str(role)
