"""Functions and views on which policies stand: what alembic-utils does not model of them, and the order of changes."""

import logging

import pytest
from alembic.util import CommandError
from alembic_utils.pg_function import PGFunction
from alembic_utils.pg_view import PGView
from sqlalchemy import Column, Integer, Table, Text, text

from gatepost import Role, allow, anon, anything, as_found, authenticated, protect
from gatepost.errors import DeclarationError
from gatepost.migrate import Function, View

IS_MINE = "RETURNS boolean LANGUAGE sql STABLE AS $$ SELECT {0} = (SELECT auth.uid()) $$"
OTHER = PGFunction("public", "other()", "RETURNS int LANGUAGE sql AS $$ SELECT 1 $$")
DEFINER_OF_ALL = "RETURNS boolean LANGUAGE sql STABLE SECURITY DEFINER AS $$ SELECT u = (SELECT auth.uid()) $$"
DEFINER = "RETURNS int LANGUAGE sql SECURITY DEFINER SET search_path = '' AS 'SELECT 1'"


def is_mine(signature="u uuid", body=None, kind=PGFunction, **access):
    return kind("public", f"is_mine({signature})", body or IS_MINE.format(signature.split()[0]), **access)


@pytest.fixture
def calling(notes):
    def make(condition="is_mine(user_id)", *columns):
        rule = allow("select", to=authenticated, where=text(condition), name="mine")
        return notes(Column("title", Text), *columns, rules=lambda _: [rule])

    return make


def access(project, name):
    """Who may use a view or function, without its owner."""
    place = "proacl" if name == "is_mine" else "relacl"
    catalog, column = ("pg_proc", "proname") if name == "is_mine" else ("pg_class", "relname")
    found = project.rows(f"SELECT unnest({place})::text FROM {catalog} WHERE {column} = '{name}'")
    return {item.partition("/")[0] for (item,) in found if not item.startswith("postgres=")}


def options(project, name="titles"):
    return project.rows(f"SELECT array_to_string(reloptions, ',') FROM pg_class WHERE relname = '{name}'")[0][0]


TITLES = "SELECT id, title FROM public.notes"


@pytest.mark.parametrize("query", ["SELECT title FROM public.notes", "SELECT id, title, user_id FROM public.notes"])
def test_a_view_keeps_what_was_set_by_hand_when_it_is_replaced(project, calling, query):
    project.starts(calling("id > 0"), [PGView("public", "titles", TITLES)])
    project.execute(
        "ALTER VIEW titles SET (security_invoker=true, check_option=local);"
        "REVOKE ALL ON titles FROM anon, authenticated;"
        "GRANT SELECT (title) ON titles TO authenticated"
    )
    before = options(project), access(project, "titles")
    project.lands(calling("id > 0"), [PGView("public", "titles", query)])
    assert (options(project), access(project, "titles")) == before
    project.downgrade()
    assert (options(project), access(project, "titles")) == before
    project.upgrade()
    project.lands(calling("id > 0"), [])
    project.downgrade()
    assert (options(project), access(project, "titles")) == before


def test_a_declared_view_is_the_callers_and_closed_but_for_those_who_are_named(project, calling):
    def shown(**how):
        return [View("public", "titles", TITLES, **how)]

    project.lands(calling("id > 0"), shown(to=authenticated))
    assert options(project) == "security_invoker=true"
    assert access(project, "titles") == {"authenticated=r", "service_role=r"}
    project.execute("GRANT ALL ON titles TO anon; ALTER VIEW titles RESET (security_invoker)")
    project.lands(calling("id > 0"), shown(to=authenticated))
    project.lands(
        calling("id > 0"), shown(to=(anon, authenticated), commands=["select", "update"], security_barrier=True)
    )
    assert options(project) == "security_barrier=true,security_invoker=true"
    assert access(project, "titles") == {"anon=rw", "authenticated=rw", "service_role=rw"}
    project.lands(calling("id > 0"), [View("public", "titles", "SELECT title FROM public.notes", to=authenticated)])
    assert options(project) == "security_invoker=true"
    assert access(project, "titles") == {"authenticated=r", "service_role=r"}
    project.lands(calling("id > 0"), [])


def test_a_declared_function_may_be_executed_by_those_who_are_named(project, calling):
    project.lands(calling(), [is_mine(kind=Function, to=authenticated)])
    assert access(project, "is_mine") == {"authenticated=X", "service_role=X"}
    project.execute("GRANT EXECUTE ON FUNCTION is_mine TO PUBLIC")
    project.lands(calling(), [is_mine(kind=Function, to=authenticated)])
    assert access(project, "is_mine") == {"authenticated=X", "service_role=X"}
    project.lands(calling(), [is_mine("who uuid", kind=Function, to=authenticated)])
    assert access(project, "is_mine") == {"authenticated=X", "service_role=X"}
    project.lands(calling("id > 0"), [])


def test_what_was_found_stays_with_its_own_grants_and_spelling(project, calling):
    project.starts(calling(), [is_mine(body=DEFINER_OF_ALL), PGView("public", "titles", TITLES)])
    project.execute(
        "REVOKE ALL ON FUNCTION is_mine FROM PUBLIC, anon, service_role;"
        "GRANT EXECUTE ON FUNCTION is_mine TO supabase_auth_admin;"
        "ALTER VIEW titles SET (security_invoker=on); REVOKE ALL ON titles FROM anon, authenticated, service_role;"
        "GRANT SELECT ON titles TO authenticated"
    )
    backend = Role("supabase_auth_admin")
    project.say(
        calling(),
        [
            is_mine(body=DEFINER_OF_ALL, kind=Function, found=as_found({backend: ("EXECUTE",)})),
            View("public", "titles", TITLES, found=as_found({authenticated: ("SELECT",)})),
        ],
    )
    project.check()
    project.execute("GRANT EXECUTE ON FUNCTION is_mine TO anon")
    (found,) = project.revise().ops
    assert "is_mine" in str(found)


def test_grants_come_from_one_place():
    with pytest.raises(DeclarationError, match="has its grants from found= and from to="):
        is_mine(kind=Function, to=authenticated, found=as_found({anon: ("EXECUTE",)}))


def test_a_project_of_a_part_leaves_other_functions_alone(project, calling):
    project.starts(calling(), [is_mine(), OTHER])
    project.options["only_declared"] = True
    project.say(calling(), [is_mine()])
    project.check()


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (is_mine(), is_mine("who uuid")),
        (is_mine(), is_mine("u text", IS_MINE.format("u::uuid"))),
        (is_mine(), is_mine("u uuid, also boolean DEFAULT true", IS_MINE.format("u"))),
        (
            is_mine("u uuid, also boolean DEFAULT true", IS_MINE.format("u")),
            is_mine("u uuid, also boolean", IS_MINE.format("u")),
        ),
    ],
    ids=["another name of an argument", "another type", "one more argument", "a default less"],
)
def test_a_function_changes_under_a_policy(project, calling, before, after):
    call = "is_mine(user_id)" if "also" not in before.signature else "is_mine(user_id, true)"
    project.starts(calling(call), [before, OTHER])
    project.execute(
        "REVOKE EXECUTE ON FUNCTION is_mine FROM PUBLIC, anon, service_role;"
        "GRANT EXECUTE ON FUNCTION is_mine TO authenticated"
    )
    new = call if "text" not in after.signature else "is_mine(user_id::text)"
    project.lands(calling(new), [after, OTHER])
    assert access(project, "is_mine") == {"authenticated=X"}


def test_another_result_of_a_function_that_a_policy_uses(project, calling):
    project.starts(calling("is_mine(user_id) IS NOT NULL"), [is_mine()])
    project.lands(
        calling("is_mine(user_id) IS NOT NULL"), [is_mine(body="RETURNS int LANGUAGE sql STABLE AS $$ SELECT 1 $$")]
    )


def test_a_function_that_a_declared_policy_still_calls_is_not_dropped(project, calling):
    project.starts(calling(), [is_mine(), OTHER])
    project.say(calling("is_mine(user_id) AND id > 0"), [OTHER])
    with pytest.raises(CommandError) as refused:
        project.revise()
    assert str(refused.value).startswith(
        'the policy "public.notes.mine" calls the function "public.is_mine", which is not among entities= any more'
    )
    project.lands(calling("id > 0"), [OTHER])
    project.lands(calling("id > 0"), [])
    assert project.rows("SELECT FROM pg_proc WHERE pronamespace = 'public'::regnamespace") == []


def test_a_function_that_something_else_uses_cannot_be_made_again(project, calling):
    project.starts(calling("id > 0"), [is_mine()])
    project.execute("ALTER TABLE notes ADD CHECK (is_mine(user_id) IS NOT NULL)")
    project.say(calling("id > 0"), [is_mine("who uuid")])
    with pytest.raises(CommandError, match=r'uses the function "public\.is_mine\(uuid\)", which has to be dropped'):
        project.revise()


def test_a_policy_of_a_role_that_may_not_execute_its_function_is_refused(project, calling):
    project.say(calling(), [is_mine(kind=Function, to=anon)])
    with pytest.raises(CommandError, match=r'"public\.is_mine", which "authenticated" may not execute'):
        project.revise()


def test_a_definer_function_is_judged_where_it_is_declared(project, calling, caplog):
    with pytest.raises(DeclarationError, match=r'runs as its owner .* past row security, and "anon"'):
        Function("public", "total()", DEFINER, to=anon)
    with pytest.raises(DeclarationError, match="on the search path of whoever calls it"):
        Function("public", "total()", DEFINER.replace("SET search_path = ''", ""), to=authenticated)
    Function("public", "total()", DEFINER, to=anon, reason="one number for the front page")
    project.say(calling("id > 0"), [PGFunction("public", "total()", DEFINER)])
    with caplog.at_level(logging.WARNING, "gatepost"):
        project.revise()
    assert any('"public.total()" runs as its owner' in message for message in caplog.messages)


@pytest.fixture
def mapped(calling, both):
    """`mapped(*rules)`: the notes, and a model of the view of their titles, which is protected unless rules is None."""

    def make(*rules, protected=True):
        def view(metadata):
            table = Table(
                "titles", metadata, Column("id", Integer, primary_key=True), Column("title", Text, index=True)
            )
            if protected:
                protect(table, *rules)

        return both(calling("id > 0"), view)

    return make


def test_a_mapped_view_that_is_left_out_is_not_demanded(project, mapped):
    project.options["include_object"] = lambda thing, name, kind, *_: (kind, name) != ("table", "titles")
    project.lands(mapped(protected=False))


@pytest.mark.parametrize("entities", [None, [PGView("public", "titles", TITLES)]], ids=["by hand", "as an entity"])
def test_a_mapped_view_is_protected_as_a_table_is(project, mapped, calling, entities):
    if entities is None:
        project.starts(calling("id > 0"))
        project.execute(f"CREATE VIEW titles AS {TITLES}; GRANT ALL ON titles TO anon, authenticated")
    project.lands(mapped(), entities)
    assert access(project, "titles") == {"service_role=arwd"}
    assert options(project) == "security_invoker=true"
    project.lands(mapped(allow("select", to=authenticated, where=anything)), entities)
    assert access(project, "titles") == {"authenticated=r", "service_role=arwd"}


def test_a_rule_that_chooses_rows_of_a_view_is_refused(project, mapped):
    project.say(mapped(allow("select", to=authenticated, where=text("id > 0"))), [PGView("public", "titles", TITLES)])
    with pytest.raises(CommandError, match=r'"public\.titles" is a view, which has no policies of its own'):
        project.revise()
