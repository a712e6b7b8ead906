"""Two sets of values in, ordered changes out."""

from gatepost.declare.declaration import PROTECTED
from gatepost.diff import (
    UNPROTECTED,
    TableGrants,
    TableRowSecurity,
    TableState,
    diff,
    removal,
    sequence_name,
)
from gatepost.schema import Grant, Policy


def state(*policies, schema="public", row_security=PROTECTED, grants=(), usage=()):
    return TableState(
        TableRowSecurity(schema, "t", row_security), TableGrants(schema, "t", grants, usage=usage), policies
    )


READ = Policy("public", "t", "read", "select", ("anon",), using="true")
SELECT = (Grant("anon", "SELECT"),)


def kinds(changes):
    return [(change.kind, type(change.subject).__name__) for change in changes]


def test_nothing_differs():
    assert diff(state(READ, grants=SELECT), state(READ, grants=SELECT)) == ()


def test_a_new_table_gets_grants_then_policies_then_row_security():
    assert kinds(diff(state(READ, grants=SELECT), None)) == [
        ("create", "TableGrants"),
        ("create", "Policy"),
        ("create", "TableRowSecurity"),
    ]


def test_row_security_goes_first_and_comes_back_last():
    changes = removal(state(READ, grants=SELECT))
    assert kinds(changes) == [("drop", "TableRowSecurity"), ("drop", "Policy"), ("drop", "TableGrants")]


def test_only_the_policies_of_a_platform_table_are_changed():
    declared = state(READ, schema="storage", row_security=PROTECTED)
    live = state(schema="storage", row_security=UNPROTECTED, grants=SELECT)
    assert kinds(diff(declared, live)) == [("create", "Policy")]


def test_a_role_that_cannot_use_the_schema_is_a_change():
    live = state(schema="app", grants=SELECT)
    [change] = diff(state(schema="app", grants=SELECT, usage=("anon",)), live)
    assert change.before.no_usage == ("anon",)


def test_the_name_of_a_sequence_is_cut_as_postgresql_cuts_it():
    assert sequence_name("notes", "id") == "notes_id_seq"
    assert sequence_name("t" * 60, "c" * 40) == f"{'t' * 29}_{'c' * 29}_seq"
