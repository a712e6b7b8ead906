import time
from contextlib import closing, nullcontext

import psycopg2
import pytest

from gatepost.database.settings import Settings
from gatepost.database.url import parse_url
from gatepost.doctor.load import connections_needed, load
from gatepost.doctor.load_result import LoadPlan, Measured, Spread
from gatepost.errors import DatabaseUnreachable, SettingsError
from tests.database.server import PASSWORD, PGBOUNCER, SparePooler, SpareServer


def measure(url: str, plan: LoadPlan, **settings) -> Measured:
    known = {"db_pool_size": 4, "db_max_overflow": 2, "db_pool_timeout": 5}
    return load(parse_url(url), settings=Settings(_env_file=None, **(known | settings)), plan=plan)


@pytest.fixture
def loaded(spare_server: SpareServer):
    """Let `spare_server` be loaded by a role of its own: a superuser is refused."""
    with spare_server.running():
        spare_server.execute("DROP ROLE IF EXISTS loader, sysadmin", f"CREATE ROLE loader LOGIN PASSWORD '{PASSWORD}'")
        yield spare_server


ROOT = """
CREATE TABLE trap (id int); INSERT INTO trap VALUES (1);
GRANT SELECT ON trap TO authenticated; ALTER TABLE trap ENABLE ROW LEVEL SECURITY;
CREATE FUNCTION spring() RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN RESET ROLE; RAISE 'it ran as %', current_user; END $$;
CREATE POLICY spring ON trap USING (spring());
"""


def test_a_superuser_is_lent_to_nobody(lent_url: str, superuser_url: str) -> None:
    """A policy's function takes on the user of the session, and READ ONLY does not keep a superuser from the disk."""
    with closing(psycopg2.connect(lent_url)) as connection, connection, connection.cursor() as cursor:
        cursor.execute(ROOT)
    with pytest.raises(DatabaseUnreachable, match='"supabase_admin" is a superuser, which that code could use') as told:
        measure(superuser_url, LoadPlan(threads=1, seconds=0.1))
    assert told.value.hint == "connect as a role that has nothing but membership in anon and authenticated"
    with pytest.raises(SettingsError, match="it ran as postgres"):
        measure(lent_url, LoadPlan(threads=1, seconds=0.1))


@pytest.mark.parametrize("power", ["sysadmin", "pg_execute_server_program"])
def test_nor_is_who_may_become_one(loaded: SpareServer, power: str) -> None:
    loaded.execute("CREATE ROLE sysadmin SUPERUSER", f"GRANT {power} TO loader")
    with pytest.raises(DatabaseUnreachable, match=f'"loader" may become "{power}"'):
        measure(loaded.url(user="loader"), LoadPlan(role="loader", query="SELECT 1"))


@pytest.mark.parametrize("whose", ["loader", "hirer"])
def test_before_16_createrole_is_enough_to_become_one(loaded: SpareServer, whose: str) -> None:
    """A setting that anybody can make up does not stand for the extension that would reserve those roles."""
    loaded.execute(
        "DROP ROLE IF EXISTS hirer",
        "CREATE ROLE hirer CREATEROLE",
        "ALTER ROLE loader CREATEROLE" if whose == "loader" else "GRANT hirer TO loader",
        "ALTER ROLE loader SET supautils.reserved_memberships ="
        " 'pg_execute_server_program, pg_read_server_files, pg_write_server_files'",
    )
    plan = LoadPlan(threads=1, seconds=0.1, role="loader", query="SELECT 1")
    with closing(psycopg2.connect(loaded.url(user="loader"))) as connection:
        refused = connection.server_version < 160000
    with pytest.raises(DatabaseUnreachable, match="CREATEROLE") if refused else nullcontext():
        measure(loaded.url(user="loader"), plan)


BOTH = pytest.mark.parametrize("asynchronous", [False, True], ids=["threads", "tasks"])


@BOTH
def test_a_pool_that_holds(lent_url: str, asynchronous: bool) -> None:
    measured = measure(lent_url, LoadPlan(threads=5, seconds=0.8, think=0.01, asynchronous=asynchronous))
    assert measured.ok
    assert measured.transactions >= 5  # each thread had its turn
    assert 0 < measured.latency.p50 <= measured.latency.p95 <= measured.latency.p99 <= measured.latency.most
    assert measured.wait.p50 <= measured.latency.p50
    assert 1 <= measured.peak_in_use <= 5
    assert 0 < measured.mean_in_use <= measured.peak_in_use
    assert measured.advice.startswith("set DB_POOL_SIZE=")


@BOTH
def test_a_pool_that_starves_says_why_and_what_would_hold(lent_url: str, asynchronous: bool) -> None:
    plan = LoadPlan(threads=30, seconds=1.5, query="SELECT pg_sleep(0.2)", asynchronous=asynchronous)
    measured = measure(lent_url, plan, db_pool_size=1, db_max_overflow=0)
    assert not measured.ok
    assert measured.starved > 0
    assert dict(measured.failures).keys() == {"no connection came free in time"}
    assert f"30 {plan.kind} wait in line for 1 connections, some of them for too long" in measured.advice
    # Without a pause between transactions each thread needs a connection all the time, however long one is held.
    assert "set DB_POOL_SIZE=10 and DB_MAX_OVERFLOW=20" in measured.advice
    assert measured.peak_in_use == 1


@pytest.mark.skipif(PGBOUNCER is None, reason="PgBouncer is NOT INSTALLED: apt-get install pgbouncer to run this")
def test_a_transaction_pooler_serves_everybody(loaded: SpareServer) -> None:
    pooler = SparePooler(loaded.directory / "load", "127.0.0.1", loaded.port, {"loader": PASSWORD})
    with pooler.running(pool=2):
        plan = LoadPlan(threads=30, seconds=1.5, role="loader", query="SELECT pg_sleep(0.01)")
        measured = measure(pooler.url("loader"), plan, db_pooler="transaction")
    assert measured.ok
    assert measured.pool == "no pool (NullPool)"
    assert "keep NullPool" in measured.advice


@BOTH
def test_every_transaction_is_read_only_and_of_the_persona(lent_url: str, asynchronous: bool) -> None:
    with closing(psycopg2.connect(lent_url)) as connection, connection, connection.cursor() as cursor:
        cursor.execute("CREATE TABLE seen (id int); GRANT ALL ON seen TO authenticated")
    with pytest.raises(SettingsError, match="read-only transaction"):
        measure(
            lent_url,
            LoadPlan(threads=1, seconds=0.2, query="INSERT INTO seen VALUES (1)", asynchronous=asynchronous),
        )
    user = "00000000-0000-0000-0000-000000000007"
    query = f"SELECT 1 / (current_user = 'authenticated' AND auth.uid() = '{user}')::int"
    plan = LoadPlan(threads=2, seconds=0.2, user_id=user, query=query, asynchronous=asynchronous)
    assert measure(lent_url, plan).ok


def test_a_role_that_is_not_there(lent_url: str) -> None:
    with pytest.raises(DatabaseUnreachable, match='may not act as "nobody_here"'):
        measure(lent_url, LoadPlan(threads=1, seconds=0.2, role="nobody_here", query="SELECT 1"))


def test_a_host_that_is_not_local_must_be_agreed_to(loaded: SpareServer) -> None:
    with pytest.raises(SettingsError, match="is not this machine"):
        measure(f"postgresql://u:{PASSWORD}@db.example.org/d", LoadPlan())
    url = parse_url(loaded.url(user="loader", host="db.example.org", query="?hostaddr=127.0.0.1&sslmode=disable"))
    plan = LoadPlan(threads=1, seconds=0.2, role="loader", query="SELECT 1")
    agreed = load(url, settings=Settings(_env_file=None), plan=plan, yes_this_host=True)
    assert agreed.ok


def test_a_server_that_stops_is_a_failure_and_not_a_crash(loaded: SpareServer) -> None:
    calls = []

    def stop(_passed: float) -> None:
        if not calls:
            calls.append(1)
            loaded.stop()

    measured = load(
        parse_url(loaded.url(user="loader")),
        settings=Settings(_env_file=None, db_pool_size=2, db_max_overflow=0),
        plan=LoadPlan(threads=3, seconds=2, role="loader", query="SELECT 1"),
        tick=stop,
    )
    assert not measured.ok
    assert PASSWORD not in repr(measured)
    assert any("nothing takes connections" in reason for reason, _ in measured.failures)


@BOTH
def test_a_server_that_hangs_does_not_hang_the_load(loaded: SpareServer, asynchronous: bool) -> None:
    calls = []

    def hang(_passed: float) -> None:
        if not calls:
            calls.append(1)
            loaded.signal_children("SIGSTOP")

    started = time.monotonic()
    try:
        measured = load(
            parse_url(loaded.url(user="loader")),
            settings=Settings(_env_file=None, db_pool_size=2, db_max_overflow=0, db_query_timeout=1),
            plan=LoadPlan(threads=3, seconds=1, role="loader", query="SELECT 1", asynchronous=asynchronous),
            tick=hang,
        )
    finally:
        loaded.signal_children("SIGCONT")
    assert time.monotonic() - started < 90  # without a limit it would not end
    assert "the server stopped answering" in dict(measured.failures)


def test_the_connections_that_are_needed() -> None:
    holds = [0.2 + n / 1000 for n in range(1000)]
    assert {connections_needed(30, hold, 0.0) for hold in holds} == {30}
    assert connections_needed(30, 0.1, 0.9) == 3
    assert connections_needed(30, 0.001, 10.0) == 1
    assert connections_needed(30, 0.0, 1.0) == 30


def test_percentiles() -> None:
    assert Spread.of([]) == Spread(0, 0, 0, 0)
    assert Spread.of([0.001 * n for n in range(1, 101)]) == Spread(50, 95, 99, 100)
