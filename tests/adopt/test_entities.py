"""Functions, views and triggers of an adopted database: declared with their grants and options, or named in a list."""

import pytest

from gatepost.adopt.equality import differences, unlike_statements
from gatepost.adopt.plan import summary
from gatepost.adopt.roles import role_statements
from gatepost.migrate import Function, View
from gatepost.observation.clone.schema import Kept
from gatepost.schema import DatabaseRole, Grant, Membership, Publication, Schema, Table
from gatepost.schema import RowSecurity as State

SCRIPT = r"""
CREATE TABLE public.notes (id bigint PRIMARY KEY, "Body" text, at timestamptz);
CREATE TYPE public."Kind" AS ENUM ('a', 'b');
CREATE TYPE public.pair AS (one int, two int);
CREATE SEQUENCE public.numbers;
CREATE FUNCTION public.closed(a int DEFAULT 1) RETURNS int LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
BEGIN RETURN CASE WHEN '12:30' ~ '\d+:' THEN a ELSE 0 END; END $$;
REVOKE EXECUTE ON FUNCTION public.closed FROM PUBLIC, anon;
GRANT EXECUTE ON FUNCTION public.closed TO authenticated;
CREATE FUNCTION public.open() RETURNS int LANGUAGE sql SECURITY DEFINER AS 'SELECT 1';
CREATE FUNCTION public.of_kind(k public."Kind") RETURNS int LANGUAGE sql AS 'SELECT 1';
CREATE FUNCTION public.touch() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN new.at := now(); RETURN new; END $$;
CREATE PROCEDURE public.tidy() LANGUAGE sql AS 'DELETE FROM public.notes';
CREATE TRIGGER "Touch it" BEFORE UPDATE OF "Body" ON public.notes
    FOR EACH ROW WHEN (old.id > 0) EXECUTE FUNCTION public.touch();
CREATE TRIGGER told AFTER INSERT ON auth.users FOR EACH ROW EXECUTE FUNCTION public.touch();
CREATE VIEW public.titles WITH (security_invoker = on, security_barrier) AS
    SELECT id, to_char(at, 'HH24:MI') || ': ' || "Body" AS title FROM public.notes;
REVOKE ALL ON public.titles FROM anon;
CREATE VIEW public.everything AS SELECT * FROM public.notes;
CREATE MATERIALIZED VIEW public.counted AS SELECT count(*) AS many FROM public.notes;
CREATE RULE nothing AS ON DELETE TO public.everything DO INSTEAD NOTHING;
ALTER PUBLICATION supabase_realtime ADD TABLE public.notes;
"""


@pytest.fixture(scope="module")
def adoption(adopted):
    return adopted(SCRIPT)


def test_what_a_revision_can_hold_is_declared_and_the_rest_is_listed(adoption):
    assert list(summary(adoption)) == [
        "1 table, 0 policies: 0 typed, 0 word for word",
        "3 functions, 1 materialized view, 2 views, 1 trigger declared",
        'in the first revision only: the enum "public.Kind"',
        'in the first revision only: the composite type "public.pair"',
        'in the first revision only: the sequence "public.numbers"',
        'in the first revision only: the function "public.of_kind(public."Kind")"',
        'in the first revision only: the procedure "public.tidy()"',
        'in the first revision only: the indexes and grants of the materialized view "public.counted"',
        'in the first revision only: the trigger "auth.users.told"',
        'in the first revision only: the rule "public.everything.nothing"',
        'in the first revision only: the publication "supabase_realtime"',
    ]
    assert "LEFT_ALONE" in adoption.files["entities/__init__.py"]


def test_functions_and_views_keep_their_options_and_grants(adoption):
    declared = {one.name: one.entity for one in adoption.entities.declared}
    closed, titles, everything = (
        declared[name] for name in ("public.closed(integer)", "public.titles", "public.everything")
    )
    assert isinstance(closed, Function)
    assert {grant.grantee for grant in closed.grants} == {"authenticated"}
    assert isinstance(titles, View)
    assert titles.options == ("security_barrier=true", "security_invoker=true")
    assert "anon" not in {grant.grantee for grant in titles.grants}
    assert everything.options == ()
    assert {grant.grantee for grant in everything.grants} >= {"authenticated", "service_role"}


def test_the_written_modules_make_the_same_entities(adoption, tmp_path, monkeypatch):
    for name, text in adoption.files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    for module in ("functions", "views", "materialized_views", "triggers"):
        space = {}
        exec(compile((tmp_path / "entities" / f"{module}.py").read_text(), module, "exec"), space)
        for made in space["entities"]:
            (same,) = [one.entity for one in adoption.entities.declared if one.entity.identity == made.identity]
            assert made.definition == same.definition
            assert getattr(made, "grants", None) == getattr(same, "grants", None)


def schema(**what):
    return Schema("app", 170000, "postgres", (), **what)


def test_roles_are_made_where_they_are_missing():
    held = (Grant("auditor", "SELECT"), Grant("anon", "SELECT"), Grant("supabase_admin", "SELECT"))
    live = schema(
        tables=(Table("public", "t", "table", "postgres", State(True, False), grants=held),),
        roles=tuple(DatabaseRole(name, False, False, True, False) for name in ("anon", "auditor", "idle")),
        memberships=(
            Membership("auditor", "authenticator", True, True),
            Membership("anon", "authenticator", True, True),
        ),
    )
    making, granting = role_statements(live)
    assert "IF NOT EXISTS" in making
    assert 'CREATE ROLE "auditor" NOLOGIN' in making
    assert granting == 'GRANT "auditor" TO "authenticator"'


def test_what_pg_dump_writes_and_what_a_publication_holds_is_compared():
    def dumped(*statements):
        text = "".join(f"{one};\n" for one in statements)
        return Kept(schema(), "postgres", {}, None, [], text)

    one = dumped("CREATE TYPE public.a AS ENUM ('x')", "ALTER TABLE public.t OWNER TO postgres")
    assert unlike_statements(one, one) == []
    assert unlike_statements(one, dumped("CREATE TYPE public.a AS ENUM ('y')")) == [
        "this statement is not run again: CREATE TYPE public.a AS ENUM ('x')",
        "this statement is run besides: CREATE TYPE public.a AS ENUM ('y')",
    ]
    roles = [dumped(f"CREATE POLICY a ON public.t TO {both} USING (true)") for both in ("x, y", "y, x")]
    assert unlike_statements(*roles) == []  # the order is the server's, and the policy's values are compared
    published = Publication("changes", "postgres", False, (("public", "t"),))
    assert differences(schema(publications=(published,)), schema()) == ['the publication "changes" is missing']
