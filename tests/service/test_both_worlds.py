"""One application, synchronous and asynchronous: who its endpoints, streams, tasks and WebSockets act as."""

from collections.abc import Iterator
from contextlib import asynccontextmanager, closing
from typing import Annotated, Any
from uuid import UUID

import psycopg2
import pytest
from fastapi import BackgroundTasks, Depends, FastAPI, HTTPException, WebSocket
from fastapi.responses import StreamingResponse
from fastapi.testclient import TestClient
from sqlalchemy import text
from sqlmodel import Session
from sqlmodel.ext.asyncio.session import AsyncSession
from starlette.requests import HTTPConnection
from starlette.websockets import WebSocketDisconnect

from gatepost.database.async_engine import create_async_engine
from gatepost.database.engine import create_engine
from gatepost.database.settings import Settings
from gatepost.service.sessions import InvalidToken, user_session

ANN = str(UUID(int=1))
ONE = Settings(_env_file=None, db_pool_size=1, db_max_overflow=0, db_pool_timeout=5)
WHO = text("SELECT current_user || ' ' || coalesce(auth.uid()::text, '-')")
AS_ANN = f"authenticated {ANN}"
TABLES = """
    CREATE TABLE world_note (id int PRIMARY KEY, owner uuid NOT NULL, secret text);
    ALTER TABLE world_note ENABLE ROW LEVEL SECURITY;
    GRANT SELECT, INSERT ON world_note TO authenticated;
    CREATE POLICY own ON world_note TO authenticated USING ((SELECT auth.uid()) = owner);
    CREATE TABLE world_closed (id int);
"""
SEEN: list[str] = []
"""What background tasks saw, after the response."""


def claims(token: str) -> dict[str, Any]:
    if token == "forged":
        raise InvalidToken
    return {
        "sub": "user_2abc" if token == "foreign" else ANN,
        "role": "authenticated",
        "is_anonymous": token == "anonymous",
    }


async def claims_later(token: str) -> dict[str, Any]:
    return claims(token)


def from_query(connection: HTTPConnection) -> str | None:
    return connection.query_params.get("token")


def synchronous(url: str) -> FastAPI:
    engine = create_engine(url, settings=ONE)

    @asynccontextmanager
    async def life(_app: FastAPI):
        yield
        assert engine.pool.checkedout() == 0
        engine.dispose()

    app = FastAPI(lifespan=life)
    UserSession = Annotated[Session, Depends(user_session(engine, verify=claims))]
    Anybody = Annotated[Session, Depends(user_session(engine, verify=claims, anonymous=True, token=from_query))]
    Known = Annotated[Session, Depends(user_session(engine, verify=claims, anonymous_users=False))]

    def who(session: Session) -> str:
        return session.connection().execute(WHO).scalar_one()

    def later(session: Session) -> None:
        try:
            SEEN.append(who(session))
        except Exception as refusal:
            SEEN.append(type(refusal).__name__)
            raise

    @app.get("/who")
    def _(session: UserSession) -> str:
        return who(session)

    @app.get("/known")
    def _(session: Known) -> str:
        return who(session)

    @app.get("/run")
    def _(session: UserSession, sql: str) -> None:
        session.connection().execute(text(sql))
        session.commit()

    @app.get("/run-as-anybody")
    def _(session: Anybody, sql: str) -> str:
        session.connection().execute(text(sql))
        return who(session)

    @app.get("/teapot")
    def _(session: UserSession) -> None:
        who(session)
        raise HTTPException(418)

    @app.get("/stream")
    def _(session: UserSession) -> StreamingResponse:
        return StreamingResponse(f"{who(session)}\n" for _ in range(3))

    @app.get("/background")
    def _(session: UserSession, tasks: BackgroundTasks) -> str:
        tasks.add_task(later, session)
        return who(session)

    @app.get("/kept")
    def _(session: UserSession) -> str:
        app.state.kept = session
        return who(session)

    @app.get("/use-kept")
    def _() -> str:
        return who(app.state.kept)

    @app.websocket("/socket")
    async def _(socket: WebSocket, session: Anybody) -> None:
        await socket.accept()
        await socket.send_text(who(session))
        await socket.close()

    return app


def asynchronous(url: str, driver: Any) -> FastAPI:
    engine = create_async_engine(url, settings=ONE, driver=driver)

    @asynccontextmanager
    async def life(_app: FastAPI):
        yield
        assert engine.pool.checkedout() == 0
        await engine.dispose()

    app = FastAPI(lifespan=life)
    UserSession = Annotated[AsyncSession, Depends(user_session(engine, verify=claims))]
    Anybody = Annotated[
        AsyncSession, Depends(user_session(engine, verify=claims_later, anonymous=True, token=from_query))
    ]
    Known = Annotated[AsyncSession, Depends(user_session(engine, verify=claims, anonymous_users=False))]

    async def who(session: AsyncSession) -> str:
        return (await (await session.connection()).execute(WHO)).scalar_one()

    async def later(session: AsyncSession) -> None:
        try:
            SEEN.append(await who(session))
        except Exception as refusal:
            SEEN.append(type(refusal).__name__)
            raise

    @app.get("/who")
    async def _(session: UserSession) -> str:
        return await who(session)

    @app.get("/known")
    async def _(session: Known) -> str:
        return await who(session)

    @app.get("/run")
    async def _(session: UserSession, sql: str) -> None:
        await (await session.connection()).execute(text(sql))
        await session.commit()

    @app.get("/run-as-anybody")
    async def _(session: Anybody, sql: str) -> str:
        await (await session.connection()).execute(text(sql))
        return await who(session)

    @app.get("/teapot")
    async def _(session: UserSession) -> None:
        await who(session)
        raise HTTPException(418)

    @app.get("/stream")
    async def _(session: UserSession) -> StreamingResponse:
        async def lines():
            for _ in range(3):
                yield f"{await who(session)}\n"

        return StreamingResponse(lines())

    @app.get("/background")
    async def _(session: UserSession, tasks: BackgroundTasks) -> str:
        tasks.add_task(later, session)
        return await who(session)

    @app.get("/kept")
    async def _(session: UserSession) -> str:
        app.state.kept = session
        return await who(session)

    @app.get("/use-kept")
    async def _() -> str:
        return await who(app.state.kept)

    @app.websocket("/socket")
    async def _(socket: WebSocket, session: Anybody) -> None:
        await socket.accept()
        await socket.send_text(await who(session))
        await socket.close()

    return app


@pytest.fixture(scope="module")
def url(new_database) -> Iterator[str]:
    with new_database() as url:
        with closing(psycopg2.connect(url)) as connection, connection, connection.cursor() as cursor:
            cursor.execute(TABLES)
        yield url


@pytest.fixture(params=["psycopg2", "psycopg", "asyncpg"])
def api(url: str, request: pytest.FixtureRequest) -> Iterator[TestClient]:
    SEEN.clear()
    app = synchronous(url) if request.param == "psycopg2" else asynchronous(url, request.param)
    with TestClient(app, raise_server_exceptions=False, headers={"Authorization": "Bearer ann"}) as client:
        yield client


def test_an_endpoint_its_stream_and_its_background_task_are_the_user_s(api: TestClient) -> None:
    assert api.get("/who").json() == AS_ANN
    assert api.get("/teapot").status_code == 418
    assert api.get("/stream").text.splitlines() == [AS_ANN] * 3
    assert api.get("/background").json() == AS_ANN
    # After the response, a task of older versions of FastAPI finds the session closed; it is never anybody else.
    assert SEEN in ([AS_ANN], ["InvalidRequestError"])
    assert api.get("/who").json() == AS_ANN


def test_a_session_that_outlives_its_request_refuses_to_go_on(api: TestClient) -> None:
    assert api.get("/kept").json() == AS_ANN
    assert api.get("/use-kept").status_code == 500
    assert api.get("/who").json() == AS_ANN


@pytest.mark.parametrize(
    "sql",
    [
        f"INSERT INTO world_note VALUES (1, '{UUID(int=2)}', 's3cret')",  # which the policy refuses
        "SELECT * FROM world_closed",  # which no grant allows
        "UPDATE world_note SET secret = 's3cret'",
    ],
)
def test_what_the_database_refuses_is_answered_without_its_words(api: TestClient, sql: str) -> None:
    answer = api.get("/run", params={"sql": sql})
    assert (answer.status_code, answer.json()) == (403, {"detail": "this is not allowed"})
    nobody = api.get("/run-as-anybody", params={"sql": sql})
    assert nobody.status_code == 401
    assert "world" not in nobody.text
    assert api.get("/run", params={"sql": "SELECT 1/0"}).status_code == 500
    assert api.get("/who").json() == AS_ANN


def test_tokens(api: TestClient) -> None:
    for path, token, status in [
        *(("/who", "forged", 401), ("/who", "", 401), ("/who", "anonymous", 200)),
        *(("/known", "anonymous", 403), ("/known", "ann", 200), ("/who", "foreign", 401)),
    ]:
        assert api.get(path, headers={"Authorization": f"Bearer {token}"}).status_code == status, (path, token)


def test_a_websocket_acts_as_its_user_or_is_closed(api: TestClient) -> None:
    for place, person in (("/socket?token=ann", AS_ANN), ("/socket", "anon -")):
        with api.websocket_connect(place) as socket:
            assert socket.receive_text() == person
    with pytest.raises(WebSocketDisconnect) as refused, api.websocket_connect("/socket?token=forged"):
        pass
    assert (refused.value.code, refused.value.reason) == (1008, "the token is not valid")
