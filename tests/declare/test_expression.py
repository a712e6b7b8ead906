"""What an author's expression becomes, and which ones are refused."""

import datetime
import uuid
from decimal import Decimal

import psycopg2
import pytest
from sqlalchemy import (
    Column,
    Integer,
    Text,
    Uuid,
    and_,
    any_,
    bindparam,
    case,
    cast,
    column,
    exists,
    false,
    func,
    literal,
    literal_column,
    not_,
    null,
    or_,
    select,
    text,
    true,
    tuple_,
    union,
)
from sqlalchemy.dialects.postgresql.base import PGDialect
from sqlalchemy.orm import aliased
from sqlalchemy.schema import CreateTable

from gatepost import claim, jwt, uid
from gatepost.declare.expression import compared_with_session, expression, is_session_only, render
from gatepost.errors import DeclarationError
from tests.tables import Base, Member, Note, State, Team, User, table

UID, UID_TEXT = "(SELECT auth.uid())", "(SELECT auth.uid())::text"
TEXT = "a = 'b:c  d' AND e = '100%' AND f::text = 'x\\y'"
N, M = '"CamelTable"', '"my table"'


def written(clause, table=Note.__table__):
    return render(expression(clause, "where"), table)


RENDERED = {
    # who is asking
    "uuid column": (lambda: Note.user_id == uid(), f"{N}.user_id = {UID}"),
    "the other way round": (lambda: uid() == Note.user_id, f"{UID} = {N}.user_id"),
    "text column": (lambda: Note.owner_text == uid(), f"{N}.owner_text = {UID_TEXT}"),
    "varchar column": (lambda: Note.owner_name == uid(), f"{N}.owner_name = {UID_TEXT}"),
    "char column": (lambda: Note.owner_char == uid(), f"{N}.owner_char = (SELECT auth.uid())::bpchar"),
    "integer claim": (lambda: Note.team_id == claim("team"), f"{N}.team_id = (SELECT auth.jwt() ->> 'team')::bigint"),
    "boolean claim": (lambda: Note.flag == claim("ok"), f"{N}.flag = (SELECT auth.jwt() ->> 'ok')::boolean"),
    "uuid claim": (lambda: Note.user_id == claim("org"), f"{N}.user_id = (SELECT auth.jwt() ->> 'org')::uuid"),
    "distinct": (lambda: Note.owner_text.is_distinct_from(uid()), f"{N}.owner_text IS DISTINCT FROM {UID_TEXT}"),
    "signed in": (lambda: uid() != None, f"{UID} IS NOT NULL"),  # noqa: E711
    "no claim": (lambda: claim("org").is_(None), "(SELECT auth.jwt() ->> 'org') IS NULL"),
    "claim is true": (lambda: claim("vip").is_(True), "(SELECT auth.jwt() ->> 'vip')::boolean IS true"),
    "one of": (lambda: Note.owner_text.in_([uid(), "x"]), f"{N}.owner_text IN ({UID_TEXT}, 'x')"),
    "claim one of": (lambda: claim("plan").in_(["a", "b"]), "(SELECT auth.jwt() ->> 'plan') IN ('a', 'b')"),
    "in an array column": (lambda: uid() == any_(Note.readers), f"{UID} = ANY ({N}.readers)"),
    "in a text array": (lambda: uid() == any_(Note.tags), f"{UID_TEXT} = ANY ({N}.tags)"),
    "into a token": (
        lambda: Note.name == jwt()["app_metadata"]["org"].astext,
        f"{N}.name = (((SELECT auth.jwt())['app_metadata']) ->> 'org')",
    ),
    # literals
    "null": (lambda: Note.name == None, f"{N}.name IS NULL"),  # noqa: E711
    "odd text": (lambda: Note.name == "it's a:b  c % d", f"{N}.name = 'it''s a:b  c % d'"),
    "backslash": (lambda: Note.name == "a\\b", f"{N}.name = E'a\\\\b'"),
    "uuid": (lambda: Note.user_id == uuid.UUID(int=5), f"{N}.user_id = '{uuid.UUID(int=5)}'"),
    "uuid as text": (lambda: Note.user_id == str(uuid.UUID(int=5)), f"{N}.user_id = '{uuid.UUID(int=5)}'"),
    "decimal": (lambda: Note.amount == Decimal("1.50"), f"{N}.amount = 1.50"),
    "enum by name": (lambda: Note.state == State.DONE, f"{N}.state = 'DONE'"),
    "enums by name": (lambda: Note.state.in_([State.DONE, State.OPEN]), f"{N}.state IN ('DONE', 'OPEN')"),
    "date": (lambda: Note.day > datetime.date(2025, 1, 2), f"{N}.day > '2025-01-02'"),
    "moment": (
        lambda: Note.at > datetime.datetime(2025, 1, 2, tzinfo=datetime.UTC),
        f"{N}.at > '2025-01-02 00:00:00+00:00'",
    ),
    "age": (
        lambda: Note.at > func.now() - datetime.timedelta(days=1),
        f"{N}.at > now() - make_interval(secs=>86400.0)",
    ),
    "bytes": (lambda: Note.blob == b"\x00'\\", f"{N}.blob = E'\\\\x00275c'::bytea"),
    "between": (lambda: Note.order.between(1, 5), f'{N}."order" BETWEEN 1 AND 5'),
    "modulo": (lambda: Note.percent % 2 == 0, f'{N}."100% of it" % 2 = 0'),
    "operator with %": (lambda: Note.name.op("<->")("x") > 5, f"({N}.name <-> 'x') > 5"),
    "like": (lambda: Note.name.like("100%\\_"), f"{N}.name LIKE E'100%\\\\_'"),
    "starts with": (
        lambda: Note.name.startswith("5%", autoescape=True),
        f"({N}.name LIKE '5/%' || '%' ESCAPE '/')",
    ),
    "json path": (lambda: Note.data["a"]["b"].astext == "x", f"((({N}.data['a']) ->> 'b') = 'x'".removeprefix("(")),
    "json path with commas": (
        lambda: Note.data[("a,b", 'c"\\')].astext == "x",
        f'({N}.data #>> E\'{{"a,b","c\\\\"\\\\\\\\"}}\') = \'x\'',
    ),
    "json value": (lambda: Note.data.contains({"a": ["x\\y'"]}), f"{N}.data @> E'{{\"a\": [\"x\\\\\\\\y''\"]}}'"),
    "json key": (lambda: Note.data.has_key("a:b"), f"{N}.data ? 'a:b'"),
    "slice": (lambda: Note.tags[1:2] == ["a", "b\\c"], f"{N}.tags[1:2] = ARRAY['a', E'b\\\\c']"),
    "element": (lambda: Note.tags[1] == "a", f"{N}.tags[1] = 'a'"),
    "overlap": (lambda: Note.tags.overlap(["a'b"]), f"{N}.tags && ARRAY['a''b']"),
    "function": (lambda: func.lower(Note.name) == "x", f"lower({N}.name) = 'x'"),
    "case": (
        lambda: case((Note.flag, uid()), else_=null()) == Note.user_id,
        f"CASE WHEN {N}.flag THEN {UID} ELSE NULL END = {N}.user_id",
    ),
    "boolean column": (lambda: Note.flag, f"{N}.flag"),
    "not": (lambda: ~Note.flag, f"NOT {N}.flag"),
    "true": (lambda: True, "true"),
    "false": (lambda: false(), "false"),
    "simplified": (lambda: and_(true(), Note.flag), f"{N}.flag"),
    # sub-selects
    "in a select": (
        lambda: Note.team_id.in_(select(Member.team_id).where(Member.user_text == uid())),
        f"{N}.team_id = ANY (ARRAY(SELECT {M}.team_id FROM {M} WHERE {M}.user_text = {UID_TEXT}))",
    ),
    "in a union": (
        lambda: Note.team_id.in_(union(select(Member.team_id), select(Team.id))),
        f"{N}.team_id = ANY (ARRAY(SELECT {M}.team_id FROM {M} UNION SELECT team.id FROM team))",
    ),
    "not in a select": (
        lambda: Note.team_id.not_in(select(Member.team_id)),
        f"({N}.team_id NOT IN (SELECT {M}.team_id FROM {M}))",
    ),
    "two columns in a select": (
        lambda: tuple_(Note.team_id, Note.id).in_(select(Member.team_id, Member.id)),
        f"({N}.team_id, {N}.id) IN (SELECT {M}.team_id, {M}.id FROM {M})",
    ),
    "user in a select": (
        lambda: uid().in_(select(Member.user_text).where(Member.team_id == Note.team_id)),
        f"{UID_TEXT} = ANY (ARRAY(SELECT {M}.user_text FROM {M} WHERE {M}.team_id = {N}.team_id))",
    ),
    "exists correlates": (
        lambda: exists().where(Member.team_id == Note.team_id, Member.user_id == uid()),
        f"EXISTS (SELECT * FROM {M} WHERE {M}.team_id = {N}.team_id AND {M}.user_id = {UID})",
    ),
    "relationship": (
        lambda: Note.user.has(User.email == claim("email")),
        f"EXISTS (SELECT 1 FROM \"user\" WHERE \"user\".id = {N}.user_id AND"
        " \"user\".email = (SELECT auth.jwt() ->> 'email'))",
    ),
    "nested selects": (
        lambda: Note.team_id.in_(select(Team.id).where(Team.id.in_(select(Member.team_id)))),
        f"{N}.team_id = ANY (ARRAY(SELECT team.id FROM team"
        f" WHERE team.id = ANY (ARRAY(SELECT {M}.team_id FROM {M}))))",
    ),
    "scalar select": (
        lambda: Note.team_id == select(func.max(Member.team_id)).where(Member.user_id == uid()).scalar_subquery(),
        f"{N}.team_id = (SELECT max({M}.team_id) AS max_1 FROM {M} WHERE {M}.user_id = {UID})",
    ),
    "or inside a select": (
        lambda: Note.team_id.in_(select(Member.team_id).where(or_(Member.user_id == uid(), Member.active))),
        f"{N}.team_id = ANY (ARRAY(SELECT {M}.team_id FROM {M} WHERE {M}.user_id = {UID} OR {M}.active))",
    ),
    "or in a correlated select": (
        lambda: exists().where(Member.user_id == uid(), or_(Member.team_id == Note.team_id, Member.active)),
        f"EXISTS (SELECT * FROM {M} WHERE {M}.user_id = {UID} AND ({M}.team_id = {N}.team_id OR {M}.active))",
    ),
    "or of two row conditions": (
        lambda: or_(Note.user_id == uid(), uid().in_(select(Member.user_id).where(Member.team_id == Note.team_id))),
        f"{N}.user_id = {UID} OR"
        f" {UID} = ANY (ARRAY(SELECT {M}.user_id FROM {M} WHERE {M}.team_id = {N}.team_id))",
    ),
    # an author's own SQL
    "text": (lambda: text(TEXT), TEXT),
    "text with a value": (lambda: text("name = :n").bindparams(n="it's\\"), "name = E'it''s\\\\'"),
    "text with an escaped colon": (lambda: text("a\\:b"), "a:b"),
    "text in an and": (lambda: and_(text('"order" = 1 OR flag'), Note.flag), f'("order" = 1 OR flag) AND {N}.flag'),
    "text in an or": (lambda: or_(text("flag"), Note.flag), f"flag OR {N}.flag"),
    "text with a comment": (lambda: and_(text("flag -- ok?"), Note.flag), f"(flag -- ok?\n) AND {N}.flag"),
    "text compared": (lambda: Note.order == text("1 + 1"), f'{N}."order" = (1 + 1)'),
    "any in text": (lambda: Note.name == text("ANY (tags)"), f"{N}.name = ANY (tags)"),
    "literal column": (lambda: and_(literal_column("flag OR true"), Note.flag), f"(flag OR true) AND {N}.flag"),
    "percent in a literal column": (lambda: literal_column("id % 2") == 0, "(id % 2) = 0"),
}  # fmt: skip


@pytest.mark.parametrize(("clause", "expected"), RENDERED.values(), ids=RENDERED)
def test_it_is_written_as_postgresql_reads_it(clause, expected):
    assert written(clause()) == expected


@pytest.fixture
def with_tables(rolled_back):
    """The tables of `tests/tables.py`, in a transaction that ends with the test."""
    with rolled_back.cursor() as cursor:
        cursor.execute("CREATE TYPE \"State\" AS ENUM ('OPEN', 'DONE')")
        cursor.execute("CREATE OPERATOR <-> (FUNCTION = strpos, LEFTARG = text, RIGHTARG = text)")
        for table in Base.metadata.sorted_tables:
            cursor.execute(str(CreateTable(table).compile(dialect=PGDialect(paramstyle="named"))))
        cursor.execute('ALTER TABLE "CamelTable" ADD a text, ADD b text, ADD e text, ADD f text')
        yield cursor


def test_postgresql_takes_every_one_of_them(with_tables):
    made = {name: clause() for name, (clause, _) in RENDERED.items() if name != "text with an escaped colon"}
    for name, clause in made.items():
        try:
            with_tables.execute(f'CREATE POLICY "{name}" ON "CamelTable" USING ({written(clause)})')
        except psycopg2.Error as error:
            pytest.fail(f"{name}: {error}")


def test_any_keyword_may_be_a_name(rolled_back):
    with rolled_back.cursor() as cursor:
        cursor.execute("SELECT word FROM pg_get_keywords()")
        words = [word for (word,) in cursor.fetchall()]
        for word in words:
            other = table(f"{word}", Column("id", Integer, primary_key=True), Column(word, Integer, key="it"))
            own = table("own", Column(word, Integer, key="it", index=True))
            clause = written(own.c.it.in_(select(other.c.it)), own)
            quoted = f'"{word}"'
            cursor.execute(
                f"SAVEPOINT s; CREATE TABLE {quoted} ({quoted} int); CREATE TABLE own ({quoted} int);"
                f" CREATE POLICY p ON own USING ({clause}); ROLLBACK TO s"
            )


def test_a_schema_is_named():
    other = table("t", schema="my schema")
    own = table("own", Column("id", Integer, primary_key=True), schema="app")
    assert written(own.c.id.in_(select(other.c.id)), own) == (
        'app.own.id = ANY (ARRAY(SELECT "my schema".t.id FROM "my schema".t))'
    )


def test_a_table_of_the_platform_is_written_without_its_model():
    clause = and_(column("bucket_id") == "a\\b", column("owner_id") == uid(), text("x OR y"))
    assert written(clause, None) == f"bucket_id = E'a\\\\b' AND owner_id = {UID} AND (x OR y)"


def test_the_text_of_a_column_of_the_platform_can_be_typed():
    assert written(column("owner_id", Text) == uid(), None) == f"owner_id = {UID_TEXT}"


OR = "joins the row's own condition by OR"
REFUSED = {
    "a string": (lambda: "true", "is a plain string", "where=text('true'), imported from sqlalchemy"),
    "a function": (lambda: uid, "takes a condition", "where=Model.column == uid()"),
    "a number": (lambda: 1, 'not "1"', "where=Model.column == uid()"),
    "a model": (lambda: Note, "takes a condition", "where=Model.column == uid()"),
    "a list": (lambda: [Note.flag], "takes a condition", "where=Model.column == uid()"),
    "a text column": (lambda: Note.name, 'not "CamelTable.name, which is text"', "where=Model.column == uid()"),
    "the user alone": (uid, "which is uuid", "where=Model.column == uid()"),
    "a parameter": (lambda: Note.order == bindparam("x"), 'the parameter "x" has no value', "claim('x')"),
    "NUL": (lambda: Note.name == "a\0b", "PostgreSQL cannot store", ""),
    "an object": (lambda: Note.order == object(), "cannot be written as SQL", "text(...)"),
    "no time zone": (lambda: Note.at > datetime.datetime(2025, 1, 1), "has no time zone", ".replace(tzinfo=UTC)"),
    "half a text": (lambda: and_(text("(flag"), Note.flag), "leaves a bracket open", "close it with )"),
    "bare": (
        lambda: Member.user_id == uid(),
        'uses a column of "my table" outside a subquery',
        "CamelTable.column.in_(select(",
    ),
    "bare beside": (
        lambda: Note.team_id == Member.team_id,
        'of "my table" outside a subquery',
        "CamelTable.column.in_(select(",
    ),
    "rows of a function": (
        lambda: func.unnest(Note.readers).table_valued("reader").c.reader == uid(),
        "outside a subquery",
        "CamelTable.column.in_(select(",
    ),
    "bare alias": (
        lambda: aliased(Note).user_id == uid(),
        'of "CamelTable" outside a subquery',
        "compare with a subquery",
    ),
    "itself": (lambda: Note.team_id.in_(select(Note.team_id)), "would read itself without end", "select from another"),
    "its alias": (
        lambda: Note.id.in_(select(aliased(Note).id)),
        "would read itself without end",
        "select from another",
    ),
    "its join": (
        lambda: Note.id.in_(select(Member.id).join(other := aliased(Note), other.id == Member.id)),
        "would read itself without end",
        "select from another",
    ),
    "or": (lambda: or_(Note.user_id == uid(), claim("role") == "admin"), OR, 'to=Role("app_admin"), where=true()'),
    "or first": (lambda: or_(claim("role") == "admin", Note.user_id == uid()), OR, 'to=Role("app_admin")'),
    "or operator": (lambda: (Note.user_id == uid()) | (claim("a") == "b"), OR, 'to=Role("app_admin")'),
    "or in an and": (lambda: and_(Note.flag, or_(Note.user_id == uid(), claim("a") == "b")), OR, "to=Role("),
    "or in a not": (lambda: not_(or_(Note.user_id == uid(), claim("a") == "b")), OR, "to=Role("),
    "or in a case": (lambda: case((or_(Note.flag, claim("a") == "b"), True), else_=False).is_(True), OR, "to=Role("),
    "or select": (lambda: or_(Note.user_id == uid(), exists().where(Member.user_id == uid())), OR, "to=Role("),
    "or text": (lambda: or_(Note.user_id == uid(), text("is_admin()")), OR, "to=Role("),
    "or three": (lambda: or_(Note.flag, Note.user_id == uid(), uid().is_(None)), OR, "to=Role("),
    "uuid and integer": (lambda: Note.order == uid(), '"CamelTable.order" is integer', "a uuid or text"),
    "uuid and enum": (lambda: Note.state == uid(), "they never match", "a uuid or text"),
    "claim and date": (lambda: Note.day == claim("day"), "they never match", "write the comparison as text(...)"),
    "token and text": (lambda: Note.name == jwt(), "they never match", "write the comparison as text(...)"),
    "text and uuid": (lambda: Note.owner_text == Note.user_id, "which PostgreSQL refuses", "cast(…, Text)"),
    "text in uuids": (lambda: Note.owner_text.in_(select(Member.user_id)), "PostgreSQL refuses", "cast(…, Text)"),
    "text in an inner uuid": (
        lambda: exists().where(Member.user_text == Note.user_id),
        "which PostgreSQL refuses",
        "cast(…, Text)",
    ),
    "user metadata": (lambda: jwt()["user_metadata"]["a"].astext == Note.name, "written by the user", "app_metadata"),
    "user metadata path": (lambda: jwt()[("user_metadata", "a")].astext == Note.name, "by the user", "app_metadata"),
}


@pytest.mark.parametrize(("clause", "reason", "hint"), REFUSED.values(), ids=REFUSED)
def test_what_cannot_be_intended_is_refused_with_the_line_that_fixes_it(clause, reason, hint):
    with pytest.raises(DeclarationError) as told:
        written(clause())
    assert reason in told.value.message
    assert hint in told.value.hint
    assert "\n" not in told.value.message


def test_postgresql_does_refuse_a_policy_that_reads_its_own_table(with_tables):
    # What "itself" above saves its author from: the policy can be created, and fails on the first SELECT.
    with_tables.execute(
        'ALTER TABLE "CamelTable" ENABLE ROW LEVEL SECURITY; GRANT SELECT ON "CamelTable" TO anon;'
        ' CREATE POLICY p ON "CamelTable" USING (team_id IN (SELECT team_id FROM "CamelTable")); SET ROLE anon'
    )
    with pytest.raises(psycopg2.errors.InvalidObjectDefinition, match="infinite recursion"):
        with_tables.execute('SELECT * FROM "CamelTable"')


def found(clause):
    columns, _terms = compared_with_session(expression(clause, "where"), Note.__table__)
    return columns


def test_the_columns_that_an_index_could_find():
    assert found(and_(Note.user_id == uid(), Note.flag, Note.order == 5)) == {"user_id"}
    assert found(Note.team_id.in_(select(Member.team_id).where(Member.user_id == uid()))) == {"team_id"}
    assert found(or_(Note.user_id == uid(), claim("org") == Note.name)) == {"name", "user_id"}
    assert found(uid() == any_(Note.readers)) == set()
    assert found(exists().where(Member.team_id == Note.team_id)) == set()
    assert found(text("user_id = auth.uid()")) == set()


def test_a_term_needs_an_index_of_its_own():
    lowered = expression(func.lower(Note.name) == claim("email"), "where")
    assert compared_with_session(lowered, Note.__table__) == (set(), {'lower("CamelTable".name)'})


def test_a_cast_on_the_columns_side_is_refused():
    with pytest.raises(DeclarationError, match="casts its own column") as told:
        compared_with_session(expression(cast(Note.owner_text, Uuid) == uid(), "where"), Note.__table__)
    assert "Model.owner_text == uid()" in told.value.hint


def test_what_is_the_same_for_every_row():
    assert is_session_only(expression(claim("role") == "admin", "where"), Note.__table__)
    assert is_session_only(expression(text("is_admin()"), "where"), Note.__table__)
    assert not is_session_only(expression(Note.flag, "where"), Note.__table__)
    assert not is_session_only(expression(text("is_mine(user_id)"), "where"), Note.__table__)
    assert not is_session_only(expression(true(), "where"), Note.__table__)


@pytest.mark.parametrize("clause", [True, true(), text("true"), text(" TRUE "), literal(True), or_(Note.flag, true())])
def test_what_is_always_true(clause):
    assert expression(clause, "where").always_true


def test_two_that_read_the_same_are_equal():
    one, other = (expression(Note.user_id == uid(), "where") for _ in range(2))
    assert one == other
    assert len({one, other}) == 1
    assert one != expression(Note.owner_text == uid(), "where")
    assert expression(Note.name == "Admin", "where") != expression(Note.name == "admin", "where")


def test_the_tables_that_it_reads():
    asked = expression(Note.team_id.in_(select(Team.id).join(Member, Member.team_id == Team.id)), "where").tables
    assert asked == (("public", "CamelTable"), ("public", "my table"), ("public", "team"))


def test_rendering_leaves_the_authors_expression_alone():
    clause = and_(Note.owner_text == uid(), Note.team_id.in_(select(Member.team_id)), text("a OR b"))
    before = str(clause)
    assert written(clause) == written(clause)
    assert str(clause) == before
