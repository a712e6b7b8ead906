import os
from contextlib import closing

import psycopg2
import pytest
from sqlalchemy import create_engine, text

from gatepost.errors import LocalServerError
from gatepost.local import LocalServer
from gatepost.local.account import unprivileged
from gatepost.local.transport import Loopback, UnixSocket

ACCOUNT = unprivileged()


def who(url):
    with closing(psycopg2.connect(url)) as connection, connection.cursor() as cursor:
        cursor.execute("SELECT current_user, current_database()")
        return cursor.fetchone()


@pytest.mark.parametrize("name", ["short", "a b%20'c\"ü$(kill $$)", "long" * 40])
def test_a_directory_may_have_any_name(home, name):
    """Spaces, quotes and percent signs reach the configuration and the URL; a long path has no room for a socket."""
    server = LocalServer(home / name, ACCOUNT).start()
    try:
        assert who(server.url()) == ("postgres", "postgres")
        engine = create_engine(server.url().replace("postgresql:", "postgresql+psycopg2:"))
        with engine.connect() as connection:
            assert connection.scalar(text("SELECT current_user")) == "postgres"
        engine.dispose()
    finally:
        server.remove()
    assert not UnixSocket(home / name, ACCOUNT).place.exists()


def test_a_short_directory_of_somebody_else_s_is_refused(ground):
    """Whoever owns the directory of the socket could put a server of their own there."""
    if os.geteuid() != 0:
        pytest.skip("needs a directory of another account's")
    way = UnixSocket(ground / ("long" * 40), ACCOUNT)
    way.place.mkdir()
    os.chown(way.place, 54_321, 54_321)
    try:
        with pytest.raises(LocalServerError, match="belongs to somebody else"):
            way.prepare()
    finally:
        way.place.rmdir()


def test_a_link_in_place_of_the_short_directory_is_refused(ground):
    way = UnixSocket(ground / ("long" * 40), ACCOUNT)
    way.place.symlink_to(ground)
    try:
        with pytest.raises(LocalServerError, match="belongs to somebody else"):
            way.prepare()
    finally:
        way.place.unlink()


def test_a_port_requires_a_password(home):
    directory = home / "loopback"
    server = LocalServer(directory, ACCOUNT, Loopback(directory, ACCOUNT)).start()
    try:
        assert "@127.0.0.1:" in server.url()
        assert who(server.url()) == ("postgres", "postgres")
        assert who(server.url(user="authenticator")) == ("authenticator", "postgres")
        password = Loopback(directory).password
        assert (directory / "password").stat().st_mode & 0o777 == 0o600
        with pytest.raises(psycopg2.OperationalError, match="password"):
            psycopg2.connect(server.url().replace(password, "guess"))
        server.stop()
        assert who(server.start().url()) == ("postgres", "postgres")
    finally:
        server.remove()
    assert not directory.exists()


def test_a_server_with_a_socket_listens_on_a_port_too_while_that_is_wanted(home):
    server = LocalServer(home / "both", ACCOUNT)
    port = int(Loopback(home).settings()["port"])
    try:
        url = server.listen(port)
        assert f"@127.0.0.1:{port}/" in url
        assert who(url) == who(server.url()) == ("postgres", "postgres")
        assert "127.0.0.1" not in server.url()
        with pytest.raises(psycopg2.OperationalError, match="password"):
            psycopg2.connect(url.replace(Loopback(home / "both").password, "guess"))
        assert server.listen(port) == url
        with pytest.raises(LocalServerError, match=f"does not listen on port {port + 1}"):
            server.listen(port + 1)
        server.stop()
        assert who(server.start().url()) == ("postgres", "postgres")
        with pytest.raises(psycopg2.OperationalError, match="refused"):
            psycopg2.connect(url)
    finally:
        server.remove()
    assert not (home / "both").exists()
