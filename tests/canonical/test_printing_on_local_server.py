"""Drift is found by printing both sides on another server: exactly, and without a trace in the database."""

from contextlib import closing, contextmanager

import psycopg2
import pytest

from gatepost import sql, verify
from gatepost.canonical import local_print_database
from gatepost.canonical.printing_on_local_server import _FUNCTION, _run
from gatepost.database.url import parse_url
from gatepost.declare.declaration import Declaration, ProtectedTable
from gatepost.local.account import give, unprivileged
from gatepost.local.binaries import find
from gatepost.local.cluster import SUPERUSER, Cluster
from gatepost.local.embedded import LocalServer
from gatepost.reflect import reflect
from gatepost.rules import named_rule
from gatepost.schema import Policy

TABLE = 'my "odd" Notes'
RELATION = sql.qualified("public", TABLE)
SCHEMA = f"""
SET search_path = public, extensions;
CREATE TYPE public.mood AS ENUM ('good', 'it''s \\bad');
CREATE DOMAIN public.score AS int CHECK (value > 0);
CREATE TYPE public.span AS RANGE (subtype = int);
CREATE TYPE public.pair AS (a int, b public.mood);
CREATE COLLATION public.plain FROM "C";
CREATE SEQUENCE public.counter;
CREATE TABLE public.parent (id int, name text);
CREATE TABLE {RELATION} (user_id uuid, mood mood, score score, span span, pair pair, tags text[], body jsonb)
    INHERITS (public.parent);
CREATE TABLE public.by_day (id int, day date, name text) PARTITION BY RANGE (day);
CREATE TABLE public.today PARTITION OF public.by_day FOR VALUES FROM ('2026-01-01') TO ('2026-01-02');
CREATE VIEW public.titles AS SELECT id, name AS title FROM public.parent;
CREATE FUNCTION public.is_open(one parent) RETURNS boolean LANGUAGE sql AS 'SELECT true';
CREATE FUNCTION public.of_day(one by_day) RETURNS boolean LANGUAGE sql AS 'SELECT true';
CREATE FUNCTION public.is_mine(who uuid, strict boolean DEFAULT true, VARIADIC words text[] DEFAULT '{{}}')
    RETURNS boolean LANGUAGE sql AS 'SELECT true';
CREATE FUNCTION public.weigh(one int) RETURNS int LANGUAGE sql AS 'SELECT 1';
CREATE FUNCTION public.weigh(one text) RETURNS int LANGUAGE sql AS 'SELECT 1';
CREATE FUNCTION public.first_of(many anyarray, other anyelement DEFAULT NULL) RETURNS anyelement
    LANGUAGE sql AS 'SELECT many[1]';
CREATE FUNCTION public.split(one text, OUT head text, OUT tail text) LANGUAGE sql AS $$ SELECT 'a', 'b' $$;
CREATE FUNCTION public.members(team int) RETURNS TABLE (member uuid, rank int) LANGUAGE sql AS 'SELECT NULL::uuid, 1';
CREATE FUNCTION public.like_it(mood, text) RETURNS boolean LANGUAGE sql AS 'SELECT true';
CREATE OPERATOR public.~~~ (FUNCTION = like_it, LEFTARG = mood, RIGHTARG = text);
CREATE FUNCTION public.points(pair) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT 1';
CREATE CAST (pair AS int) WITH FUNCTION public.points(pair) AS IMPLICIT;
CREATE FUNCTION public.in_role(who uuid, role text DEFAULT 'a', strict boolean DEFAULT true) RETURNS boolean
    LANGUAGE sql AS 'SELECT true';
CREATE FUNCTION extensions.helper(who uuid) RETURNS boolean LANGUAGE sql AS 'SELECT true';
CREATE FUNCTION public.lower(uuid) RETURNS text LANGUAGE sql AS 'SELECT NULL';
"""
SAME = [
    "name = 'a:b ::c  %s %(x)s {{}} \\' AND user_id IS NOT NULL",
    "mood = 'good' OR mood IN ('good', 'it''s \\bad')",
    "mood ~~~ 'x'",
    "pair < 3 AND mood::text = E'it''s \\\\bad'",
    "score > 1 AND span @> 3 AND span = span(1, 2)",
    "(pair).b = 'good' AND (pair).a = (ROW(1, 'good')::pair).a",
    'is_open(public."my ""odd"" Notes".*)',
    'is_open("my ""odd"" Notes")',
    'to_jsonb("my ""odd"" Notes".*) ? \'name\'',
    "is_mine(user_id) AND is_mine(user_id, false, 'a', 'b') AND in_role(user_id, strict => false)",
    "is_mine(user_id, true, VARIADIC tags)",
    "weigh(id) = weigh(name)",
    "first_of(tags) = 'a' AND first_of(ARRAY[id, 2], 3) = 1",
    "(split(name)).head = 'a'",
    "user_id IN (SELECT member FROM members(id) WHERE rank > 1)",
    'id = (SELECT max(n.id) FROM "my ""odd"" Notes" n WHERE n.user_id = "my ""odd"" Notes".user_id)',
    "EXISTS (SELECT 1 FROM titles t WHERE t.title = name)",
    "EXISTS (SELECT FROM by_day d JOIN today USING (day) WHERE of_day(d) AND of_day(today))",
    "helper(user_id) AND auth.uid() = user_id AND (SELECT auth.jwt() ->> 'role') = 'admin'",
    "tags[2:3] = ARRAY['a'] AND tags[:2] @> '{a}' AND 'x' = ANY (tags)",
    "name COLLATE plain > 'a' AND lower(name) = lower(user_id)",
    "currval('counter') > 1 AND has_table_privilege('public.parent'::regclass, 'select')",
    "xmin IS NOT NULL AND tableoid = 'public.titles'::regclass",
    "CASE WHEN name = 'a' THEN true ELSE (body #>> '{a,b}') IS NULL END",
    "name = 'x' -- a remark",
    'body @> \'{"a": "); DROP TABLE parent; --"}\' AND name <> $x$;$x$',
    "(name = 'a' AND (id = 1 AND (user_id IS NULL AND (score = 1 AND id = 2))))",
]


def declared(*conditions, name=TABLE):
    found = (
        Policy("public", name, f"policy {at}", "select", ("authenticated",), using=condition)
        for at, condition in enumerate(conditions)
    )
    return Declaration((ProtectedTable("public", name, (), tuple(found), (), (), (), (), "policies/notes.py:1"),))


def policies(relation, *conditions):
    return "".join(
        f'CREATE POLICY "policy {at}" ON {relation} FOR SELECT TO authenticated USING ({condition}\n);'
        for at, condition in enumerate(conditions)
    )


@contextmanager
def opened(url, *statements):
    with closing(psycopg2.connect(url)) as connection:
        with connection, connection.cursor() as cursor:
            for statement in statements:
                cursor.execute(statement)
        connection.rollback()
        with connection.cursor() as cursor:
            cursor.execute("SET search_path = public, extensions")
        connection.commit()
        yield connection


def differing(connection, declaration, server, **how):
    """The numbers of the policies that drifted, and what was not checked."""
    result = verify(connection, declaration=declaration, server=server, rules=[named_rule("drift")], **how)
    found = [finding.object.rpartition("policy ")[2] for finding in result.findings if ".policy " in finding.object]
    return sorted(map(int, found)), result.not_checked


def test_what_means_the_same_is_no_drift(superuser_url, server):
    with opened(superuser_url, SCHEMA, policies(RELATION, *SAME)) as connection:
        assert differing(connection, declared(*SAME), server) == ([], ())


def test_what_means_something_else_is_drift(superuser_url, server):
    other = [f"({condition}\n) IS NOT FALSE" for condition in SAME]
    with opened(superuser_url, SCHEMA, policies(RELATION, *SAME)) as connection:
        assert differing(connection, declared(*other), server) == (list(range(len(SAME))), ())


def test_a_policy_made_from_what_was_printed_once_is_no_drift(superuser_url, server):
    """BETWEEN prints as an AND of its own, which becomes part of the one around it when that is read again."""
    written = "id BETWEEN 1 AND 10 AND name IS NULL"
    live = [written, "(((id >= 1) AND (id <= 10)) AND (name IS NULL))", "(id >= 1) AND (id <= 11) AND (name IS NULL)"]
    with opened(superuser_url, SCHEMA, policies("public.parent", *live)) as connection:
        printed = {policy.using for policy in reflect(connection).table("public", "parent").policies}
        assert len(printed) == 3
        assert differing(connection, declared(*[written] * 3, name="parent"), server) == ([2], ())


OPAQUE = """
CREATE TYPE public.place;
CREATE FUNCTION public.place_in(cstring) RETURNS place LANGUAGE internal IMMUTABLE STRICT AS 'textin';
CREATE FUNCTION public.place_out(place) RETURNS cstring LANGUAGE internal IMMUTABLE STRICT AS 'textout';
CREATE TYPE public.place (INPUT = place_in, OUTPUT = place_out, LIKE = text);
CREATE FUNCTION public.near(place, place, far int DEFAULT 1) RETURNS boolean LANGUAGE sql AS 'SELECT true';
CREATE OPERATOR public.&&& (FUNCTION = pg_catalog.texteq, LEFTARG = text, RIGHTARG = text);
CREATE TABLE public.shops (id int, user_id uuid, at place, ways place[]);
"""


def test_a_type_with_code_of_its_own_hides_only_what_needs_that_code(superuser_url, server):
    """As of an extension that the local server does not have."""
    written = ["near(at, at) AND near(ways[1], at)", "at = 'here'::place OR near(at, 'here')", "user_id = auth.uid()"]
    live = ["near(at, at) AND near(ways[1], at)", "near(at, 'here')", "user_id = auth.uid() OR id = 1"]
    with opened(superuser_url, OPAQUE, policies("public.shops", *live)) as connection:
        different, (unknown,) = differing(connection, declared(*written, name="shops"), server)
    assert different == [2]
    assert (unknown.what, unknown.ours) == ("the policy public.shops.policy 1", True)


def test_a_condition_with_a_mistake_is_the_projects(superuser_url, server):
    written = ["no_such_column = 1", "user_id = auth.uid()"]
    live = ["id = 1", "user_id = auth.uid() OR id = 1"]
    with opened(superuser_url, OPAQUE, policies("public.shops", *live)) as connection:
        different, (unknown,) = differing(connection, declared(*written, name="shops"), server)
    assert different == [1]
    assert (unknown.what, unknown.ours) == ("the policy public.shops.policy 0", False)
    assert 'column "no_such_column" does not exist' in unknown.why


def test_nothing_is_written_not_even_a_temporary_table(superuser_url, server):
    """READ ONLY by default, without TEMPORARY, and with an event trigger that nothing may wake."""
    condition = "user_id = ( SELECT auth.uid() AS uid)"
    name = sql.identifier(parse_url(superuser_url).database)
    closed = (
        f"REVOKE ALL ON DATABASE {name} FROM PUBLIC; ALTER DATABASE {name} SET default_transaction_read_only = on;"
        "CREATE FUNCTION alarm() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'it is created'; END $$;"
        "CREATE EVENT TRIGGER alarm ON ddl_command_start EXECUTE FUNCTION alarm()"
    )
    with opened(superuser_url, "CREATE TABLE notes (id int, user_id uuid)", policies("notes", condition), closed):
        pass
    with closing(psycopg2.connect(superuser_url)) as connection, connection.cursor() as cursor:
        assert differing(connection, declared(condition, name="notes"), server) == ([], ())
        cursor.execute("SELECT pg_current_xact_id_if_assigned()")
        assert differing(connection, declared(condition, name="notes"), server) == ([], ())
        cursor.execute("SELECT pg_current_xact_id_if_assigned(), current_setting('transaction_read_only')")
        assert cursor.fetchone() == (None, "on")
        connection.rollback()
        with pytest.raises(psycopg2.Error, match="it is created"):
            cursor.execute("SET TRANSACTION READ WRITE; CREATE TABLE x ()")


def test_a_standby_is_checked(pytestconfig, ground, server):
    if pytestconfig.getoption("--gatepost-url"):
        pytest.skip("needs a server of its own")
    directory = ground / "standby"
    directory.mkdir()
    give(directory, unprivileged())
    cluster = Cluster(directory, find(pytestconfig.getoption("--gatepost-pg-bin")), unprivileged())
    cluster.initialise()
    cluster.launch()
    url = cluster.url("postgres", SUPERUSER)
    condition = "user_id IS NULL"
    with opened(
        url, "CREATE ROLE authenticated; CREATE TABLE notes (id int, user_id uuid)", policies("notes", condition)
    ):
        pass
    cluster.stop()
    (cluster.data / "standby.signal").touch()
    cluster._run("pg_ctl", f"--pgdata={cluster.data}", f"--log={cluster.log}", "--wait", "start")
    with closing(psycopg2.connect(url)) as connection, connection.cursor() as cursor:
        cursor.execute("SELECT pg_is_in_recovery()")
        assert cursor.fetchone() == (True,)
        connection.rollback()
        assert differing(connection, declared(condition, name="notes"), server) == ([], ())
        assert differing(connection, declared("user_id IS NOT NULL", name="notes"), server) == ([0], ())


def test_no_statement_outlives_the_printing(server):
    with local_print_database.printing(server) as cursor:
        cursor.execute(_FUNCTION)
        refused = _run(
            cursor,
            [
                "CREATE TABLE public.kept ()",
                "COMMIT",
                "CREATE TABLE public.evil (); COMMIT",
                "COPY (SELECT 1) TO PROGRAM 'true'",
                f"SET SESSION AUTHORIZATION {SUPERUSER}",
                "CREATE EXTENSION file_fdw",
            ],
        )
    assert sorted(refused) == [1, 2, 3, 4, 5]
    with local_print_database.printing(server) as cursor:
        cursor.execute("SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace")
        assert cursor.fetchall() == []


@pytest.mark.parametrize(
    "condition",
    [
        "true); DROP TABLE notes; --",
        "true -- \r); DROP TABLE notes; --",
        "a\u00a0$x$) ; DROP TABLE notes; --$x$",
        "E'a'\n'b\\'' ); DROP TABLE notes; --'",
        "true) WITH CHECK (true",
        "/* /* */ true",
    ],
)
def test_text_that_is_more_than_an_expression_is_refused(condition):
    assert sql.expression_fault(condition) is not None


def test_without_a_local_server_the_rest_is_still_checked(superuser_url, ground, monkeypatch):
    monkeypatch.setenv("GATEPOST_LOCAL_DIR", str(ground))
    (ground / "something").touch()
    live = ["id = 1", "id = 2"]
    with opened(superuser_url, SCHEMA, policies("public.parent", *live)) as connection:
        different, (unknown,) = differing(connection, declared("id = 1", "id = 3", "id = 4", name="parent"), None)
    assert different == [2]  # it is not there, whatever it says
    assert (unknown.what, unknown.ours) == ("the declared policies", True)
    assert "contains something other than a server" in unknown.why
    assert "gatepost verify --print-there" in unknown.why


def test_print_there_needs_no_local_server(superuser_url, ground, monkeypatch):
    monkeypatch.setenv("GATEPOST_LOCAL_DIR", str(ground))
    (ground / "something").touch()
    with opened(superuser_url, SCHEMA, policies("public.parent", "id = 1", "id = 2")) as connection:
        declaration = declared("id = 1", "id = 3", name="parent")
        assert differing(connection, declaration, None, print_there=True) == ([1], ())


def test_the_projects_own_server_is_started_and_stopped_again(superuser_url, ground, monkeypatch, pytestconfig):
    if pytestconfig.getoption("--gatepost-url"):
        pytest.skip("needs a server of its own")
    own = LocalServer(ground / "own", unprivileged())
    monkeypatch.setenv("GATEPOST_LOCAL_DIR", str(own.directory))
    with opened(superuser_url, SCHEMA, policies("public.parent", "id = 1")) as connection:
        verify(connection, declaration=Declaration())
        assert not own.directory.exists()  # nothing is declared, so nothing is printed
        assert differing(connection, declared("id = 2", name="parent"), None) == ([0], ())
    assert own.status().version is not None
    assert not own.status().running
