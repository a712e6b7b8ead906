"""Parse a connection URL; report every mistake in one sentence that never contains the password.

The forms come from PostgreSQL (https://www.postgresql.org/docs/17/libpq-connect.html#LIBPQ-CONNSTRING-URIS),
the hosts of Supabase from https://supabase.com/docs/guides/database/connecting-to-postgres.
"""

from __future__ import annotations

import re
from urllib.parse import unquote

from gatepost.database.address import TRANSACTION_POOLER_PORT, DatabaseUrl, Kind, Secret, is_loopback
from gatepost.errors import SettingsError

__all__ = ["TRANSACTION_POOLER_PORT", "DatabaseUrl", "Kind", "Secret", "parse_url"]

_SQLITE = frozenset({"sqlite", "sqlite+pysqlite"})
_POSTGRES = frozenset({"postgres", "postgresql"})
_DRIVERS = frozenset({"", "psycopg2", "psycopg", "psycopg_async", "asyncpg"})
"""The drivers of an application whose URL a command may share. Gatepost's own connections are psycopg2's."""
_OF_DRIVERS = frozenset(
    # https://docs.sqlalchemy.org/en/21/dialects/postgresql.html#module-sqlalchemy.dialects.postgresql.asyncpg,
    # https://magicstack.github.io/asyncpg/current/api/index.html#asyncpg.connection.connect and
    # https://www.psycopg.org/psycopg3/docs/api/connections.html#psycopg.Connection.connect
    {"async_fallback", "prepared_statement_cache_size", "prepared_statement_name_func", "statement_cache_size"}
    | {"max_cached_statement_lifetime", "max_cacheable_statement_size", "command_timeout", "prepare_threshold"}
)
"""Parameters that mean something to a driver and nothing to the server, so that they are left out."""
_LIBPQ_NAMES = {"ssl": "sslmode", "timeout": "connect_timeout"}
"""asyncpg's names of parameters that libpq has too."""
_FIELDS = frozenset({"host", "port", "user", "password", "dbname"})
_PARAMETERS = _FIELDS | {
    # https://www.postgresql.org/docs/17/libpq-connect.html#LIBPQ-PARAMKEYWORDS
    *("hostaddr", "passfile", "require_auth", "channel_binding", "connect_timeout", "client_encoding", "options"),
    *("application_name", "fallback_application_name", "keepalives", "keepalives_idle", "keepalives_interval"),
    *("keepalives_count", "tcp_user_timeout", "replication", "gssencmode", "sslmode", "requiressl", "sslnegotiation"),
    *("sslcompression", "sslcert", "sslkey", "sslpassword", "sslcertmode", "sslrootcert", "sslcrl", "sslcrldir"),
    *("sslsni", "requirepeer", "ssl_min_protocol_version", "ssl_max_protocol_version", "krbsrvname", "gsslib"),
    *("gssdelegation", "service", "target_session_attrs", "load_balance_hosts"),
}
_EXAMPLE = "write it as postgresql://user:password@host:5432/database"
_ENCODE = "write each special character of the password as its percent code: @ is %40, / is %2F, # is %23, % is %25"


def parse_url(text: str) -> DatabaseUrl:
    """Read a connection URL.

    Args:
        text: `sqlite:///file`, `postgresql://user:password@host:5432/database?sslmode=require`, or the same with
            `postgres://` or the driver of an application, as SQLAlchemy writes it: `postgresql+asyncpg://`. White
            space around it is ignored.

    Returns:
        The URL as a value; `kind` says what kind of server it leads to.

    Raises:
        SettingsError: the text cannot be used; one sentence says why, without the password.
    """
    text = text.strip()
    _refuse_what_is_no_url(text)
    scheme, rest = text.split("://", 1)
    scheme = scheme.lower()
    if scheme in _SQLITE:
        return _parse_sqlite(rest)
    dialect, _, driver = scheme.partition("+")
    if dialect not in _POSTGRES or driver not in _DRIVERS:
        raise _unknown_scheme(scheme)
    return _parse_postgres(rest, driver)


def _refuse_what_is_no_url(text: str) -> None:
    if not text:
        raise SettingsError("the database URL is empty", "set DATABASE_URL: " + _EXAMPLE)
    if text[0] in "'\"":
        raise SettingsError("the database URL is wrapped in quotes", "remove the quotes around the URL")
    if "://" not in text:
        raise SettingsError("the database URL has no scheme: it does not start with postgresql://", _EXAMPLE)
    before = text.split("://", 1)[0]
    if " " in before or "=" in before:
        word = re.split(r"[ =]", before)[0]
        raise SettingsError(f'the database URL starts with "{word}"', "keep only what begins at postgresql://")


def _unknown_scheme(scheme: str) -> SettingsError:
    if scheme in ("http", "https"):
        return SettingsError(
            f'"{scheme}://" is the address of a web API, not of a database',
            "copy the connection string from the Dashboard, under Connect: it starts with postgresql://",
        )
    if scheme.startswith(("postgresql+", "postgres+")):
        return SettingsError(
            f'"{scheme}://" names a driver that Gatepost does not know', "start the URL with postgresql://"
        )
    return SettingsError(f'"{scheme}://" is neither PostgreSQL nor SQLite', _EXAMPLE)


def _parse_sqlite(rest: str) -> DatabaseUrl:
    path, _, query = rest.partition("?")
    if path and not path.startswith("/"):
        raise SettingsError(
            f'"sqlite://{path}" has two slashes, so that "{path}" would be a host',
            f"write sqlite:///{path} for a file here",
        )
    file = path[1:]
    pairs = [pair.partition("=") for pair in query.split("&") if pair]
    options = tuple((unquote(name), unquote(value)) for name, _, value in pairs)
    return DatabaseUrl("sqlite", "", 0, "", "" if file == ":memory:" else file, options)


def _parse_postgres(rest: str, driver: str = "") -> DatabaseUrl:
    if re.search(r"[\x00-\x20\x7f]", rest):
        raise SettingsError("the database URL holds a space or a control character", _ENCODE)
    authority, tail = _split_authority(rest)
    account, _, address = authority.rpartition("@")
    if "@" in account:
        raise SettingsError('the user or password in the database URL holds an unencoded "@"', _ENCODE)
    user, _, password = account.partition(":")
    if re.fullmatch(r"\[.*\]|<.*>", password):
        raise SettingsError(
            "the password in the database URL is still the placeholder from the Dashboard",
            "put the database password in place of the brackets, and the brackets too",
        )
    path, _, query = tail.partition("?")
    parameters = _parameters(query, driver)
    host, port = _split_address(address)
    database = _decoded(path.removeprefix("/"), "the database's name")
    # The parameters take precedence over the parts before them, as in libpq.
    host = parameters.pop("host", "") or host
    port = parameters.pop("port", "") or port
    database = parameters.pop("dbname", "") or database
    user = parameters.pop("user", "") or _decoded(user, "the user")
    secret = parameters.pop("password", "") or _decoded(password, "the password")
    if not host:
        raise SettingsError("the database URL names no host", _EXAMPLE + ", or ?host=/directory for a Unix socket")
    if "," in host:
        raise SettingsError(f'the database URL names several hosts, "{host}"', "name one host")
    if not database or "/" in database:
        raise SettingsError(
            f'the database URL names no database after "{host}"'
            if not database
            else f'"{database}" is not a database: the URL has two "/" after the host',
            _EXAMPLE,
        )
    number = _port(port or "5432")
    rest_of_it = tuple(parameters.items())
    return DatabaseUrl(_kind(host, number), host, number, user, database, rest_of_it, Secret(secret), driver)


def _split_authority(rest: str) -> tuple[str, str]:
    """Split `user:password@host:port` from the rest, and find characters that should have been encoded."""
    end = re.search(r"[/?#]", rest)
    authority, tail = (rest[: end.start()], rest[end.start() :]) if end else (rest, "")
    path = tail.partition("?")[0] if tail.startswith("/") else tail
    started_password = "@" not in authority and re.search(r":(?!\d*$)", authority) and not authority.startswith("[")
    if "@" in path or (started_password and "@" in tail):
        raise SettingsError(f'the password in the database URL holds an unencoded "{tail[0]}"', _ENCODE)
    if "#" in tail:
        raise SettingsError('the database URL holds an unencoded "#"', _ENCODE)
    return authority, tail


def _split_address(address: str) -> tuple[str, str]:
    if address.startswith("["):
        host, closed, port = address[1:].partition("]")
        if not closed or (port and not port.startswith(":")):
            raise SettingsError(f'"{address}" is not a host: an IPv6 address stands in brackets', "write [::1]:5432")
        return host.replace("%25", "%", 1), port[1:]  # before a zone, as RFC 6874 and libpq write it: [fe80::1%25eth0]
    host, _, port = address.partition(":")
    if ":" in port:
        raise SettingsError(f'"{address}" is not a host and a port', "put an IPv6 address in brackets: [::1]:5432")
    return _decoded(host, "the host"), port


def _decoded(text: str, what: str) -> str:
    if re.search(r"%(?![0-9A-Fa-f]{2})", text):
        raise SettingsError(f'{what} in the database URL holds an unencoded "%"', _ENCODE)
    return unquote(text)


def _parameters(query: str, driver: str) -> dict[str, str]:
    """Read `name=value&name=value` as libpq does: a plus sign is a plus sign, the last of two wins."""
    parameters: dict[str, str] = {}
    for pair in query.split("&") if query else ():
        name, equals, value = pair.partition("=")
        if not equals:
            raise SettingsError(
                'the part of the database URL after "?" is not name=value&name=value', "write ?sslmode=require"
            )
        if driver == "asyncpg":
            name = _LIBPQ_NAMES.get(name, name)
        if driver and name in _OF_DRIVERS:
            continue
        if name not in _PARAMETERS:
            from difflib import get_close_matches

            meant = get_close_matches(name, sorted(_PARAMETERS), 1)
            raise SettingsError(
                f'"{name}" in the database URL is not a parameter of PostgreSQL\'s driver',
                f"write {meant[0]}=…" if meant else f"remove {name}=… from it",
            )
        parameters[name] = _decoded(value, f"the parameter {name}")
    return parameters


def _port(text: str) -> int:
    if not re.fullmatch(r"[0-9]{1,5}", text) or not 1 <= int(text) <= 65535:
        # The text is not shown, because it is part of a password that has an unencoded character.
        raise SettingsError("the port in the database URL is not a number from 1 to 65535", _EXAMPLE)
    return int(text)


def _kind(host: str, port: int) -> Kind:
    name = host.lower()
    if name.endswith(".pooler.supabase.com"):
        return "transaction-pooler" if port == TRANSACTION_POOLER_PORT else "session-pooler"
    if re.fullmatch(r"db\.[a-z0-9]+\.supabase\.co", name):
        return "dedicated-pooler" if port == TRANSACTION_POOLER_PORT else "direct"
    if port == TRANSACTION_POOLER_PORT:
        return "transaction-pooler"
    if name.endswith((".rds.amazonaws.com", ".rds.amazonaws.com.cn")):
        return "rds"
    if name.startswith("/cloudsql/") or name.endswith(".sql.goog"):
        return "cloud-sql"
    if name.endswith(".db.ondigitalocean.com"):
        return "digitalocean"
    if re.fullmatch(r"dpg-[a-z0-9]+-[a-z](\..+\.render\.com)?|.+-postgres\.render\.com", name):
        return "render"
    return "local" if host.startswith("/") or is_loopback(name) else "postgres"
