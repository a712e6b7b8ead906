"""Nothing of a hostile schema runs as a superuser in a clone, or reaches its server, its files or the network.

Whoever wrote the schema owns it in the source, without being a superuser there. Sequences tell what ran: they move on
outside of every transaction.
"""

import os
from contextlib import closing

import psycopg2
import pytest

from gatepost.database.connect import connect
from gatepost.database.url import parse_url
from gatepost.errors import LocalServerError
from gatepost.local.binaries import find
from gatepost.local.throwaway.image import LOGIN, SUPERUSER
from gatepost.observation.clone import schema_clone
from gatepost.observation.run import run
from gatepost.sql_script import ScriptError

POWERS = """
CREATE FUNCTION public.powers() RETURNS boolean LANGUAGE sql SET search_path = pg_catalog AS $$
    SELECT current_setting('is_superuser') = 'on' OR EXISTS (
        SELECT FROM pg_roles r WHERE r.rolname IN (current_user, session_user) AND (
            r.rolsuper OR r.rolcreaterole OR r.rolcreatedb OR r.rolreplication
            OR pg_has_role(r.oid, 'pg_execute_server_program', 'MEMBER')
            OR pg_has_role(r.oid, 'pg_read_server_files', 'MEMBER')
            OR pg_has_role(r.oid, 'pg_write_server_files', 'MEMBER')))
$$
"""
"""Whether the code finds itself run, or the session begun, by somebody who could do harm."""

ATTEMPTS = {
    "superuser": "ALTER ROLE {login} SUPERUSER",
    "createrole": "ALTER ROLE {login} CREATEROLE",
    "own_createrole": "ALTER ROLE postgres CREATEROLE",
    "program_role": "GRANT pg_execute_server_program TO {login}",
    "session": "SET SESSION AUTHORIZATION {superuser}",
    "become": "SET ROLE {superuser}",
    "let_in": "ALTER ROLE {superuser} LOGIN",
    "program": "COPY (SELECT 1) TO PROGRAM 'touch {marker}'",
    "copied_file": "COPY (SELECT 1) TO '{marker}'",
    "read_file": "SELECT pg_catalog.pg_read_file('/etc/hostname')",
    "list": "SELECT pg_catalog.pg_ls_dir('.')",
    "import": "SELECT pg_catalog.lo_import('/etc/hostname')",
    "export": "SELECT pg_catalog.lo_export(pg_catalog.lo_create(0), '{marker}')",
    "system": "ALTER SYSTEM SET archive_command = 'touch {marker}'",
    "library": "LOAD 'dblink'",
    "preload": "SET session_preload_libraries = 'dblink'",
    "dblink": "CREATE EXTENSION dblink",
    "trusted": "CREATE EXTENSION hstore",
    "c": "CREATE FUNCTION public.c() RETURNS int LANGUAGE c AS 'libc', 'getpid'",
    "internal": "CREATE FUNCTION public.i() RETURNS int LANGUAGE internal AS 'pg_backend_pid'",
    "event": "CREATE EVENT TRIGGER e ON ddl_command_start EXECUTE FUNCTION public.on_event()",
    "catalog": "UPDATE pg_catalog.pg_authid SET rolsuper = true",
    "database": "CREATE DATABASE gatepost_escaped",
    "subscribe": "CREATE SUBSCRIPTION s CONNECTION 'host=/tmp' PUBLICATION p",
    "server": "CREATE SERVER s FOREIGN DATA WRAPPER file_fdw",
    "owner": "ALTER DATABASE postgres OWNER TO postgres",
    "setting": "ALTER ROLE {superuser} SET search_path = public",
}
"""What the code tries in every place where it runs, first as it is, then without the role that it was given."""

DOORS = {
    "check": "CREATE TABLE d_check (id int PRIMARY KEY, user_id uuid, CHECK (act('check')))",
    "default": "CREATE TABLE d_default (id int PRIMARY KEY, user_id uuid, ok boolean DEFAULT act('default'))",
    "generated": "CREATE TABLE d_generated (id int PRIMARY KEY, user_id uuid,"
    " ok boolean GENERATED ALWAYS AS (act('generated')) STORED)",
    "index": "CREATE TABLE d_index (id int PRIMARY KEY, user_id uuid); CREATE INDEX ON d_index (act('index', id))",
    "trigger": "CREATE TABLE d_trigger (id int PRIMARY KEY, user_id uuid);"
    "CREATE TRIGGER t BEFORE INSERT ON d_trigger FOR EACH ROW EXECUTE FUNCTION on_row('trigger');"
    "ALTER TABLE d_trigger ENABLE ALWAYS TRIGGER t",
    "policy": "CREATE TABLE d_policy (id int PRIMARY KEY, user_id uuid);"
    "ALTER TABLE d_policy ENABLE ROW LEVEL SECURITY;"
    "CREATE POLICY p ON d_policy USING (act('policy', id))",
    "domain": "CREATE DOMAIN d_word AS text CHECK (act('domain'));"
    "CREATE TABLE d_domain (id int PRIMARY KEY, user_id uuid, word d_word)",
    "view": "CREATE VIEW d_view AS SELECT act('view')",
    "materialized": "CREATE MATERIALIZED VIEW d_materialized AS SELECT act('materialized') WITH NO DATA",
    "rule": "CREATE TABLE d_rule (id int PRIMARY KEY, user_id uuid);"
    "CREATE RULE r AS ON INSERT TO d_rule DO ALSO SELECT act('rule')",
    "operator": "CREATE OPERATOR === (LEFTARG = int, RIGHTARG = int, FUNCTION = act_alike);"
    "CREATE TABLE d_operator (id int PRIMARY KEY, user_id uuid, CHECK (id === 1))",
    "cast": "CREATE TYPE d_kind AS (n int);"
    "CREATE FUNCTION act_cast(x d_kind) RETURNS boolean LANGUAGE sql IMMUTABLE AS $f$ SELECT act('cast') $f$;"
    "CREATE CAST (d_kind AS boolean) WITH FUNCTION act_cast(d_kind);"
    "CREATE TABLE d_cast (id int PRIMARY KEY, user_id uuid, CHECK (ROW(id)::d_kind::boolean))",
    "definer": "CREATE FUNCTION d_definer() RETURNS boolean LANGUAGE sql SECURITY DEFINER"
    " AS $$ SELECT act('definer') $$",
    "temporary": "CREATE FUNCTION d_shadow() RETURNS boolean LANGUAGE plpgsql AS $$ BEGIN"
    "  CREATE TEMP TABLE IF NOT EXISTS pg_class (oid oid); RETURN act('temporary'); END $$;"
    "CREATE TABLE d_temporary (id int PRIMARY KEY, user_id uuid, CHECK (d_shadow()))",
}
"""Where foreign code hides, each with the name of the sequence that says that it ran."""


def hostile(marker):
    """A schema whose code tries everything, wherever it runs."""
    names = {"login": LOGIN, "superuser": SUPERUSER, "marker": marker}
    blocks = "".join(
        f"""
        BEGIN
            EXECUTE $t$ {statement.format(**names)} $t$;
            PERFORM public.note('escaped_{name}');
        EXCEPTION WHEN OTHERS THEN NULL;
        END;"""
        for name, statement in ATTEMPTS.items()
    )
    sequences = "".join(f"CREATE SEQUENCE escaped_{name};" for name in ["by_powers", *ATTEMPTS])
    sequences += "".join(f"CREATE SEQUENCE ran_{name}; CREATE SEQUENCE tried_{name};" for name in DOORS)
    # RESET ROLE is refused inside a SECURITY DEFINER function, and nowhere else.
    return f"""
    {sequences}
    {POWERS};
    CREATE FUNCTION note(what text) RETURNS bigint LANGUAGE sql SECURITY DEFINER SET search_path = '' AS $f$
        SELECT CASE WHEN pg_catalog.to_regclass('public.' || what) IS NULL THEN 0
                    ELSE pg_catalog.nextval('public.' || what) END
    $f$;
    CREATE FUNCTION on_event() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN END';
    CREATE FUNCTION try_all(door text) RETURNS void LANGUAGE plpgsql AS $f$
    BEGIN
        PERFORM public.note('ran_' || door);
        IF public.powers() THEN PERFORM public.note('escaped_by_powers'); END IF;
        IF public.note('tried_' || door) > 4 THEN RETURN; END IF;  -- enough was tried by this way
        {blocks}
        BEGIN
            RESET ROLE;
            IF public.powers() THEN PERFORM public.note('escaped_by_powers'); END IF;
            {blocks}
        EXCEPTION WHEN OTHERS THEN NULL;
        END;
    END $f$;
    CREATE FUNCTION act(door text, anything int DEFAULT 0) RETURNS boolean LANGUAGE plpgsql IMMUTABLE
    AS $f$ BEGIN PERFORM public.try_all(door); RETURN true; END $f$;
    CREATE FUNCTION act_alike(a int, b int) RETURNS boolean LANGUAGE sql IMMUTABLE
    AS $f$ SELECT public.act('operator') $f$;
    CREATE FUNCTION on_row() RETURNS trigger LANGUAGE plpgsql
    AS $f$ BEGIN PERFORM public.try_all(TG_ARGV[0]); RETURN new; END $f$;
    """


ACT_CAST = (
    "CREATE FUNCTION act_cast(x d_kind) RETURNS boolean LANGUAGE sql IMMUTABLE AS $f$ SELECT public.act('cast') $f$;"
)


@pytest.fixture
def marker(ground):
    ground.chmod(0o777)  # so that the account of the server could write there
    return ground / "marker"


@pytest.fixture
def source(connection, database_url, superuser_url, marker):
    """A hostile database, made by `postgres`, who is no superuser."""
    with connection, connection.cursor() as cursor:
        cursor.execute(hostile(marker))
        for door in DOORS.values():
            cursor.execute(door)
        cursor.execute("GRANT ALL ON ALL TABLES IN SCHEMA public TO anon, authenticated, service_role")
        # else the observation itself would move them, as anybody who may
        cursor.execute("REVOKE ALL ON ALL SEQUENCES IN SCHEMA public FROM anon, authenticated, service_role")
    # On PostgreSQL 15 `postgres` may give roles away, and its code does so as soon as a generated column is made.
    with closing(psycopg2.connect(superuser_url)) as platform, platform, platform.cursor() as cursor:
        cursor.execute(f"REVOKE pg_execute_server_program FROM {LOGIN}; ALTER ROLE {LOGIN} NOCREATEROLE")
    return parse_url(database_url)


def moved(cursor, prefix):
    """The sequences that were moved, without their prefix."""
    cursor.execute(
        "SELECT s.sequencename FROM pg_catalog.pg_sequences s"
        " WHERE s.last_value IS NOT NULL AND starts_with(s.sequencename, %s)",
        [prefix],
    )
    return {name.removeprefix(prefix) for (name,) in cursor.fetchall()}


def test_no_code_of_the_schema_gains_a_power(source, marker):
    with schema_clone(source) as clone, closing(connect(clone.url)) as connection:
        run(connection)
        with connection.cursor() as cursor:
            cursor.execute("INSERT INTO public.d_default (id) VALUES (1000000)")  # planting names every column
            connection.rollback()
            assert moved(cursor, "escaped_") == set()
            assert moved(cursor, "ran_") == set(DOORS)
    assert not marker.exists()


def test_nobody_else_comes_in(source):
    """Neither the superuser nor a role of the schema, as a loop through dblink would; nor is there a way elsewhere."""
    with schema_clone(source) as clone:
        arguments = clone.url.connect_arguments()
        for user, database in ((SUPERUSER, "postgres"), ("postgres", "postgres"), ("supabase_admin", "postgres"),
                               (LOGIN, "template1")):  # fmt: skip
            with pytest.raises(psycopg2.OperationalError):
                psycopg2.connect(**(arguments | {"user": user, "dbname": database}))
        with pytest.raises(psycopg2.OperationalError):
            psycopg2.connect(**(arguments | {"password": ""}))
        with closing(connect(clone.url)) as connection, connection.cursor() as cursor:
            cursor.execute("SELECT array_agg(datname::text) FROM pg_catalog.pg_database")
            assert cursor.fetchone() == (["postgres"],)
            cursor.execute(
                "SELECT rolname FROM pg_catalog.pg_roles"
                " WHERE rolsuper OR rolcreaterole OR rolcreatedb OR rolreplication"
            )
            assert cursor.fetchall() == [(SUPERUSER,)]


def test_code_that_does_not_end_is_ended(database_url, connection):
    """It resets the time limit, catches the cancellation, and sleeps on."""
    with connection, connection.cursor() as cursor:
        cursor.execute("""
            CREATE FUNCTION sleep_on() RETURNS boolean LANGUAGE plpgsql AS $$ BEGIN
                LOOP
                    BEGIN
                        PERFORM set_config('statement_timeout', '0', false), pg_sleep(60);
                    EXCEPTION WHEN query_canceled THEN NULL;
                    END;
                END LOOP;
            END $$;
            CREATE TABLE t (id int PRIMARY KEY, user_id uuid, CHECK (sleep_on()))
        """)
    with (
        pytest.raises(LocalServerError, match=r"was stopped: it ran for more than 3 seconds") as refusal,
        schema_clone(parse_url(database_url), seconds=3) as clone,
        closing(connect(clone.url)) as observing,
    ):
        run(observing)
    assert "GATEPOST_CLONE_SECONDS=6" in refusal.value.hint


@pytest.mark.skipif(os.name == "nt", reason="the program is a shell script")
@pytest.mark.parametrize("before", ["", "-- Name: t; Type: TABLE; Owner: a\n", "CREATE VIEW v AS SELECT 1 AS a\n"])
def test_a_dump_with_a_command_for_psql_is_refused(before, database_url, ground, marker, monkeypatch):
    """A server that lies can put anything into a dump."""
    there = find()
    for program in ("postgres", "initdb", "pg_ctl"):
        (ground / program).symlink_to(there.tool(program))
    lie = f"{before}\\! touch {marker}\n;\n"
    (ground / "pg_dump").write_text(f"#!/bin/sh\ncat <<'END'\n{lie}END\n")
    (ground / "pg_dump").chmod(0o755)
    monkeypatch.setenv("GATEPOST_PG_BIN", str(ground))
    line = 1 + before.count("\n")
    with (
        pytest.raises(ScriptError, match=f"line {line} holds a backslash"),
        schema_clone(parse_url(database_url)),
    ):
        pass
    assert not marker.exists()


def test_what_could_run_by_itself_is_left_out_and_named(superuser_url):
    with closing(psycopg2.connect(superuser_url)) as connection, connection, connection.cursor() as cursor:
        cursor.execute("""
            CREATE FUNCTION public.on_ddl() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN END';
            CREATE EVENT TRIGGER at_ddl ON ddl_command_start EXECUTE FUNCTION public.on_ddl();
            CREATE FUNCTION public.native() RETURNS int LANGUAGE internal AS 'pg_backend_pid';
            CREATE FUNCTION public.hidden() RETURNS int LANGUAGE internal AS 'pg_backend_pid';
            REVOKE EXECUTE ON FUNCTION public.hidden() FROM PUBLIC, anon, authenticated, service_role;
            CREATE FOREIGN DATA WRAPPER elsewhere;
            CREATE SERVER far FOREIGN DATA WRAPPER elsewhere;
            CREATE USER MAPPING FOR PUBLIC SERVER far;
            CREATE FOREIGN TABLE public.far_away (id int) SERVER far;
            GRANT SELECT ON public.far_away TO anon;
            CREATE PUBLICATION every FOR ALL TABLES;
            SELECT lo_create(0);
        """)
    with schema_clone(parse_url(superuser_url)) as clone, closing(connect(clone.url)) as connection:
        named = {one.what: one for one in clone.missing}
        assert set(named) == {
            "event trigger at_ddl", "public.native", "public.hidden", "foreign server far", "public.far_away",
            "publication every", "large objects",
        }  # fmt: skip
        assert {what for what, one in named.items() if one.fails} == {"public.native", "public.far_away"}
        assert all(one.ours for one in named.values())
        with connection.cursor() as cursor:
            cursor.execute("SELECT (SELECT count(*) FROM pg_event_trigger), (SELECT count(*) FROM pg_foreign_server)")
            assert cursor.fetchone() == (0, 0)


def test_a_login_trigger_that_sets_nothing_is_covered_and_another_is_not(superuser_url):
    with closing(psycopg2.connect(superuser_url)) as connection, connection, connection.cursor() as cursor:
        if connection.server_version < 170000:
            pytest.skip("before PostgreSQL 17 no event trigger fires at a login")
        cursor.execute("""
            CREATE FUNCTION public.count_it() RETURNS event_trigger LANGUAGE plpgsql AS
                'BEGIN PERFORM pg_catalog.pg_backend_pid(); END';
            CREATE FUNCTION public.be_somebody() RETURNS event_trigger LANGUAGE plpgsql AS
                $$ BEGIN PERFORM pg_catalog.set_config('request.jwt.claims', '{"role": "admin"}', false); END $$;
            CREATE EVENT TRIGGER counts ON login EXECUTE FUNCTION public.count_it();
            CREATE EVENT TRIGGER sets ON login EXECUTE FUNCTION public.be_somebody();
        """)
    with schema_clone(parse_url(superuser_url)) as clone:
        fails = {one.what: one.fails for one in clone.missing}
    assert fails == {"event trigger counts": False, "event trigger sets": True}
