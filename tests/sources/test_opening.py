"""Folders that were written for this, as databases: what stands in them afterwards, and what is said of the rest."""

import io
from contextlib import closing
from types import SimpleNamespace

import pytest

from gatepost.database.connect import connect
from gatepost.errors import SourceError
from gatepost.local import standins
from gatepost.local.binaries import find
from gatepost.sources import Options, opened, parse_source

pytestmark = pytest.mark.server

SHOP = {
    "0001_start.sql": b"\xef\xbb\xbfBEGIN;\r\ncreate table public.shop (id int primary key, owner uuid);\r\nCOMMIT;\r\n"
    b"create temp table keep (id int) on commit drop;\r\ninsert into keep values (1);\r\n",
    "0002_latin.sql": b"comment on table public.shop is 'caf\xe9';",
    "0003_types.sql": b"""
        create type public.mood as enum ('good');
        alter type public.mood add value 'bad';
        create table public.moods (m public.mood default 'bad');
        create index concurrently shop_owner on public.shop (owner);
        """,
    "0004_empty.sql": b"-- later\n",
    "0004_late.sql": b"""
        create table public.parent (id int primary key);
        create table public.child (id int references public.parent deferrable initially deferred);
        begin; insert into public.child values (1); commit;
        create table public.grown (id int);
        begin; drop table public.grown; rollback;
        """,
    "0005_cascade.sql": b"""
        create table public.broken (id nope);
        alter table public.broken enable row level security;
        create policy p on public.broken using (true);
        create table public.after_it (id int);
        """,
    "0006_psql.sql": b"create table public.before_it (id int);\n\\connect other\ncreate table public.behind (id int);\n"
    b"copy public.shop from stdin;\n1\t\\N\n\\.\ncreate table public.last (id int);\nselect 'never closed;\n",
    "0007_platform.sql": b"""
        create policy "own files" on storage.objects for select
            using ((storage.foldername(name))[1] = auth.uid()::text);
        do $$ begin
            if not exists (select from pg_policies where policyname = 'topics') then
                create policy topics on realtime.messages for select using (true);
            end if;
        end $$;
        create function public.on_signup() returns trigger language plpgsql security definer as $$
            begin insert into public.shop values (1, new.id); return new; end $$;
        create trigger on_signup after insert on auth.users for each row execute function public.on_signup();
        alter table storage.objects enable row level security;
        insert into storage.buckets (id, name, public) values ('files', 'files', true);
        delete from storage.buckets where id = 'none';
        alter publication supabase_realtime add table public.shop;
        comment on policy "own files" on storage.objects is 'by folder';
        create trigger twice after insert on auth.users for each row execute function public.on_signup();
        drop trigger twice on auth.users;
        """,
    "0008_hosted.sql": b"""
        create extension if not exists pg_stat_statements with schema extensions version '1.9';
        create table extensions.note (id int);
        set session_replication_role = replica;
        select * from cron.job;
        create extension if not exists pg_graphql with schema graphql;
        create extension if not exists pgsodium with schema pgsodium;
        alter database postgres set "app.settings.key" to 'x';
        alter role authenticator set statement_timeout = '8s';
        alter role authenticator set pgrst.db_pre_request = 'public.check';
        create collation public.german (provider = icu, locale = 'de');
        create table public.words (w text collate public.german);
        create trigger hook after insert on public.shop
            for each row execute function supabase_functions.http_request('https://x.example', 'POST');
        select count(*) from auth.identities, auth.sessions, auth.mfa_factors;
        """,
    "0009_rows.sql": b"""
        create extension postgis with schema extensions;
        create table public.docs (id int, near geography(Point, 4326), check (near <> 'POINT(0 0)'));
        create index on public.docs using gist (near);
        create policy far on public.docs using (st_dwithin(near, 'POINT(1 1)', 5));
        insert into public.docs values (1, 'POINT(1 2)');
        create function public.is_near(p geography) returns boolean language sql as
            $$ select st_dwithin(p, 'POINT(1 1)', 5) $$;
        create policy by_helper on public.docs using (public.is_near(near));
        create event trigger watch on ddl_command_end execute function public.on_signup();
        """,
    "0010_columns.sql": b"""
        grant select, update (id) on public.parent to anon;
        revoke /* the key */ select (id), update (id) on table public.parent from anon, "service_role" cascade;
        revoke insert on public.child from anon;
        """,
    "undo.sql": b"drop table public.shop;",
}


def written(directory, files):
    directory.mkdir(parents=True)
    for name, data in files.items():
        (directory / name).write_bytes(data)
    return directory


@pytest.fixture(scope="module", autouse=True)
def _contrib(pytestconfig):
    binaries = find(pytestconfig.getoption("--gatepost-pg-bin"))
    if not list(binaries.directory.parent.rglob("pgcrypto.control")) and "/usr/lib" not in str(binaries.directory):
        pytest.skip("this PostgreSQL comes without contrib")


def rows(url, query):
    with closing(connect(url)) as connection, connection.cursor() as cursor:
        cursor.execute(query)
        return cursor.fetchall()


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    folder = written(tmp_path_factory.mktemp("shop") / "supabase" / "migrations", SHOP)
    with opened(parse_source(str(folder))) as database:
        yield database


def why(database):
    return {one.what: one for one in database.not_checked}


def test_what_stands_around_a_refused_statement_is_there(shop):
    tables = {name for (name,) in rows(shop.url, "SELECT tablename FROM pg_tables WHERE schemaname = 'public'")}
    assert tables == {
        "shop",
        "moods",
        "parent",
        "child",
        "grown",
        "after_it",
        "before_it",
        "behind",
        "last",
        "docs",
        "words",
    }
    assert rows(shop.url, "SELECT obj_description('public.shop'::regclass)") == [("café",)]
    assert rows(shop.url, "SELECT indisvalid FROM pg_index WHERE indexrelid = 'public.shop_owner'::regclass")


def test_what_is_revoked_of_columns_to_no_effect_is_noticed(shop):
    found = {(one.table, one.column, one.role, one.privilege, one.place) for one in shop.revoked}
    place = "0010_columns.sql:3"
    assert {one for one in found if one[2] == "anon"} == {("parent", "id", "anon", "SELECT", place)} | {
        ("parent", "id", "anon", "UPDATE", place)  # the default privileges gave it on the whole table
    }


def test_a_cascade_is_one_cause_at_its_file_and_line(shop):
    found = {one.failure.place: len(one.followers) for one in shop.causes if not one.failure.platform}
    assert found.pop("0004_late.sql:4") == 0  # the key that nothing holds, when the file's own transaction ends
    assert found == {"0005_cascade.sql:2": 2, "0006_psql.sql:2": 0, "0006_psql.sql:4": 0, "0006_psql.sql:8": 0}
    assert "0005_cascade.sql:3, 0005_cascade.sql:4" in why(shop)["0005_cascade.sql:2"].why
    assert why(shop)["0005_cascade.sql:2"].fails


def test_the_platforms_tables_take_policies_and_triggers_and_nothing_else(shop):
    policies = rows(shop.url, "SELECT policyname FROM pg_policies WHERE schemaname IN ('storage', 'realtime')")
    assert {name for (name,) in policies} == {"own files", "topics"}
    triggers = "SELECT tgname FROM pg_trigger WHERE tgrelid = 'auth.users'::regclass AND NOT tgisinternal"
    assert rows(shop.url, triggers) == [("on_signup",)]
    assert [one.failure.place for one in shop.causes if one.failure.platform] == ["0007_platform.sql:12"]
    refused = why(shop)["0007_platform.sql:12"]
    assert (refused.ours, refused.covered_by) == (True, "a hosted project refuses it too")
    owner = "SELECT DISTINCT pg_get_userbyid(relowner) FROM pg_class WHERE relnamespace = 'public'::regnamespace"
    assert rows(shop.url, owner) == [("postgres",)]


def test_what_the_platforms_postgres_may_do_is_done(shop):
    """Before 16, CREATEROLE is enough to become a role that runs programs, so that nobody has it here."""
    ((version,),) = rows(shop.url, "SELECT current_setting('server_version_num')::int")
    assert not [one for one in shop.causes if one.failure.place.startswith("0008")]
    assert any("roles stay as they are" in one.why for one in shop.not_checked) is (version < 160000)
    settings = "SELECT count(*) FROM pg_db_role_setting WHERE setconfig::text ~ 'db_pre_request|app.settings'"
    assert rows(shop.url, settings) == [(2 if version >= 160000 else 1,)]


def test_rows_that_migrations_insert_stay(shop):
    assert rows(shop.url, "SELECT id, public FROM storage.buckets") == [("files", True)]
    assert rows(shop.url, "SELECT id FROM public.docs") == [(1,)]


def test_a_stand_in_is_named_by_what_needs_it(shop):
    found = why(shop)
    assert found["public.docs"].covered_by
    assert found["public.docs.far"].fails  # its policy computes with it
    assert found["0009_rows.sql:4"].covered_by == "an index changes no answer"
    assert found["public.docs.by_helper"].fails  # so does the function that it calls
    assert found["0009_rows.sql:10"].fails  # nobody knows what the event trigger would have done
    assert found["extensions pg_cron, pgsodium"].covered_by
    assert any("pg_cron" in note for note in shop.notes)


def test_the_first_line_names_the_profile(shop):
    assert "(11 files, 1 skipped; new tables open to the API (no config.toml); API schemas public" in shop.label


def test_every_stand_in_can_be_made_by_whoever_runs_migrations(shop):
    with closing(connect(shop.url)) as connection, connection.cursor() as cursor:
        for name in sorted(standins.names()):
            cursor.execute(f'CREATE EXTENSION IF NOT EXISTS "{name}" SCHEMA extensions')
        cursor.execute("CREATE TABLE near (v vector(3) DEFAULT '[1,2,3]')")
        cursor.execute("INSERT INTO near DEFAULT VALUES")
        cursor.execute(
            "SELECT vector_dims(v), v <-> '[1,2,3]', v = '[1,2,3]', format_type(atttypid, atttypmod)"
            "  FROM near, pg_attribute WHERE attrelid = 'near'::regclass AND attname = 'v'"
        )
        assert cursor.fetchone() == (3, 0.0, True, "vector(3)")
        cursor.execute("SELECT cron.schedule('nightly', '0 0 * * *', 'select 1'), pgmq.create('jobs')")
        cursor.execute("SELECT count(*) FROM cron.job, pgmq.q_jobs, pgmq.meta")


EXTENSIONS = {
    "0001_offered.sql": b"create extension nobody_has_it;\ncreate extension pg_prewarm;",
    "0002_foreign.sql": b"create extension wrappers schema extensions;\n"
    b"create foreign data wrapper pay handler pay_handler;\ncreate server pay foreign data wrapper pay;",
    "0003_keys.sql": b"create extension pgsodium; grant pgsodium_keyiduser to postgres;",
    "0004_statements.sql": b"create extension pg_stat_statements schema extensions;\n"
    b"select extensions.pg_stat_statements_reset();",
    "0005_packages.sql": b"create extension pg_tle;\nselect pgtle.install_extension('own', '1.0', 'c', 'select 1');\n"
    b"create extension own;\nselect pack.install('other');\ncreate policy p on public.pack using (true);",
}


def test_what_the_platform_has_and_this_server_has_not_is_a_limit_of_ours(tmp_path):
    with opened(parse_source(str(written(tmp_path / "migrations", EXTENSIONS))), Options()) as database:
        found = why(database)
    assert not found["0001_offered.sql:1"].ours  # nobody offers the other one
    ours = {name: one for name, one in found.items() if one.ours and name.startswith("000")}
    assert {name for name, one in ours.items() if one.fails} == {"0002_foreign.sql:2", "0002_foreign.sql:3"}
    assert {name for name, one in ours.items() if not one.fails} == {
        *(
            "0001_offered.sql:2",
            "0003_keys.sql:1",
            "0004_statements.sql:2",
            "0005_packages.sql:3",
            "0005_packages.sql:4",
        ),
    }
    assert found["0005_packages.sql:5"].why == 'failed: relation "public.pack" does not exist'


CLOSED = {
    "0001_tables.sql": b"create table public.a (id int); create schema api; create table api.b (id int);",
    "0002_wrong.sql": b"create table public.c (id int); select 1/0; create table public.d (id int);",
    "0003_later.sql": b"create table public.e (id int);",
}
CONFIG = '[api]\nschemas = ["api", "public"]\nauto_expose_new_tables = false\n'


@pytest.fixture(scope="module")
def closed(tmp_path_factory):
    folder = written(tmp_path_factory.mktemp("closed") / "supabase" / "migrations", CLOSED)
    (folder.parent / "config.toml").write_text(CONFIG)
    (folder.parent / "seed.sql").write_text("insert into public.a values (7);")
    return parse_source(str(folder.parent))


def test_the_cli_stops_at_the_first_error_and_what_is_not_run_is_named(closed):
    with opened(closed, Options(mode="as-cli", seed=True)) as database:
        found = why(database)
        assert found["0002_wrong.sql:1"].why == "failed: division by zero"
        assert found["0003_later.sql"].why.startswith("not run")
        tables = rows(database.url, "SELECT tablename FROM pg_tables WHERE schemaname IN ('public', 'api') ORDER BY 1")
        assert tables == [("a",), ("b",)]
        assert rows(database.url, "SELECT has_table_privilege('anon', 'public.a', 'SELECT')") == [(False,)]
        assert database.profile.schemas == ("api", "public")
    with (
        pytest.raises(SourceError, match=r"0002_wrong\.sql:1: division by zero"),
        opened(closed, Options(mode="stop")),
    ):
        pass


def test_a_seed_runs_last_and_grants_can_be_chosen(closed):
    with opened(closed, Options(grants="open", seed=True)) as database:
        assert rows(database.url, "SELECT id FROM public.a") == [(7,)]
        assert rows(database.url, "SELECT has_table_privilege('anon', 'public.a', 'SELECT')") == [(True,)]


def test_standard_input_is_a_database_too(monkeypatch):
    monkeypatch.setattr("sys.stdin", SimpleNamespace(buffer=io.BytesIO(b"create table t (id int);")))
    with opened(parse_source("-")) as database:
        assert rows(database.url, "SELECT count(*) FROM public.t") == [(0,)]
