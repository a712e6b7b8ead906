"""A database of some SQL, adopted in this process: what would be written, without the proof by a project of its own."""

from contextlib import closing
from pathlib import Path

import psycopg2
import pytest

from gatepost.adopt.plan import comments_of, plan
from gatepost.database.connect import connect
from gatepost.database.url import parse_url
from gatepost.observation.clone.schema import kept

WORKSHOP = Path(__file__).with_name("workshop.sql").read_text()


@pytest.fixture(scope="module")
def adopted(new_database):
    """Adopt some SQL: `adopted(sql)` is the plan, `adopted(sql, only=[…])` that of some tables."""

    def adopt(script, only=()):
        with new_database() as url:
            with closing(psycopg2.connect(url)) as connection, connection, connection.cursor() as cursor:
                cursor.execute(script)
            source = kept(parse_url(url))
            with closing(connect(parse_url(url), application_name="test")) as connection:
                comments = list(comments_of(connection))
            return plan(source, parse_url(url), comments, only)

    return adopt
