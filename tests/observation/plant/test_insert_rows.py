"""Rows are planted whatever a table asks of them, and each leads to rows of the same world."""

from contextlib import closing

import psycopg2
import pytest

from gatepost.observation.attempt.personas import USERS
from gatepost.observation.plant.insert_rows import plant
from gatepost.observation.plant.survey import survey_database
from gatepost.reflect import read

DEMANDING = {
    "composite keys": """
        CREATE TABLE a (x int, y text, PRIMARY KEY (x, y));
        CREATE TABLE t (x int NOT NULL, y text NOT NULL, z int PRIMARY KEY, FOREIGN KEY (x, y) REFERENCES a (x, y))""",
    "a circle": """
        CREATE TABLE a (id int PRIMARY KEY, t_id int NOT NULL);
        CREATE TABLE t (id int PRIMARY KEY, a_id int NOT NULL REFERENCES a (id));
        ALTER TABLE a ADD FOREIGN KEY (t_id) REFERENCES t (id)""",
    "itself": "CREATE TABLE t (id int PRIMARY KEY, above int REFERENCES t (id))",
    "itself, always": "CREATE TABLE t (id uuid PRIMARY KEY, above uuid NOT NULL REFERENCES t (id))",
    "identity and generated": """
        CREATE TABLE t (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, n int,
                        twice int GENERATED ALWAYS AS (n % 100 * 2) STORED)""",
    "domains and enums": """
        CREATE DOMAIN email AS text CHECK (VALUE ~ '^[^@ ]+@[^@ ]+[.][a-z]+$');
        CREATE TYPE kind AS ENUM ('x', 'y');
        CREATE TABLE t (id int PRIMARY KEY, mail email NOT NULL UNIQUE, kind kind NOT NULL, kinds kind[])""",
    "checks": """
        CREATE TABLE t (id int PRIMARY KEY, state text NOT NULL CHECK (state IN ('open', 'shut')),
                        share int NOT NULL CHECK (share BETWEEN 0 AND 100),
                        colour text CHECK (colour ~ '^#[0-9a-f]{6}$'),
                        slug text NOT NULL UNIQUE CHECK (slug ~ '^[a-z0-9-]+$'), country char(2) NOT NULL,
                        url text NOT NULL CHECK (url LIKE 'https://%'),
                        tags jsonb CHECK (jsonb_typeof(tags) = 'array'))""",
    "order of two columns": """
        CREATE TABLE t (id int PRIMARY KEY, starts timestamptz NOT NULL, ends timestamptz NOT NULL,
                        CHECK (starts < ends))""",
    "two references that must differ": """
        CREATE TABLE banks (id uuid PRIMARY KEY);
        CREATE TABLE a (id uuid PRIMARY KEY, bank uuid NOT NULL REFERENCES banks (id));
        CREATE TABLE t (id int PRIMARY KEY, payer uuid NOT NULL REFERENCES a (id),
                        payee uuid NOT NULL REFERENCES a (id), CHECK (payer <> payee))""",
    "one of two": """
        CREATE TABLE t (id int PRIMARY KEY, a text, b text, CHECK (num_nonnulls(a, b) = 1))""",
    "many types": """
        CREATE TABLE t (id smallint PRIMARY KEY, a inet, b macaddr, c point, d interval, e time, f date,
                        g numeric(5, 2), h bytea, i xml, j tsvector, k int4range, l bit(3), m money, n text[],
                        o uuid[], p varchar(2), q double precision, r "char", s cidr, u timestamptz[], v oid)""",
    "a trigger that refuses": """
        CREATE TABLE t (id int PRIMARY KEY);
        CREATE FUNCTION no() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'no'; END $$;
        CREATE TRIGGER no BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION no()""",
    "partitions": """
        CREATE TABLE t (id int, region text NOT NULL) PARTITION BY LIST (region);
        CREATE TABLE t_rest PARTITION OF t DEFAULT""",
    "composite types": """
        CREATE TYPE money_in AS (amount numeric(9, 2), currency char(3));
        CREATE TABLE t (id int PRIMARY KEY, paid money_in NOT NULL
                        CHECK ((paid).amount > 0 AND (paid).currency IN ('EUR', 'USD')))""",
    "documents": """
        CREATE TABLE t (id int PRIMARY KEY, doc jsonb NOT NULL, CHECK (doc ? 'theme'),
                        CHECK ((doc ->> 'size')::int BETWEEN 8 AND 32 AND doc ->> 'theme' IN ('light', 'dark')),
                        lines jsonb NOT NULL CHECK (jsonb_array_length(lines) > 0))""",
    "what is computed": """
        CREATE TABLE t (id int PRIMARY KEY, n int NOT NULL, part int GENERATED ALWAYS AS (100 / n) STORED,
                        price numeric(9, 2) NOT NULL, number int NOT NULL, total numeric(9, 2) NOT NULL,
                        CHECK (part > 3), CHECK (total = price * number AND number > 1))""",
    "functions": """
        CREATE FUNCTION fits(text) RETURNS boolean IMMUTABLE LANGUAGE sql AS
          $$ SELECT $1 ~ '^[A-Z]{2}[0-9]{2}[A-Z0-9]{11,30}$' $$;
        CREATE TABLE t (id int PRIMARY KEY, iban text NOT NULL CHECK (fits(iban)))""",
    "ranges": """
        CREATE TABLE t (id int PRIMARY KEY, stay daterange NOT NULL, slot tstzrange NOT NULL
                        CHECK (upper(slot) - lower(slot) > interval '5 minutes'),
                        EXCLUDE USING gist (stay WITH &&), EXCLUDE USING gist (slot WITH &&))""",
    "dates and times": """
        CREATE TABLE t (id int PRIMARY KEY, a date NOT NULL, b date NOT NULL, opens time NOT NULL, shuts time NOT NULL,
                        CHECK (b > a AND b - a <= 30), CHECK (shuts > opens), due timestamptz CHECK (due > now()),
                        lasts interval NOT NULL CHECK (lasts BETWEEN '15 minutes' AND '8 hours'))""",
    "bytes and arrays": """
        CREATE TABLE t (id int PRIMARY KEY, sum bytea NOT NULL UNIQUE CHECK (length(sum) = 20),
                        at float[] NOT NULL CHECK (cardinality(at) = 4), ip inet NOT NULL CHECK (family(ip) = 6),
                        ratio real NOT NULL CHECK (ratio > 0.25 AND ratio < 0.3))""",
    "parts of parts": """
        CREATE TABLE t (id int, y int NOT NULL) PARTITION BY RANGE (y);
        CREATE TABLE t_1 PARTITION OF t FOR VALUES FROM (2020) TO (2026) PARTITION BY HASH (id);
        CREATE TABLE t_1a PARTITION OF t_1 FOR VALUES WITH (MODULUS 1, REMAINDER 0)""",
    "names": """CREATE TABLE "T ""x" (id int PRIMARY KEY, "select" text, "a%b" text, "Ünï" text)""",
    "one row": 'CREATE TABLE t ("only" boolean PRIMARY KEY DEFAULT true CHECK ("only"))',
    "no columns": "CREATE TABLE t ()",
}


@pytest.fixture
def planted(connection, superuser_url):
    def make(tables):
        with connection, connection.cursor() as cursor:
            cursor.execute(tables)
        with closing(psycopg2.connect(superuser_url)) as observer, observer.cursor() as cursor:
            return plant(cursor, survey_database(cursor, read(cursor), None), USERS)

    return make


@pytest.mark.parametrize("tables", [pytest.param(sql, id=name) for name, sql in DEMANDING.items()])
def test_every_table_gets_rows(tables, planted):
    planted_rows = planted(tables)
    assert planted_rows.missing == []
    assert all(planted_rows.of(table) for table in planted_rows.survey.tables)
    several = '"only"' not in tables and "CREATE TABLE t ()" not in tables
    assert not several or all(len(planted_rows.of(table)) > 1 for table in planted_rows.survey.tables)


def test_a_world_holds_together(planted):
    planted_rows = planted("""
        CREATE TABLE orgs (id uuid PRIMARY KEY);
        CREATE TABLE members (org uuid NOT NULL REFERENCES orgs (id), who uuid NOT NULL REFERENCES auth.users (id),
                              PRIMARY KEY (org, who));
        CREATE TABLE work (id int PRIMARY KEY, org uuid NOT NULL REFERENCES orgs (id),
                           owner uuid REFERENCES auth.users (id))""")
    rows = {key[1]: {row.world: row.values for row in found.values()} for key, found in planted_rows.rows.items()}
    for world, user in USERS.items():
        assert rows["members"][world]["who"] == rows["work"][world]["owner"] == rows["users"][world]["id"] == user
        assert rows["members"][world]["org"] == rows["work"][world]["org"] == rows["orgs"][world]["id"]
    assert rows["work"]["nobody"]["owner"] is None
    assert len({values["id"] for values in rows["orgs"].values()}) == len(USERS) + 1


def test_two_references_that_must_differ_stay_in_their_world(planted):
    planted_rows = planted(DEMANDING["two references that must differ"])
    rows = {key[1]: found.values() for key, found in planted_rows.rows.items()}
    world_of = {row.values["id"]: row.world for row in rows["a"]}
    assert [(world_of[row.values["payer"]], world_of[row.values["payee"]]) for row in rows["t"]] == [
        (row.world, row.world) for row in rows["t"]
    ]


def test_what_cannot_be_planted_is_said(planted):
    planted_rows = planted("CREATE TABLE t (id int PRIMARY KEY, n int NOT NULL CONSTRAINT odd CHECK (n <> n))")
    assert [str(missing.what) for missing in planted_rows.missing] == ["public.t"]
    assert planted_rows.missing[0].why.endswith('violates check constraint "odd" on n')


def test_edges_are_planted(planted):
    planted_rows = planted("""
        CREATE TABLE posts (id int PRIMARY KEY, author uuid REFERENCES auth.users (id), state text, public boolean,
                            due timestamptz);
        CREATE POLICY see ON posts FOR SELECT USING (public AND state = 'live' AND due < now())""")
    rows = list(planted_rows.of(planted_rows.survey.live.table("public", "posts")).values())
    assert {row.values["public"] for row in rows} == {"true", "false", None}
    assert {row.values["state"] == "live" for row in rows} == {True, False}
    assert len({row.values["due"] for row in rows}) == 3


def test_the_first_row_of_a_user_names_that_user_and_is_there(planted):
    planted_rows = planted("""
        CREATE TABLE clubs (id uuid PRIMARY KEY, boss uuid NOT NULL REFERENCES auth.users (id));
        CREATE TABLE seats (id uuid PRIMARY KEY, club uuid NOT NULL REFERENCES clubs (id), left_at timestamptz,
                            who uuid REFERENCES auth.users (id), stand_in boolean NOT NULL DEFAULT false, nick text,
                            CHECK ((NOT stand_in AND who IS NOT NULL AND nick IS NULL)
                                   OR (stand_in AND who IS NULL AND nick IS NOT NULL)));
        CREATE UNIQUE INDEX ON seats (club, who) WHERE who IS NOT NULL;
        CREATE TABLE people (id uuid PRIMARY KEY REFERENCES auth.users (id), deleted_at timestamptz);
        CREATE POLICY see ON people FOR SELECT USING (id = auth.uid() AND deleted_at IS NULL);
        CREATE POLICY see ON clubs FOR SELECT USING (
            EXISTS (SELECT FROM seats WHERE club = clubs.id AND (stand_in OR who = auth.uid())))""")
    rows = {
        key[1]: {row.world: row.values for row in found.values() if row.base}
        for key, found in planted_rows.rows.items()
    }
    assert {world: rows["seats"][world]["who"] for world in USERS} == dict(USERS)
    assert rows["people"]["ann"]["deleted_at"] is None


def test_of_some_combinations_every_one_is_planted(planted):
    planted_rows = planted("""
        CREATE TABLE goods (id int PRIMARY KEY, seller uuid REFERENCES auth.users (id), left_over int NOT NULL,
                            from_day date, to_day date);
        CREATE POLICY see ON goods FOR SELECT USING (left_over > 0 AND (from_day IS NULL OR from_day <= CURRENT_DATE)
                                                     AND (to_day IS NULL OR to_day >= CURRENT_DATE))""")
    rows = [row.values for row in planted_rows.of(planted_rows.survey.live.table("public", "goods")).values()]
    kinds = {(int(one["left_over"]) > 0, one["from_day"], one["to_day"]) for one in rows}
    assert any(enough and begun == late for enough, begun, late in kinds if begun is None)
