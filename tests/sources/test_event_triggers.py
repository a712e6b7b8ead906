"""Event triggers, which no server of ours lets a project create."""

from contextlib import closing

import pytest

from gatepost.database.connect import connect
from gatepost.sources import Options, opened, parse_source

pytestmark = pytest.mark.server

ENABLING = """
create table public.earlier (id int);
create function public.protect_new() returns event_trigger language plpgsql as $$
declare found record;
begin
    for found in select * from pg_event_trigger_ddl_commands() where command_tag = 'CREATE TABLE' loop
        execute format('alter table %s enable row level security', found.object_identity);
    end loop;
end $$;
create event trigger protect on ddl_command_end execute function public.protect_new();
create table public.later (id int);
do $$ begin create table public.inside (id int); end $$;
create table public.reopened (id int); alter table public.reopened disable row level security;
create schema other; create table other.elsewhere (id int);
create event trigger "pgrst_watch" on ddl_command_end execute function "extensions"."pgrst_ddl_watch"();
alter event trigger "pgrst_watch" owner to "supabase_admin";
"""


def test_tables_after_the_trigger_that_enables_row_security_have_it(tmp_path):
    (tmp_path / "schema.sql").write_text(ENABLING)
    with opened(parse_source(str(tmp_path / "schema.sql")), Options()) as database:
        assert database.not_checked == ()
        with closing(connect(database.url)) as connection, connection.cursor() as cursor:
            cursor.execute("SELECT relname FROM pg_class WHERE relrowsecurity AND relnamespace <> 'auth'::regnamespace")
            found = {name for (name,) in cursor.fetchall()}
    assert {"later", "inside"} <= found
    assert not {"earlier", "reopened", "elsewhere"} & found
