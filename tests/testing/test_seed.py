"""Where a table takes only rows of the project's making, the ready-made check observes access with its seed."""

from contextlib import closing
from types import SimpleNamespace
from urllib.parse import urlsplit

import psycopg2
import pytest
from sqlalchemy import Column, MetaData, Table, Text, Uuid, text

from gatepost import declaring, owner, protect
from gatepost.declare.language import collected
from gatepost.testing import TestDatabase
from gatepost.testing.checks import test_observed_equals_declared as observed_equals_declared

VOUCHERS = """
CREATE TABLE vouchers (code text PRIMARY KEY CHECK (md5(code) LIKE '9001509%' OR md5(code) LIKE 'e2fc714%'),
                       user_id uuid NOT NULL);
CREATE INDEX ON vouchers (user_id);
ALTER TABLE vouchers ENABLE ROW LEVEL SECURITY; ALTER TABLE vouchers FORCE ROW LEVEL SECURITY;
REVOKE ALL ON vouchers FROM anon, authenticated; GRANT SELECT ON vouchers TO authenticated;
GRANT SELECT, INSERT, UPDATE, DELETE ON vouchers TO service_role;
CREATE POLICY vouchers_select_owner ON vouchers FOR SELECT TO authenticated USING ({});
"""


@pytest.fixture
def project():
    vouchers = Table(
        "vouchers", MetaData(), Column("code", Text, primary_key=True), Column("user_id", Uuid, index=True)
    )
    with declaring():
        protect(vouchers, owner(vouchers.c.user_id, "select"))
        declared = collected()
    return SimpleNamespace(declaration=lambda: declared, name_hints=None)


@pytest.mark.parametrize("condition", ["user_id = (SELECT auth.uid())", "true"])
def test_a_seed_is_observed_where_planting_fails(database_url, server, project, gatepost_personas, condition):
    with closing(psycopg2.connect(database_url)) as connection, connection, connection.cursor() as cursor:
        cursor.execute(VOUCHERS.format(condition))
    database = TestDatabase(database_url, server.url(urlsplit(database_url).path[1:], "supabase_admin"))

    def seed(session):
        rows = [
            {"code": "abc", "user_id": gatepost_personas["ann"]},
            {"code": "abcd", "user_id": gatepost_personas["bob"]},
        ]
        session.connection().execute(text("INSERT INTO vouchers VALUES (:code, :user_id)"), rows)

    if condition == "true":
        with pytest.raises(AssertionError, match="can read 2 planted rows in public"):
            observed_equals_declared(database, project, seed)
        return
    observed_equals_declared(database, project, seed)
    with pytest.raises(AssertionError, match="no row could be planted"):
        observed_equals_declared(database, project, lambda _: None)
