"""What users report most: each kind in a design, with what an assertion and `check` say is missing."""

import re
from contextlib import closing
from dataclasses import dataclass

import pytest

from gatepost.check import Options, check
from gatepost.database.connect import connect
from gatepost.database.url import parse_url
from gatepost.errors import SettingsError
from gatepost.reflect import read
from gatepost.rules import Context, all_rules
from gatepost.testing import (
    AccessAssertionError,
    PolicyFails,
    assert_can_call,
    assert_can_delete,
    assert_can_insert,
    assert_can_insert_returning,
    assert_can_join,
    assert_can_select,
    assert_can_send,
    assert_can_update,
    assert_can_upload,
    assert_can_upsert,
    assert_cannot_call,
    assert_cannot_delete,
    assert_cannot_join,
    assert_cannot_select,
    assert_cannot_send,
    assert_cannot_upload,
)

ANN, BOB = "00000000-0000-4000-8000-00000000000a", "00000000-0000-4000-8000-00000000000b"
MINE = "user_id = (SELECT auth.uid())"
TABLE = f"""
CREATE TABLE note (id int PRIMARY KEY, user_id uuid NOT NULL, body text, deleted_at timestamptz);
CREATE INDEX ON note (user_id);
ALTER TABLE note ENABLE ROW LEVEL SECURITY;
REVOKE ALL ON note FROM anon, authenticated;
GRANT SELECT, INSERT, UPDATE, DELETE ON note TO authenticated;
INSERT INTO note VALUES (1, '{ANN}', 'a');
"""
OWN = f"CREATE POLICY own ON note FOR SELECT TO authenticated USING ({MINE});"
ADD = f"CREATE POLICY add ON note FOR INSERT TO authenticated WITH CHECK ({MINE});"
EDIT = f"CREATE POLICY edit ON note FOR UPDATE TO authenticated USING ({MINE});"
REMOVE = f"CREATE POLICY remove ON note FOR DELETE TO authenticated USING ({MINE});"


@dataclass(frozen=True)
class Kind:
    """A kind of report.

    Args:
        name: What does not work.
        sql: A design that has it.
        attempt: What its user tries.
        says: The sentence of the assertion, or the beginning of it.
        rule: The rule that reports it; `usual-statement-refused` is one of the trials of `check`.
        reports: The sentence of `check`, or a part of it.
    """

    name: str
    sql: str
    attempt: object
    says: str
    rule: str
    reports: str


KINDS = [
    Kind(
        "UPDATE needs SELECT",
        TABLE + EDIT,
        lambda db: assert_can_update(db, "note", {"body": "b"}, id=1),
        "a policy for SELECT: UPDATE with a condition finds only rows that the role may read",
        "write-without-select-policy",
        '"authenticated" may update rows of "public.note" but cannot see any of them',
    ),
    Kind(
        "DELETE needs SELECT",
        TABLE + REMOVE,
        lambda db: assert_can_delete(db, "note", id=1),
        "a policy for SELECT: DELETE with a condition finds only rows that the role may read",
        "write-without-select-policy",
        '"authenticated" may delete rows of "public.note" but cannot see any of them',
    ),
    Kind(
        "INSERT RETURNING needs SELECT",
        TABLE + ADD,
        lambda db: assert_can_insert_returning(db, "note", id=2, user_id=ANN),
        "a policy for SELECT: RETURNING reads the new row, and the plain INSERT passes",
        "usual-statement-refused",
        'RETURNING, as clients send it that want the new row back: "authenticated" has no policy for SELECT',
    ),
    Kind(
        "a helper cannot see the row that its statement adds",
        TABLE
        + ADD
        + """CREATE FUNCTION can_see(i int) RETURNS boolean LANGUAGE sql STABLE SECURITY DEFINER SET search_path = ''
             AS $$ SELECT EXISTS (SELECT FROM public.note WHERE id = i AND user_id = (SELECT auth.uid())) $$;
             CREATE POLICY own ON note FOR SELECT TO authenticated USING (can_see(id));""",
        lambda db: assert_can_insert_returning(db, "note", id=2, user_id=ANN),
        "a policy for SELECT that the new row passes: the plain INSERT does, but RETURNING reads the row, and"
        ' "own" does not let it through (can_see(integer) looks the row up and cannot find one that its own statement',
        "usual-statement-refused",
        'it reads the new row, too, which "own" for SELECT does not let through',
    ),
    Kind(
        "upsert needs SELECT",
        TABLE + ADD + EDIT + "CREATE POLICY own ON note FOR SELECT TO authenticated USING (body <> 'draft');",
        lambda db: assert_can_upsert(db, "note", ["id"], id=2, user_id=ANN, body="draft"),
        "a policy for SELECT that the new row passes: the plain INSERT does, but ON CONFLICT DO UPDATE reads the row",
        "usual-statement-refused",
        'as an upsert sends it, for some of them: it reads the new row, too, which "own" for SELECT does not let',
    ),
    Kind(
        "upsert needs UPDATE",
        TABLE + ADD + OWN,
        lambda db: assert_can_upsert(db, "note", ["id"], id=1, user_id=ANN, body="b"),
        "a policy for UPDATE: ON CONFLICT DO UPDATE needs one",
        "grant-without-policy",
        "an upsert by authenticated is refused where the row is there already",
    ),
    Kind(
        "soft delete is refused",
        TABLE + EDIT + f"CREATE POLICY own ON note FOR SELECT TO authenticated USING ({MINE} AND deleted_at IS NULL);",
        lambda db: assert_can_update(db, "note", {"deleted_at": "2026-01-01"}, id=1),
        "a policy for SELECT that the changed row passes: an UPDATE with a condition must not make the row invisible",
        "usual-statement-refused",
        'marks a row of their own as deleted, with a filter: it reads the new row, too, which "own" for SELECT',
    ),
    Kind(
        "a helper without EXECUTE",
        TABLE
        + """CREATE FUNCTION mine_only(who uuid) RETURNS boolean LANGUAGE plpgsql AS 'BEGIN RETURN true; END';
             REVOKE EXECUTE ON FUNCTION mine_only FROM PUBLIC, anon, authenticated;
             CREATE POLICY own ON note FOR SELECT TO authenticated USING (mine_only(user_id));""",
        lambda db: assert_can_select(db, "note"),
        'EXECUTE on function mine_only(uuid) for "authenticated": policy "own" calls it',
        "policy-needs-privilege",
        '"authenticated" may not use the function "public.mine_only(uuid)", which the policy "own" needs',
    ),
    Kind(
        "schema USAGE is missing",
        f"""CREATE SCHEMA app; CREATE TABLE app.note (id int PRIMARY KEY, user_id uuid NOT NULL);
            CREATE INDEX ON app.note (user_id); ALTER TABLE app.note ENABLE ROW LEVEL SECURITY;
            GRANT SELECT ON app.note TO authenticated;
            CREATE POLICY own ON app.note FOR SELECT TO authenticated USING ({MINE});""",
        lambda db: assert_can_select(db, "app.note"),
        'USAGE on schema "app", without which "authenticated" can name nothing in it',
        "policy-needs-privilege",
        '"authenticated" may not use the schema "app", which the policy "own" needs',
    ),
    Kind(
        "a restrictive policy alone",
        TABLE + f"CREATE POLICY own ON note AS RESTRICTIVE FOR SELECT TO authenticated USING ({MINE});",
        lambda db: assert_can_select(db, "note"),
        "a permissive policy for SELECT: restrictive ones only take rows away",
        "restrictive-without-permissive",
        'the policy "own" is restrictive, and no permissive policy allows anything',
    ),
    Kind(
        "a restrictive policy blocks everything",
        TABLE
        + ADD
        + OWN
        + """CREATE POLICY backend ON note AS RESTRICTIVE FOR INSERT TO authenticated
             WITH CHECK ((SELECT auth.role()) = 'service_role');""",
        lambda db: assert_can_insert(db, "note", id=2, user_id=ANN),
        'a row that passes the restrictive policy "backend", as every row must whatever else allows it',
        "never-true-condition",
        'the restrictive policy "backend" lets no row of "public.note" through for "authenticated"',
    ),
    Kind(
        "an id that is no uuid",
        TABLE
        + "ALTER TABLE note ALTER user_id TYPE text;"
        + "CREATE POLICY own ON note FOR SELECT TO authenticated USING (user_id = (SELECT auth.uid())::text);",
        lambda db: assert_can_select(db, "note"),
        'invalid input syntax for type uuid: "user_2abc", which is the token\'s sub.',
        "user-id-may-be-no-uuid",
        "a token whose sub is no UUID, as other sign-in services give, ends the statement in an error",
    ),
    Kind(
        "a table without a grant",
        TABLE + OWN + "REVOKE ALL ON note FROM authenticated;",
        lambda db: assert_can_select(db, "note"),
        'the privilege: GRANT SELECT ON "note" TO "authenticated"',
        "policy-without-grant",
        'the policy "own" lets "authenticated" SELECT rows of "public.note", but no grant does',
    ),
    Kind(
        "a sequence without USAGE",
        f"""CREATE TABLE serial_note (id serial PRIMARY KEY, user_id uuid); CREATE INDEX ON serial_note (user_id);
            ALTER TABLE serial_note ENABLE ROW LEVEL SECURITY; GRANT INSERT ON serial_note TO authenticated;
            REVOKE ALL ON SEQUENCE serial_note_id_seq FROM authenticated;
            CREATE POLICY add ON serial_note FOR INSERT TO authenticated WITH CHECK ({MINE});""",
        lambda db: assert_can_insert(db, "serial_note", user_id=ANN),
        'USAGE on sequence serial_note_id_seq for "authenticated": the default of "id" takes the next number from it',
        "policy-needs-privilege",
        '"authenticated" may not use the sequence "public.serial_note_id_seq", which the default of "id" needs',
    ),
    Kind(
        "infinite recursion",
        TABLE + "CREATE POLICY own ON note FOR SELECT TO authenticated USING (id IN (SELECT id FROM note));",
        lambda db: assert_can_select(db, "note"),
        'infinite recursion detected in policy for relation "note": it reads the table that it protects.',
        "policy-recursion",
        'fails with infinite recursion: its policies read "public.note"',
    ),
    Kind(
        "a policy reads a table that its caller may not",
        TABLE
        + """CREATE TABLE member (user_id uuid PRIMARY KEY); ALTER TABLE member ENABLE ROW LEVEL SECURITY;
             REVOKE ALL ON member FROM anon, authenticated;
             CREATE POLICY own ON note FOR SELECT TO authenticated
               USING (user_id IN (SELECT m.user_id FROM member m));""",
        lambda db: assert_can_select(db, "note"),
        'SELECT on member for "authenticated": policy "own" reads it as its caller',
        "policy-reads-unreadable-table",
        'the policy "own" reads "public.member", and "authenticated" may not',
    ),
    Kind(
        "row security without a policy",
        TABLE,
        lambda db: assert_can_select(db, "note"),
        'a policy for SELECT for "authenticated"',
        "row-security-without-policies",
        '"public.note" has no policy, so only roles that bypass row security can access its rows',
    ),
    Kind(
        "a policy for another role",
        TABLE + f"GRANT SELECT ON note TO anon; CREATE POLICY own ON note FOR SELECT TO anon USING ({MINE});",
        lambda db: assert_can_select(db, "note"),
        'a policy for SELECT for "authenticated"; the ones there are for "anon"',
        "grant-without-policy",
        'nor does one for SELECT, since those there are for "anon"',
    ),
    Kind(
        "a sub-select that finds several rows",
        TABLE
        + f"""CREATE TABLE duty (user_id uuid, role text, PRIMARY KEY (user_id, role));
              ALTER TABLE duty ENABLE ROW LEVEL SECURITY; GRANT SELECT ON duty TO authenticated;
              INSERT INTO duty VALUES ('{ANN}', 'admin'), ('{ANN}', 'editor');
              CREATE POLICY own ON duty FOR SELECT TO authenticated USING ({MINE});
              CREATE POLICY admins ON note FOR SELECT TO authenticated
                USING ((SELECT d.role FROM duty d WHERE d.user_id = (SELECT auth.uid())) = 'admin');""",
        lambda db: assert_can_select(db, "note"),
        "more than one row returned by a subquery used as an expression: the sub-select finds several rows",
        "sub-select-of-many-rows",
        'reads one value from "public.duty". Every statement fails when several rows match',
    ),
    Kind(
        "a column that the role may not change",
        TABLE + OWN + EDIT + "REVOKE UPDATE ON note FROM authenticated; GRANT UPDATE (body) ON note TO authenticated;",
        lambda db: assert_can_update(db, "note", {"user_id": ANN}, id=1),
        'UPDATE on column "user_id" for "authenticated", which may write other columns of "note"',
        "column-without-grant",
        '"authenticated" may UPDATE some columns of "public.note" and not "id", "user_id" or "deleted_at": an UPDATE',
    ),
    Kind(
        "a function without EXECUTE",
        """CREATE FUNCTION search(words text) RETURNS SETOF int LANGUAGE sql AS 'SELECT 1';
           REVOKE EXECUTE ON FUNCTION search FROM PUBLIC, anon, authenticated;""",
        lambda db: assert_can_call(db, "search", {"words": "x"}),
        'the privilege: GRANT EXECUTE ON FUNCTION search(text) TO "authenticated"',
        "function-without-grant",
        '"anon" and "authenticated" may not EXECUTE "public.search(text)", so that rpc() of it is refused',
    ),
    Kind(
        "replacing a file needs SELECT and UPDATE",
        """INSERT INTO storage.buckets (id, name) VALUES ('pictures', 'pictures');
           CREATE POLICY add ON storage.objects FOR INSERT TO authenticated WITH CHECK (bucket_id = 'pictures');""",
        lambda db: assert_can_upload(db, "pictures", "a.png", upsert=True),
        "a policy for UPDATE: ON CONFLICT DO UPDATE needs one",
        "usual-statement-refused",
        'as an upsert sends it: "authenticated" has no policy for SELECT, and it reads the new row, too',
    ),
]


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_an_assertion_names_the_missing_piece(gatepost_db, as_user, kind):
    gatepost_db.cursor().execute(kind.sql)
    who = "user_2abc" if kind.name == "an id that is no uuid" else ANN
    with as_user(who) as db, pytest.raises(AccessAssertionError) as error:
        kind.attempt(db)
    said = [line.strip().removeprefix("missing   ") for line in str(error.value).splitlines()]
    said += [line.partition(" failed: ")[2] for line in said if isinstance(error.value, PolicyFails)]
    assert [line for line in said if line.startswith(kind.says)], str(error.value)


BY_TRIAL = [kind for kind in KINDS if kind.rule == "usual-statement-refused"]


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind not in BY_TRIAL], ids=lambda kind: kind.name)
def test_a_rule_reports_it(rolled_back, kind):
    with rolled_back.cursor() as cursor:
        cursor.execute(kind.sql)
        context = Context(read(cursor))
    found = [one.message for rule in all_rules() if rule.name == kind.rule for one in rule.check(context)]
    assert [message for message in found if kind.reports in message], found


@pytest.mark.slow
def test_a_trial_reports_it(database_url, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with closing(connect(database_url)) as connection, connection, connection.cursor() as cursor:
        for number, kind in enumerate(BY_TRIAL):
            cursor.execute(re.sub(r"\bnote\b", f"note{number}", kind.sql))
    result = check(parse_url(database_url), options=Options(fix_seconds=0))
    reported = [one for finding in result.findings for one in (finding, *finding.consequences)]
    for number, kind in enumerate(BY_TRIAL):
        table = "storage.objects" if "storage" in kind.sql else f"public.note{number}"
        found = [one.message for one in reported if one.rule == kind.rule and one.object == table]
        assert [message for message in found if kind.reports in message], (kind.name, found)


FILES = """
INSERT INTO storage.buckets (id, name) VALUES ('pictures', 'pictures');
INSERT INTO storage.objects (bucket_id, name) VALUES ('pictures', 'b.png');
CREATE POLICY own ON storage.objects FOR INSERT TO authenticated
  WITH CHECK (bucket_id = 'pictures' AND (storage.foldername(name))[1] = (SELECT auth.uid())::text);
CREATE POLICY clean ON storage.objects FOR DELETE TO authenticated USING (bucket_id = 'pictures');
CREATE POLICY see ON storage.objects FOR SELECT TO authenticated USING (bucket_id = 'pictures');
CREATE POLICY join_own ON realtime.messages FOR SELECT TO authenticated
  USING ((SELECT realtime.topic()) = 'user:' || (SELECT auth.uid())::text);
CREATE POLICY send_own ON realtime.messages FOR INSERT TO authenticated
  WITH CHECK ((SELECT realtime.topic()) = 'user:' || (SELECT auth.uid())::text);
CREATE FUNCTION whoami() RETURNS text LANGUAGE sql AS 'SELECT current_user::text';
CREATE FUNCTION broken() RETURNS text LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'closed'; END $$;
CREATE FUNCTION backend() RETURNS int LANGUAGE sql AS 'SELECT 1';
REVOKE EXECUTE ON FUNCTION backend FROM PUBLIC, anon, authenticated;
"""


def test_files_channels_and_functions_have_assertions(gatepost_db, as_user):
    import psycopg2

    gatepost_db.cursor().execute(FILES)
    with as_user(ANN) as db:
        assert_can_upload(db, "pictures", f"{ANN}/a.png")
        assert_cannot_upload(db, "pictures", f"{BOB}/a.png")
        assert_can_delete(db, "storage.objects", name="b.png")
        assert_can_join(db, f"user:{ANN}")
        assert_cannot_join(db, f"user:{BOB}")
        assert_can_send(db, f"user:{ANN}")
        assert_cannot_send(db, f"user:{BOB}")
        assert_can_call(db, "whoami", rows=1)
        assert_cannot_call(db, "public.backend")
        with pytest.raises(psycopg2.errors.RaiseException):
            assert_cannot_call(db, "broken")
        for wrong in (
            lambda: assert_cannot_upload(db, "pictures", f"{ANN}/a.png"),
            lambda: assert_can_upload(db, "pictures", f"{BOB}/a.png"),
            lambda: assert_cannot_delete(db, "storage.objects", name="b.png"),
            lambda: assert_cannot_join(db, f"user:{ANN}"),
            lambda: assert_can_join(db, f"user:{BOB}"),
            lambda: assert_cannot_send(db, f"user:{ANN}"),
            lambda: assert_can_send(db, f"user:{BOB}"),
            lambda: assert_can_call(db, "whoami", rows=2),
            lambda: assert_cannot_call(db, "whoami"),
        ):
            with pytest.raises(AccessAssertionError):
                wrong()


def test_a_token_may_name_a_role_of_the_project(gatepost_db, as_user):
    with gatepost_db.cursor() as cursor:
        cursor.execute(TABLE + OWN + "CREATE ROLE gatepost_test_support; GRANT gatepost_test_support TO CURRENT_USER")
        with as_user(ANN, role="gatepost_test_support") as db:
            cursor.execute("SELECT current_user, current_setting('request.jwt.claims')::json ->> 'role'")
            assert cursor.fetchone() == ("gatepost_test_support", "gatepost_test_support")
            assert_cannot_select(db, "note")
        with pytest.raises(SettingsError, match='may not act as "nobody_here"'), as_user(ANN, role="nobody_here"):
            pass
        cursor.execute("SELECT current_user::text")
        assert cursor.fetchone() == ("postgres",)
