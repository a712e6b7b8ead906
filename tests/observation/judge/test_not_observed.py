"""What is not looked at is named: unknown is never green."""

import pytest

from gatepost.observation.run import Scope

NOTES = """
CREATE TABLE notes (id int PRIMARY KEY, user_id uuid NOT NULL REFERENCES auth.users (id), body text);
ALTER TABLE notes ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON notes FOR SELECT TO authenticated USING (user_id = (SELECT auth.uid()));
GRANT SELECT ON notes TO authenticated;
"""
AS_SUPERUSER = "-- gatepost: as superuser\n"


@pytest.mark.parametrize(
    ("text", "what", "why"),
    [
        (
            "CREATE AGGREGATE total (int) (sfunc = int4pl, stype = int)",
            "public.total(integer)",
            "an aggregate is not called",
        ),
        (
            "CREATE FUNCTION first_of(anyelement) RETURNS anyelement LANGUAGE sql AS 'SELECT $1'",
            "public.first_of(anyelement)",
            "no values are known for the types of its arguments",
        ),
        (
            "CREATE FUNCTION halve(wide int) RETURNS int LANGUAGE sql AS 'SELECT 1 / (wide - wide)'",
            "public.halve(integer)",
            "every call ends in an error: division by zero",
        ),
        (
            "CREATE PROCEDURE tidy() LANGUAGE plpgsql AS $$ BEGIN COMMIT; END $$",
            "public.tidy()",
            "every call ends in an error: invalid transaction termination",
        ),
        (
            "CREATE FOREIGN DATA WRAPPER elsewhere; CREATE SERVER other FOREIGN DATA WRAPPER elsewhere;"
            "CREATE FOREIGN TABLE far (id int) SERVER other; GRANT SELECT ON far TO anon",
            "public.far",
            "a foreign table: its rows are on another server, where nothing is planted",
        ),
        (
            "GRANT USAGE ON SCHEMA vault TO authenticated; GRANT SELECT ON vault.decrypted_secrets TO authenticated",
            "vault.decrypted_secrets",
            "authenticated may read it, but nothing is planted in the platform's own relations",
        ),
        (
            "CREATE TABLE asked (about int); GRANT INSERT ON asked TO anon;"
            "CREATE RULE clears AS ON INSERT TO asked DO ALSO DELETE FROM notes WHERE id = new.about",
            "public.asked",
            'the effects of the rule "clears" on other tables were not tried',
        ),
    ],
)
def test_what_cannot_be_tried_is_named(designs, text, what, why):
    result = designs.observe(AS_SUPERUSER + NOTES + text)
    assert [(one.what, one.why) for one in result.not_checked] == [(what, why)]
    assert not result.ok


def test_what_nobody_may_reach_is_not_named(designs):
    text = "CREATE AGGREGATE total (int) (sfunc = int4pl, stype = int);"
    text += "REVOKE EXECUTE ON FUNCTION total FROM PUBLIC, anon, authenticated"
    assert designs.observe(AS_SUPERUSER + NOTES + text).not_checked == ()


def test_a_procedure_is_called(designs):
    text = "CREATE PROCEDURE clear() LANGUAGE sql SECURITY DEFINER AS 'DELETE FROM public.notes WHERE true'"
    result = designs.observe(NOTES + text)
    assert [(f.rule, f.object, f.fix) for f in result.findings] == [
        ("door-writes", "public.clear()", "REVOKE EXECUTE ON PROCEDURE public.clear() FROM PUBLIC, anon, authenticated")
    ]
    assert result.not_checked == ()


def test_sequences_are_among_the_doors(designs):
    text = "CREATE SEQUENCE numbers; GRANT USAGE ON SEQUENCE numbers TO authenticated"
    doors = designs.observe(NOTES + text).sections["doors"]
    assert {(door["kind"], door["outcome"]) for door in doors} == {("sequence", "done")}


def test_a_table_of_the_platform_s_users(designs):
    text = "GRANT SELECT ON auth.users TO anon; ALTER TABLE auth.users DISABLE ROW LEVEL SECURITY"
    result = designs.observe(AS_SUPERUSER + NOTES + text)
    assert [(f.rule, f.severity, f.object) for f in result.findings] == [("door-leaks", "error", "auth.users")]


def test_a_part_of_the_tables_is_not_compared_with_the_rest(designs):
    text = "CREATE AGGREGATE total (int) (sfunc = int4pl, stype = int)"
    result = designs.observe(AS_SUPERUSER + NOTES + text, Scope(only=frozenset({("public", "notes")})))
    assert result.not_checked == ()
