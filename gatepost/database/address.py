"""A connection URL as a value that never prints its password."""

from __future__ import annotations

import os
import re
from contextlib import suppress
from dataclasses import dataclass, field, replace
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import quote, urlencode

if TYPE_CHECKING:
    import sqlalchemy

Kind = Literal[
    "sqlite",
    "direct",
    "session-pooler",
    "transaction-pooler",
    "dedicated-pooler",
    "rds",
    "cloud-sql",
    "digitalocean",
    "render",
    "local",
    "postgres",
]
"""The kind of server behind a URL: one of Supabase's four addresses, another provider, this machine, or any other."""

TRANSACTION_POOLER_PORT = 6543
"""Both of Supabase's transaction poolers listen here, hosted or local."""

_SECRET_PARAMETERS = frozenset({"password", "sslpassword"})


class Secret:
    """A text that does not print itself: not in `repr`, `str`, an f-string, a traceback or a copy's `repr`."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def reveal(self) -> str:
        """Return the text itself."""
        return self._text

    def __repr__(self) -> str:
        return "***" if self._text else "''"

    def __bool__(self) -> bool:
        return bool(self._text)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and other._text == self._text

    def __hash__(self) -> int:
        return hash(self._text)


@dataclass(frozen=True, slots=True)
class DatabaseUrl:
    """The address of a database and the user who connects to it.

    `host` is the empty string for SQLite, a directory (starting with `/`) for a Unix socket; `database` is the file
    for SQLite, where the empty string means a database in memory. `query` holds what is left of the URL's
    parameters, in their order.
    """

    kind: Kind
    host: str
    port: int
    user: str
    database: str
    query: tuple[tuple[str, str], ...] = ()
    password: Secret = field(default_factory=lambda: Secret(""))
    driver: str = field(default="", compare=False)
    """The driver of an application that its URL named, for `create_async_engine`; no part of the address."""

    @property
    def is_sqlite(self) -> bool:
        """Whether this is a SQLite file or memory."""
        return self.kind == "sqlite"

    @property
    def is_transaction_pooler(self) -> bool:
        """Whether a server connection is assigned for one transaction only, so no session state may outlive it."""
        return self.kind in ("transaction-pooler", "dedicated-pooler")

    @property
    def is_supabase(self) -> bool:
        """Whether the host is one of Supabase's."""
        return self.host.endswith((".supabase.co", ".supabase.com"))

    @property
    def is_local(self) -> bool:
        """Whether the database is on this machine: a file, or a server at a Unix socket or a loopback address."""
        return self.is_sqlite or (not self.crosses_network and self.kind != "cloud-sql")

    @property
    def crosses_network(self) -> bool:
        """Whether the traffic leaves this machine unencrypted; a socket of a cloud's own proxy does not."""
        return not (self.is_sqlite or self.host.startswith("/") or is_loopback(self.host))

    @property
    def project_ref(self) -> str:
        """Supabase's reference of the project, from the host or the pooler's user; empty if neither contains it."""
        if found := re.fullmatch(r"db\.([a-z0-9]+)\.supabase\.co", self.host):
            return found[1]
        if self.host.endswith(".pooler.supabase.com") and "." in self.user:
            return self.user.rpartition(".")[2]
        return ""

    @property
    def parameters(self) -> dict[str, str]:
        """The URL's parameters; the last one wins, as in libpq."""
        return dict(self.query)

    @property
    def masked(self) -> str:
        """The URL for printing: `***` in place of the password."""
        return self._text(hidden=True)

    def reveal(self) -> str:
        """Return the URL with its password, for a driver or a child process, never for printing."""
        return self._text(hidden=False)

    def with_parameters(self, **parameters: str) -> DatabaseUrl:
        """Return the same URL with these parameters set."""
        return replace(self, query=tuple({**dict(self.query), **parameters}.items()))

    def connect_arguments(self) -> dict[str, str]:
        """Return what `psycopg2.connect` takes.

        TLS is required for a host that is not this machine unless the URL or `PGSSLMODE` says otherwise: libpq's
        own default (`prefer`) silently falls back to plain text.
        """
        arguments = dict(self.query)
        arguments |= {"host": self.host, "port": str(self.port), "dbname": self.database}
        if self.user:
            arguments["user"] = self.user
        if self.password:
            arguments["password"] = self.password.reveal()
        if self.crosses_network and "sslmode" not in arguments and "PGSSLMODE" not in os.environ:
            arguments["sslmode"] = "verify-full" if "sslrootcert" in arguments else "require"
        return arguments

    def sqlalchemy(self) -> sqlalchemy.URL:
        """Return SQLAlchemy's form of the URL."""
        from sqlalchemy import URL

        if self.is_sqlite:
            return URL.create("sqlite", database=self.database or None, query=dict(self.query))
        arguments: dict[str, Any] = self.connect_arguments()
        named = {name: arguments.pop(name, None) for name in ("user", "password", "dbname", "host", "port")}
        if self.host.startswith("/"):
            arguments["host"], named["host"] = self.host, None
        return URL.create(
            "postgresql+psycopg2",
            username=named["user"],
            password=named["password"],
            host=named["host"],
            port=self.port,
            database=self.database,
            query=arguments,
        )

    def __str__(self) -> str:
        return self.masked

    def __repr__(self) -> str:
        return f"DatabaseUrl({self.masked!r}, kind={self.kind!r})"

    def _text(self, hidden: bool) -> str:
        if self.is_sqlite:
            return f"sqlite:///{self.database}" + ("?" + urlencode(self.query) if self.query else "")
        query = [(name, "***" if hidden and name in _SECRET_PARAMETERS else value) for name, value in self.query]
        socket = self.host.startswith("/")
        if socket:
            query = [("host", self.host), ("port", str(self.port)), *query]
        account = quote(self.user, safe="")
        if self.password:
            account += ":" + ("***" if hidden else quote(self.password.reveal(), safe=""))
        host = f"[{self.host.replace('%', '%25')}]" if ":" in self.host else self.host
        return (
            "postgresql://"
            + (f"{account}@" if account else "")
            + ("" if socket else f"{host}:{self.port}")
            + f"/{quote(self.database, safe='')}"
            + (f"?{urlencode(query, safe='/*', quote_via=quote)}" if query else "")
        )


def is_loopback(host: str) -> bool:
    """Return whether the host is this machine by name or number."""
    with suppress(ValueError):
        address = ip_address(host)
        return (getattr(address, "ipv4_mapped", None) or address).is_loopback
    return host.lower() == "localhost"
