"""A canary tells where it was planted, whatever the type that holds it."""

import pytest

from gatepost.observation.plant.canaries import Canary, found_in, value

PLANTED = Canary(table=0x1F, row=0x2A, column=0xB)


TELLING = (
    "text|character varying(100)|uuid|bigint|jsonb|json|text[]|uuid[]|numeric|extensions.citext|extensions.ltree|xml"
    "|numeric(20,2)"
).split("|")
SILENT = "character varying(3)|character(1)|integer|smallint|numeric(4,2)|date|bytea".split("|")


@pytest.mark.parametrize("type_name", TELLING)
def test_comes_out_as_it_went_in(type_name):
    assert list(found_in(f"(1,{value(type_name, PLANTED)},x)")) == [PLANTED]


@pytest.mark.parametrize("type_name", SILENT)
def test_fits_into_what_cannot_hold_a_canary(type_name, rolled_back):
    with rolled_back.cursor() as cursor:
        cursor.execute(f"SELECT %s::{type_name}", [value(type_name, PLANTED)])
        assert cursor.fetchone() is not None


def test_bytes_are_read_as_postgresql_prints_them(rolled_back):
    with rolled_back.cursor() as cursor:
        cursor.execute("SELECT (row(%s::bytea))::text", [value("bytea", PLANTED)])
        assert list(found_in(cursor.fetchone()[0])) == [PLANTED]


def test_two_rows_never_hold_the_same():
    for type_name in ("integer", "smallint", "character varying(4)", "inet", "timestamp without time zone"):
        made = {value(type_name, Canary(1, row, 2)) for row in range(200)}
        assert len(made) == 200, type_name


def test_an_unknown_type_is_said_to_be_unknown():
    assert value("public.composite", PLANTED) is None
