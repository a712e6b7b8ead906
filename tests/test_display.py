"""Foreign text on its way to a person: nothing hides, nothing acts, and two texts never look the same."""

import json
from contextlib import closing

import pytest

from gatepost import sql
from gatepost.display import block, code, fenced, html, json_text, line, markdown, statement
from tests.hostile import NAMES, hidden, rendered


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("public.user_notes", "public.user_notes"),
        ("größe 👾 資料", "größe 👾 資料"),
        ("a\x1bb\x9bc", r"a\x1bb\x9bc"),
        ("a\nb\tc", r"a\nb\tc"),
        (r"a\nb", r"a\\nb"),
        (r"^\d+\.\w$", r"^\d+\.\w$"),
        ("\\\n", r"\\\n"),
        ("\ud83d", r"\ud83d"),
        ("a\u3164", r"a\u3164"),
        ("::error::x", r"\x3a:error::x"),
        ("a::text", "a::text"),
        ("##[group]", r"#\x23[group]"),
        ("a ## b", "a ## b"),
    ],
)
def test_a_line(text, shown):
    assert line(text) == shown


def test_a_sentence_that_holds_escapes_already():
    assert line("b'\\x00' is in C:\\new\n", mixed=True) == r"b'\x00' is in C:\new\n"


def test_no_two_texts_look_the_same():
    parts = ["\\", "n", "\n", "x1b", "\x1b", "u202e", "\u202e", "#", "x23", "[", ":", "x3a"]
    texts = {a + b + c + d for a in parts for b in parts for c in parts for d in parts}
    assert len({line(text) for text in texts}) == len(texts)


def test_a_block_keeps_its_lines():
    assert block("a\x07\nb") == "a\\x07\nb"


@pytest.mark.parametrize("name", NAMES.values(), ids=NAMES.keys())
def test_a_statement_of_names_is_one_line(name):
    shown = statement(f"SELECT {sql.identifier(name)} FROM t; {sql.comment(name)}")
    assert not hidden(shown)
    assert "\n" not in shown


def test_a_statement_runs_and_names_the_same(rolled_back):
    with closing(rolled_back.cursor()) as cursor:
        for name in NAMES.values():
            values = ", ".join((sql.literal(name), sql.literal(f"{name}\\"), sql.literal(f"'{name}'")))
            shown = statement(f"SELECT *\nFROM (VALUES ({values})) AS {sql.identifier(name)}\n({sql.identifier(name)})")
            cursor.execute(shown)
            assert cursor.description[0].name == name
            assert cursor.fetchone() == (name, f"{name}\\", f"'{name}'")


@pytest.mark.parametrize(
    "text",
    [
        'DROP POLICY "Users can read" ON "public"."notes";\nALTER TABLE "größe" ENABLE ROW LEVEL SECURITY;',
        "SELECT E'\\n', '\\d', $$ \\n $$ -- \\n",
        "gatepost users plan",
        'sqlite3 "C:\\new.db" .recover',
    ],
)
def test_a_statement_without_controls_stays_as_it_is(text):
    assert statement(text) == text


def test_a_statement_starts_no_command_of_a_build_server():
    assert statement("see ##[group]x") == r"see #\x23[group]x"
    assert statement("SELECT x\n::text || y::text, $$\n ::error::z$$").split("\n") == [
        "SELECT x",
        "/**/::text || y::text, $$",
        " /**/::error::z$$",
    ]


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("public.user_notes", "public.user_notes"),
        ("_a_ b*c", r"\_a\_ b\*c"),
        ("@all #1 https://x", r"@<!-- -->all \#<!-- -->1 https:<!-- -->//x"),
        ("a::text", "a::text"),
        ("$a$", "<span>$</span>a<span>$</span>"),
    ],
)
def test_markdown(text, shown):
    assert markdown(text) == shown


@pytest.mark.parametrize("mark", ["- x", "+ x", "1. x", "12) x", "---", "===", "# x", "> x", "    x", "  - x"])
def test_markdown_at_the_start_of_a_line_begins_nothing(mark):
    shown = rendered(f"before\n\n{markdown(mark)}")
    assert {tag for tag, _ in shown.tags} == {"p"}
    assert shown.of("p")[1].strip() == mark.strip()


@pytest.mark.parametrize(
    ("text", "shown"), [("a", "`a`"), ("a`b", "``a`b``"), ("`", "`` ` ``"), (" a ", "`  a  `"), ("a\n", r"`a\n`")]
)
def test_a_code_span(text, shown):
    assert code(text) == shown


def test_a_code_block_has_the_longer_fence():
    assert fenced("-- ```") == ["````sql", "-- ```", "````"]


def test_html_marks_what_was_escaped():
    assert html("<a\n&\\n") == r"&lt;a<mark>\n</mark>&amp;<mark>\\</mark>n"


@pytest.mark.parametrize("name", [*NAMES.values(), "\ud83d", "a\ud83d\udc7eb"])
def test_json_holds_the_true_text(name):
    text = json_text({name: [name]})
    assert not hidden(text)
    assert "##" not in text
    assert json.loads(text) == json.loads(json.dumps({name: [name]}))


def test_json_stays_readable():
    assert json_text({"größe": "👾"}, indent=None) == '{"größe":"👾"}'
