"""What is declared is meant, and what cannot be read is said."""

import pytest

from gatepost.declare.declaration import Declaration, ProtectedTable
from gatepost.reflect import read
from gatepost.rules import Context, all_rules
from gatepost.schema import Policy, RowSecurity, Schema, Table
from gatepost.verification import verify

OPEN = """
CREATE TABLE public.notes (id bigint PRIMARY KEY, user_id uuid NOT NULL);
ALTER TABLE public.notes ENABLE ROW LEVEL SECURITY;
GRANT SELECT ON public.notes TO anon;
CREATE POLICY everybody ON public.notes FOR SELECT TO anon USING (true);
"""


def declaration(*policies):
    made = tuple(Policy("public", "notes", name, "select", ("anon",), True, "true") for name in policies)
    return Declaration((ProtectedTable("public", "notes", (), made, (), (), ("id", "user_id"), (), "policies/x.py:1"),))


@pytest.mark.parametrize(
    ("declared", "found"),
    [(None, True), (declaration("everybody"), False), (declaration("another"), True), (declaration(), True)],
)
def test_a_declared_policy_is_meant(told, declared, found):
    assert bool(told("always-true-read", OPEN, declared)) is found


def unreadable():
    policies = (
        Policy("public", "t", "odd", "select", ("public",), True, "(a <<<>>> = = b"),
        Policy("public", "t", "even", "select", ("public",), True, "true"),
    )
    table = Table("public", "t", "table", "postgres", RowSecurity(True, True), policies=policies)
    return Context(Schema("db", 170000, "postgres", ("public",), tables=(table,)))


def test_an_expression_that_the_parser_does_not_know_is_told():
    context = unreadable()
    for rule in all_rules():
        list(rule.check(context))
    (told,) = context.not_analysed()
    assert told.what == "the condition of the policy public.t.odd"


def test_nothing_is_told_where_nobody_asked():
    assert unreadable().not_analysed() == ()


def test_a_verification_of_what_is_understood_is_whole(connection):
    with connection.cursor() as cursor:
        cursor.execute(OPEN)
        assert Context(read(cursor)).not_analysed() == ()
    assert verify(connection, declaration=Declaration()).not_checked == ()
