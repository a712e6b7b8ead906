"""What a stranger's migrations may not do: nothing of them runs as a superuser, or reaches files, programs or roles."""

from contextlib import closing

import pytest

from gatepost.database.connect import connect
from gatepost.local.throwaway.image import LOGIN, SUPERUSER
from gatepost.sources import opened, parse_source
from gatepost.sources.preparing import PLATFORM

pytestmark = pytest.mark.server

REFUSED = {
    "program": "copy (select 1) to program 'touch /tmp/gatepost-was-here'",
    "file": "select pg_read_file('/etc/passwd')",
    "directory": "select pg_ls_dir('/')",
    "import": "select lo_import('/etc/passwd')",
    "library": "load '/tmp/evil.so'",
    "c": "create function public.evil() returns int language c as '/tmp/evil.so', 'evil'",
    "internal": "create function public.evil2() returns int language internal as 'pg_backend_pid'",
    "superuser": "create role evil superuser",
    "program_role": "grant pg_execute_server_program to postgres",
    "become": f"set role {SUPERUSER}",
    "session": f"set session authorization {SUPERUSER}",
    "alter": f"alter role {SUPERUSER} login password 'x'",
    "own": f"alter role {LOGIN} superuser",
    "platform": f"alter role {PLATFORM} superuser",
    "setting": "alter system set archive_command = 'touch /tmp/gatepost-was-here'",
    "preload": "set session_preload_libraries = 'evil'",
    "catalog": "update pg_catalog.pg_authid set rolsuper = true",
    "untrusted": "create extension file_fdw",
    "subscription": "create subscription s connection 'host=localhost' publication p",
}
HIJACK = """
set role none;
create table public.who (name text, super text);
grant all on public.who to public;
create function extensions.note_who() returns boolean language plpgsql as $$
begin
    insert into public.who values (current_user, current_setting('is_superuser'));
    return true;
end $$;
create function extensions.format(text, variadic anyarray) returns text language sql as
    $$ select extensions.note_who()::text $$;
create function extensions.to_regnamespace(unknown) returns regnamespace language sql as
    $$ select extensions.note_who()::text::regnamespace $$;
create schema cron;
create function cron.now() returns timestamptz language sql as $$ select extensions.note_who()::text::timestamptz $$;
set search_path = extensions, cron, pg_catalog;
create extension pg_cron with schema extensions;
create extension pgmq with schema extensions;
create extension vector with schema extensions;
create extension postgis with schema extensions;
insert into public.who select 'probe', current_setting('is_superuser');
"""


@pytest.fixture(scope="module")
def hostile(tmp_path_factory):
    file = tmp_path_factory.mktemp("hostile") / "0001_hostile.sql"
    attempts = ";\n".join(
        f"do $do$ begin execute $x${statement}$x$; create table public.did_{name} (); end $do$"
        for name, statement in REFUSED.items()
    )
    file.write_text(f"{attempts};\n{HIJACK}")
    with opened(parse_source(str(file))) as database, closing(connect(database.url)) as connection:
        yield database, connection


def test_what_reaches_beyond_the_database_is_refused(hostile):
    database, connection = hostile
    with connection.cursor() as cursor:
        cursor.execute("SELECT tablename FROM pg_tables WHERE tablename LIKE 'did%'")
        assert cursor.fetchall() == []
    connection.rollback()
    assert len([one for one in database.causes if one.failure.place.startswith("0001_hostile.sql")]) >= len(REFUSED)


def test_no_code_of_a_stranger_runs_as_a_superuser_while_an_extension_is_made(hostile):
    _, connection = hostile
    with connection.cursor() as cursor:
        cursor.execute("SELECT name, super FROM public.who")
        assert set(cursor.fetchall()) == {("probe", "off")}
        cursor.execute("SELECT extname FROM pg_extension WHERE extname IN ('pg_cron', 'pgmq', 'vector', 'postgis')")
        assert len(cursor.fetchall()) == 4
        cursor.execute("SELECT rolname FROM pg_roles WHERE rolsuper")
        assert cursor.fetchall() == [(SUPERUSER,)]
    connection.rollback()
