"""`protect`, `allow`, `restrict`, `owner`, `through`: what they give, and every mistake that they tell."""

import dataclasses
import os
import subprocess
import sys

import pytest
from sqlalchemy import Column, ForeignKey, ForeignKeyConstraint, Identity, Integer, MetaData, Text, Uuid, column, text
from sqlalchemy import true as always

from gatepost import (
    Role,
    allow,
    anon,
    as_found,
    authenticated,
    claim,
    declaring,
    owner,
    protect,
    public,
    restrict,
    service_role,
    through,
    uid,
)
from gatepost.declare.language import collected, statements
from gatepost.errors import DeclarationError
from gatepost.schema import Policy
from tests.tables import Base, Member, Note, Team, User, table

admin = Role("app_admin")


@pytest.fixture(autouse=True)
def _apart():
    with declaring():
        yield


def policies(*rules, of=Note, **options):
    return protect(of, *rules, **options).policies


def test_an_owner_may_do_everything_with_a_row():
    mine = '(SELECT auth.uid()) = "user_id"'
    assert policies(owner(Note.user_id)) == (
        Policy("public", "CamelTable", "CamelTable_delete_owner", "delete", ("authenticated",), True, mine, None),
        Policy("public", "CamelTable", "CamelTable_insert_owner", "insert", ("authenticated",), True, None, mine),
        Policy("public", "CamelTable", "CamelTable_select_owner", "select", ("authenticated",), True, mine, None),
        Policy("public", "CamelTable", "CamelTable_update_owner", "update", ("authenticated",), True, mine, mine),
    )


def test_an_owner_whose_id_is_text_is_compared_as_text():
    (policy,) = policies(owner(Note.owner_text, "select", to=admin))
    assert (policy.using, policy.roles) == ('(SELECT auth.uid())::text = "owner_text"', ("app_admin",))


def test_a_child_is_as_visible_as_its_parent():
    (policy,) = policies(through(Note.team_id, "insert"))
    assert policy.check == '"team_id" = ANY (ARRAY(SELECT "team"."id" FROM "public"."team"))'
    assert (policy.using, policy.name) == (None, "CamelTable_insert_through")


def test_allow_says_both_halves_of_an_update():
    (policy,) = policies(allow("update", to=authenticated, where=Note.user_id == uid()))
    assert policy.using == policy.check == '"CamelTable".user_id = (SELECT auth.uid())'
    one = allow("update", to=authenticated, where=Note.user_id == uid(), check=Note.flag)
    with declaring():
        (policy,) = policies(one)
    assert policy.check == '"CamelTable".flag'


def test_a_restriction_is_restrictive():
    by_name = {
        one.name: one for one in policies(owner(Note.user_id), restrict("select", "update", to=public, where=Note.flag))
    }
    restricting = by_name["CamelTable_update_restrict"]
    assert (restricting.permissive, restricting.roles) == (False, ("public",))
    assert restricting.using == restricting.check == '"CamelTable".flag'


@pytest.mark.parametrize("name", ["Users can read", 'say "hi"', "a.b on c", "it's 100%", "ü" * 31])
def test_a_policy_may_have_any_name(name):
    assert policies(owner(Note.user_id, "select", name=name))[0].name == name


def test_a_name_for_several_commands_says_which():
    assert [one.name for one in policies(owner(Note.user_id, "select", "delete", name="Mine"))] == [
        "Mine (delete)", "Mine (select)",
    ]  # fmt: skip


@pytest.mark.parametrize("name", ["CamelTable", "my table", "user", "order", 'a"b', "a.b"])
@pytest.mark.parametrize("schema", [None, "my schema"])
def test_tables_and_columns_may_have_any_name(name, schema):
    own = table(
        name,
        Column("id", Integer, Identity(), primary_key=True),
        Column(name, Uuid, key="u", index=True),
        schema=schema,
    )
    quoted = '"' + name.replace('"', '""') + '"'
    with declaring():
        protected = protect(own, owner(own.c.u, "select"))
    assert protected.policies[0].using == f"(SELECT auth.uid()) = {quoted}"
    assert protected.key == (schema or "public", name)
    assert protected.columns == ("id", name)


def test_a_platforms_table_is_declared_by_its_name():
    protected = protect(
        "storage.objects",
        allow("select", to=authenticated, where=column("owner_id", Text) == uid(), name="Users can read"),
        allow("insert", to=authenticated, check=text("bucket_id = 'own' AND owner_id = (SELECT auth.uid())::text")),
    )
    assert protected.platform
    assert (protected.grants, protected.sequences, protected.columns) == ((), (), ())
    assert [one.using or one.check for one in protected.policies] == [
        "owner_id = (SELECT auth.uid())::text",
        "bucket_id = 'own' AND owner_id = (SELECT auth.uid())::text",
    ]


def test_the_same_words_are_the_same_values():
    def once():
        with declaring():
            return protect(
                Note, owner(Note.user_id), allow("select", to={anon, admin}, where=Note.flag), hide=(Note.name,)
            )

    one, other = once(), once()
    assert one == other
    assert hash(one) == hash(other)
    assert len({*one.rules, *other.rules}) == 2
    assert owner(Note.user_id) != owner(Note.owner_text)
    with pytest.raises(dataclasses.FrozenInstanceError):
        one.rules[0].name = "x"


ORDER = """
from sqlalchemy import Column, MetaData, Table, Text, Uuid
from gatepost import Role, allow, anon, authenticated, protect
t = Table("t", MetaData(), Column("id", Uuid, primary_key=True), *(Column(name, Text) for name in "abc"))
everybody = {anon, authenticated, Role("x"), Role("y")}
protected = protect(t, allow("select", to=everybody, columns={"a", "b", "id"}), hide={"c", "b"})
print(protected)
print(protected.rules, protected.policies, protected.grants, protected.hidden)
"""


@pytest.mark.subprocess
def test_the_same_statement_gives_the_same_bytes_in_every_process():
    def run(seed):
        environment = os.environ | {"PYTHONHASHSEED": str(seed)}
        return subprocess.run([sys.executable, "-c", ORDER], env=environment, capture_output=True, check=True).stdout

    assert run(1) == run(2) == run(3)


def test_declaring_collects_apart():
    protect(Team)
    with declaring() as inner:
        protect(Note, owner(Note.user_id))
        assert set(inner) == set(statements()) == {("public", "CamelTable")}
    assert set(statements()) == {("public", "team")}
    assert [str(one) for one in collected()] == ["public.team"]


def test_a_statement_that_is_run_again_is_the_same_statement():
    for _ in range(2):
        protect(Note, owner(Note.user_id))
    assert len(collected().tables) == 1


def test_one_line_that_says_two_things_of_a_table_is_a_mistake():
    def say(*rules):
        protect(Note, *rules)

    say(owner(Note.user_id))
    with pytest.raises(DeclarationError, match="is protected twice"):
        say()


def test_a_table_is_protected_once():
    protect(Note, owner(Note.user_id))
    with pytest.raises(DeclarationError) as told:
        protect(Note)
    assert "test_language.py" in told.value.message
    assert (
        '"public.CamelTable" is protected twice; the first statement is at tests/declare/test_language.py:'
        in told.value.message
    )
    assert told.value.hint == "write all its rules in one protect(…)"


def test_a_mistake_names_its_line():
    with pytest.raises(DeclarationError, match=r'^tests/declare/test_language\.py:\d+: "SELECT" is not a command'):
        allow("SELECT", to=anon)


composite = table(
    "composite",
    Column("id", Integer, primary_key=True),
    Column("a", Integer, index=True),
    Column("b", Integer),
    ForeignKeyConstraint(["a", "b"], ["parent.a", "parent.b"]),
    metadata=(both := MetaData()),
)
table("parent", Column("a", Integer, primary_key=True), Column("b", Integer, primary_key=True), metadata=both)
loose = table("loose", Column("id", Integer, ForeignKey("nowhere.id"), primary_key=True))
tree = table("tree", Column("id", Integer, primary_key=True), Column("up", Integer, ForeignKey("tree.id"), index=True))
EVERYBODY = "lets everybody who holds the role write every row"
IDLE = "a new row does not exist yet"

MISTAKES = {
    # the words themselves
    "command": (
        lambda: allow("SELECT", to=anon),
        '"SELECT" is not a command',
        "'select', 'insert', 'update', 'delete'",
    ),
    "no command": (lambda: allow(to=anon), "allow() needs a command", 'allow("select", to=authenticated, where=…)'),
    "role as text": (lambda: allow("select", to="anon"), "to='anon' is not a role", 'to=Role("app_admin")'),
    "no role": (lambda: allow("select", to=()), "to=() is not a role", "to=authenticated"),
    "empty role": (lambda: allow("select", to=Role("")), "cannot be a name", ""),
    "public beside": (lambda: allow("select", to=(public, anon)), 'and also "anon"', "to=public"),
    "long role": (lambda: owner(Note.user_id, to=Role("r" * 64)), "longer than the 63 bytes", "give a shorter one"),
    "owner of text": (lambda: owner("user_id"), "owner() needs a column of a model", "owner(Model.column)"),
    "owner of a relationship": (lambda: owner(Note.user), "owner() needs a column of a model", "owner(Model.column)"),
    "one column": (
        lambda: owner(Note.user_id, columns=Note.name),
        "columns= takes several columns",
        "columns=(Model.column,)",
    ),
    "columns as text": (
        lambda: owner(Note.user_id, columns="name"),
        "columns= takes several",
        "columns=(Model.column,)",
    ),
    # which rows
    "plain string": (lambda: allow("select", to=anon, where="true"), "is a plain string", "where=text('true')"),
    "where on insert": (lambda: allow("insert", to=anon, where=Note.flag), IDLE, "allow('insert', …, check=…)"),
    "where beside check": (lambda: allow("insert", to=anon, where=Note.flag, check=Note.flag), IDLE, "check=…)"),
    "where for both": (lambda: allow("select", "insert", to=anon, where=Note.flag), IDLE, "check=…)"),
    "check on select": (lambda: allow("select", to=anon, check=Note.flag), "would apply to all rows", "where=…)"),
    "check on delete": (lambda: allow("select", "delete", to=anon, check=Note.flag), "would apply to all", "where=…)"),
    "write all": (lambda: allow("insert", to=anon), EVERYBODY, "allow('insert', …, check=…)"),
    "write true": (lambda: allow("insert", to=anon, check=True), EVERYBODY, "check=…)"),
    "write text true": (lambda: allow("insert", to=public, check=text("TRUE")), EVERYBODY, "check=…)"),
    "update all": (lambda: allow("update", to=authenticated), EVERYBODY, "where=Model.user_id == uid())"),
    "update any into mine": (
        lambda: allow("update", to=authenticated, check=Note.user_id == uid()),
        EVERYBODY,
        "where=Model",
    ),
    "update true into mine": (
        lambda: allow("update", to=authenticated, where=always(), check=Note.user_id == uid()),
        EVERYBODY,
        "where=Model",
    ),
    "update mine into any": (
        lambda: allow("update", to=authenticated, where=Note.user_id == uid(), check=always()),
        EVERYBODY,
        "where=Model",
    ),
    "delete all": (lambda: allow("select", "delete", to=authenticated), EVERYBODY, "where=Model.user_id == uid())"),
    "restrict nothing": (lambda: restrict("select", to=anon), "without a condition takes nothing away", "where=…)"),
    "restrict true": (lambda: restrict("select", to=anon, where=True), "takes nothing away from select", "where=…)"),
    "restrict check": (lambda: restrict("select", to=anon, check=Note.flag), "would apply to all rows", "where=…)"),
    "restrict half": (
        lambda: restrict("select", "insert", to=anon, check=Note.flag),
        "takes nothing away from select",
        "where=…)",
    ),
    # parents
    "through a plain column": (lambda: through(Note.name), '"CamelTable.name" has 0', "owner(CamelTable.…)"),
    "through itself": (lambda: through(tree.c.up), '"tree" cannot be visible through itself', "owner(…)"),
    "through half a key": (lambda: through(composite.c.a), "one column of a foreign key of 2", "exists().where("),
    "through nowhere": (lambda: through(loose.c.id), 'refers to "nowhere.id"', "import the parent's model"),
    # tables
    "no model": (lambda: protect(Base), "protect() needs a table model", "class Model(SQLModel, table=True)"),
    "a name": (lambda: protect("public.tasks"), "names no table of the platform", "protect(Model, …)"),
    "no rule": (
        lambda: protect(Note, owner),
        "is not a rule",
        "owner(…), through(…), member(…), allow(…) or restrict(…)",
    ),
    "another's column": (
        lambda: protect(Team, owner(Note.user_id)),
        'names the column "user_id" of "CamelTable"',
        "owner(team.…)",
    ),
    "another's parent": (lambda: protect(Team, through(Note.team_id)), 'names the column "team_id"', "through(team.…)"),
    "another's bare column": (
        lambda: protect(Note, allow("select", to=anon, where=Member.active)),
        'column of "my table" outside a subquery',
        ".in_(select(",
    ),
    "hidden column": (lambda: protect(Note, hide=(Member.active,)), 'has no column "active"', "one of id, user_id"),
    "unknown column": (lambda: protect(Note, owner(Note.user_id, columns=("x",))), 'has no column "x"', "one of id"),
    "hide one": (lambda: protect(Note, hide=Note.name), "hide= takes several columns", "hide=(Model.column,)"),
    "hide on a platform": (lambda: protect("storage.objects", hide=("name",)), "is the platform's", "where="),
    "columns on a platform": (
        lambda: protect("storage.objects", allow("select", to=anon, columns=("id",))),
        "is the platform's",
        "where=",
    ),
    "forced on a platform": (lambda: protect("storage.objects", forced=False), "is the platform's", "leave forced="),
    "forced twice": (
        lambda: protect(Note, forced=False, found=as_found({})),
        "as_found(…) says",
        "found=as_found(…, forced=…)",
    ),
    "owner is a number": (lambda: protect(Note, owner(Note.order)), "they never match", "a uuid or text"),
    "no index": (
        lambda: protect(Note, owner(Note.unindexed)),
        'compares "unindexed", and no index',
        'Index(None, "unindexed")',
    ),
    "two of a name": (
        lambda: protect(Note, owner(Note.user_id, "select"), owner(Note.owner_text, "select")),
        'make a policy named "CamelTable_select_owner"',
        'name="CamelTable_select_owner_2"',
    ),
    "long name": (
        lambda: protect(Note, owner(Note.user_id, name="n" * 60)),
        "longer than the 63",
        'name="CamelTable …"',
    ),
    "or in two rules": (
        lambda: protect(Note, owner(Note.user_id), allow("select", to=authenticated, where=claim("role") == "admin")),
        "joins the row's own condition by OR",
        'to=Role("app_admin"), where=true()',
    ),
    "or with everybody": (
        lambda: protect(Note, allow("select", to=public, where=claim("a") == "b"), owner(Note.user_id, "select")),
        "joins the row's own condition by OR",
        'to=Role("app_admin")',
    ),
}


@pytest.mark.parametrize(("statement", "reason", "hint"), MISTAKES.values(), ids=MISTAKES)
def test_a_mistake_is_reported_at_declaration_with_the_line_that_fixes_it(statement, reason, hint):
    with pytest.raises(DeclarationError) as told:
        statement()
    assert reason in told.value.message
    assert hint in told.value.hint
    assert told.value.message.startswith("tests/declare/test_language.py:")
    assert "\n" not in told.value.message
    assert collected().tables == ()


@pytest.mark.parametrize(
    "rules",
    [
        (allow("delete", to=admin),),
        (allow("select", to=authenticated),),
        (allow("select", to=service_role), owner(Note.user_id)),
        (owner(Note.user_id), allow("select", "update", to=admin, where=always())),
        (owner(Note.user_id), allow("select", to=authenticated, where=Note.flag)),
        (owner(Note.user_id), restrict("select", to=authenticated, where=claim("aal") == "aal2")),
        (owner(Note.user_id, "insert"), allow("select", to=authenticated, where=claim("vip") == "yes")),
        (allow("select", "insert", to=authenticated, where=Note.flag, check=Note.user_id == uid()),),
        (restrict("update", to=authenticated, check=Note.flag),),
    ],
)
def test_what_may_be_intended_is_accepted(rules):
    assert protect(Note, *rules).policies


def test_protecting_without_rules_leaves_it_to_the_backend():
    protected = protect(User)
    assert protected.policies == ()
    assert {grant.grantee for grant in protected.grants} == {"service_role"}
