"""A small project as values, for tests that need no server: notes, teams with members, and a table of admins."""

# ruff: noqa: E501  (a body is read in one line)

from gatepost.analysis.context import Context
from gatepost.schema import (
    Column,
    Constraint,
    Function,
    Grant,
    Index,
    Membership,
    Namespace,
    Policy,
    RowSecurity,
    Schema,
    Table,
)
from gatepost.schema.roles import DatabaseRole

API = ("anon", "authenticated")
ALL = ("SELECT", "INSERT", "UPDATE", "DELETE")


def policy(table, name, command, using, check=None, *, roles=("authenticated",), permissive=True):
    return Policy("public", table, name, command, roles, permissive, using, check)


def table(name, columns, *policies, key=("id",), references=(), grants=None):
    made = tuple(Column(column, type_.removesuffix("!"), type_.endswith("!")) for column, type_ in columns.items())
    constraints = [Constraint(f"{name}_pkey", "primary key", key, "")]
    constraints += [
        Constraint(f"{name}_{column}_fkey", "foreign key", (column,), "", references=(*target, ("id",)))
        for column, target in references
    ]
    held = grants if grants is not None else [Grant(role, privilege) for role in API for privilege in ALL]
    return Table(
        "public", name, "table", "postgres", RowSecurity(True, False), columns=made, policies=tuple(policies),
        grants=tuple(held), constraints=tuple(constraints), indexes=(Index("i", key, True, True, True, None, ""),),
    )  # fmt: skip


USERS = ("auth", "users")
MEMBER = table(
    "member",
    {"team": "integer!", "person": "uuid!", "role": "text"},
    policy("member", "own", "select", "(person = ( SELECT auth.uid() AS uid))"),
    key=("team", "person"),
    references=[("person", USERS)],
)
ADMIN = table(
    "admin",
    {"person": "uuid!"},
    policy("admin", "own", "select", "(person = ( SELECT auth.uid() AS uid))"),
    key=("person",),
)
PLAN = table("plan", {"id": "integer!", "name": "text"}, policy("plan", "all", "select", "true", roles=API))
PROFILE = table(
    "profile",
    {"id": "uuid!", "nick": "text"},
    policy("profile", "all", "select", "true"),
    policy("profile", "new", "insert", None, "(id = ( SELECT auth.uid() AS uid))"),
    references=[("id", USERS)],
)
NOTE = {
    "id": "integer!", "owner": "uuid", "team": "integer", "body": "text!", "state": "text", "public": "boolean",
    "deleted_at": "timestamp with time zone", "token": "text", "email": "text", "tags": "text[]",
}  # fmt: skip


def function(
    name, arguments, body, *, returns="boolean", language="sql", definer=True, parameters=(), returns_set=False
):
    return Function(
        "public", name, arguments, "function", language, returns, "postgres", definer, "stable", body,
        returns_set=returns_set, parameters=parameters, grants=tuple(Grant(role, "EXECUTE") for role in API),
    )  # fmt: skip


FUNCTIONS = (
    function("is_member", "integer", "SELECT EXISTS (SELECT 1 FROM public.member m WHERE m.team = t AND m.person = auth.uid())", parameters=("t",)),
    function("my_teams", "", "SELECT m.team FROM public.member m WHERE m.person = auth.uid()", returns="integer", returns_set=True),
    function("is_admin", "", "SELECT EXISTS (SELECT 1 FROM public.admin a WHERE a.person = auth.uid())"),
)  # fmt: skip


def project(*tables, functions=()):
    """The database with some tables beside those that are always there."""
    people = (*API, "postgres", "authenticator")
    roles = [DatabaseRole(name, name == "postgres", name == "postgres", True, False) for name in people]
    memberships = tuple(Membership(role, "authenticator", False, True) for role in API)
    spaces = (Namespace("public", "postgres", tuple(Grant(role, "USAGE") for role in API)),)
    return Context(
        Schema(
            "d", 170000, "postgres", ("public",), tables=(MEMBER, ADMIN, PLAN, PROFILE, *tables), namespaces=spaces,
            roles=tuple(roles), memberships=memberships, functions=(*FUNCTIONS, *functions),
        )
    )  # fmt: skip


def note(*policies, **columns):
    return table("note", {**NOTE, **columns}, *policies, references=[("owner", USERS)])
