import json

import pytest

from gatepost.reflect import reflect
from gatepost.schema import Reference, from_values, to_values
from gatepost.schema.snapshot import SnapshotError

SQL = """
CREATE TABLE public.org (id uuid PRIMARY KEY, "Name" text);
CREATE TABLE public.member (org uuid REFERENCES public.org, person uuid);
CREATE FUNCTION public.in_org(wanted uuid, OUT yes boolean) LANGUAGE sql STABLE SECURITY DEFINER SET search_path = ''
    AS $$ SELECT EXISTS (SELECT FROM public.member WHERE org = wanted AND person = (SELECT auth.uid())) $$;
REVOKE EXECUTE ON FUNCTION public.in_org(uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION public.in_org(uuid) TO authenticated;
CREATE FUNCTION public.members(wanted uuid) RETURNS SETOF uuid LANGUAGE sql
    BEGIN ATOMIC SELECT person FROM public.member WHERE org = wanted; END;
CREATE FUNCTION public.stamp() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN new; END';
CREATE PROCEDURE public.tidy(int, text) LANGUAGE sql AS 'SELECT 1';
ALTER TABLE public.org ENABLE ROW LEVEL SECURITY;
CREATE POLICY "Own orgs" ON public.org FOR SELECT TO authenticated
    USING (public.in_org(id) OR EXISTS (SELECT FROM public.member m WHERE m.org = org.id AND m.person = auth.uid()));
CREATE VIEW public.org_names WITH (security_invoker = on, check_option = local) AS SELECT id, "Name" FROM public.org;
CREATE VIEW public.upper AS SELECT upper("Name") AS name, public.in_org(id) AS mine FROM public.org_names;
GRANT SELECT (name) ON public.upper TO anon;
CREATE MATERIALIZED VIEW public.counted AS SELECT count(*) AS n FROM public.member;
CREATE TRIGGER stamped BEFORE INSERT OR UPDATE ON public.org FOR EACH ROW EXECUTE FUNCTION public.stamp();
CREATE RULE noted AS ON DELETE TO public.member DO ALSO INSERT INTO public.org VALUES (old.org, 'gone');
ALTER PUBLICATION supabase_realtime ADD TABLE public.org;
"""


@pytest.fixture
def live(connection):
    with connection.cursor() as cursor:
        cursor.execute(SQL)
    connection.commit()
    return reflect(connection)


def test_a_view_knows_its_options_and_what_it_reads(live):
    names = live.view("public", "org_names")
    assert (names.kind, names.owner, names.invoker, names.check_option) == ("view", "postgres", True, True)
    assert names.reads == (Reference("relation", "public", "org", ("Name", "id")),)
    assert names.updatable == ("insert", "update", "delete")
    assert [column.name for column in names.columns] == ["id", "Name"]
    upper = live.view("public", "upper")
    assert (upper.invoker, upper.check_option) == (False, False)
    assert {reference.name for reference in upper.reads} == {"org_names", "in_org(uuid)"}
    assert [(g.grantee, g.column) for g in upper.grants if g.column] == [("anon", "name")]


def test_a_materialized_view_is_a_view_of_another_kind(live):
    counted = live.view("public", "counted")
    assert (counted.kind, counted.updatable) == ("materialized", ())
    assert [reference.key for reference in counted.reads] == [("public", "member")]


def test_a_function_knows_who_may_call_it_and_as_whom_it_runs(live):
    helper = live.function("public", "in_org(uuid)")
    assert (helper.definer, helper.language, helper.returns, helper.volatility) == (True, "sql", "boolean", "stable")
    assert helper.parameters == ("wanted",)
    assert helper.setting("search_path") == '""'
    assert {grant.grantee for grant in helper.grants} >= {"authenticated", "postgres"}
    assert "public" not in {grant.grantee for grant in helper.grants}
    stamp = live.function("public", "stamp()")
    assert stamp.is_trigger
    assert "public" in {grant.grantee for grant in stamp.grants}  # nobody said so: it is PostgreSQL's default
    assert live.function("public", "tidy(integer, text)").kind == "procedure"
    assert live.function("public", "tidy(integer, text)").parameters == ("", "")


def test_a_parsed_body_shows_what_it_reads(live):
    members = live.function("public", "members(uuid)")
    assert members.parsed
    assert members.returns_set
    assert members.reads == (Reference("relation", "public", "member", ("org", "person")),)
    assert not live.function("public", "in_org(uuid)").parsed


def test_a_policy_knows_what_it_refers_to(live):
    (policy,) = live.table("public", "org").policies
    assert policy.reads == (
        Reference("function", "auth", "uid()"),
        Reference("function", "public", "in_org(uuid)"),
        Reference("relation", "public", "member", ("org", "person")),
        Reference("relation", "public", "org", ("id",)),
    )


def test_triggers_rules_and_publications(live):
    (trigger,) = [t for t in live.triggers if t.schema == "public"]
    assert (str(trigger), trigger.timing, trigger.events) == ("public.org.stamped", "before", ("insert", "update"))
    assert live.function(*trigger.function) is not None
    (rule,) = live.rewrite_rules
    assert (str(rule), rule.event, rule.instead) == ("public.member.noted", "delete", False)
    assert ("public", "org") in {reference.key for reference in rule.reads}
    (realtime,) = [p for p in live.publications if p.name == "supabase_realtime"]
    assert realtime.publishes(("public", "org"))
    assert not realtime.publishes(("public", "member"))
    assert "plpgsql" in {extension.name for extension in live.extensions}
    assert {trigger.event for trigger in live.event_triggers} == {"ddl_command_start", "ddl_command_end"}


def test_a_snapshot_comes_back_as_it_was(live):
    kept = json.loads(json.dumps(to_values(live)))
    again = from_values(kept)
    assert again == live
    (policy,) = again.table("public", "org").policies
    assert policy.reads  # no part of the equality above
    assert again.view("public", "upper") == live.view("public", "upper")


def test_a_snapshot_of_another_version_is_refused():
    with pytest.raises(SnapshotError, match='version "7"'):
        from_values({"version": 7})
    with pytest.raises(SnapshotError, match="cannot be read"):
        from_values({"version": 1, "tabels": []})


def test_who_needs_tables_only_reads_less(connection):
    from gatepost.reflect import read

    with connection.cursor() as cursor:
        cursor.execute(SQL)
        few = read(cursor, doors=False)
    assert few.table("public", "org") is not None
    assert few.functions == few.views == ()
