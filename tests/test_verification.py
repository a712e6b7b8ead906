"""`verify` on databases as they are: read only, half there, of another kind, of another version."""

from contextlib import closing, contextmanager
from pathlib import Path

import psycopg2
import pytest
from sqlalchemy import Column, Integer, MetaData, Table
from typer.testing import CliRunner

import gatepost
from gatepost import assert_row_security, declaring, protect, verify
from gatepost.cli import app
from gatepost.declare.declaration import Declaration
from gatepost.declare.language import collected
from gatepost.doctor.audit import ROLE
from gatepost.errors import DatabaseUnreachable
from gatepost.local.account import give, unprivileged
from gatepost.local.cluster import SUPERUSER, Cluster
from gatepost.project import find_project
from gatepost.rules import all_rules, named_rule
from gatepost.verification import RowSecurityMissing

ROOT = Path(gatepost.__file__).parents[1]
READER = "gp_verify_reader"


def execute(url, *statements):
    with closing(psycopg2.connect(url)) as connection, connection, connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)


def bad(result):
    return [finding for finding in result.findings if finding.severity != "info"]


@pytest.fixture(scope="module")
def declaration():
    project = find_project(ROOT)
    assert project is not None
    return project.declaration()


@pytest.fixture(scope="module")
def migrate():
    """Bring a database to a revision of the repository's own history."""
    from alembic import command
    from alembic.config import Config

    def upgrade(url, revision="head"):
        config = Config(str(ROOT / "alembic.ini"))
        config.set_main_option("script_location", str(ROOT / "alembic"))
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("DATABASE_URL", url)
            command.upgrade(config, revision)

    return upgrade


@pytest.fixture(scope="module")
def at_head(_clone, server, migrate):
    """A database with the repository's own tables, for tests that leave it as it is."""
    with _clone("old") as name:
        migrate(server.url(name, "postgres"))
        yield name


@pytest.fixture
def reader(server, at_head):
    """A role that may only read, as a monitoring account does."""
    superuser = server.url(at_head, SUPERUSER)
    execute(
        superuser,
        f"CREATE ROLE {READER} LOGIN PASSWORD 'gatepost-tests'; GRANT pg_read_all_data TO {READER}",
    )
    yield server.url(at_head, READER)
    execute(superuser, f"DROP OWNED BY {READER}; DROP ROLE {READER}")


def test_the_projects_own_tables_are_clean(server, at_head, declaration):
    with closing(psycopg2.connect(server.url(at_head, "postgres"))) as connection:
        result = verify(connection, declaration=declaration, server=server)
    assert bad(result) == []
    assert result.not_checked == ()
    assert result.ok


def test_the_projects_own_tables_are_clean_without_their_declaration(server, at_head):
    with closing(psycopg2.connect(server.url(at_head, "postgres"))) as connection:
        result = verify(connection, declaration=Declaration(), rules=not_about_declarations())
        assert_row_security(connection)
    assert bad(result) == []


def not_about_declarations():
    return [rule for rule in all_rules() if rule.name not in ("undeclared-table", "missing-table", "drift")]


def test_a_role_that_may_only_read_sees_as_much(reader, server, at_head, declaration):
    with closing(psycopg2.connect(reader)) as connection:
        result = verify(connection, declaration=declaration, server=server)
    with closing(psycopg2.connect(server.url(at_head, "postgres"))) as connection:
        as_postgres = verify(connection, declaration=declaration, server=server)
    assert result.findings == as_postgres.findings
    assert result.not_checked == ()


def test_the_audit_role_sees_everything_and_reads_no_row(server, at_head, declaration):
    superuser = server.url(at_head, SUPERUSER)
    made = CliRunner().invoke(app, ["doctor", superuser, "--audit-role"])
    execute(superuser, made.output, f"ALTER ROLE {ROLE} PASSWORD 'gatepost-tests'", "CREATE TABLE public.bare ()")
    try:
        found = []
        for user in (ROLE, SUPERUSER):
            for said in (declaration, Declaration()):
                with closing(psycopg2.connect(server.url(at_head, user))) as connection:
                    result = verify(connection, declaration=said, server=server)
                found.append((set(result.findings), result.not_checked))
        assert found[:2] == found[2:]
        assert [not_checked for _, not_checked in found] == [()] * 4
        with pytest.raises(psycopg2.errors.InsufficientPrivilege):
            execute(server.url(at_head, ROLE), "SELECT FROM public.users")
    finally:
        execute(superuser, f"DROP TABLE public.bare; DROP OWNED BY {ROLE}; DROP ROLE {ROLE}")


@pytest.mark.parametrize("autocommit", [False, True])
def test_a_session_that_is_read_only_by_default(server, at_head, declaration, autocommit):
    url = server.url(at_head, "postgres")
    with closing(psycopg2.connect(url, options="-c default_transaction_read_only=on")) as connection:
        connection.autocommit = autocommit
        result = verify(connection, declaration=declaration, server=server)
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")  # the connection is left usable
    assert bad(result) == []
    assert result.not_checked == ()


def test_nothing_above_access_share_is_locked(server, at_head, declaration):
    """Temporary tables are the session's own; every other lock would stand in somebody's way."""
    with closing(psycopg2.connect(server.url(at_head, "postgres"))) as connection, connection.cursor() as cursor:
        cursor.execute("SELECT txid_current_if_assigned()")
        verify(connection, declaration=declaration, server=server)
        cursor.execute(
            "SELECT DISTINCT c.oid::regclass::text, l.mode FROM pg_locks l JOIN pg_class c ON c.oid = l.relation"
            " WHERE l.pid = pg_backend_pid() AND l.locktype = 'relation' AND l.mode <> 'AccessShareLock'"
            "   AND c.relpersistence <> 't' AND c.relnamespace <> 'pg_catalog'::regnamespace"
            "   AND c.relnamespace <> 'pg_toast'::regnamespace"
        )
        assert cursor.fetchall() == []


def test_it_writes_nothing(server, at_head, declaration):
    url = server.url(at_head, "postgres")
    counts = (
        "SELECT sum(n_tup_ins + n_tup_upd + n_tup_del) FROM pg_stat_all_tables WHERE schemaname !~ '^pg_'",
        "SELECT count(*) FROM pg_class",
        "SELECT count(*) FROM pg_policy",
    )

    def look():
        with closing(psycopg2.connect(url)) as connection, connection.cursor() as cursor:
            found = []
            for statement in counts:
                cursor.execute(statement)
                found.append(cursor.fetchone())
            return found

    before = look()
    with closing(psycopg2.connect(url)) as connection:
        verify(connection, declaration=declaration, server=server)
    assert look() == before


def test_a_database_that_is_half_migrated(new_database, migrate, server, declaration):
    with new_database("old") as url:
        migrate(url, "5f1c2b7d90ae")
        with closing(psycopg2.connect(url)) as connection:
            result = verify(connection, declaration=declaration, server=server)
    assert {"row-security-off", "drift"} <= {finding.rule for finding in result.findings}
    assert {"public.tasks", "public.provider_credentials"} <= {
        f.object for f in result.findings if f.rule == "row-security-off" and f.severity == "error"
    }


def test_an_empty_database_names_what_is_missing(connection, server, declaration):
    result = verify(connection, declaration=declaration, server=server)
    assert {finding.rule for finding in result.findings if finding.severity == "error"} == {"missing-table"}


def test_the_mission_in_one_call(connection):
    with connection, connection.cursor() as cursor:
        cursor.execute("CREATE TABLE one (id int); CREATE TABLE two (id int); CREATE TABLE three (id int)")
        cursor.execute("ALTER TABLE two ENABLE ROW LEVEL SECURITY")
    with pytest.raises(RowSecurityMissing) as missing:
        assert_row_security(connection)
    assert '"public.one"' in str(missing.value)
    assert '"public.three"' in str(missing.value)
    assert "public.two" not in str(missing.value)
    with connection, connection.cursor() as cursor:
        cursor.execute("ALTER TABLE one ENABLE ROW LEVEL SECURITY; ALTER TABLE three ENABLE ROW LEVEL SECURITY")
    assert_row_security(connection)


def test_a_server_without_the_platforms_roles(pytestconfig, ground):
    """A plain PostgreSQL: the roles that hold something are looked at, and that is said."""
    with plain_server(pytestconfig, ground) as url:
        execute(
            url,
            "CREATE ROLE shop_app LOGIN",
            "CREATE TABLE orders (id int PRIMARY KEY); GRANT SELECT ON orders TO shop_app",
        )
        with closing(psycopg2.connect(url)) as connection:
            result = verify(connection, declaration=Declaration(), rules=not_about_declarations())
    (off,) = [finding for finding in result.findings if finding.rule == "row-security-off"]
    assert (off.severity, off.object) == ("error", "public.orders")
    assert "shop_app" in off.message
    (said,) = [finding for finding in result.findings if finding.rule == "no-api-roles"]
    assert '"shop_app"' in said.message


@contextmanager
def plain_server(pytestconfig, ground):
    from tests.programs import programs

    if pytestconfig.getoption("--gatepost-url"):
        pytest.skip("needs a server of its own")
    directory = ground / "plain"
    directory.mkdir()
    give(directory, unprivileged())
    cluster = Cluster(directory, programs(pytestconfig.getoption("--gatepost-pg-bin")), unprivileged())
    cluster.initialise()
    cluster.launch()
    try:
        yield cluster.url("postgres", SUPERUSER)
    finally:
        cluster.stop()


def test_what_goes_wrong_while_the_database_is_read_reaches_the_caller(connection):
    connection.close()
    with pytest.raises(DatabaseUnreachable, match="the connection is closed"):
        verify(connection, declaration=Declaration())


def test_a_rule_that_does_not_run_leaves_the_connection_to_the_caller(connection):
    def broken():
        raise LookupError
        yield

    with pytest.raises(LookupError):
        verify(connection, declaration=Declaration(), rules=broken())
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
        assert cursor.fetchone() == (1,)


CATALOG = {rule.name for rule in all_rules() if rule.decided_by == "catalog"}
PROOFS = {
    "a condition that is true": ("CREATE POLICY p ON note FOR SELECT TO anon USING (true)", "proved"),
    "a condition that is true for whoever is signed in": (
        "CREATE POLICY p ON note FOR SELECT TO authenticated USING ((SELECT auth.uid()) IS NOT NULL)",
        "proved",
    ),
    "a restriction that may take it away": (
        "CREATE POLICY p ON note FOR SELECT TO anon USING (true);"
        "CREATE POLICY q ON note AS RESTRICTIVE FOR SELECT TO anon USING (body <> '')",
        "suspected",
    ),
    "a restriction that takes nothing away": (
        "CREATE POLICY p ON note FOR SELECT TO anon USING (true);"
        "CREATE POLICY q ON note AS RESTRICTIVE FOR SELECT TO anon USING (id IS NOT NULL)",
        "proved",
    ),
    "a state that strangers see": (
        "CREATE POLICY p ON note FOR SELECT TO anon USING (state = 'new')",
        "suspected",
    ),
    "an update whose new row is checked": (
        "CREATE POLICY p ON note FOR UPDATE TO anon USING (true) WITH CHECK (state = 'new')",
        "suspected",
    ),
}


@pytest.mark.parametrize(("policies", "verdict"), PROOFS.values(), ids=PROOFS)
def test_only_what_is_proved_is_an_error(rolled_back, policies, verdict):
    with rolled_back.cursor() as cursor:
        cursor.execute(
            "CREATE TABLE note (id int PRIMARY KEY, user_id uuid NOT NULL, state text DEFAULT 'new', body text);"
            f"ALTER TABLE note ENABLE ROW LEVEL SECURITY; GRANT ALL ON note TO anon, authenticated; {policies}"
        )
    result = verify(rolled_back, declaration=Declaration(), rules=not_about_declarations())
    found = [f for f in bad(result) if f.object == "public.note.p" and f.rule not in CATALOG]
    assert found
    assert {finding.verdict for finding in found} == {verdict}
    assert {finding.severity for finding in found} == {"error" if verdict == "proved" else "warning"}
    assert all(("gatepost check" in finding.reason) == (verdict == "suspected") for finding in found)
    assert result.summary["error"] == result.count("error")


@pytest.mark.parametrize(
    ("live", "said"),
    [
        ("ENABLE ROW LEVEL SECURITY", None),
        ("FORCE ROW LEVEL SECURITY", "is off and should be on, but not forced"),
        ("ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY", "is forced and should be on, but not forced"),
    ],
)
def test_row_security_without_force_is_compared_as_declared(rolled_back, live, said):
    with declaring():
        protect(Table("note", MetaData(), Column("id", Integer, primary_key=True)), forced=False)
        declaration = collected()
    with rolled_back.cursor() as cursor:
        cursor.execute(
            "CREATE TABLE note (id int PRIMARY KEY); REVOKE ALL ON note FROM PUBLIC, anon, authenticated, service_role;"
            f"GRANT ALL ON note TO service_role; ALTER TABLE note {live}"
        )
    result = verify(rolled_back, declaration=declaration, rules=[named_rule("drift")])
    messages = [finding.message for finding in result.findings if "row security" in finding.message]
    assert ([said] if said else []) == [said for message in messages if said and said in message]
    assert len(messages) == (said is not None)
