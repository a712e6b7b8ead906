"""The whole access matrix of the 14 tables, seen by trying, and that every policy matters to it."""

from contextlib import closing

import pytest

import policies  # noqa: F401  declares
from gatepost import sql
from gatepost.database.connect import connect
from gatepost.ddl import create_sql
from gatepost.observation.run import run
from gatepost.project import declared
from gatepost.reflect import reflect

# select insert update delete, each: all, own, some, none
MATRIX = {
    "global_settings": "none none none none",
    "model_configs": "all none none none",
    "provider_credentials": "none none none none",
    "provider_metrics": "none none none none",
    "provider_policies": "none none none none",
    "providers": "some none none none",
    "routing_providers": "none none none none",
    "routing_requests": "none none none none",
    "search_collections": "all none none none",
    "search_documents": "all none none none",
    "stream_chunks": "own none none none",
    "streams": "own own own none",
    "tasks": "own own own own",
    "users": "own none own none",
}
WRONG_COLUMN = {"tasks": "goblin", "streams": "goblin", "users": "email", "stream_chunks": "content"}


@pytest.fixture
def migrated(gatepost_database):
    with closing(connect(gatepost_database.superuser_url)) as connection:
        yield connection


@pytest.fixture
def policy(migrated):
    """Each policy as the database has it, by table and name."""
    return {(p.table, p.name): p for table in reflect(migrated).tables for p in table.policies}


def names():
    return [
        pytest.param(policy.table, policy.name, policy.command, id=policy.name)
        for table in declared("policies")
        for policy in table.policies
    ]


def findings(connection, table):
    result = run(connection, declaration=declared("policies"), only=[("public", table)])
    assert result.not_checked == ()
    return {(finding.rule, finding.detail) for finding in result.findings if finding.object == f"public.{table}"}


def mutated(connection, policy, statements):
    """Return what is found while a policy is another one."""
    drop = f"DROP POLICY IF EXISTS {sql.identifier(policy.name)} ON {sql.qualified(policy.schema, policy.table)}"
    with connection, connection.cursor() as cursor:
        cursor.execute("; ".join([drop, *statements]))
    try:
        return findings(connection, policy.table)
    finally:
        with connection, connection.cursor() as cursor:
            cursor.execute("; ".join([drop, *create_sql(policy)]))


def test_the_whole_matrix(migrated):
    result = run(migrated, declaration=declared("policies"))
    assert (result.findings, result.not_checked) == ((), ())
    tables = {table["table"].removeprefix("public."): table["cells"] for table in result.sections["matrix"]["tables"]}
    assert tables.keys() == {*MATRIX, "alembic_version"}
    for name, wanted in MATRIX.items():
        for persona in ("ann", "bob", "anonymous_sign_in", "admin", "self_claiming"):
            assert " ".join(cell["reach"] for cell in tables[name][persona].values()) == wanted, (name, persona)
        assert {cell["reach"] for cell in tables[name]["anon"].values()} == {"none"}
        assert {cell["reach"] for cell in tables[name]["service_role"].values()} == {"all"}


@pytest.mark.parametrize(("table", "name", "command"), names())
def test_a_dropped_policy_is_missed(table, name, command, migrated, policy):
    found = mutated(migrated, policy[table, name], [])
    assert ("access-short-of-declaration", command) in found
    assert not any(rule == "access-beyond-declaration" for rule, _ in found)


@pytest.mark.parametrize(("table", "name", "command"), names())
def test_a_widened_policy_is_beyond(table, name, command, migrated, policy):
    if "true" in (policy[table, name].using, policy[table, name].check):
        pytest.skip("everybody who is signed in may read it")
    wide = widened(policy[table, name])
    assert ("access-beyond-declaration", command) in mutated(migrated, policy[table, name], create_sql(wide))


@pytest.mark.parametrize(("table", "name", "command"), [one for one in names() if one.values[0] in WRONG_COLUMN])
def test_a_policy_on_the_wrong_column_is_both_or_less(table, name, command, migrated, policy):
    wrong = on_column(policy[table, name], WRONG_COLUMN[table])
    assert ("access-short-of-declaration", command) in mutated(migrated, policy[table, name], create_sql(wrong))


def widened(policy):
    from dataclasses import replace

    return replace(policy, using=policy.using and "true", check=policy.check and "true")


def on_column(policy, column):
    from dataclasses import replace

    column = sql.identifier(column)
    text = f"(SELECT auth.uid())::text = {column}"
    return replace(policy, using=policy.using and text, check=policy.check and text)
