"""Every case of the table: a value before, and after as PostgreSQL prints it, or the reason that refused it."""

import pytest

from gatepost.transfer.casts.how import How, Refused
from gatepost.transfer.casts.table import FAMILIES, RULES, cast
from gatepost.transfer.target import prepare, read_target

UTC = How()
BERLIN = How.of("Europe/Berlin", None)
SECONDS = How(None, "seconds")
MILLISECONDS = How(None, "milliseconds")

NUMBERS = [
    (0, "boolean", "f"),
    (1, "boolean", "t"),
    (1.0, "boolean", "t"),
    ("true", "boolean", "t"),
    ("T", "boolean", "t"),
    ("Off", "boolean", "f"),
    ("0", "boolean", "f"),
    (32767, "smallint", "32767"),
    (-(2**31), "integer", "-2147483648"),
    (2**63 - 1, "bigint", "9223372036854775807"),
    (3.0, "integer", "3"),
    ("+42", "integer", "42"),
    ("-7", "bigint", "-7"),
    (1.5, "double precision", "1.5"),
    (1.0, "double precision", "1"),
    (-0.0, "double precision", "-0"),
    (1e15, "double precision", "1e+15"),
    (9007199254740993.0, "double precision", "9.007199254740992e+15"),
    (123456789012345.6, "double precision", "123456789012345.6"),
    (1e-5, "double precision", "1e-05"),
    (0.0001, "double precision", "0.0001"),
    (5e-324, "double precision", "5e-324"),
    (1.7976931348623157e308, "double precision", "1.7976931348623157e+308"),
    (0.1 + 0.2, "double precision", "0.30000000000000004"),
    (float("inf"), "double precision", "Infinity"),
    ("NaN", "double precision", "NaN"),
    ("1.10", "double precision", "1.1"),
    (7, "double precision", "7"),
    (0.1, "real", "0.1"),
    (0.0, "real", "0"),
    (-0.0, "real", "-0"),
    (123456.0, "real", "123456"),
    (1234567.0, "real", "1.234567e+06"),
    (0.00001, "real", "1e-05"),
    (float("-inf"), "real", "-Infinity"),
    (19.99, "numeric(10,2)", "19.99"),
    ("19.9", "numeric(10,2)", "19.90"),
    (20, "numeric(10,2)", "20.00"),
    ("1.50", "numeric", "1.50"),
    (1e20, "numeric", "100000000000000000000"),
    ("1e-3", "numeric", "0.001"),
    ("-0.0", "numeric", "0.0"),
    ("NaN", "numeric", "NaN"),
    ("-Infinity", "numeric", "-Infinity"),
    (12300, "numeric(3,-2)", "12300"),
    ("0.00012", "numeric(2,5)", "0.00012"),
    ("99999999999999999999999999999999999.5", "numeric", "99999999999999999999999999999999999.5"),
]
WORDS = [
    ("", "text", ""),
    ("\\N", "text", "\\N"),
    ("tab\tline\nCR\r\nback\\slash 🦝 日本", "text", "tab\tline\nCR\r\nback\\slash 🦝 日本"),
    (42, "text", "42"),
    (1.5, "text", "1.5"),
    ("日本語", "varchar(3)", "日本語"),
    ("ab", "char(4)", "ab  "),
    ("MiXed", "citext", "MiXed"),
    ("{6F9619FF-8B86-D011-B42D-00C04FC964FF}", "uuid", "6f9619ff-8b86-d011-b42d-00c04fc964ff"),
    ("6f9619ff8b86d011b42d00c04fc964ff", "uuid", "6f9619ff-8b86-d011-b42d-00c04fc964ff"),
    (bytes.fromhex("6f9619ff8b86d011b42d00c04fc964ff"), "uuid", "6f9619ff-8b86-d011-b42d-00c04fc964ff"),
    (b"\x00\xff\\", "bytea", "\\x00ff5c"),
    (b"", "bytea", "\\x"),
    ("sad, but 'true'", "cast_mood", "sad, but 'true'"),
    (5, "cast_small", "5"),
    ("[]", "integer[]", "{}"),
    ("[1, null, 3]", "integer[]", "{1,NULL,3}"),
    ("[[1, 2], [3, 4]]", "integer[]", "{{1,2},{3,4}}"),
    ('["a", "", "NULL", "x y", "q\\"\\\\", null, "日本"]', "text[]", '{a,"","NULL","x y","q\\"\\\\",NULL,日本}'),
    ("[true, false]", "boolean[]", "{t,f}"),
    ("[1.5, 2]", "numeric(4,2)[]", "{1.50,2.00}"),
    ('["2025-01-09 22:38:08"]', "timestamptz[]", '{"2025-01-09 22:38:08+00"}'),
    ('["ok"]', "cast_mood[]", "{ok}"),
    ('["abc"]', "varchar(3)[]", "{abc}"),
]
DOCUMENTS = [
    ('{"b":1, "a":[1,2,{"c":null}], "":""}', "jsonb", '{"": "", "a": [1, 2, {"c": null}], "b": 1}'),
    ('{"long": 1, "ab": 2, "b": 3, "é": 4}', "jsonb", '{"b": 3, "ab": 2, "é": 4, "long": 1}'),
    ("null", "jsonb", "null"),
    ("42", "jsonb", "42"),
    (42, "jsonb", "42"),
    (1.5, "jsonb", "1.5"),
    (1e300, "jsonb", "1" + "0" * 300),
    (1e15, "json", "1e+15"),
    (
        "[1.50, 1e2, 1E-3, -0, -0.0, 12345678901234567890123]",
        "jsonb",
        "[1.50, 100, 0.001, 0, 0.0, 12345678901234567890123]",
    ),
    ('"\\u00e9\\t\\b\\u001f\\/ \\ud83e\\udd9d"', "jsonb", '"é\\t\\b\\u001f/ 🦝"'),
    ('"\\\\u0000"', "jsonb", '"\\\\u0000"'),
    ('{"a": 1.10, "n": "x"}', "jsonb", '{"a": 1.10, "n": "x"}'),
    ('{"a":1,  "a":2}', "json", '{"a":1,  "a":2}'),
    ('"\\u0000"', "json", '"\\u0000"'),
    (" [1] ", "json", " [1] "),
]
TIMES = [
    ("2025-01-09 22:38:08.041300", "timestamptz", "2025-01-09 22:38:08.0413+00"),
    ("2025-01-09 22:38:08", "timestamptz", "2025-01-09 22:38:08+00"),
    ("2025-01-09T22:38:08Z", "timestamptz", "2025-01-09 22:38:08+00"),
    ("2025-01-09 22:38:08.5+02:00", "timestamptz", "2025-01-09 20:38:08.5+00"),
    ("2025-01-09 22:38:08-0530", "timestamptz", "2025-01-10 04:08:08+00"),
    ("2025-01-09 22:38", "timestamptz", "2025-01-09 22:38:00+00"),
    ("2025-01-09", "timestamptz", "2025-01-09 00:00:00+00"),
    ("2025-01-09 22:38:08.0413000000", "timestamptz", "2025-01-09 22:38:08.0413+00"),
    ("0001-01-01 00:00:00", "timestamptz", "0001-01-01 00:00:00+00"),
    ("infinity", "timestamptz", "infinity"),
    ("2025-01-09 22:38:08.041300", "timestamp", "2025-01-09 22:38:08.0413"),
    ("2025-01-09 22:38:08+02:00", "timestamp", "2025-01-09 20:38:08"),
    ("2025-01-09 22:38:08.500", "timestamptz(1)", "2025-01-09 22:38:08.5+00"),
    ("2025-01-09", "date", "2025-01-09"),
    ("2025-01-09 00:00:00.000000", "date", "2025-01-09"),
    ("22:38:08.500000", "time", "22:38:08.5"),
    ("22:38", "time", "22:38:00"),
    ("P1Y2M3DT4H5M6.7S", "interval", "1 year 2 mons 3 days 04:05:06.7"),
    ("PT0S", "interval", "00:00:00"),
    ("P-1M2D", "interval", "-1 mons +2 days"),
    ("PT-1H", "interval", "-01:00:00"),
    ("P-3DT4H", "interval", "-3 days +04:00:00"),
    ("1 day, 2:00:00", "interval", "1 day 02:00:00"),
    ("-1 day, 23:00:00", "interval", "-1 days +23:00:00"),
    ("-2:00:00", "interval", "-02:00:00"),
    ("3 days 04:05:06", "interval", "3 days 04:05:06"),
    ("100:00:00.25", "interval", "100:00:00.25"),
    ("1 year 2 mons 3 days 04:05:06.7", "interval", "1 year 2 mons 3 days 04:05:06.7"),
    ("-1 mons +2 days", "interval", "-1 mons +2 days"),
    ("-3 days +04:00:00", "interval", "-3 days +04:00:00"),
    ("2 days", "interval", "2 days"),
    ("1970-01-02 01:00:00.000000", "interval", "1 day 01:00:00"),
    ("1969-12-31 23:00:00", "interval", "-1 days +23:00:00"),
]
HOW = [
    ("2025-07-01 12:00:00", "timestamptz", BERLIN, "2025-07-01 10:00:00+00"),
    ("2025-01-01 12:00:00", "timestamptz", BERLIN, "2025-01-01 11:00:00+00"),
    ("2025-07-01 12:00:00Z", "timestamptz", BERLIN, "2025-07-01 12:00:00+00"),
    ("2025-07-01 12:00:00Z", "timestamp", BERLIN, "2025-07-01 14:00:00"),
    ("2025-07-01 12:00:00", "timestamp", BERLIN, "2025-07-01 12:00:00"),
    (1736462288, "timestamptz", SECONDS, "2025-01-09 22:38:08+00"),
    (1736462288.25, "timestamptz", SECONDS, "2025-01-09 22:38:08.25+00"),
    ("1736462288", "timestamptz", SECONDS, "2025-01-09 22:38:08+00"),
    (1736462288041, "timestamptz", MILLISECONDS, "2025-01-09 22:38:08.041+00"),
    (1736462288, "timestamp", How(BERLIN.zone, "seconds"), "2025-01-09 23:38:08"),
]
REFUSED = [
    (2, "boolean", UTC, "is neither 0 nor 1"),
    (0.5, "boolean", UTC, "is neither 0 nor 1"),
    ("", "boolean", UTC, "is not a truth value"),
    ("maybe", "boolean", UTC, "is not a truth value"),
    (32768, "smallint", UTC, "is outside smallint (-32768 to 32767)"),
    (2**31, "integer", UTC, "is outside integer"),
    ("9223372036854775808", "bigint", UTC, "is outside bigint"),
    (3.7, "integer", UTC, "is not a whole number, and would have to be rounded"),
    (float("inf"), "integer", UTC, "is not a whole number"),
    (2.0**60, "bigint", UTC, "is a float above 2^53"),
    ("3.0", "integer", UTC, "is not a whole number"),
    ("", "integer", UTC, "is an empty string, not a number"),
    ("1_000", "integer", UTC, "is not a whole number"),
    ("٣", "integer", UTC, "is not a whole number"),
    (b"1", "integer", UTC, "is a BLOB, which integer cannot hold exactly"),
    (2**53 + 1, "double precision", UTC, "has more digits than double precision keeps"),
    ("0.1234567890123456789", "double precision", UTC, "has more digits than double precision keeps"),
    ("1e400", "double precision", UTC, "has more digits than double precision keeps"),
    ("abc", "double precision", UTC, "is not a number"),
    (0.1234567891, "real", UTC, "has more digits than real keeps"),
    (1e39, "real", UTC, "is outside real"),
    (16777217, "real", UTC, "has more digits than real keeps"),
    (19.999, "numeric(10,2)", UTC, "has more decimals than numeric(10,2) keeps"),
    (1e9, "numeric(10,2)", UTC, "has more digits than numeric(10,2) keeps"),
    ("1e90000", "numeric(10,2)", UTC, "has more digits than numeric(10,2) keeps"),
    ("inf", "numeric(10,2)", UTC, "is not a number that the column can hold"),
    ("1e99999999", "numeric", UTC, "is not a number"),
    (12345, "numeric(3,-2)", UTC, "has more decimals than numeric(3,-2) keeps"),
    ("a\0b", "text", UTC, "holds a NUL character, which PostgreSQL cannot store"),
    ("\udcff", "text", UTC, "is not valid UTF-8"),
    (b"text", "text", UTC, "is a BLOB, which text cannot hold exactly"),
    ("abcd", "varchar(3)", UTC, "has 4 characters, more than character varying(3) keeps"),
    ("abc ", "varchar(3)", UTC, "has 4 characters"),
    ("a ", "char(4)", UTC, "ends in a blank"),
    ("text", "bytea", UTC, "is text, which bytea cannot hold exactly"),
    ("not-a-uuid", "uuid", UTC, "is not a UUID"),
    ("", "uuid", UTC, "is an empty string, not a UUID"),
    ("{6f9619ff8b86d011b42d00c04fc964ff", "uuid", UTC, "is not a UUID"),
    (b"short", "uuid", UTC, "is a BLOB of 5 bytes, and a UUID has 16"),
    ("glad", "cast_mood", UTC, "is not one of ok, sad, but 'true'"),
    ("{1,2}", "integer[]", UTC, "is not JSON"),
    ('"x"', "integer[]", UTC, "is not a JSON list"),
    ("[1, 2.5]", "integer[]", UTC, "is not a whole number"),
    ("[[1], [2, 3]]", "integer[]", UTC, "inner lists differ in length"),
    ("[1, [2]]", "integer[]", UTC, "inner lists differ in length"),
    ("[[]]", "integer[]", UTC, "inner lists differ in length"),
    ('[{"a": 1}]', "text[]", UTC, "is a list of objects"),
    ("[1]", "boolean[]", UTC, "something that is not boolean"),
    ("[true]", "text[]", UTC, "a truth value, not with text"),
    ("", "jsonb", UTC, "is an empty string, not JSON"),
    ("{'a': 1}", "jsonb", UTC, "is not JSON: Expecting property name enclosed in double quotes at character 2"),
    ("[NaN]", "jsonb", UTC, "holds NaN, which is not JSON"),
    ("-Infinity", "json", UTC, "holds -Infinity, which is not JSON"),
    (float("inf"), "jsonb", UTC, "is infinite, which JSON cannot say"),
    ('{"k": "\\u0000"}', "jsonb", UTC, "holds \\u0000, which jsonb cannot store"),
    ('"\\\\\\u0000"', "jsonb", UTC, "holds \\u0000, which jsonb cannot store"),
    ('["\\ud800"]', "jsonb", UTC, "holds half of a surrogate pair"),
    ('{"\\ud800": 1, "b": 2}', "jsonb", UTC, "holds half of a surrogate pair"),
    ('[{"a": 1, "b": 2, "a": 3}]', "jsonb", UTC, "has the key 'a' twice, of which jsonb keeps one"),
    ("[" * 5000 + "]" * 5000, "jsonb", UTC, "is nested too deeply"),
    ("[1e200000]", "jsonb", UTC, "has more digits than PostgreSQL's numeric can hold"),
    ("[1e-20000]", "jsonb", UTC, "has more digits than PostgreSQL's numeric can hold"),
    ('["\t"]', "jsonb", UTC, "is not JSON: Invalid control character"),
    (b"{}", "jsonb", UTC, "is a BLOB, which jsonb cannot hold exactly"),
    ("", "timestamptz", UTC, "is an empty string, not a moment"),
    ("yesterday", "timestamptz", UTC, "is not a moment (YYYY-MM-DD HH:MM:SS)"),
    ("2025-02-29 00:00:00", "timestamptz", UTC, "is not a moment that exists"),
    ("2025-01-09 24:00:00", "timestamptz", UTC, "is not a moment that exists"),
    ("2025-01-09 23:59:60", "timestamptz", UTC, "is not a moment that exists"),
    ("09/01/2025", "timestamptz", UTC, "is not a moment"),
    ("2025-01-09 22:38:08.1234567", "timestamptz", UTC, "more than six digits of a second"),
    ("2025-01-09 22:38:08.55", "timestamptz(1)", UTC, "has more digits of a second than timestamp(1) with time zone"),
    ("2025-01-09 22:38:08+99:00", "timestamptz", UTC, "has an offset that no zone has"),
    ("0001-01-01 00:00:00+14:00", "timestamptz", UTC, "leaves the years 1 to 9999"),
    (1736462288, "timestamptz", UTC, "--epoch seconds or --epoch milliseconds"),
    ("1736462288", "timestamptz", UTC, "--epoch seconds or --epoch milliseconds"),
    (2460685.44, "timestamptz", UTC, "is a number, not a moment"),
    (1736462288.1234567, "timestamptz", How(None, "milliseconds"), "parts of a microsecond"),
    (float("inf"), "timestamptz", SECONDS, "parts of a microsecond"),
    (10**17, "timestamptz", SECONDS, "is outside the years 1 to 9999"),
    ("2025-03-30 02:30:00", "timestamptz", BERLIN, "is skipped or comes twice in Europe/Berlin"),
    ("2025-10-26 02:30:00", "timestamptz", BERLIN, "is skipped or comes twice in Europe/Berlin"),
    ("2025-01-09 12:00:00", "date", UTC, "has a time of day that a date does not keep"),
    ("2025-13-01", "date", UTC, "is not a date that exists"),
    ("", "date", UTC, "is an empty string, not a date"),
    (20250109, "date", UTC, "is an integer, which date cannot hold exactly"),
    ("25:00:00", "time", UTC, "is not a time that exists"),
    ("", "time", UTC, "is an empty string, not a time"),
    ("soon", "interval", UTC, "is not a span"),
    ("P", "interval", UTC, "is not a span"),
    ("P1DT", "interval", UTC, "is not a span"),
    ("1 day, ", "interval", UTC, "is not a span"),
    ("1:75:00", "interval", UTC, "is not a span"),
    ("", "interval", UTC, "is an empty string, not a span"),
    (3600, "interval", UTC, "is an integer, which interval cannot hold exactly"),
]


@pytest.fixture
def types(connection, superuser_url):
    """Return the `Type` of a printed type, read from a real table as a transfer reads it."""
    import psycopg2

    with psycopg2.connect(superuser_url) as other, other.cursor() as cursor:
        cursor.execute("CREATE EXTENSION IF NOT EXISTS citext WITH SCHEMA public")
    other.close()
    with connection.cursor() as cursor:
        cursor.execute("CREATE TYPE public.cast_mood AS ENUM ('ok', 'sad, but ''true''')")
        cursor.execute("CREATE DOMAIN public.cast_small AS integer CHECK (VALUE < 10)")
    connection.commit()

    def read(*printed):
        columns = ", ".join(f"c{number} {name}" for number, name in enumerate(printed))
        with connection.cursor() as cursor:
            cursor.execute(f"CREATE TABLE public.cast_types ({columns})")
        prepare(connection)
        (table,) = (t for t in read_target(connection, "public") if t.name == "cast_types")
        return dict(zip(printed, (column.type for column in table.columns), strict=True))

    return read


def test_every_exact_value_is_what_postgresql_prints(types, connection):
    cases = [(value, name, UTC, after) for value, name, after in NUMBERS + WORDS + DOCUMENTS + TIMES] + HOW
    known = types(*dict.fromkeys(name for _, name, _, _ in cases))
    wrong = []
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL search_path = pg_catalog, public")
        for value, name, how, after in cases:
            text = cast(value, known[name], how)
            cursor.execute(f"SELECT pg_catalog.concat(%s::{name})", (text,))
            printed = cursor.fetchone()[0]
            if not text == after == printed:
                wrong.append((value, name, text, after, printed))
    assert wrong == []


def test_everything_else_is_refused_with_a_reason(types):
    known = types(*dict.fromkeys(name for _, name, _, _ in REFUSED))
    wrong = []
    for value, name, how, reason in REFUSED:
        try:
            wrong.append((value, name, cast(value, known[name], how)))
        except Refused as refused:
            if reason not in str(refused):
                wrong.append((value, name, str(refused)))
    assert wrong == []


def test_every_rule_has_a_case(types):
    cases = [(value, name) for value, name, *_ in NUMBERS + WORDS + DOCUMENTS + TIMES + HOW]
    known = types(*dict.fromkeys(name for _, name in cases))
    assert {(type(value), known[name].family) for value, name in cases} >= set(RULES) - {
        (int, "varchar"),
        (int, "bpchar"),
        (int, "citext"),
        (int, "json"),
        (float, "varchar"),
        (float, "bpchar"),
        (float, "citext"),
        (float, "timestamp"),
        (float, "bool"),
        (float, "int2"),
        (float, "int8"),
        (str, "int2"),
        (int, "float4"),
        (str, "float4"),
    }  # fmt: skip - the same function as its neighbour in the table
    assert {known[name].family for _, name in cases} == FAMILIES
