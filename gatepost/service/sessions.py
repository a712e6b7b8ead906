"""A FastAPI dependency: a session that acts as the user of a verified Supabase token.

Needs `pip install 'gatepost[api]'`. Synchronous, as psycopg2 is: FastAPI runs it in its thread pool.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Protocol

from fastapi import HTTPException, Request
from sqlalchemy import Engine
from sqlmodel import Session

from gatepost.database.impersonation.acting import acting_as
from gatepost.database.settings import Settings, load_settings
from gatepost.errors import SettingsError

_CHALLENGE = {"WWW-Authenticate": "Bearer"}


class Verifier(Protocol):
    """Verifies a token and returns its claims; `supabase_verifier` returns Gatepost's own."""

    def __call__(self, token: str) -> Mapping[str, Any]:
        """Return the claims of a genuine token that has not expired; raise `InvalidToken` for any other."""


class InvalidToken(Exception):
    """The token is not genuine, or has expired."""


class VerifierUnreachable(Exception):
    """The keys are not available now, so the token cannot be verified."""


def supabase_verifier(settings: Settings | None = None) -> Verifier:
    """Return a verifier that uses Supabase Auth (`get_claims`).

    A token signed by an asymmetric key (ES256, RS256) is checked here against the project's key set, which is kept for
    ten minutes; one signed by the older shared secret (HS256) is checked by the server
    (https://supabase.com/docs/guides/auth/signing-keys).

    Args:
        settings: `SUPABASE_URL` and `SUPABASE_PUBLISHABLE_KEY` (or `SUPABASE_ANON_KEY`); by default from the
            environment.

    Raises:
        SettingsError: `SUPABASE_URL` is not set.
    """
    import httpx
    from jwt import PyJWTError
    from supabase_auth import SyncGoTrueClient
    from supabase_auth.errors import AuthApiError, AuthError, AuthRetryableError, AuthUnknownError

    settings = settings or load_settings()
    if not settings.supabase_url.startswith(("http://", "https://")):
        raise SettingsError(
            '"SUPABASE_URL" is not set to the address of a project', "set SUPABASE_URL=https://<ref>.supabase.co"
        )
    key = settings.supabase_publishable_key or settings.supabase_anon_key
    auth = SyncGoTrueClient(
        url=settings.supabase_url.rstrip("/") + "/auth/v1",
        headers={"apikey": key.get_secret_value()},
        auto_refresh_token=False,
        persist_session=False,
    )

    def verify(token: str) -> Mapping[str, Any]:
        try:
            answer = auth.get_claims(token)
        except (AuthRetryableError, AuthUnknownError, httpx.TransportError):
            raise VerifierUnreachable from None
        except AuthApiError as refusal:
            # 401 and 403 are about the token; 404 and 500 are about the server.
            raise (InvalidToken if refusal.status in (400, 401, 403, 422) else VerifierUnreachable) from None
        except (AuthError, PyJWTError, ValueError, LookupError, TypeError, NotImplementedError):
            raise InvalidToken from None  # a stranger may send any three parts with dots in between
        if answer is None:
            raise InvalidToken
        return dict(answer["claims"])

    return verify


def user_session(
    engine: Engine,
    *,
    verify: Verifier | None = None,
    roles: Sequence[str] = ("authenticated",),
    anonymous: bool = False,
) -> Callable[[Request], Iterator[Session]]:
    """Return a dependency that opens a session under the row security of the request's user.

    ::

        UserSession = Annotated[Session, Depends(user_session(engine))]

        @app.get("/tasks")
        def tasks(session: UserSession) -> list[Task]:
            return session.exec(select(Task)).all()

    Everything that an endpoint does not commit is rolled back.

    Args:
        engine: The service's engine, connected as a role that may act as the roles below.
        verify: Verifies the token (default: Supabase Auth).
        roles: The database roles that a token's `role` may choose. `service_role` is never one unless listed here.
        anonymous: Whether a request without a token acts as `anon`; otherwise it is answered 401.
    """
    check = verify or supabase_verifier()

    def dependency(request: Request) -> Iterator[Session]:
        token = _bearer(request)
        if token is None:
            if not anonymous:
                raise HTTPException(401, "this needs a token: Authorization: Bearer ...", _CHALLENGE)
            with Session(engine) as session, acting_as(session, role="anon"):
                yield session
            return
        try:
            claims = check(token)
        except InvalidToken:
            raise HTTPException(401, "the token is not valid", _CHALLENGE) from None
        except VerifierUnreachable:
            raise HTTPException(503, "the token cannot be verified now") from None
        role, user = claims.get("role"), claims.get("sub")
        if not isinstance(user, str) or not user:
            raise HTTPException(401, "the token names no user", _CHALLENGE)
        if role not in roles:
            raise HTTPException(403, "the token's role may not be used here")
        with Session(engine) as session, acting_as(session, user_id=user, role=str(role), claims=claims):
            yield session

    return dependency


def _bearer(request: Request) -> str | None:
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" and token.strip() else None
