import dataclasses

import pytest
from sqlalchemy import CHAR, JSON, BigInteger, Boolean, Date, Enum, Integer, Numeric, SmallInteger, String, Text, Uuid
from sqlalchemy.dialects.postgresql import ARRAY, CITEXT, INET, JSONB, UUID
from sqlalchemy.types import NullType, TypeDecorator
from sqlmodel.sql.sqltypes import AutoString

from gatepost import Role, anon, authenticated, claim, jwt, public, role, service_role, uid
from gatepost.auth import type_family, type_family_name
from gatepost.errors import DeclarationError


def test_a_sessions_value_is_a_scalar_subquery():
    assert uid().sql == "(SELECT auth.uid())"
    assert jwt().sql == "(SELECT auth.jwt())"
    assert role().sql == "(SELECT auth.jwt() ->> 'role')"
    assert claim("app_metadata", "org_id").sql == "(SELECT auth.jwt() -> 'app_metadata' ->> 'org_id')"
    assert claim("it's", "a\\b").sql == "(SELECT auth.jwt() -> 'it''s' ->> E'a\\\\b')"


def test_roles_are_values():
    assert [one.name for one in (anon, authenticated, service_role, public)] == [
        "anon", "authenticated", "service_role", "public",
    ]  # fmt: skip
    assert Role("anon") == anon
    assert {Role("a"), Role("a")} == {Role("a")}
    with pytest.raises(dataclasses.FrozenInstanceError):
        anon.name = "service_role"


class Wrapped(TypeDecorator):
    impl = Text
    cache_ok = True


@pytest.mark.parametrize(
    ("type_", "expected"),
    [
        (Uuid(), "(SELECT auth.uid())"),
        (UUID(as_uuid=False), "(SELECT auth.uid())"),
        (Text(), "(SELECT auth.uid())::text"),
        (String(36), "(SELECT auth.uid())::text"),
        (AutoString(), "(SELECT auth.uid())::text"),
        (CITEXT(), "(SELECT auth.uid())::text"),
        (Wrapped(), "(SELECT auth.uid())::text"),
        (CHAR(36), "(SELECT auth.uid())::bpchar"),
        (JSON().with_variant(Uuid(), "postgresql"), "(SELECT auth.uid())"),
    ],
)
def test_the_users_id_takes_the_type_of_the_column(type_, expected):
    assert uid().fitted_to(type_, "column").sql == expected


@pytest.mark.parametrize(
    ("type_", "cast"),
    [
        (Text(), ""),
        (Uuid(), "::uuid"),
        (Integer(), "::bigint"),
        (BigInteger(), "::bigint"),
        (SmallInteger(), "::bigint"),
        (Numeric(), "::numeric"),
        (Boolean(), "::boolean"),
        (CHAR(3), "::bpchar"),
    ],
)
def test_a_claim_takes_the_type_of_the_column(type_, cast):
    assert claim("org").fitted_to(type_, "column").sql == f"(SELECT auth.jwt() ->> 'org'){cast}"


@pytest.mark.parametrize("type_", [Integer(), Boolean(), Date(), JSONB(), ARRAY(Uuid), INET(), Enum("a", name="kind")])
def test_a_users_id_is_never_a_number_or_a_date(type_):
    with pytest.raises(DeclarationError, match=r'^"t.c" is .*, and auth.uid\(\) is uuid: they never match') as told:
        uid().fitted_to(type_, "t.c")
    assert told.value.hint == "compare a column that is a uuid or text"


@pytest.mark.parametrize("type_", [Text(), Uuid(), Integer()])
def test_a_whole_token_is_only_ever_jsonb(type_):
    assert jwt().fitted_to(JSONB(), "t.c").sql == "(SELECT auth.jwt())"
    with pytest.raises(DeclarationError, match="they never match"):
        jwt().fitted_to(type_, "t.c")


def test_a_claim_without_a_name_is_refused():
    with pytest.raises(DeclarationError, match="needs the name") as told:
        claim()
    assert told.value.hint == 'claim("app_metadata", "org_id")'


def test_a_claim_that_its_user_can_edit_is_refused():
    with pytest.raises(DeclarationError, match="written by the user") as told:
        claim("user_metadata", "admin")
    assert told.value.hint.endswith('claim("app_metadata", "admin")')


def test_a_type_that_nobody_knows_has_a_name():
    assert type_family(NullType()) is None
    assert type_family_name(NullType()) == "of no known type"
    assert type_family_name(String(3)) == "varchar(3)"


@pytest.mark.parametrize(
    "claims", ['{"sub": "00000000-0000-0000-0000-00000000000a", "role": "authenticated", "n": "7"}']
)
def test_postgresql_reads_the_same(rolled_back, claims):
    with rolled_back.cursor() as cursor:
        cursor.execute("SELECT set_config('request.jwt.claims', %s, true)", (claims,))
        values = (uid().sql, uid().fitted_to(Text(), "c").sql, role().sql, claim("n").fitted_to(Integer(), "c").sql)
        cursor.execute(f"SELECT {', '.join(values)}, {claim('a', 'b').sql}")
        user = "00000000-0000-0000-0000-00000000000a"
        assert cursor.fetchone() == (user, user, "authenticated", 7, None)
