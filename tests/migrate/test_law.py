"""The law for every kind of thing that a revision holds: it is made, changed, renamed, dropped and made again.

After each step nothing is left to do, the way down brings back exactly what was there, and the way up leads to the same
again (`project.lands`). A new kind is one more function here.
"""

import pytest
from alembic_utils.pg_function import PGFunction
from alembic_utils.pg_materialized_view import PGMaterializedView
from alembic_utils.pg_trigger import PGTrigger
from alembic_utils.pg_view import PGView
from sqlalchemy import BigInteger, Column, Enum, Identity, Integer, Table, Text, text

from gatepost import allow, anon, authenticated, owner, protect, restrict
from gatepost.migrate import Function, View

STEPS = ("made", "changed", "renamed")


def picked(step, *values):
    return values[STEPS.index(step)]


def a_policy(step):
    where, name = picked(step, ("id > 0", "old"), ("id > 1", "old"), ("id > 1", "Users can read"))
    return {"rules": lambda _: [allow("select", to=authenticated, where=text(where), name=name)]}


def a_restrictive_policy(step):
    where, name = picked(step, ("id > 0", "old"), ("id > 1", "old"), ("id > 1", "new: it's"))
    rule = restrict("update", to=(anon, authenticated), where=text(where), name=name)
    return {"rules": lambda t: [owner(t.c.user_id, name="mine"), rule]}


def a_policy_for_all(step):
    roles, name = picked(step, (anon, "all"), ((anon, authenticated), "all"), (authenticated, "everything"))
    return {"rules": lambda _: [allow("all", to=roles, where=text("id > 0"), name=name)]}


def grants_on_columns(step):
    columns = picked(step, ["title"], ["title", "body"], ["body"])
    return {
        "columns": [Column("title", Text), Column("body", Text)],
        "rules": lambda t: [owner(t.c.user_id, "select"), owner(t.c.user_id, "update", columns=columns)],
    }


def a_column_that_a_policy_uses(step):
    name, kind = picked(step, ("number", Integer), ("number", BigInteger), ("count", BigInteger))
    where = text(f"{name} = 1")
    return {"columns": [Column(name, kind)], "rules": lambda _: [allow("select", to=authenticated, where=where)]}


def a_table(step):
    name, column = picked(step, ("one", "title"), ("one", "body"), ("another", "body"))

    def declare(metadata):
        columns = [Column("id", Integer, Identity(), primary_key=True), Column(column, Text)]
        protect(Table(name, metadata, *columns), allow("select", to=anon, where=text("id > 0")))

    return {"declare": declare}


def a_table_of_another_schema(step):
    found = a_table(step)["declare"]

    def declare(metadata):
        metadata.schema = "app"
        found(metadata)
        metadata.schema = None

    return {"declare": declare}


def policies_of_the_platform(step):
    bucket, name = picked(step, ("a", "old"), ("b", "old"), ("b", "new"))
    rule = allow("select", to=authenticated, where=text(f"bucket_id = '{bucket}'"), name=name)
    return {"declare": lambda _metadata: protect("storage.objects", rule)}


def a_type(step):
    name = picked(step, "state", "state", "status")
    where = text(f"state = '{picked(step, 'open', 'closed', 'closed')}'")
    columns = [Column("state", Enum("open", "closed", name=name), index=True)]
    # Another type needs a cast that nobody can guess, so the column is another one too.
    if step == "renamed":
        columns[0].name = columns[0].key = "status"
        where = text("status = 'closed'")
    return {"columns": columns, "rules": lambda _: [allow("select", to=authenticated, where=where)]}


SQL = "RETURNS boolean LANGUAGE sql STABLE AS $$ SELECT {} $$"


def a_function_that_a_policy_calls(step):
    name, body = picked(step, ("may(u uuid)", "u IS NOT NULL"), ("may(who uuid)", "true"), ("can(who uuid)", "true"))
    call = text(f"{name.partition('(')[0]}(user_id)")
    return {
        "entities": [PGFunction("public", name, SQL.format(body))],
        "rules": lambda _: [allow("select", to=authenticated, where=call)],
    }


def a_function_with_its_roles(step):
    name, roles = picked(step, ("may()", authenticated), ("may()", (anon, authenticated)), ("can()", ()))
    return {"entities": [Function("public", name, SQL.format("true"), to=roles)]}


def a_view(step):
    name, query = picked(step, ("old", "id"), ("old", "user_id, id"), ("new", "user_id, id"))
    return {"entities": [PGView("public", name, f"SELECT {query} FROM public.notes")]}


def a_view_with_its_roles(step):
    name, how = picked(
        step,
        ("old", {"to": authenticated}),
        ("old", {"to": anon, "security_barrier": True, "commands": ("select", "update")}),
        ("new", {"to": anon, "security_invoker": False}),
    )
    return {"entities": [View("public", name, "SELECT id FROM public.notes", **how)]}


def a_materialized_view(step):
    name, query = picked(step, ("old", "id"), ("old", "user_id, id"), ("new", "user_id, id"))
    return {"entities": [PGMaterializedView("public", name, f"SELECT {query} FROM public.notes")]}


def a_trigger(step):
    name, event = picked(step, ("old", "INSERT"), ("old", "UPDATE"), ("new", "UPDATE"))
    function = PGFunction("public", "stamp()", "RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$")
    when = f"BEFORE {event} ON public.notes FOR EACH ROW EXECUTE FUNCTION public.stamp()"
    return {"entities": [PGTrigger("public", name, when, on_entity="public.notes"), function]}


@pytest.mark.slow
@pytest.mark.parametrize(
    "kind",
    [
        a_policy,
        a_restrictive_policy,
        a_policy_for_all,
        grants_on_columns,
        a_column_that_a_policy_uses,
        a_table,
        a_table_of_another_schema,
        policies_of_the_platform,
        a_type,
        a_function_that_a_policy_calls,
        a_function_with_its_roles,
        a_view,
        a_view_with_its_roles,
        a_materialized_view,
        a_trigger,
    ],
    ids=lambda kind: kind.__name__.replace("_", " "),
)
def test_it_is_made_changed_renamed_dropped_and_made_again(project, notes, both, kind):
    def build(columns=(), rules=lambda _: [], declare=lambda _metadata: None, entities=()):
        return both(notes(*columns, rules=rules), declare), list(entities)

    project.execute("CREATE SCHEMA app")
    project.starts(*build())
    for step in (*STEPS, None, "made"):
        project.lands(*build(**({} if step is None else kind(step))))
    project.downgrade("base")
    project.upgrade()
    project.check()
