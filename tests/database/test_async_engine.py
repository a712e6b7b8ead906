import asyncio

import pytest
from sqlalchemy import text

from gatepost.database.async_engine import create_async_engine
from gatepost.database.settings import Settings
from gatepost.errors import DatabaseUnreachable, SettingsError
from tests.database.server import PASSWORD, SpareServer

QUICK = Settings(_env_file=None, db_query_timeout=0.2, db_pool_size=1, db_max_overflow=0)
SHOWN = text("SELECT current_setting('application_name'), current_setting('statement_timeout')")


@pytest.mark.parametrize("scheme", ["postgresql", "postgresql+psycopg"])
def test_settings_reach_the_server_and_hold(database_url: str, scheme: str) -> None:
    async def tried() -> None:
        engine = create_async_engine(database_url.replace("postgresql", scheme, 1), settings=QUICK)
        assert engine.driver == ("asyncpg" if scheme == "postgresql" else "psycopg")
        assert (engine.pool.size(), engine.pool._max_overflow, engine.pool._pre_ping) == (1, 0, True)
        for _ in range(2):
            async with engine.connect() as connection:
                assert tuple((await connection.execute(SHOWN)).one()) == ("gatepost", "200ms")
                await connection.rollback()
        async with engine.connect() as connection:
            with pytest.raises(Exception, match="statement timeout"):
                await connection.execute(text("SELECT pg_sleep(60)"))
        await engine.dispose()

    asyncio.run(tried())


@pytest.mark.parametrize("driver", ["asyncpg", "psycopg"])
def test_no_connection_is_one_sentence_without_the_password(spare_server: SpareServer, driver) -> None:
    async def tried() -> DatabaseUnreachable:
        engine = create_async_engine(spare_server.url(), settings=QUICK, driver=driver)
        with pytest.raises(DatabaseUnreachable) as caught:
            async with engine.connect():
                pass
        return caught.value

    error = asyncio.run(tried())
    assert "127.0.0.1" in error.message
    assert PASSWORD not in f"{error!r} {error.__cause__!r} {error.__context__!r}"


def test_sqlite_is_refused() -> None:
    with pytest.raises(SettingsError, match="no row security"):
        create_async_engine("sqlite:///a.db", settings=QUICK)
