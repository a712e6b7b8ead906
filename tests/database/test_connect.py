import socket
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path

import psycopg2
import pytest

from gatepost.database.connect import connect, dial, raw
from gatepost.database.connection_errors import Diagnosis
from gatepost.database.url import parse_url
from gatepost.errors import DatabaseUnreachable
from tests.database.server import PASSWORD, PGBOUNCER, SparePooler, SpareServer, make_certificates

WAIT = 2
PATIENCE = 60
"""For who will answer: a busy machine takes its time."""


def refusal(url: str, wait: int = PATIENCE) -> DatabaseUnreachable:
    """Return why there is no connection, having seen that it is told in time and without the password."""
    started = time.monotonic()
    with pytest.raises(DatabaseUnreachable) as caught:
        connect(url, connect_timeout=wait)
    assert time.monotonic() - started < 90  # without a limit it would be minutes
    printed = "".join(traceback.format_exception(caught.value)) + repr(caught.value)
    assert PASSWORD not in printed
    assert caught.value.__context__ is None
    assert "\n" not in caught.value.message
    return caught.value


def fault(url: str) -> str:
    outcome = dial(parse_url(url), connect_timeout=PATIENCE)
    assert isinstance(outcome, Diagnosis)
    return outcome.code


@contextmanager
def answering(answer: Callable[[socket.socket], None]) -> Iterator[int]:
    """A port at which something answers that is no PostgreSQL."""
    with closing(socket.create_server(("127.0.0.1", 0))) as server:
        server.settimeout(10)
        open_sockets: list[socket.socket] = []

        def serve() -> None:
            while True:
                try:
                    client, _ = server.accept()
                except OSError:
                    return
                open_sockets.append(client)
                answer(client)

        threading.Thread(target=serve, daemon=True).start()
        try:
            yield server.getsockname()[1]
        finally:
            for client in open_sockets:
                client.close()


@contextmanager
def taking_all(url: str) -> Iterator[int]:
    """Hold every connection that is to be had, and give the number of them."""
    with ExitStack() as stack:
        taken = 0
        while not isinstance(opened := dial(parse_url(url), connect_timeout=PATIENCE), Diagnosis):
            stack.enter_context(closing(opened))
            taken += 1
        yield taken


def test_a_stopped_server(spare_server: SpareServer) -> None:
    told = refusal(spare_server.url())
    assert told.message == f'nothing takes connections at "127.0.0.1" on port {spare_server.port}'


def test_a_port_of_something_else() -> None:
    def web(client: socket.socket) -> None:
        client.recv(100)
        client.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")

    with answering(web) as port:
        told = refusal(f"postgresql://u:{PASSWORD}@127.0.0.1:{port}/d?sslmode=require")
        assert told.message == f'what answers at "127.0.0.1" on port {port} is not PostgreSQL'
        assert "is not PostgreSQL" in refusal(f"postgresql://u:{PASSWORD}@127.0.0.1:{port}/d?sslmode=disable").message


def test_a_port_that_never_answers() -> None:
    with answering(lambda client: None) as port:
        told = refusal(f"postgresql://u:{PASSWORD}@127.0.0.1:{port}/d", WAIT)
    assert told.message == f'no answer from "127.0.0.1" on port {port} within {WAIT} seconds'


def test_a_port_that_hangs_up() -> None:
    with answering(lambda client: client.close()) as port:
        assert fault(f"postgresql://u:{PASSWORD}@127.0.0.1:{port}/d?sslmode=disable") in ("hung-up", "refused")


def test_a_paused_server(spare_server: SpareServer) -> None:
    with spare_server.running(), spare_server.paused():
        told = refusal(spare_server.url(), WAIT)
    assert "no answer from" in told.message
    assert "paused" in told.hint


def test_an_unknown_host() -> None:
    assert refusal(f"postgresql://u:{PASSWORD}@no.such.host.invalid/d").message == (
        'the host "no.such.host.invalid" is unknown'
    )


def test_no_server_at_a_socket(tmp_path: Path) -> None:
    assert "no server listens at the socket" in refusal(f"postgresql://u:{PASSWORD}@/d?host={tmp_path}").message


def test_an_ipv6_only_host_from_a_network_without_ipv6() -> None:
    # A multicast address takes no TCP connection: the kernel says "unreachable" at once, on every network.
    code = fault(f"postgresql://postgres:{PASSWORD}@db.abcd.supabase.co/postgres?hostaddr=ff02::1")
    assert code == "ipv6-only"


@pytest.fixture(scope="class")
def spare(spare_server: SpareServer) -> Iterator[SpareServer]:
    with spare_server.running(max_connections="6", superuser_reserved_connections="1"):
        spare_server.execute(
            "DROP ROLE IF EXISTS plain, quiet",
            f"CREATE ROLE plain LOGIN PASSWORD '{PASSWORD}'",
            f"CREATE ROLE quiet NOLOGIN PASSWORD '{PASSWORD}'",
        )
        yield spare_server


class TestRunningServer:
    def test_it_is_reached(self, spare: SpareServer) -> None:
        with closing(connect(spare.url(), application_name="mine")) as connection:
            cursor = connection.cursor()
            cursor.execute("SHOW application_name")
            assert cursor.fetchone() == ("mine",)

    def test_read_only_holds_in_every_transaction(self, spare: SpareServer) -> None:
        with closing(connect(spare.url(), read_only=True)) as connection:
            for _ in range(2):
                with pytest.raises(psycopg2.errors.ReadOnlySqlTransaction):
                    connection.cursor().execute("CREATE TABLE forbidden ()")
                connection.rollback()

    def test_a_wrong_password(self, spare: SpareServer) -> None:
        told = refusal(spare.url(password=PASSWORD + "x"))
        assert told.message == 'the server at "127.0.0.1" refuses the password of "postgres"'

    def test_no_password(self, spare: SpareServer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        monkeypatch.setenv("PGPASSFILE", str(tmp_path / "none"))
        monkeypatch.delenv("PGPASSWORD", raising=False)
        assert "requires a password" in refusal(spare.url(password="")).message

    def test_an_unknown_database(self, spare: SpareServer) -> None:
        assert refusal(spare.url(database="nothing")).message == 'there is no database "nothing" at "127.0.0.1"'

    def test_a_database_that_may_not_be_connected_to(self, spare: SpareServer) -> None:
        spare.execute("REVOKE CONNECT ON DATABASE template1 FROM PUBLIC")
        assert fault(spare.url(user="plain", database="template1")) == "closed-database"
        assert fault(spare.url(database="template0")) == "closed-database"

    def test_a_role_that_may_not_log_in(self, spare: SpareServer) -> None:
        assert refusal(spare.url(user="quiet")).message == 'the role "quiet" may not log in'

    def test_tls_refused(self, spare: SpareServer) -> None:
        assert "offers no TLS" in refusal(spare.url(query="?sslmode=require")).message

    def test_a_misspelled_tls_mode(self, spare: SpareServer) -> None:
        assert "sslmode is one of" in refusal(spare.url(query="?sslmode=strict")).hint

    def test_full_connection_slots(self, spare: SpareServer) -> None:
        with taking_all(spare.url(user="plain")) as taken:
            assert 1 <= taken < 6
            told = refusal(spare.url(user="plain"))
        assert told.message == 'the server at "127.0.0.1" has no connection slot left'


def test_tls_required(spare_server: SpareServer) -> None:
    made = make_certificates(spare_server.directory / "tls", "127.0.0.1")
    other = make_certificates(spare_server.directory / "other", "127.0.0.1")
    with spare_server.running("hostssl all all all scram-sha-256", **made.settings):
        assert "takes no connection without TLS" in refusal(spare_server.url(query="?sslmode=disable")).message
        right = f"?sslmode=verify-full&sslrootcert={made.root}"
        with closing(connect(spare_server.url(query=right))) as connection:
            assert connection.info.ssl_in_use
        wrong = refusal(spare_server.url(query=f"?sslmode=verify-full&sslrootcert={other.root}"))
        assert wrong.message == 'the certificate of "127.0.0.1" is not signed by the given root certificate'
        assert fault(spare_server.url(query="?sslmode=verify-full&sslrootcert=/none.crt")) == "ca-missing"
        assert fault(spare_server.url(host="localhost", query=right)) == "wrong-host-name"


def test_an_address_that_is_not_allowed(spare_server: SpareServer) -> None:
    made = make_certificates(spare_server.directory / "tls", "127.0.0.1")
    with spare_server.running("host all all 10.0.0.0/8 scram-sha-256", **made.settings):
        told = refusal(spare_server.url())
    assert told.message == 'the server at "127.0.0.1" does not let "postgres" in from this address'


@pytest.fixture(scope="class")
def pooler(spare_server: SpareServer) -> Iterator[SparePooler]:
    pooler = SparePooler(
        spare_server.directory / "pooler", "127.0.0.1", spare_server.port, {"postgres": PASSWORD, "absent": "x"}
    )
    with spare_server.running(), pooler.running(max_client_conn="3"):
        yield pooler


@pytest.mark.skipif(PGBOUNCER is None, reason="PgBouncer is NOT INSTALLED: apt-get install pgbouncer to run this")
class TestPooler:
    def test_it_is_reached(self, pooler: SparePooler) -> None:
        with closing(connect(pooler.url(), read_only=True)) as connection:
            connection.cursor().execute("SELECT 1")

    def test_start_up_options_are_refused(self, pooler: SparePooler) -> None:
        told = refusal(pooler.url(query="?options=-c%20statement_timeout%3D1000"))
        assert "refuses the start-up parameter" in told.message
        assert "SET LOCAL" in told.hint

    def test_an_unknown_database(self, pooler: SparePooler) -> None:
        assert fault(pooler.url(database="nothing")) == "pooler-database"

    def test_a_wrong_password(self, pooler: SparePooler) -> None:
        assert fault(pooler.url().replace(PASSWORD, "wrong")) == "wrong-password"

    def test_no_connection_left(self, pooler: SparePooler) -> None:
        with taking_all(pooler.url()) as taken:
            assert 1 <= taken <= 3
            assert "has no connection left to give" in refusal(pooler.url()).message


@pytest.mark.parametrize(
    ("url", "hint"),
    [
        ("postgresql://postgres.r:s3cret-Passw0rd@aws-0-x.pooler.supabase.com:6543/postgres", "port 5432 of the same"),
        ("postgresql://postgres:s3cret-Passw0rd@db.r.supabase.co:6543/postgres", "port 5432 of the same"),
        ("postgresql://postgres:s3cret-Passw0rd@127.0.0.1:6543/postgres", "the server's own port"),
    ],
)
def test_a_transaction_pooler_is_refused_where_it_cannot_serve(url: str, hint: str) -> None:
    with pytest.raises(DatabaseUnreachable, match="port 6543 of") as caught:
        connect(url, refuse_transaction_pooler=True)
    assert hint in caught.value.hint
    assert PASSWORD not in str(caught.value)


def test_a_wrong_url_and_sqlite_are_refused() -> None:
    assert_message = {"mysql://u:s3cret-Passw0rd@h/d": "neither PostgreSQL nor SQLite", "sqlite:///a.db": "is a SQLite"}
    for url, part in assert_message.items():
        with pytest.raises(DatabaseUnreachable, match=part) as caught:
            connect(url)
        assert PASSWORD not in "".join(traceback.format_exception(caught.value))


def test_the_connection_inside_of_sqlalchemy(spare_server: SpareServer) -> None:
    import sqlalchemy
    from sqlmodel import Session

    with spare_server.running():
        engine = sqlalchemy.create_engine(parse_url(spare_server.url()).sqlalchemy())
        with engine.connect() as outer:
            inside = raw(outer)
            assert isinstance(inside, psycopg2.extensions.connection)
            assert raw(inside) is inside
        with Session(engine) as session:
            inside = raw(session)
            assert session.in_transaction()
            assert inside is session.connection().connection.driver_connection
        engine.dispose()
    with pytest.raises(TypeError, match="str holds no connection"):
        raw("postgresql://")  # type: ignore[arg-type]
