"""Databases for a test run: made in the embedded server, or in one that was named, and dropped when the run ends."""

from __future__ import annotations

import os
import secrets
from contextlib import ExitStack, closing
from dataclasses import dataclass
from urllib.parse import urlsplit

from gatepost import local, sql
from gatepost.access.observation.guard import guarded
from gatepost.database.connect import connect
from gatepost.local import LocalServer
from gatepost.local.cluster import SUPERUSER

PREFIX = "gatepost_pytest_"


@dataclass(frozen=True)
class TestDatabase:
    """A database to test in.

    `url` is its owner's, who migrates it; `superuser_url` is for observing it, and may be the same.
    """

    __test__ = False  # pytest, this is no class of tests

    url: str
    superuser_url: str


@dataclass
class Databases:
    """Makes databases that go away with the stack, and also where the process is killed.

    Args:
        given: The server to use; None for the embedded one.
        stack: What ends them.
    """

    given: str | None
    stack: ExitStack
    _server: LocalServer | None = None

    def new(self) -> TestDatabase:
        """Make a database."""
        name = f"{PREFIX}{os.getpid()}_{secrets.token_hex(4)}"
        if self.given:
            return self._on_given(self.given, name)
        self._server = self._server or local.start()
        self.stack.enter_context(guarded(self._server.url("postgres", SUPERUSER), name))
        url = self._server.clone(name)
        return TestDatabase(url, self._server.url(name, SUPERUSER))

    def _on_given(self, server: str, name: str) -> TestDatabase:
        self.stack.enter_context(guarded(server, name))
        with closing(connect(server)) as admin:
            admin.autocommit = True
            with admin.cursor() as cursor:
                cursor.execute(f"CREATE DATABASE {sql.identifier(name)}")
        there = urlsplit(server)._replace(path=f"/{name}").geturl()
        with closing(connect(there)) as connection:
            local.bootstrap(connection)
        return TestDatabase(there, there)
