"""What a user says of itself when it signs up, and in the headers of a request."""

import pytest

REPORTS = """
CREATE TABLE profiles (id uuid PRIMARY KEY, role text NOT NULL DEFAULT 'user', org_id uuid);
CREATE TABLE reports (id int PRIMARY KEY, body text);
ALTER TABLE profiles ENABLE ROW LEVEL SECURITY;
ALTER TABLE reports ENABLE ROW LEVEL SECURITY;
GRANT SELECT ON reports TO authenticated;
CREATE FUNCTION role_of() RETURNS text LANGUAGE sql STABLE SECURITY DEFINER SET search_path = ''
AS $$ SELECT role FROM public.profiles WHERE id = (SELECT auth.uid()) $$;
CREATE POLICY admins ON reports FOR SELECT TO authenticated USING ((SELECT role_of()) = 'chief');
CREATE FUNCTION handle_new_user() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
BEGIN INSERT INTO public.profiles (id, role) VALUES (new.id, {role}); RETURN new; END $$;
CREATE TRIGGER made AFTER INSERT ON auth.users FOR EACH ROW EXECUTE FUNCTION handle_new_user();
"""
NOTES = """
CREATE TABLE notes (id int PRIMARY KEY, tenant text NOT NULL, body text);
ALTER TABLE notes ENABLE ROW LEVEL SECURITY;
GRANT SELECT ON notes TO authenticated;
CREATE POLICY tenant ON notes FOR SELECT TO authenticated USING (tenant = {whose});
"""
SUPERUSER = "-- gatepost: as superuser\n"


def found(result):
    return [(finding.rule, finding.object) for finding in result.findings if finding.severity != "info"]


@pytest.mark.parametrize(
    ("role", "told"),
    [
        ("'user'", []),
        ("coalesce(new.raw_user_meta_data ->> 'role', 'user')", [("user-metadata-trusted", "public.reports")]),
        ("coalesce(new.raw_app_meta_data ->> 'role', 'user')", []),
    ],
)
def test_a_role_is_not_one_s_own_word(designs, role, told):
    assert found(designs.observe(SUPERUSER + REPORTS.format(role=role))) == told


def test_the_witness_says_how_to_sign_up(designs):
    text = REPORTS.format(role="coalesce(new.raw_user_meta_data ->> 'role', 'user')")
    [finding] = designs.observe(SUPERUSER + text).findings
    assert '"role": "chief"' in finding.witness
    assert finding.witness.startswith('INSERT INTO "auth"."users" ("id", "aud", "role", "email"')
    assert 'SELECT * FROM "public"."reports" -- shows public.reports (id = ' in finding.witness


def test_who_cannot_be_made_is_named(designs):
    text = REPORTS.format(role="new.raw_user_meta_data ->> 'no_such_thing_at_all'").replace(
        "'user', org", "'user', org"
    )
    text += "ALTER TABLE profiles ADD CHECK (role = 'x')"
    result = designs.observe(SUPERUSER + text)
    assert [one.what for one in result.not_checked] == ["signing up"]


@pytest.mark.parametrize(
    ("whose", "told"),
    [
        ("(current_setting('request.headers', true)::json ->> 'x-tenant')", [("request-trusted", "public.notes")]),
        ("(current_setting('request.cookies', true)::json ->> 'tenant')", [("request-trusted", "public.notes")]),
        ("((SELECT auth.jwt()) -> 'app_metadata' ->> 'tenant')", []),
        ("((SELECT auth.jwt()) -> 'user_metadata' ->> 'tenant')", [("user-metadata-trusted", "public.notes")]),
    ],
)
def test_a_request_says_what_its_sender_likes(designs, whose, told):
    assert found(designs.observe(NOTES.format(whose=whose))) == told
