import asyncio
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
import sqlalchemy
from sqlalchemy.util import queue

from gatepost.database.async_engine import create_async_engine
from gatepost.database.engine import create_engine
from gatepost.database.fifo_pool import FairPool, FairQueue, FairTaskPool
from gatepost.database.settings import Settings


def waiting(line: FairQueue, number: int) -> None:
    deadline = time.monotonic() + 90
    while len(line._line) != number:
        assert time.monotonic() < deadline
        time.sleep(0.001)


def test_idle_items_come_first_in_first_out_or_last_in_first_out() -> None:
    for lifo, order in ((False, [1, 2]), (True, [2, 1])):
        line = FairQueue(2, use_lifo=lifo)
        line.put(1)
        line.put(2)
        assert line.full()
        with pytest.raises(queue.Full):
            line.put(3, block=False)
        assert [line.get_nowait(), line.get_nowait()] == order
        assert line.empty()
        with pytest.raises(queue.Empty):
            line.get_nowait()


def test_whoever_waited_longest_is_served_even_if_the_giver_wants_another_at_once() -> None:
    line, served = FairQueue(1), []

    def wait(number: int) -> None:
        line.get(timeout=90)
        served.append(number)

    threads = []
    for number in range(5):
        threads.append(threading.Thread(target=wait, args=(number,)))
        threads[-1].start()
        waiting(line, number + 1)
    for number in range(5):
        line.put("connection", block=False)
        with pytest.raises(queue.Empty):
            line.get(block=False)  # the greedy one
        threads[number].join(90)
    assert served == [0, 1, 2, 3, 4]


def test_who_gives_up_leaves_the_line() -> None:
    line = FairQueue(1)
    with pytest.raises(queue.Empty):
        line.get(timeout=0.01)
    assert not line._line
    line.put("connection")
    assert line.get(timeout=0.01) == "connection"


def test_an_item_that_comes_at_the_last_moment_is_not_lost() -> None:
    line, taken = FairQueue(1), []

    def client() -> None:
        for _ in range(200):
            try:
                item = line.get(timeout=0.0005)
            except queue.Empty:
                continue
            taken.append(item)
            line.put(item, block=False)

    line.put("the only one")
    with ThreadPoolExecutor(8) as threads:
        for done in [threads.submit(client) for _ in range(8)]:
            done.result()
    assert line.qsize() == 1
    assert set(taken) == {"the only one"}


def test_the_engine_has_a_fair_line(database_url: str) -> None:
    engine = create_engine(database_url, settings=Settings(_env_file=None, db_pool_size=1, db_max_overflow=1))
    assert isinstance(engine.pool, FairPool)
    assert isinstance(engine.pool._pool, FairQueue)
    engine.dispose()
    assert isinstance(engine.pool._pool, FairQueue)


def test_busy_threads_do_not_starve_the_others(database_url: str) -> None:
    settings = Settings(_env_file=None, db_pool_size=1, db_max_overflow=1, db_pool_timeout=90)
    engine = create_engine(database_url, settings=settings)
    done, all_there = [0] * 20, threading.Barrier(20)

    def work(me: int) -> None:
        all_there.wait()
        while sum(done) < 2000:
            with engine.connect() as connection:
                connection.execute(sqlalchemy.text("SELECT 1"))
            done[me] += 1

    with ThreadPoolExecutor(20) as threads:
        for turn in [threads.submit(work, me) for me in range(20)]:
            turn.result()
    assert engine.pool.checkedout() == 0
    engine.dispose()
    # SQLAlchemy's own queue: 1,969 turns for one thread, a single one for most.
    assert max(done) <= 50 * min(done), done


@pytest.mark.parametrize("driver", ["asyncpg", "psycopg"])
def test_busy_tasks_do_not_starve_the_others_and_a_cancelled_one_leaves_the_line(database_url: str, driver) -> None:
    turns: list[int] = []

    async def busy(engine, number: int) -> None:
        for _ in range(20):
            async with engine.connect() as connection:
                await connection.execute(sqlalchemy.text("SELECT 1"))
                turns.append(number)

    async def hold(engine) -> None:
        async with engine.connect():
            pass

    async def everybody() -> None:
        settings = Settings(_env_file=None, db_pool_size=1, db_max_overflow=0, db_pool_timeout=90)
        engine = create_async_engine(database_url, settings=settings, driver=driver)
        assert isinstance(engine.pool, FairTaskPool)
        await asyncio.gather(*(busy(engine, number) for number in range(5)))
        assert set(turns[:10]) == set(range(5))

        async with engine.connect():
            first, second = asyncio.create_task(hold(engine)), asyncio.create_task(hold(engine))
            while len(engine.pool._pool._line) != 2:
                await asyncio.sleep(0)
            first.cancel()
            with pytest.raises(asyncio.CancelledError):
                await first
        await second
        assert engine.pool.checkedout() == 0
        hasty = create_async_engine(database_url, settings=settings, driver=driver, pool_timeout=0.01)
        async with hasty.connect():
            with pytest.raises(sqlalchemy.exc.TimeoutError):
                await hold(hasty)
        await hold(hasty)
        for used in (engine, hasty):
            await used.dispose()

    asyncio.run(everybody())
