from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.database.server import SpareServer


@pytest.fixture(scope="session")
def spare_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SpareServer]:
    """A stopped PostgreSQL that a test may start as it needs: `with spare_server.running(ssl="on"): ...`."""
    server = SpareServer(Path(tmp_path_factory.mktemp("spare")))
    server.create()
    yield server
    server.stop()
