"""Report at the end of a run which policies no test exercised, with the workers of xdist joined."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import astuple
from functools import cached_property
from typing import TYPE_CHECKING, Any

import pytest

from gatepost.testing.coverage import Line, Recorder, joined, lines, percent, recording, table

if TYPE_CHECKING:
    from psycopg2.extensions import connection as Connection

    from gatepost.testing.acting import SharedCursor

_OUTPUT = "gatepost_coverage"


class CoverageReport:
    """A plugin of pytest, for one process of a run.

    Args:
        config: The run.
    """

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        self._limit: float | None = config.getoption("--gatepost-coverage-fail-under")
        self._recorder = Recorder()
        self._found: list[Line] = []

    @cached_property
    def cursor(self) -> type[SharedCursor]:
        """The class of cursors that record."""
        return recording(self._recorder)

    def read(self, connection: Connection) -> None:
        """Take the policies of a database, when its tests have ended."""
        self._found += lines(connection, self._recorder.seen)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtestloop(self) -> Iterator[None]:
        """Record what engines of the application do while the tests run."""
        from gatepost.testing.engine_statements import EngineStatements

        with EngineStatements(self._recorder).recording():
            return (yield)

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Give the lines of a worker to the process that reports, or let the run fail."""
        output: dict[str, Any] | None = getattr(self._config, "workeroutput", None)
        if output is not None:
            output[_OUTPUT] = [astuple(one) for one in self._found]
        elif self._fails and session.exitstatus == pytest.ExitCode.OK:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:  # noqa: ANN401  a node of xdist
        """Take the lines of a worker; one that crashed gives none."""
        self._found += [Line(*one) for one in getattr(node, "workeroutput", {}).get(_OUTPUT, ())]

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Print the report."""
        found = joined(self._found)
        terminalreporter.section("policies exercised")
        if not found:
            terminalreporter.line("no test used gatepost_db, or its database has no policies")
        for text in table(found) if found else ():
            terminalreporter.line(text, red="no test" in text)
        if self._fails:
            terminalreporter.line(f"fewer than --gatepost-coverage-fail-under={self._limit:g}", red=True)

    @property
    def _fails(self) -> bool:
        found = joined(self._found)
        return self._limit is not None and (not found or percent(found) < self._limit)
