import pytest

from gatepost.schema import Column, Namespace, Policy, RowSecurity, Schema, Table, is_platform


@pytest.mark.parametrize("schema", ["auth", "storage", "realtime", "extensions", "information_schema", "pg_catalog"])
def test_what_belongs_to_the_platform(schema):
    assert is_platform(schema)


@pytest.mark.parametrize("schema", ["public", "app", "Auth", "storage2", "pgsql", ""])
def test_what_does_not(schema):
    assert not is_platform(schema)


def test_tables_are_looked_up_by_schema_and_name():
    table = Table("my schema", "order", "table", "postgres", RowSecurity(True, True), (Column("id", "integer"),))
    schema = Schema("db", 170000, "postgres", ("public",), tables=(table,))
    assert schema.table("my schema", "order") is table
    assert schema.table("public", "order") is None
    assert (table.column("id"), table.column("ID")) == (Column("id", "integer"), None)
    assert (str(table), table.key) == ("my schema.order", ("my schema", "order"))
    assert not schema.has_role("anon")


def test_values_are_comparable_and_hashable():
    one, other = (
        Schema("db", 170000, "postgres", ("public",), namespaces=(Namespace("public", "postgres"),)) for _ in range(2)
    )
    assert one == other
    assert hash(one) == hash(other)
    assert str(Policy("s", "t", "my policy", "select", ("anon",))) == "s.t.my policy"


@pytest.mark.parametrize(
    ("setting", "exposed"),
    [(None, ("public",)), ("api, public", ("api", "public")), ("b,a,b", ("a", "b")), (" , ", ())],
)
def test_the_schemas_that_the_data_api_serves(setting, exposed):
    settings = () if setting is None else (("pgrst.db_schemas", setting),)
    assert Schema("db", 170000, "postgres", (), settings=settings).exposed == exposed
