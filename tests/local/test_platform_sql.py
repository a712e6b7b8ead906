"""The shape of a hosted project, as a migration role and a signed-in user see it."""

import json
import threading
import time
from contextlib import closing
from pathlib import Path

import psycopg2
import psycopg2.errors
import pytest
from alembic.migration import MigrationContext
from alembic.operations import Operations
from sqlalchemy import create_engine

from gatepost.local import platform_sql

ROLES = {
    "anon": "-i----- statement_timeout=3s",
    "authenticated": "-i----- statement_timeout=8s",
    "service_role": "-i---b- ",
    "authenticator": "l------ lock_timeout=8s statement_timeout=8s",
    "postgres": 'li-cdbr search_path="$user", public, extensions',
    "supabase_admin": 'liscdbr log_statement=none search_path="$user", public, auth, extensions',
    "supabase_auth_admin": "l------ idle_in_transaction_session_timeout=60s search_path=auth",
    "supabase_storage_admin": "l--c--- search_path=storage",
    "supabase_realtime_admin": "l--c--r search_path=realtime",
}
USER = "11111111-1111-1111-1111-111111111111"


def one(connection, query, arguments=None):
    with connection.cursor() as cursor:
        cursor.execute(query, arguments)
        return cursor.fetchone()[0] if cursor.description else None


@pytest.fixture(scope="module")
def shared_url(new_database):
    with new_database() as url:
        yield url


@pytest.fixture
def connection(shared_url):
    """One database for all of this file: everything here can be rolled back, and is."""
    with closing(psycopg2.connect(shared_url)) as connection:
        yield connection


@pytest.fixture
def version(connection):
    return connection.server_version // 10_000


@pytest.fixture
def superuser(superuser_url):
    with closing(psycopg2.connect(superuser_url)) as connection:
        yield connection


# Roles


@pytest.mark.parametrize("name", ROLES)
def test_a_role_has_the_platform_s_attributes(connection, name):
    found = one(
        connection,
        """
        SELECT concat(
            CASE WHEN rolcanlogin THEN 'l' ELSE '-' END, CASE WHEN rolinherit THEN 'i' ELSE '-' END,
            CASE WHEN rolsuper THEN 's' ELSE '-' END, CASE WHEN rolcreaterole THEN 'c' ELSE '-' END,
            CASE WHEN rolcreatedb THEN 'd' ELSE '-' END, CASE WHEN rolbypassrls THEN 'b' ELSE '-' END,
            CASE WHEN rolreplication THEN 'r' ELSE '-' END, ' ',
            (SELECT string_agg(setting, ' ' ORDER BY setting) FROM unnest(rolconfig) AS setting)
        ) FROM pg_roles WHERE rolname = %s
        """,
        [name],
    )
    expected = ROLES[name]
    if name in ("supabase_auth_admin", "supabase_storage_admin", "supabase_realtime_admin", "authenticator"):
        assert found[1] == "-"  # NOINHERIT
    assert found == expected


def test_postgres_becomes_the_api_roles_and_not_the_services(connection):
    for role in ("anon", "authenticated", "service_role"):
        with connection.cursor() as cursor:
            cursor.execute(f"SET ROLE {role}")
            cursor.execute("RESET ROLE")
    for role in ("supabase_admin", "supabase_auth_admin", "supabase_storage_admin", "supabase_realtime_admin"):
        with pytest.raises(psycopg2.errors.InsufficientPrivilege):
            one(connection, f"SET ROLE {role}")
        connection.rollback()


def test_postgres_owns_the_database(connection):
    query = "SELECT pg_get_userbyid(datdba) FROM pg_database WHERE datname = current_database()"
    assert one(connection, query) == "postgres"
    assert one(connection, "SELECT pg_get_userbyid(pubowner) FROM pg_publication") == "postgres"


# What the platform refuses


REFUSED = {
    "ALTER TABLE storage.objects ENABLE ROW LEVEL SECURITY": "must be owner of table objects",
    "ALTER TABLE storage.objects DISABLE ROW LEVEL SECURITY": "must be owner of table objects",
    "ALTER TABLE storage.objects ADD COLUMN mine text": "must be owner of table objects",
    "ALTER TABLE auth.users ADD COLUMN mine text": "must be owner of table users",
    "DROP TABLE realtime.messages": "must be owner of table messages",
    "CREATE TABLE auth.mine (id int)": "permission denied for schema auth",
    "CREATE TABLE storage.mine (id int)": "permission denied for schema storage",
    "CREATE FUNCTION auth.mine() RETURNS int LANGUAGE sql AS 'SELECT 1'": "permission denied for schema auth",
    "CREATE INDEX ON storage.objects (owner)": "must be owner of table objects",
    "COMMENT ON TABLE storage.objects IS 'mine'": "must be owner of table objects",
    "CREATE OR REPLACE FUNCTION auth.uid() RETURNS uuid LANGUAGE sql AS 'SELECT NULL::uuid'": "permission denied",
    "ALTER DEFAULT PRIVILEGES FOR ROLE supabase_admin GRANT SELECT ON TABLES TO anon": "denied to change|must be",
    "ALTER ROLE postgres SUPERUSER": "permission denied|must be superuser",
}


@pytest.mark.parametrize("statement", REFUSED)
def test_what_the_platform_refuses_is_refused(connection, statement):
    with pytest.raises(psycopg2.errors.InsufficientPrivilege, match=REFUSED[statement]):
        one(connection, statement)


def test_usage_on_auth_cannot_be_handed_on(connection):
    one(connection, "CREATE ROLE shape_reader")
    one(connection, "GRANT USAGE ON SCHEMA auth TO shape_reader")
    assert any('no privileges were granted for "auth"' in notice for notice in connection.notices)
    assert one(connection, "SELECT has_schema_privilege('shape_reader', 'auth', 'usage')") is False


def test_a_role_just_made_cannot_be_become_from_16_on(connection, version):
    one(connection, "CREATE ROLE shape_new")
    if version < 16:
        pytest.skip("before 16, CREATEROLE was enough")
    with pytest.raises(psycopg2.errors.InsufficientPrivilege):
        one(connection, "SET ROLE shape_new")


# Policies on platform tables, which the platform allows without ownership


TABLES = ("storage.objects", "storage.buckets", "realtime.messages", "auth.users")


@pytest.mark.parametrize("table", TABLES)
def test_postgres_makes_alters_comments_on_and_drops_policies(connection, table):
    with connection.cursor() as cursor:
        cursor.execute(f'CREATE POLICY "my own" ON {table} TO authenticated USING (auth.uid() IS NOT NULL)')
        cursor.execute(f'ALTER POLICY "my own" ON {table} USING (true)')
        cursor.execute(f'ALTER POLICY "my own" ON {table} RENAME TO q')
        cursor.execute(f"COMMENT ON POLICY q ON {table} IS 'mine'")
        cursor.execute(f"DROP POLICY q ON {table}")
        cursor.execute(f"DROP POLICY IF EXISTS q ON {table}")


@pytest.mark.parametrize("table", TABLES)
def test_a_policy_leaves_owner_and_grants_as_they_were(connection, table):
    query = "SELECT relowner::regrole::text || relacl::text FROM pg_class WHERE oid = %s::regclass"
    before = one(connection, query, [table])
    one(connection, f"CREATE POLICY p ON {table} USING (true)")
    assert one(connection, query, [table]) == before
    with pytest.raises(psycopg2.errors.DuplicateObject):
        one(connection, f"CREATE POLICY p ON {table} USING (true)")
    connection.rollback()
    assert one(connection, query, [table]) == before


HIDDEN = {
    "several statements": "CREATE TABLE note (id int); CREATE POLICY p ON storage.objects USING (true); SELECT 1",
    "quoted": 'CREATE POLICY p ON "storage"."objects" USING (true)',
    "upper case": "CREATE POLICY p ON STORAGE.OBJECTS USING (true)",
    "search path": "SET search_path = storage; CREATE POLICY p ON objects USING (true)",
    "block": "DO $$ BEGIN EXECUTE format('CREATE POLICY p ON %I.%I USING (true)', 'storage', 'objects'); END $$",
    "function": "SELECT pg_temp.protect()",
}


@pytest.mark.parametrize("way", HIDDEN)
def test_a_policy_may_be_made_in_any_way(connection, way):
    one(
        connection,
        "CREATE FUNCTION pg_temp.protect() RETURNS void LANGUAGE plpgsql AS "
        "$$ BEGIN EXECUTE 'CREATE POL' || 'ICY p ON storage.obj' || 'ects USING (true)'; END $$",
    )
    one(connection, HIDDEN[way])
    assert one(connection, "SELECT count(*) FROM pg_policies WHERE schemaname = 'storage'") == 1


def test_a_migration_makes_and_drops_a_policy_on_storage(database_url):
    engine = create_engine(database_url.replace("postgresql:", "postgresql+psycopg2:"))
    for statement in (
        'CREATE POLICY "p" ON "storage"."objects" USING (true)',
        'DROP POLICY "p" ON "storage"."objects"',
    ):
        with engine.begin() as session:
            Operations(MigrationContext.configure(session)).execute(statement)
    engine.dispose()


def test_the_loan_ends_with_the_command(connection):
    """In one statement after another of one string, and after a command that failed inside a block."""
    with pytest.raises(psycopg2.errors.InsufficientPrivilege, match="must be owner"):
        one(
            connection,
            "CREATE POLICY p ON storage.objects USING (true); ALTER TABLE storage.objects DISABLE ROW LEVEL SECURITY",
        )
    connection.rollback()
    one(
        connection,
        "DO $$ BEGIN CREATE POLICY p ON storage.objects USING (nonsense); EXCEPTION WHEN undefined_column THEN END $$",
    )
    with pytest.raises(psycopg2.errors.InsufficientPrivilege, match="must be owner"):
        one(connection, "ALTER TABLE storage.objects DISABLE ROW LEVEL SECURITY")


@pytest.mark.parametrize("role", ["anon", "authenticated", "service_role"])
def test_the_api_roles_make_no_policies(connection, role):
    one(connection, f"SET ROLE {role}")
    with pytest.raises(psycopg2.errors.InsufficientPrivilege, match="must be owner"):
        one(connection, "CREATE POLICY p ON storage.objects USING (true)")


def test_a_comment_that_speaks_of_a_policy_is_still_a_comment_on_a_table(connection):
    with pytest.raises(psycopg2.errors.InsufficientPrivilege, match="must be owner"):
        one(connection, "COMMENT ON TABLE storage.objects IS 'no policy yet'")


def test_triggers_on_auth_users_are_made_and_dropped(connection):
    one(connection, "CREATE FUNCTION on_user() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'")
    one(connection, "CREATE TRIGGER t AFTER INSERT ON auth.users FOR EACH ROW EXECUTE FUNCTION on_user()")
    one(connection, "DROP TRIGGER t ON auth.users")


def test_a_setting_that_somebody_wrote_lends_nothing_else(connection):
    with pytest.raises(psycopg2.errors.InsufficientPrivilege, match=r"must be owner|permission denied"):
        one(
            connection,
            "CREATE TABLE note (id int); "
            "SELECT set_config('gatepost.message', 'CREATE POLICY' || statement_timestamp(), true); "
            "SELECT set_config('gatepost.lent', ARRAY['pg_authid'::regclass::oid]::text, true); "
            "CREATE POLICY p ON note USING (true); UPDATE pg_authid SET rolname = rolname",
        )
    connection.rollback()
    assert one(connection, "SELECT relowner::regrole::text FROM pg_class WHERE relname = 'pg_authid'") != "postgres"


def processor_time(connection):
    """What the session's process has used: a busy machine does not change it. Elsewhere than on Linux, the clock."""
    file = Path(f"/proc/{connection.info.backend_pid}/schedstat")
    try:
        return int(file.read_text().split()[0])
    except FileNotFoundError:
        return time.perf_counter_ns()


def test_many_policies_in_one_message_are_not_read_again_for_each(connection):
    """Four times as many take four times as long; reading the text for each made it sixteen times."""

    def work(count):
        many = "; ".join(f"CREATE POLICY p{number} ON note USING (id = {number})" for number in range(count))
        one(connection, "CREATE TABLE note (id int)")
        start = processor_time(connection)
        one(connection, many)
        took = processor_time(connection) - start
        connection.rollback()
        return took

    work(10)
    assert min(work(1200) / work(300) for _ in range(4)) < 8


def test_policies_on_tables_of_the_user_s_are_not_touched(connection):
    one(connection, "CREATE TABLE users (id int); CREATE POLICY p ON users USING (true)")
    query = "SELECT relowner::regrole::text FROM pg_class WHERE oid = 'public.users'::regclass"
    assert one(connection, query) == "postgres"


def test_two_sessions_make_policies_one_after_the_other(database_url):
    failures = []

    def other():
        try:
            with closing(psycopg2.connect(database_url)) as second, second:
                one(second, "CREATE POLICY b ON storage.objects USING (true)")
        except psycopg2.Error as failure:
            failures.append(failure)

    with closing(psycopg2.connect(database_url)) as first:
        one(first, "CREATE POLICY a ON storage.objects USING (true)")
        thread = threading.Thread(target=other)
        thread.start()
        thread.join(0.3)
        assert thread.is_alive()
        first.commit()
        thread.join(20)
        assert failures == []
        assert one(first, "SELECT count(*) FROM pg_policies WHERE schemaname = 'storage'") == 2


# Row security and default privileges


def test_platform_tables_have_row_security_and_no_policies(connection):
    unprotected = one(
        connection,
        "SELECT count(*) FROM pg_class WHERE NOT relrowsecurity AND relkind IN ('r', 'p') AND NOT relispartition "
        "AND relnamespace IN ('auth'::regnamespace, 'storage'::regnamespace, 'realtime'::regnamespace)",
    )
    assert unprotected == 0
    assert one(connection, "SELECT count(*) FROM pg_policies") == 0


def new_objects(url):
    """ACLs of a table, a sequence and a function that a migration has just made, for `anon` and for PUBLIC."""
    with closing(psycopg2.connect(url)) as connection:
        one(connection, "CREATE TABLE t (id int); CREATE SEQUENCE s; CREATE FUNCTION f() RETURNS int RETURN 1")
        found = {}
        for name, query in {
            "table": "SELECT relacl FROM pg_class WHERE oid = 't'::regclass",
            "sequence": "SELECT relacl FROM pg_class WHERE oid = 's'::regclass",
            "function": "SELECT proacl FROM pg_proc WHERE oid = 'f'::regproc",
        }.items():
            acl = one(connection, f"SELECT ({query})::text[]") or []
            held = dict(entry.partition("/")[0].split("=") for entry in acl)
            found[name] = (held.get("anon"), held.get(""))
            assert held.get("anon") == held.get("authenticated") == held.get("service_role")
        found["anon executes"] = one(connection, "SELECT has_function_privilege('anon', 'f()', 'execute')")
        return found


def test_new_objects_before_the_change_of_2026(new_database, version):
    with new_database("old") as url:
        assert new_objects(url) == {
            "table": ("arwdDxtm" if version >= 17 else "arwdDxt", None),
            "sequence": ("rwU", None),
            "function": ("X", "X"),
            "anon executes": True,
        }


def test_new_objects_since_the_change_of_2026(new_database, version):
    with new_database("new") as url:
        found = new_objects(url)
    assert found["table"] == ("Dxtm" if version >= 17 else "Dxt", None)
    assert found["sequence"] == ("w", None)
    assert found["function"] in ((None, None), (None, "X"))  # no ACL of its own means PUBLIC may
    assert found["anon executes"] is True


def test_what_the_platform_makes_in_public_is_open_in_both(superuser):
    one(superuser, "CREATE TABLE t (id int)")
    assert one(superuser, "SELECT has_table_privilege('anon', 't', 'select')") is True


# auth


def claims(connection, **values):
    one(connection, "SELECT set_config('request.jwt.claims', %s, true)", [json.dumps(values)])


def test_claims_are_read(connection):
    claims(connection, sub=USER, role="authenticated", email="a@b.c", app_metadata={"org": 7})
    assert one(connection, "SELECT auth.uid()::text") == USER
    assert one(connection, "SELECT auth.role()") == "authenticated"
    assert one(connection, "SELECT auth.email()") == "a@b.c"
    assert one(connection, "SELECT auth.jwt() -> 'app_metadata' ->> 'org'") == "7"


def test_a_claim_of_the_old_kind_comes_first(connection):
    claims(connection, sub=USER)
    one(connection, "SELECT set_config('request.jwt.claim.sub', %s, true)", [USER.replace("1", "2")])
    assert one(connection, "SELECT auth.uid()::text") == USER.replace("1", "2")


def test_nobody_is_null_before_and_after_somebody(connection):
    assert one(connection, "SELECT coalesce(auth.uid()::text, auth.role(), auth.email(), auth.jwt()::text)") is None
    claims(connection, sub=USER)
    connection.commit()
    assert one(connection, "SELECT current_setting('request.jwt.claims')") == ""
    assert one(connection, "SELECT coalesce(auth.uid()::text, auth.role(), auth.email(), auth.jwt()::text)") is None


def test_a_sub_that_is_no_uuid_raises(connection):
    claims(connection, sub="auth0|7")
    with pytest.raises(psycopg2.errors.InvalidTextRepresentation):
        one(connection, "SELECT auth.uid()")


@pytest.mark.parametrize("role", ["anon", "authenticated", "service_role"])
def test_the_api_roles_know_who_they_are(connection, role):
    one(connection, f"SET ROLE {role}")
    assert one(connection, "SELECT auth.uid()") is None
    with pytest.raises(psycopg2.errors.InsufficientPrivilege):
        one(connection, "SELECT count(*) FROM auth.users")


def test_a_user_is_imported_the_documented_way(connection):
    one(
        connection,
        """
        INSERT INTO auth.users (instance_id, id, aud, role, email, encrypted_password, email_confirmed_at,
            confirmation_token, recovery_token, email_change_token_new, email_change,
            raw_app_meta_data, raw_user_meta_data, created_at, updated_at)
        VALUES ('00000000-0000-0000-0000-000000000000', %(id)s, 'authenticated', 'authenticated', 'A@b.c', 'x', now(),
            '', '', '', '', '{"provider":"email","providers":["email"]}', '{}', now(), now());
        INSERT INTO auth.identities (provider_id, user_id, provider, identity_data, created_at, updated_at)
        VALUES (%(id)s, %(id)s, 'email', jsonb_build_object('sub', %(id)s, 'email', 'A@b.c'), now(), now())
        """,
        {"id": USER},
    )
    assert one(connection, "SELECT confirmed_at IS NOT NULL FROM auth.users") is True
    assert one(connection, "SELECT email FROM auth.identities") == "a@b.c"
    one(connection, "CREATE TABLE profile (id uuid PRIMARY KEY REFERENCES auth.users ON DELETE CASCADE)")
    with pytest.raises(psycopg2.errors.UniqueViolation):
        one(connection, "INSERT INTO auth.users (id, email) VALUES (gen_random_uuid(), 'A@b.c')")


# storage, realtime, the rest


def test_names_of_files_are_taken_apart(connection):
    row = "SELECT to_json((storage.foldername(%(n)s), storage.filename(%(n)s), storage.extension(%(n)s)))"
    assert one(connection, row, {"n": "a/b/c.tar.gz"}) == {"f1": ["a", "b"], "f2": "c.tar.gz", "f3": "gz"}
    assert one(connection, row, {"n": "c.png"}) == {"f1": [], "f2": "c.png", "f3": "png"}


def test_files_are_seen_through_policies_only(connection):
    one(connection, "INSERT INTO storage.buckets (id, name) VALUES ('b', 'b')")
    one(connection, "INSERT INTO storage.objects (bucket_id, name) VALUES ('b', %s), ('b', 'else/x')", [f"{USER}/x"])
    one(
        connection,
        "CREATE POLICY own ON storage.objects FOR SELECT TO authenticated "
        "USING ((storage.foldername(name))[1] = (SELECT auth.uid())::text)",
    )
    claims(connection, sub=USER)
    one(connection, "SET LOCAL ROLE authenticated")
    assert one(connection, "SELECT string_agg(name, ',') FROM storage.objects") == f"{USER}/x"
    one(connection, "SET LOCAL ROLE anon")
    assert one(connection, "SELECT count(*) FROM storage.objects") == 0


def test_files_are_not_deleted_in_sql(connection):
    with pytest.raises(psycopg2.errors.InsufficientPrivilege, match="Storage API"):
        one(connection, "DELETE FROM storage.objects")
    connection.rollback()
    one(connection, "SET LOCAL storage.allow_delete_query = 'true'; DELETE FROM storage.objects")


def test_messages_are_sent_and_their_topic_known(connection):
    one(connection, """SELECT realtime.send('{"a": 1}', 'greeting', 'room:1')""")
    assert one(connection, "SELECT topic || event || private FROM realtime.messages") == "room:1greetingtrue"
    one(connection, "SELECT set_config('realtime.topic', 'room:1', true)")
    assert one(connection, "SELECT realtime.topic()") == "room:1"


def test_a_message_that_no_policy_lets_through_is_not_sent_and_does_no_harm(connection):
    claims(connection, sub=USER)
    one(connection, "SET LOCAL ROLE authenticated")
    one(connection, """SELECT realtime.send('{"a": 1}', 'greeting', 'room:1')""")
    one(connection, "RESET ROLE")
    assert one(connection, "SELECT count(*) FROM realtime.messages") == 0


def test_helpers_that_projects_assume(connection):
    assert one(connection, "SELECT uuid_generate_v4() <> extensions.uuid_generate_v4()") is True
    if one(connection, "SELECT EXISTS (SELECT 1 FROM pg_available_extensions WHERE name = 'pgcrypto')"):
        assert one(connection, "SELECT crypt('x', gen_salt('bf', 4)) LIKE '$2a$%'") is True
    one(connection, "CREATE EXTENSION IF NOT EXISTS citext WITH SCHEMA extensions")
    secret = one(connection, "SELECT vault.create_secret('s3cr3t', 'key')")
    assert one(connection, "SELECT decrypted_secret FROM vault.decrypted_secrets WHERE id = %s", [secret]) == "s3cr3t"
    assert "errors" in one(connection, "SELECT graphql_public.graphql(query => '{a}')")


# The files


def test_every_section_is_named_and_parsed():
    files = sorted(path.stem for path in (Path(platform_sql.__file__).parent / "sql").glob("*.sql"))
    used = {
        *platform_sql.ROLES,
        *platform_sql.DATABASE,
        *(file for profile in platform_sql.PROFILES.values() for file in profile),
    }
    assert used == set(files)
    for file in files:
        text = (Path(platform_sql.__file__).parent / "sql" / f"{file}.sql").read_text()
        assert len(platform_sql.sections(file)) == text.count("-- makes:") + text.count("-- always:")


def test_applying_again_changes_nothing(superuser):
    """Event triggers and publications included: every section finds its object there."""
    names = [
        section.name
        for section in platform_sql.missing(
            superuser, platform_sql.sections(*platform_sql.ROLES, *platform_sql.DATABASE)
        )
    ]
    assert names == [
        section.name
        for section in platform_sql.sections(*platform_sql.ROLES, *platform_sql.DATABASE)
        if not section.kind
    ]
    platform_sql.apply(superuser, *platform_sql.ROLES, *platform_sql.DATABASE, *platform_sql.PROFILES["new"])
