r"""A script is split where PostgreSQL would end a statement, and a line for psql is never run."""

import pytest

from gatepost.sql_script import ScriptError, statements

WHOLE = [
    "SELECT 'a;b', 'it''s; so'",
    r"SELECT 'a\'",  # standard_conforming_strings: a backslash is a backslash
    r"SELECT E'a\'; b\\'",
    "SELECT E'a'\n  -- and on\n  '\\'; b'",
    'SELECT "a;""b" FROM t',
    "DO $$ BEGIN; END; $$",
    "DO $a$ $$ ; $b$ ; $a$",
    "SELECT a$b$c, 1 AS d$b$",
    "SELECT \u00e9$a$, '$a$'",
    "SELECT \U0001f47e$a$, 1 AS \U0001f47e$a$",
    "SELECT 1 /* ; /* ; */ ; */ + 1 -- ; '\n + 1",
    "CREATE RULE r AS ON INSERT TO t DO (INSERT INTO u VALUES (1); INSERT INTO u VALUES (2))",
    "CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT 1; SELECT CASE WHEN true THEN 1 END; END",
    'CREATE OR REPLACE PROCEDURE p() BEGIN ATOMIC SELECT 1 AS end; SELECT t."end" FROM t; SELECT t.case FROM t; END',
    'CREATE FUNCTION f(a int) RETURNS int BEGIN ATOMIC SELECT CASE WHEN a > 1 THEN 1 ELSE 2 END AS "case"; END',
    "CREATE FUNCTION g(begin int) RETURNS int LANGUAGE sql AS 'SELECT 1; SELECT 2'",
    "SELECT U&'\\0041;', B'1', N';'",
]


@pytest.mark.parametrize("whole", WHOLE)
def test_a_statement_stays_whole(whole):
    found = statements(f"-- before\n{whole};\n{whole}\n; /* after */ ;", "f.sql")
    assert [one.text for one in found] == [whole, whole]


def test_each_statement_has_its_line():
    text = "\n/* a\n b */ SELECT 1; SELECT\n2;\n\n-- c ;\r\nSELECT $$\n;\n$$;SELECT 4"
    found = [(one.text.split()[-1], one.place) for one in statements(text, "m/1.sql")]
    assert found == [("1", "m/1.sql:3"), ("2", "m/1.sql:3"), ("$$", "m/1.sql:7"), ("4", "m/1.sql:9")]


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("SELECT 1;\n\\! touch /tmp/x\n", 2),
        ("-- Name: t\n\\! touch /tmp/x\nSELECT 1", 2),
        ("SELECT 1 -- to the end of the line\r\\! touch /tmp/x\n", 1),
        ("SELECT 1\\gexec", 1),
        ("\\restrict abc\nSELECT 1;\n\\unrestrict abc\n", 1),
    ],
)
def test_a_line_for_psql_is_an_error(text, line):
    with pytest.raises(ScriptError, match=f'"f.sql" line {line} holds a backslash'):
        statements(text, "f.sql")


def test_what_pg_dump_itself_writes_for_psql_is_known():
    text = "--\n-- a dump\n--\n\n\\restrict aB3\n\n-- set\nSELECT 1;\nSELECT '\n\\! x';\n--\n\n\\unrestrict aB3\n\n"
    assert [(one.line, one.text) for one in statements(text, "dump", dumped=True)] == [
        (8, "SELECT 1"),
        (9, "SELECT '\n\\! x'"),
    ]


@pytest.mark.parametrize(
    "text",
    [
        "SELECT 1;\n\\restrict aB3\n",  # not at the start
        "\\restrict aB3\n\\restrict aB3\n",
        "\\restrict aB3 ; id\n",
        "\\restrict aB3\nSELECT 1;\n\\unrestrict other\n",
        "\\restrict aB3\nSELECT 1;\n\\unrestrict aB3\n\\! id\n",
        "\\unrestrict aB3\n",
        "\\restrict aB3\nSELECT 1\n\\unrestrict aB3\n",  # inside a statement
    ],
)
def test_nothing_else_is_taken_for_pg_dump_s(text):
    with pytest.raises(ScriptError, match="holds a backslash"):
        statements(text, "dump", dumped=True)


@pytest.mark.parametrize("text", ["SELECT 'a", 'SELECT "a', "DO $x$ $y$", "/* /* */", "SELECT E'a\\'"])
def test_what_is_left_open_is_an_error(text):
    with pytest.raises(ScriptError, match=r'"f.sql" line 2 opens a .* that nothing closes'):
        statements(f"SELECT 1;\n{text}", "f.sql")
