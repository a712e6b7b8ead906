"""Expressions that a tool which compares text, escapes twice or simulates on the live table gets wrong."""

import pytest
from alembic.util import CommandError
from alembic_utils.pg_function import PGFunction
from sqlalchemy import ARRAY, Column, Text, text
from sqlalchemy.dialects.postgresql import JSONB

from gatepost import allow, authenticated, claim, owner, restrict

LITERALS = [
    *("a:b", "a::b", "two  spaces", "100%", "%s %(x)s %%", "back\\slash", "\\:", "tab\there", "line\nbreak", "it's"),
    *('double "quoted"', "${mako} <% %> ## {{x}}", "$gatepost$", "-- no comment", "/* none */", "É✓", "", "\\N"),
]


def select_where(condition, *roles):
    return allow("select", to=roles or authenticated, where=condition)


def policies_of(conditions):
    """One policy for each, so that one revision plans them all; restrictive ones are not joined by OR."""
    return [
        restrict("select", to=authenticated, where=text(condition), name=f"condition {at}")
        for at, condition in enumerate(conditions)
    ]


def literals(table):
    return [
        allow("select", to=authenticated, where=table.c.title == value, name=f"literal {at}")
        for at, value in enumerate(LITERALS)
    ]


def test_a_literal_survives_every_way_into_the_database(project, notes):
    project.lands(notes(Column("title", Text, index=True), rules=literals))
    assert_literals(project)


def assert_literals(project):
    printed = project.policies("notes")
    for at, value in enumerate(LITERALS):
        expression = printed[f"literal {at}"].using.removeprefix("(title = ").removesuffix(")")
        assert project.rows(f"SELECT {expression}") == [(value,)]


SQL_OF_THE_AUTHORS_OWN = [
    "title = $$a\ttab$$",
    "title = $x$it's\t\\tab$x$",
    "title = E'a\\ttab\tit''s'",
    "title\t=\t'\t'",
    "title = 'x' -- a remark",
    "title = 'x' /* a remark */",
]


def test_sql_of_the_authors_own_survives(project, notes):
    project.lands(notes(Column("title", Text), rules=lambda _: policies_of(SQL_OF_THE_AUTHORS_OWN)))
    assert len(project.policies("notes")) == len(SQL_OF_THE_AUTHORS_OWN)


def test_a_changed_case_in_a_literal_is_a_change(project, notes):
    def build(role):
        return notes(rules=lambda _: [select_where(claim("role") == role)])

    project.starts(build("Admin"))
    revision = project.lands(build("admin"))
    assert revision.ops == (("ReplaceOp", "policy public.notes.notes_select_authenticated"),)
    assert "'admin'" in revision.up
    assert "'Admin'" in revision.down


def test_a_changed_space_in_a_literal_is_a_change(project, notes):
    def build(word):
        return notes(Column("title", Text, index=True), rules=lambda t: [select_where(t.c.title == word)])

    project.starts(build("a b"))
    assert len(project.lands(build("a  b")).ops) == 1


EXPRESSIONS = [
    "details ->> 'org' = 'a'",
    "details #>> '{a,b}' = 'c'",
    "details @> '{\"a\": [1, 2]}'",
    "details ? 'key'",
    "details ?| ARRAY['a', 'b']",
    "jsonb_path_exists(details, '$.a[*] ? (@ > 2)')",
    "words[2:3] = ARRAY['a', 'b']",
    "words[:2] @> ARRAY['a']",
    "(words)[1] = 'a' AND 'b' = ANY (words)",
    "title LIKE '%a\\_b%'",
    "title ~ '^[[:alpha:]]+$'",
    "title COLLATE \"C\" > 'a'",
    "CASE WHEN title = 'a' THEN true ELSE (SELECT auth.uid()) = user_id END",
    "row(title, user_id) IS DISTINCT FROM row('a'::text, NULL::uuid)",
    "title::varchar(3) = 'abc'::char(3)",
    "id BETWEEN 1 AND 10 AND title IN ('a', 'b')",
    "EXISTS (SELECT 1 FROM pg_roles WHERE rolname = current_user)",
    "user_id = auth.uid()",
    "id = (SELECT max(n.id) FROM notes n WHERE n.user_id = notes.user_id)",
    "id IN (SELECT id FROM notes)",
    "notes IS NOT NULL",
    "to_jsonb(notes) ? 'title'",
    "to_jsonb(notes.*) ->> 'title' = 'a'",
    "count_of(notes) > 1",
    "count_of(notes.*) > 1 AND (SELECT count_of(n) FROM notes n LIMIT 1) = 1",
]


def test_what_postgresql_prints_is_what_it_prints_of_the_live_policy(project, notes):
    """The function takes a row of the table, so it can be made only after it."""
    columns = (Column("title", Text), Column("details", JSONB), Column("words", ARRAY(Text)))
    function = PGFunction("public", "count_of(found notes)", "RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT 1'")
    project.lands(notes(*columns, rules=lambda _: policies_of(EXPRESSIONS)), [function])
    assert len(project.policies("notes")) == len(EXPRESSIONS)
    # Now the table is live and an ordinary policy is beside them.
    project.lands(
        notes(*columns, rules=lambda t: [*policies_of(EXPRESSIONS), owner(t.c.user_id, "delete")]), [function]
    )


def test_an_expression_that_does_not_parse_names_its_policy(project, notes):
    def rules(table):
        return [
            allow("select", to=authenticated, where=text("no_such_column = 1"), name="first"),
            allow("delete", to=authenticated, where=text("no_such_function()"), name="second"),
            owner(table.c.user_id, "insert"),
        ]

    project.say(notes(rules=rules))
    with pytest.raises(CommandError) as error:
        project.revise()
    assert '"public.notes.first": column "no_such_column" does not exist' in str(error.value)
    assert '"public.notes.second": function no_such_function() does not exist' in str(error.value)
    assert "insert" not in str(error.value)
    assert not list((project.folder / "versions").glob("*.py"))
