"""The plugin's fixtures on the server of this test run, with tables of their own in the place of a project's."""

from contextlib import closing
from urllib.parse import urlsplit

import psycopg2
import pytest

from gatepost.testing import TestDatabase

TABLES = """
CREATE TABLE notes (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, user_id uuid NOT NULL, body text);
ALTER TABLE notes ENABLE ROW LEVEL SECURITY;
CREATE POLICY "Own notes" ON notes TO authenticated USING (user_id = (SELECT auth.uid()));
CREATE POLICY adults ON notes AS RESTRICTIVE TO authenticated USING (body IS DISTINCT FROM 'adult');
GRANT SELECT, INSERT, UPDATE ON notes TO authenticated;
CREATE TABLE kept (id int);
CREATE TABLE profiles (id uuid PRIMARY KEY, email text, secret text DEFAULT 's');
ALTER TABLE profiles ENABLE ROW LEVEL SECURITY;
CREATE POLICY everybody ON profiles TO authenticated USING (true);
GRANT SELECT (id, email) ON profiles TO authenticated;
CREATE SCHEMA shut;
CREATE TABLE shut.away (id int);
GRANT SELECT ON shut.away TO authenticated;
CREATE FUNCTION mine() RETURNS boolean LANGUAGE plpgsql AS 'BEGIN RETURN true; END';
REVOKE EXECUTE ON FUNCTION mine FROM PUBLIC;
CREATE TABLE blind (id int, body text);
ALTER TABLE blind ENABLE ROW LEVEL SECURITY;
CREATE POLICY changing ON blind FOR UPDATE TO authenticated USING (true);
CREATE POLICY narrow ON blind AS RESTRICTIVE FOR DELETE TO authenticated USING (true);
CREATE POLICY helped ON blind FOR INSERT TO authenticated WITH CHECK (mine());
GRANT INSERT, UPDATE, DELETE ON blind TO authenticated;
"""


@pytest.fixture(scope="session")
def gatepost_database(new_database, server):
    with new_database() as url:
        with closing(psycopg2.connect(url)) as connection, connection, connection.cursor() as cursor:
            cursor.execute(TABLES)
        yield TestDatabase(url, server.url(urlsplit(url).path[1:], "supabase_admin"))
