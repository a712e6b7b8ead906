import json
import socket
import time
from contextlib import ExitStack, closing
from pathlib import Path

import psycopg2
import pytest

from gatepost.cli._doctor import as_json, as_markdown, as_text
from gatepost.database.settings import Settings
from gatepost.database.url import parse_url
from gatepost.doctor import Answer, Report, examine
from gatepost.doctor.examine import Expected
from gatepost.errors import SettingsError
from tests.database.server import PASSWORD, PGBOUNCER, SparePooler, SpareServer, make_certificates

WAIT = 2
SMALL = {"db_pool_size": 2, "db_max_overflow": 1, "db_connect_timeout": 60}


def ask(url: str, *, expected: Expected | None = None, threads: int | None = None, **settings) -> Report:
    """Examine, and see that it ends in time, writes nothing into a password's place, and tells everything."""
    started = time.monotonic()
    report = examine(
        parse_url(url), settings=Settings(_env_file=None, **(SMALL | settings)), expected=expected, threads=threads
    )
    assert time.monotonic() - started < 90  # without a limit it would be minutes
    for shown in (repr(report), as_text(report), as_json(report), as_markdown(report)):
        assert PASSWORD not in shown
    assert json.loads(as_json(report))["command"] == "doctor"
    return report


def errors(report: Report) -> list[str]:
    return [answer.topic for answer in report.answers if answer.status == "error"]


def only(report: Report, topic: str) -> Answer:
    (found,) = [answer for answer in report.answers if answer.topic == topic]
    return found


class TestNoConnection:
    def test_a_stopped_server(self, spare_server: SpareServer) -> None:
        report = ask(spare_server.url())
        assert errors(report) == ["port"]
        assert [answer.topic for answer in report.answers] == ["name", "network", "port", "everything behind the port"]
        assert report.answers[-1].status == "unknown"
        assert not report.ok

    def test_an_unknown_host(self) -> None:
        report = ask(f"postgresql://u:{PASSWORD}@no.such.host.invalid/d")
        assert errors(report) == ["name"]
        assert only(report, "name").message == 'the host "no.such.host.invalid" is unknown'

    def test_a_project_that_is_paused_or_only_on_ipv6(self) -> None:
        report = ask(f"postgresql://postgres:{PASSWORD}@db.abcd.supabase.co/postgres?hostaddr=no.such.host.invalid")
        assert "paused or gone" in only(report, "name").message

    def test_an_ipv6_only_host_from_a_network_without_ipv6(self) -> None:
        report = ask(f"postgresql://postgres:{PASSWORD}@db.abcd.supabase.co/postgres?hostaddr=ff02::1")
        assert errors(report) == ["network"]
        assert only(report, "network").message == (
            '"db.abcd.supabase.co" has only an IPv6 address, and this network has no IPv6'
        )
        assert "postgres.abcd" in only(report, "network").fix

    def test_no_server_at_a_socket(self, tmp_path: Path) -> None:
        report = ask(f"postgresql://u:{PASSWORD}@/d?host={tmp_path}")
        assert "no server listens at the socket" in only(report, "port").message

    def test_a_port_that_never_answers(self) -> None:
        with closing(socket.create_server(("127.0.0.1", 0))) as silent:
            report = ask(f"postgresql://u:{PASSWORD}@127.0.0.1:{silent.getsockname()[1]}/d", db_connect_timeout=WAIT)
        assert errors(report) == ["port"]

    def test_a_paused_server(self, spare_server: SpareServer) -> None:
        with spare_server.running(), spare_server.paused():
            report = ask(spare_server.url(), db_connect_timeout=WAIT)
        assert errors(report) == ["port"]

    def test_a_wrong_password(self, spare_server: SpareServer) -> None:
        with spare_server.running():
            report = ask(spare_server.url(password="wrong-" + PASSWORD))
        assert errors(report) == ["password"]
        assert only(report, "TLS").status == "ok"

    def test_an_unknown_database(self, spare_server: SpareServer) -> None:
        with spare_server.running():
            report = ask(spare_server.url(database="nothing"))
        assert errors(report) == ["database"]
        assert only(report, "password").status == "ok"

    def test_tls(self, spare_server: SpareServer) -> None:
        made = make_certificates(spare_server.directory / "tls", "127.0.0.1")
        other = make_certificates(spare_server.directory / "other", "127.0.0.1")
        with spare_server.running("hostssl all all all scram-sha-256", **made.settings):
            assert errors(ask(spare_server.url(query="?sslmode=disable"))) == ["TLS"]
            wrong = ask(spare_server.url(query=f"?sslmode=verify-full&sslrootcert={other.root}"))
            assert errors(wrong) == ["certificate"]
            assert only(wrong, "TLS").status == "ok"
            right = ask(spare_server.url(query=f"?sslmode=verify-full&sslrootcert={made.root}"))
            assert "TLSv1.3" in only(right, "TLS").message
        with spare_server.running():
            assert errors(ask(spare_server.url(query="?sslmode=require"))) == ["TLS"]

    def test_sqlite_has_no_connection(self) -> None:
        with pytest.raises(SettingsError, match="nothing has to be reached"):
            ask("sqlite:///a.db")


class TestUserForm:
    def test_the_shared_pooler_needs_the_reference(self, spare_server: SpareServer) -> None:
        url = spare_server.url(host="aws-0-eu-west-1.pooler.supabase.com", query="?hostaddr=127.0.0.1")
        report = ask(url)
        assert errors(report)[0] == "user"
        assert only(report, "user").fix.startswith("write the user as postgres.<ref>")

    def test_the_direct_host_takes_the_plain_user(self, spare_server: SpareServer) -> None:
        url = spare_server.url(user="postgres.abcd", host="db.abcd.supabase.co", query="?hostaddr=127.0.0.1")
        assert only(ask(url), "user").fix == "write the user as postgres"


@pytest.mark.skipif(PGBOUNCER is None, reason="PgBouncer is NOT INSTALLED: apt-get install pgbouncer to run this")
class TestPooler:
    def test_transaction_mode_is_found_out(self, spare_server: SpareServer) -> None:
        pooler = SparePooler(spare_server.directory / "doctor", "127.0.0.1", spare_server.port, {"postgres": PASSWORD})
        with spare_server.running(), pooler.running("transaction"):
            report = ask(pooler.url())
            assert errors(report) == ["pooler"]
            assert "set DB_POOLER=transaction" in only(report, "pooler").fix
            told = ask(pooler.url(), db_pooler="transaction", threads=200)
            assert only(told, "pooler").status == "ok"
            assert "NullPool" in only(told, "pool").message
            assert only(told, "threads").status == "ok"

    def test_session_mode_is_found_out(self, spare_server: SpareServer) -> None:
        pooler = SparePooler(spare_server.directory / "doctor", "127.0.0.1", spare_server.port, {"postgres": PASSWORD})
        with spare_server.running(), pooler.running("session"):
            report = ask(pooler.url())
            assert only(report, "pooler").message == "a pooler is in between, apparently in session mode"
            direct = ask(spare_server.url())
            assert only(direct, "pooler").message == "no pooler in between: this is the server itself"
            mistaken = ask(spare_server.url(), db_pooler="transaction")
            assert only(mistaken, "pooler").status == "warning"


def last_slot(url: str) -> psycopg2.extensions.connection:
    """Take the slot that a session which has just been closed still holds on the server for a moment."""
    until = time.monotonic() + 90
    while True:
        try:
            return psycopg2.connect(url)
        except psycopg2.OperationalError:
            if time.monotonic() > until:
                raise
            time.sleep(0.05)


class TestLimits:
    def test_a_pool_beyond_the_server(self, spare_server: SpareServer) -> None:
        with spare_server.running(max_connections="20"):
            assert only(ask(spare_server.url(), db_pool_size=20, db_max_overflow=40), "pool").status == "error"
            told = only(ask(spare_server.url(), db_pool_size=18, db_max_overflow=1), "pool")
            assert told.status == "warning"
            assert told.fix == "set DB_POOL_SIZE=5 and DB_MAX_OVERFLOW=11"
            assert only(ask(spare_server.url(), db_pool_size=5, db_max_overflow=11), "pool").status == "ok"

    def test_a_role_may_have_fewer(self, spare_server: SpareServer) -> None:
        with spare_server.running():
            spare_server.execute(
                "DROP ROLE IF EXISTS limited", f"CREATE ROLE limited LOGIN CONNECTION LIMIT 2 PASSWORD '{PASSWORD}'"
            )
            told = only(ask(spare_server.url(user="limited")), "pool")
            spare_server.execute("DROP ROLE limited")
        assert told.status == "error"
        assert "CONNECTION LIMIT is 2" in told.message

    def test_slots_that_run_out(self, spare_server: SpareServer) -> None:
        with spare_server.running(max_connections="10"), ExitStack() as stack:
            for _ in range(9):
                stack.enter_context(closing(psycopg2.connect(spare_server.url())))
            assert only(ask(spare_server.url()), "limits").status == "warning"
            stack.enter_context(closing(last_slot(spare_server.url())))
            full = ask(spare_server.url())
            assert errors(full) == ["limits"]
            assert only(full, "limits").message == 'the server at "127.0.0.1" has no connection slot left'

    def test_more_threads_than_connections(self, spare_server: SpareServer) -> None:
        with spare_server.running(max_connections="100"):
            few = only(ask(spare_server.url(), threads=3), "threads")
            some = only(ask(spare_server.url(), threads=60), "threads")
            many = only(ask(spare_server.url(), threads=200), "threads")
        assert few.status == "ok"
        assert "lets some wait 30 s and fail" in some.message
        assert some.fix.startswith("set DB_POOL_SIZE=20 and DB_MAX_OVERFLOW=40")
        assert "DB_POOLER=transaction" in many.fix


class TestState:
    PROJECT = Expected(heads=("c",), history=("a", "b", "c"), tables=(("public", "one"), ("public", "two")))

    @pytest.fixture
    def run(self, database_url: str):
        def run(*statements: str) -> None:
            with closing(psycopg2.connect(database_url)) as connection, connection, connection.cursor() as cursor:
                for statement in statements:
                    cursor.execute(statement)

        return run

    def revision(self, url: str) -> Answer:
        return only(ask(url, expected=self.PROJECT), "revision")

    def test_the_revision(self, database_url: str, run) -> None:
        assert only(ask(database_url), "revision").status == "unknown"
        empty = self.revision(database_url)
        assert (empty.status, empty.fix) == ("warning", "alembic upgrade head")
        run("CREATE TABLE one (id int)")
        bare = self.revision(database_url)
        assert bare.status == "error"
        assert '1 of 2 tables exist ("public.one" is one)' in bare.message
        assert bare.fix.startswith("alembic stamp a if")
        run("CREATE TABLE alembic_version (version_num text)", "INSERT INTO alembic_version VALUES ('a')")
        assert self.revision(database_url).message == "at a, 2 behind the newest, c"
        run("UPDATE alembic_version SET version_num = 'c'")
        assert self.revision(database_url).status == "ok"
        run("UPDATE alembic_version SET version_num = 'z'")
        assert 'at "z", which does not exist in this project' in self.revision(database_url).message

    def test_a_lock_that_a_migration_would_wait_for(self, database_url: str, run) -> None:
        run('CREATE TABLE "my table" (id int)')
        assert only(ask(database_url), "locks").status == "ok"
        with closing(psycopg2.connect(database_url, application_name="idler")) as idler:
            idler.cursor().execute('LOCK TABLE "my table" IN ACCESS EXCLUSIVE MODE')
            told = only(ask(database_url), "locks")
            assert told.status == "warning"
            assert (
                f'process {idler.info.backend_pid} ("idler"), idle in transaction, has held public."my table"'
                in told.message
            )
            assert told.fix == f"SELECT pg_terminate_backend({idler.info.backend_pid})"

    def test_a_migration_that_runs(self, database_url: str) -> None:
        with closing(psycopg2.connect(database_url)) as migration:
            migration.cursor().execute("SELECT pg_advisory_xact_lock(hashtext('gatepost: migrate'))")
            assert "is migrating this database now" in only(ask(database_url), "locks").message

    def test_a_prepared_transaction(self, spare_server: SpareServer) -> None:
        with spare_server.running(max_prepared_transactions="2"):
            spare_server.execute("BEGIN", "CREATE TABLE prepared (id int)", "PREPARE TRANSACTION 'left over'")
            told = [answer.message for answer in ask(spare_server.url()).answers if answer.topic == "locks"]
            spare_server.execute("ROLLBACK PREPARED 'left over'")
        assert any('"left over" keeps its locks' in message for message in told)

    def test_the_search_path(self, database_url: str, run) -> None:
        name = parse_url(database_url).database
        run("CREATE SCHEMA other", f'ALTER DATABASE "{name}" SET search_path = other, public')
        url = database_url
        with closing(psycopg2.connect(url)) as connection, connection.cursor() as cursor:
            cursor.execute("SHOW search_path")
            (path,) = cursor.fetchone()
        if path != "other, public":  # the role's own setting wins over the database's
            run(f'ALTER ROLE postgres IN DATABASE "{name}" SET search_path = other, public')
        told = only(ask(url), "search path")
        assert (told.status, told.message) == ("warning", 'other, public: a table without a schema goes to "other"')
        run(f'ALTER ROLE postgres IN DATABASE "{name}" SET search_path = other')
        assert only(ask(url), "search path").status == "error"

    def test_an_extension_in_public(self, superuser_url: str, database_url: str) -> None:
        with closing(psycopg2.connect(superuser_url)) as connection, connection, connection.cursor() as cursor:
            cursor.execute("DROP EXTENSION IF EXISTS pgcrypto CASCADE; CREATE EXTENSION pgcrypto SCHEMA public")
        told = [answer for answer in ask(database_url).answers if answer.topic == "extensions"]
        assert [answer.status for answer in told] == ["ok", "warning"]
        assert told[1].fix == 'ALTER EXTENSION "pgcrypto" SET SCHEMA extensions'

    def test_a_plain_server_without_roles_and_helpers(self, spare_server: SpareServer) -> None:
        with spare_server.running():
            spare_server.execute("DROP ROLE IF EXISTS plain_app", f"CREATE ROLE plain_app LOGIN PASSWORD '{PASSWORD}'")
            spare_server.execute("CREATE TABLE of_another (id int)")
            report = ask(spare_server.url(user="plain_app"))
            spare_server.execute("DROP TABLE of_another", "DROP ROLE plain_app")
            assert only(ask(spare_server.url()), "role").status == "warning"
        told = [answer.message for answer in report.answers if answer.topic == "privileges"]
        assert "may not create tables in public" in told[0]
        assert '"public.of_another" belongs to another role' in told[1]
        assert "there is no auth.uid()" in told[2]
        assert only(report, "API roles").fix.startswith("gatepost local bootstrap")

    def test_a_role_that_may_not_act_as_the_api_roles(self, database_url: str, superuser_url: str, server) -> None:
        name = "doctor_outsider"
        with closing(psycopg2.connect(superuser_url)) as connection:
            connection.autocommit = True
            connection.cursor().execute(f"CREATE ROLE {name} LOGIN PASSWORD '{PASSWORD}'")
            try:
                url = parse_url(server.url(parse_url(database_url).database, name))
                report = examine(url, settings=Settings(_env_file=None, **SMALL))
            finally:
                connection.cursor().execute(f"DROP ROLE {name}")
        told = only(report, "API roles")
        assert told.status == "warning"
        assert told.fix.endswith(f'GRANT "anon", "authenticated", "service_role" TO "{name}"')
