"""The plugin's fixtures, on the server of this test run."""

from contextlib import ExitStack
from urllib.parse import urlsplit

import pytest

from gatepost.testing import TestDatabase


@pytest.fixture(scope="session")
def gatepost_new_database(new_database, server):
    with ExitStack() as stack:

        def make():
            url = stack.enter_context(new_database())
            return TestDatabase(url, server.url(urlsplit(url).path[1:], "supabase_admin"))

        yield make
