import random
import string

import pytest

from gatepost import sql
from gatepost.errors import DeclarationError

NASTY = [
    "plain",
    "it's",
    'say "hi"',
    "back\\slash",
    "\\'",
    "a:b  c",
    "100%",
    "%s %(x)s",
    "line\nbreak\ttab",
    "$$ $tag$ --/* */",
    "E'x'",
    "地精 🧌",
    " ",
    ";DROP TABLE x;--",
]


@pytest.mark.parametrize(
    ("name", "quoted"),
    [
        ("tasks", '"tasks"'),
        ("my table", '"my table"'),
        ("user", '"user"'),
        ('a"b', '"a""b"'),
        ("a.b on c", '"a.b on c"'),
    ],
)
def test_every_identifier_is_quoted(name, quoted):
    assert sql.identifier(name) == quoted


@pytest.mark.parametrize("name", ["", "a\0b", "a\ud800b"])
def test_what_cannot_be_a_name_is_refused(name):
    with pytest.raises(DeclarationError, match="cannot be a name in PostgreSQL"):
        sql.identifier(name)


def test_a_name_is_measured_in_bytes():
    assert sql.identifier("ü" * 31) == '"' + "ü" * 31 + '"'
    with pytest.raises(DeclarationError, match="longer than the 63 bytes") as told:
        sql.identifier("ü" * 32)
    assert told.value.hint == "give a shorter one"


def test_lists_keep_their_order_and_public_is_a_word():
    assert sql.qualified("my schema", "order") == '"my schema"."order"'
    assert sql.identifiers(["b", "a"]) == '"b", "a"'
    assert sql.roles(["public", "anon", "PUBLIC"]) == 'PUBLIC, "anon", "PUBLIC"'


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (None, "NULL"),
        (True, "TRUE"),
        (False, "FALSE"),
        (-7, "-7"),
        ("it's", "'it''s'"),
        ("a:b  % c", "'a:b  % c'"),
        ("a\\b'c", "E'a\\\\b''c'"),
    ],
)
def test_literals(value, written):
    assert sql.literal(value) == written


@pytest.mark.parametrize("value", ["a\0b", "\udfff"])
def test_what_postgresql_cannot_store_is_refused(value):
    with pytest.raises(DeclarationError, match="cannot store"):
        sql.literal(value)


@pytest.mark.parametrize("conforming", ["on", "off"])
def test_literals_and_identifiers_come_back_from_postgresql(rolled_back, conforming):
    with rolled_back.cursor() as cursor:
        cursor.execute(f"SET LOCAL standard_conforming_strings = {conforming}; SET LOCAL escape_string_warning = off")
        for text in NASTY:
            cursor.execute(f"SELECT {sql.literal(text)} AS {sql.identifier(text)}".replace("%", "%%"), ())
            assert (cursor.fetchone()[0], cursor.description[0].name) == (text, text)


def pieces(text):
    return [(token.kind, token.text) for token in sql.tokens(text) if token.kind != "space"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("E'a\\'b' 'c''d' U&'x'", [("literal", "E'a\\'b'"), ("literal", "'c''d'"), ("literal", "U&'x'")]),
        ("$$a'b$$ $t$ $$ $t$", [("literal", "$$a'b$$"), ("literal", "$t$ $$ $t$")]),
        ("a$b$c", [("word", "a$b$c")]),
        ('"a""b".c', [("quoted", '"a""b"'), ("other", "."), ("word", "c")]),
        ("a -- 'b\nc", [("word", "a"), ("comment", "-- 'b"), ("word", "c")]),
        ("/* a /* b */ ' */ c", [("comment", "/* a /* b */ ' */"), ("word", "c")]),
        ("a /* b", [("word", "a"), ("comment", "/* b")]),
        ("typee'x'", [("word", "typee"), ("literal", "'x'")]),
    ],
)
def test_tokens(text, expected):
    assert pieces(text) == expected


def test_tokens_join_to_the_same_text():
    numbers = random.Random(7)
    parts = [*NASTY, *string.punctuation, "'", '"', "$$", "$a$", "/*", "*/", "--", "\n", "\\", "e'", 'U&"', "é", " "]
    for _ in range(3000):
        text = "".join(numbers.choices(parts, k=numbers.randrange(12)))
        assert "".join(token.text for token in sql.tokens(text)) == text


def test_the_name_of_a_token_is_folded_as_postgresql_folds_it():
    assert [token.name for token in sql.tokens('Abc"Abc""d"U&"x"\'y\'')] == ["abc", 'Abc"d', None, None]


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("a\n  AND\tb", "a AND\tb"),
        ("a = 'x\n y'", "a = 'x\n y'"),
        ("a -- note\nAND b", "a -- note\nAND b"),
        ("'a'\n'b'", "'a'\n'b'"),
        ("/* a\n b */\nAND c", "/* a\n b */ AND c"),
    ],
)
def test_one_line_folds_what_means_no_more_than_a_space(text, line):
    assert sql.one_line(text) == line


@pytest.mark.parametrize("text", ["a = ANY (ARRAY[1])", "x[1:2] = '('", "/* ( */ true", "a /* /* */ */", "'--' = ';'"])
def test_a_whole_expression_stays_as_it_is(text):
    assert sql.whole_expression(text) == text


def test_a_closing_comment_gets_its_line_break():
    assert sql.whole_expression("a -- note") == "a -- note\n"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("a) OR (b", "closes a bracket"),
        ("(a]", "closes a bracket"),
        ("f(a", "leaves a bracket open"),
        ("a = 'b", "holds a '"),
        ('"a = b', 'holds a "'),
        ("true; DROP TABLE x", "holds a ;"),
        ("a /* b", "leaves a comment open"),
        ("a /*/ b", "leaves a comment open"),
    ],
)
def test_what_would_swallow_its_surroundings_is_refused(text, reason):
    with pytest.raises(DeclarationError, match=reason):
        sql.whole_expression(text)


def test_tables_move_to_other_schemas_outside_literals():
    text = 'public.tasks.id = \'public.tasks\' AND "public"."my table".x AND a.public.tasks AND public.other.y'
    moved = {("public", "tasks"): "new one", ("public", "my table"): "s"}
    assert sql.with_schemas(text, moved) == (
        '"new one".tasks.id = \'public.tasks\' AND "s"."my table".x AND a.public.tasks AND public.other.y'
    )


def test_a_tables_own_columns_lose_their_schema():
    text = 'public.tasks.id = \'public.tasks.id\' AND "public"."tasks"."x" AND public.other.y'
    assert sql.unqualified_columns(text, ("public", "tasks")) == (
        'tasks.id = \'public.tasks.id\' AND "tasks"."x" AND public.other.y'
    )
