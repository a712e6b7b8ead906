"""The project's own policies say what its data belongs to."""

import pytest

import models
from gatepost import declared
from gatepost.schema import COMMANDS

OWNED = {
    "tasks": {"select", "insert", "update", "delete"},
    "streams": {"select", "insert", "update"},
    "stream_chunks": {"select"},
    "users": {"select", "update"},
}
SHARED = ("search_collections", "search_documents", "providers", "model_configs")
BACKEND = (
    "provider_credentials",
    "global_settings",
    "routing_providers",
    "provider_metrics",
    "provider_policies",
    "routing_requests",
)
SECRETS = {
    "users": ("password_hash", "passkey_credential_id", "passkey_public_key"),
    "provider_credentials": ("encrypted_key",),
    "routing_providers": ("api_key_encrypted",),
}


@pytest.fixture(scope="module")
def declaration():
    return declared()


def test_every_table_has_its_access_story(declaration):
    tables = {(table.schema or "public", table.name) for table in models.metadata.tables.values()}
    assert {table.key for table in declaration} == tables
    assert len(tables) == 14
    assert {*OWNED, *SHARED, *BACKEND} == {name for _, name in tables}


@pytest.mark.parametrize("name", OWNED)
def test_what_belongs_to_a_user_is_reached_by_its_user_alone(declaration, name):
    table = declaration.table("public", name)
    assert {policy.command for policy in table.policies} == OWNED[name]
    assert {policy.roles for policy in table.policies} == {("authenticated",)}
    assert {rule.meaning for rule in table.rules} == {"through" if name == "stream_chunks" else "owner"}
    for policy in table.policies:
        conditions = [one for one in (policy.using, policy.check) if one is not None]
        assert all("auth.uid()" in one or '"public"."streams"' in one for one in conditions)


@pytest.mark.parametrize("name", SHARED)
def test_what_is_shared_is_read_by_the_signed_in(declaration, name):
    table = declaration.table("public", name)
    assert [(policy.command, policy.roles) for policy in table.policies] == [("select", ("authenticated",))]


def test_providers_that_are_switched_off_are_not_shown(declaration):
    (policy,) = declaration.table("public", "providers").policies
    assert policy.using == "providers.is_active"


@pytest.mark.parametrize("name", BACKEND)
def test_the_rest_is_the_backends(declaration, name):
    table = declaration.table("public", name)
    assert table.policies == ()
    assert {grant.grantee for grant in table.grants} == {"service_role"}


def test_nobody_is_let_in_without_signing_in(declaration):
    named = {grant.grantee for table in declaration for grant in table.grants}
    assert named == {"authenticated", "service_role"}
    assert all(set(policy.roles) == {"authenticated"} for table in declaration for policy in table.policies)


@pytest.mark.parametrize(("name", "column"), [(name, column) for name in SECRETS for column in SECRETS[name]])
def test_a_secret_never_leaves_the_backend(declaration, name, column):
    table = declaration.table("public", name)
    assert column in table.columns
    assert column in table.hidden
    reaching = {
        grant.grantee for grant in table.grants if grant.privilege != "DELETE" and grant.column in (None, column)
    }
    assert reaching == {"service_role"}


def test_a_user_reads_and_changes_no_more_than_that(declaration):
    grants = declaration.table("public", "users").grants
    mine = {(grant.privilege, grant.column) for grant in grants if grant.grantee == "authenticated"}
    read = ("id", "email", "name", "google_id", "created_at", "updated_at")
    assert mine == {*(("SELECT", column) for column in read), ("UPDATE", "name"), ("UPDATE", "updated_at")}


def test_the_backend_does_everything_everywhere(declaration):
    for table in declaration:
        held = {(grant.privilege, grant.column) for grant in table.grants if grant.grantee == "service_role"}
        assert held == {(command.upper(), None) for command in COMMANDS}


def test_no_key_needs_a_grant_on_a_sequence(declaration):
    assert {grants for table in declaration for _, grants in table.sequences} == {()}


def test_each_story_stands_in_the_file_of_its_model(declaration):
    homes = {model.__tablename__: model.__module__ for model in vars(models).values() if hasattr(model, "__table__")}
    for table in declaration:
        file = homes[table.name].removeprefix("models.")
        assert f"policies/{file}.py:" in table.place
