"""A project that declares a few tables of many: the others are left alone, unless an API role can access them."""

from dataclasses import replace

import pytest
from sqlalchemy import Column, Integer, MetaData, Table

from gatepost import protect
from gatepost.declare.language import collected, declaring
from gatepost.rules import named_rule
from gatepost.verification import verify

DECLARED = """
CREATE TABLE public.mine (id int PRIMARY KEY);
ALTER TABLE public.mine ENABLE ROW LEVEL SECURITY; ALTER TABLE public.mine FORCE ROW LEVEL SECURITY;
REVOKE ALL ON public.mine FROM anon, authenticated;
CREATE TABLE public.other (id int PRIMARY KEY);
REVOKE ALL ON public.other FROM anon, authenticated;
"""


@pytest.mark.parametrize(
    ("more", "partial", "found"),
    [
        ("", False, {("undeclared-table", "error"), ("row-security-off", "warning")}),
        ("", True, {("row-security-off", "info")}),
        ("GRANT SELECT ON public.other TO anon;", True, {("row-security-off", "error")}),
    ],
    ids=["all are declared", "some are", "and one is open"],
)
def test_what_is_not_declared_is_left_alone_where_nobody_can_access_it(rolled_back, more, partial, found):
    with rolled_back.cursor() as cursor:
        cursor.execute(DECLARED + more)
    with declaring():
        protect(Table("mine", MetaData(), Column("id", Integer, primary_key=True)))
        declaration = replace(collected(), partial=partial)
    rules = [named_rule(name) for name in ("undeclared-table", "row-security-off")]
    result = verify(rolled_back, declaration=declaration, rules=rules)
    assert {(one.rule, one.severity) for one in result.findings} == found


@pytest.mark.parametrize(("key", "found"), [("revisions_pkc", set()), ("revisions_pkey", {"undeclared-table"})])
def test_the_version_table_of_alembic_may_have_another_name(rolled_back, key, found):
    with rolled_back.cursor() as cursor:
        cursor.execute(
            f"{DECLARED} DROP TABLE public.other; CREATE TABLE public.revisions"
            f" (version_num varchar(32) NOT NULL, CONSTRAINT {key} PRIMARY KEY (version_num))"
        )
    with declaring():
        protect(Table("mine", MetaData(), Column("id", Integer, primary_key=True)))
        declaration = collected()
    result = verify(rolled_back, declaration=declaration, rules=[named_rule("undeclared-table")])
    assert {one.rule for one in result.findings} == found
