"""One database with everything that a check can come to, checked once."""

from pathlib import Path

import pytest

from gatepost.check import check
from gatepost.database.connect import connect
from gatepost.database.url import parse_url

DESIGN = Path(__file__).with_name("design.sql")


@pytest.fixture(scope="session")
def checked(new_database, tmp_path_factory):
    """The result of a check of `design.sql`, outside any project."""
    with pytest.MonkeyPatch.context() as patch, new_database("old") as url:
        patch.chdir(tmp_path_factory.mktemp("nowhere"))
        connection = connect(parse_url(url), application_name="test")
        with connection, connection.cursor() as cursor:
            cursor.execute(DESIGN.read_text())
        connection.close()
        return check(parse_url(url), label="the design")
