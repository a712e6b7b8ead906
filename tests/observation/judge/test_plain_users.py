"""Who counts as an ordinary user, and whose rows those are: sound designs in which one detail misled the trials."""

import pytest

SCHOOL = """
CREATE TYPE post AS ENUM ('head', 'deputy', 'warden', 'tutor', 'parent');
CREATE TABLE people (user_id uuid PRIMARY KEY REFERENCES auth.users (id), name text, post post NOT NULL,
                     here boolean NOT NULL DEFAULT true, ready boolean NOT NULL DEFAULT false);
CREATE TABLE pupils (id uuid PRIMARY KEY, name text);
CREATE TABLE wards (user_id uuid REFERENCES people (user_id), pupil_id uuid REFERENCES pupils (id),
                    PRIMARY KEY (user_id, pupil_id));
CREATE TABLE marks (id uuid PRIMARY KEY, pupil_id uuid NOT NULL REFERENCES pupils (id), mark int,
                    tutor_id uuid NOT NULL REFERENCES people (user_id));
CREATE SCHEMA inner_part; GRANT USAGE ON SCHEMA inner_part TO authenticated;
CREATE FUNCTION inner_part.post_held() RETURNS post LANGUAGE sql STABLE SECURITY DEFINER SET search_path = ''
    AS $$ SELECT post FROM public.people WHERE user_id = (SELECT auth.uid()) AND here $$;
CREATE FUNCTION inner_part.may_see(pupil uuid) RETURNS boolean LANGUAGE sql STABLE SECURITY DEFINER SET search_path = ''
    AS $$ SELECT coalesce(inner_part.post_held() IN ('head', 'deputy', 'warden', 'tutor'), false)
          OR EXISTS (SELECT FROM public.wards w WHERE w.user_id = (SELECT auth.uid()) AND w.pupil_id = pupil) $$;
ALTER TABLE people ENABLE ROW LEVEL SECURITY; ALTER TABLE pupils ENABLE ROW LEVEL SECURITY;
ALTER TABLE wards ENABLE ROW LEVEL SECURITY; ALTER TABLE marks ENABLE ROW LEVEL SECURITY;
GRANT SELECT ON people, pupils TO authenticated; GRANT SELECT, UPDATE ON marks TO authenticated;
GRANT SELECT, DELETE ON wards TO authenticated;
CREATE POLICY see ON people FOR SELECT TO authenticated
    USING (user_id = (SELECT auth.uid()) OR inner_part.post_held() <> 'parent');
CREATE POLICY see ON pupils FOR SELECT TO authenticated USING (inner_part.may_see(id));
CREATE POLICY see ON wards FOR SELECT TO authenticated USING (user_id = (SELECT auth.uid()));
CREATE POLICY drop_it ON wards FOR DELETE TO authenticated USING (user_id = (SELECT auth.uid())
    AND EXISTS (SELECT FROM people p WHERE p.user_id = (SELECT auth.uid()) AND NOT p.ready));
CREATE POLICY see ON marks FOR SELECT TO authenticated USING (inner_part.may_see(pupil_id));
CREATE POLICY mark ON marks FOR UPDATE TO authenticated
    USING (inner_part.may_see(pupil_id) AND inner_part.post_held() <> 'parent');
"""
REGIONS = """
CREATE TABLE districts (id uuid PRIMARY KEY, name text);
CREATE TABLE stops (id uuid PRIMARY KEY, district_id uuid NOT NULL REFERENCES districts (id), street text);
CREATE TABLE homes (id uuid PRIMARY KEY, user_id uuid NOT NULL REFERENCES auth.users (id),
                    district_id uuid REFERENCES districts (id));
CREATE TABLE boxes (id uuid PRIMARY KEY, home_id uuid NOT NULL REFERENCES homes (id),
                    stop_id uuid REFERENCES stops (id));
ALTER TABLE districts ENABLE ROW LEVEL SECURITY; ALTER TABLE stops ENABLE ROW LEVEL SECURITY;
ALTER TABLE homes ENABLE ROW LEVEL SECURITY; ALTER TABLE boxes ENABLE ROW LEVEL SECURITY;
GRANT SELECT ON districts, stops TO anon, authenticated; GRANT SELECT, INSERT, UPDATE, DELETE ON homes TO authenticated;
GRANT SELECT ON boxes TO authenticated;
CREATE POLICY see ON districts FOR SELECT USING (true);
CREATE POLICY see ON stops FOR SELECT USING (true);
CREATE POLICY own ON homes TO authenticated USING (user_id = (SELECT auth.uid()));
CREATE POLICY own ON boxes FOR SELECT TO authenticated
    USING (EXISTS (SELECT FROM homes h WHERE h.id = home_id AND h.user_id = (SELECT auth.uid())));
"""

POSTS_AT_SIGN_UP = """
CREATE TYPE post AS ENUM ('head', 'simple');
CREATE TABLE posts (id uuid PRIMARY KEY, user_id uuid NOT NULL REFERENCES auth.users (id),
                    post post NOT NULL DEFAULT 'simple', UNIQUE (user_id, post));
CREATE TABLE patients (id uuid PRIMARY KEY, keeper uuid NOT NULL REFERENCES auth.users (id), name text);
CREATE FUNCTION holds(who uuid, wanted post) RETURNS boolean LANGUAGE sql STABLE SECURITY DEFINER SET search_path = ''
    AS $$ SELECT EXISTS (SELECT FROM public.posts WHERE user_id = who AND post = wanted) $$;
CREATE FUNCTION give_post() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$ BEGIN
    INSERT INTO public.posts (id, user_id, post) VALUES (gen_random_uuid(), NEW.id, 'simple') ON CONFLICT DO NOTHING;
    RETURN NEW; END $$;
CREATE TRIGGER give_post AFTER INSERT ON auth.users FOR EACH ROW EXECUTE FUNCTION give_post();
ALTER TABLE posts ENABLE ROW LEVEL SECURITY; ALTER TABLE patients ENABLE ROW LEVEL SECURITY;
GRANT SELECT ON posts TO authenticated; GRANT SELECT, UPDATE, DELETE ON patients TO authenticated;
CREATE POLICY see ON posts FOR SELECT TO authenticated
    USING (user_id = (SELECT auth.uid()) OR holds((SELECT auth.uid()), 'head'));
CREATE POLICY keep ON patients TO authenticated
    USING (keeper = (SELECT auth.uid()) OR holds((SELECT auth.uid()), 'head'));
"""
SHARED = """
CREATE TABLE riders (id uuid PRIMARY KEY, user_id uuid REFERENCES auth.users (id), name text);
CREATE TABLE rides (id uuid PRIMARY KEY, rider_id uuid REFERENCES riders (id), fare numeric);
ALTER TABLE riders ENABLE ROW LEVEL SECURITY; ALTER TABLE rides ENABLE ROW LEVEL SECURITY;
GRANT SELECT, INSERT, UPDATE, DELETE ON riders, rides TO authenticated;
CREATE POLICY rides ON rides TO authenticated USING (true) WITH CHECK (true);
CREATE POLICY riders ON riders TO authenticated USING ({}) WITH CHECK ({});
"""
NOTICES = """
CREATE TABLE pets (id uuid PRIMARY KEY, owner_id uuid NOT NULL REFERENCES auth.users (id));
CREATE TABLE notices (id uuid PRIMARY KEY, to_whom uuid NOT NULL REFERENCES auth.users (id),
                      pet_id uuid REFERENCES pets (id), seen boolean NOT NULL DEFAULT false);
ALTER TABLE pets ENABLE ROW LEVEL SECURITY; ALTER TABLE notices ENABLE ROW LEVEL SECURITY;
GRANT SELECT ON pets TO authenticated; GRANT SELECT, INSERT, UPDATE ON notices TO authenticated;
CREATE POLICY own ON pets FOR SELECT TO authenticated USING (owner_id = (SELECT auth.uid()));
CREATE POLICY own ON notices FOR SELECT TO authenticated USING (to_whom = (SELECT auth.uid()) {});
CREATE POLICY seen ON notices FOR UPDATE TO authenticated USING (to_whom = (SELECT auth.uid()));
CREATE POLICY add ON notices FOR INSERT TO authenticated WITH CHECK (to_whom = (SELECT auth.uid())
    AND EXISTS (SELECT FROM pets WHERE pets.id = pet_id AND owner_id = (SELECT auth.uid())));
"""
BY_PET = "OR pet_id IN (SELECT id FROM pets WHERE owner_id = (SELECT auth.uid()))"


@pytest.mark.parametrize(("riders", "severity"), [("true", "warning"), ("user_id = (SELECT auth.uid())", "error")])
def test_a_child_belongs_to_others_as_far_as_its_parent_is_kept_from_them(designs, riders, severity):
    found = designs.observe(SHARED.replace("{}", riders)).findings
    written = {one.severity for one in found if (one.rule, one.object) == ("foreign-row-written", "public.rides")}
    assert written == {severity}


@pytest.mark.parametrize(("more", "severity"), [("", "warning"), (BY_PET, "error")])
def test_a_row_is_moved_where_somebody_s_access_turns_on_the_column(designs, more, severity):
    found = designs.observe(NOTICES.replace("{}", more)).findings
    assert {(one.rule, one.severity) for one in found if one.severity != "info"} == {("row-moved-to-another", severity)}


@pytest.mark.parametrize(
    "design",
    [SCHOOL, REGIONS, POSTS_AT_SIGN_UP],
    ids=[
        "no word is known for the least post",
        "a region is no tenant",
        "a post that sign-up gives is not the highest",
    ],
)
def test_a_sound_design_stays_without_a_finding(designs, design):
    found = designs.observe(design)
    assert [(one.rule, one.object) for one in found.findings if one.severity != "info"] == []
    assert found.not_checked == ()


ONLY_WITH_A_ROW = """
CREATE TABLE members (id uuid PRIMARY KEY, user_id uuid UNIQUE REFERENCES auth.users (id),
                      shown boolean NOT NULL DEFAULT true);
CREATE FUNCTION share() RETURNS bigint LANGUAGE sql STABLE SECURITY DEFINER SET search_path = ''
    AS $$ SELECT 1 / count(*) FROM public.members m WHERE m.user_id = auth.uid() $$;
ALTER TABLE members ENABLE ROW LEVEL SECURITY; GRANT SELECT ON members TO authenticated;
CREATE POLICY see ON members FOR SELECT TO authenticated
    USING (shown OR user_id = (SELECT auth.uid()) OR share() > 5);
"""


def test_an_error_for_who_has_no_row_does_not_show_that_a_row_gives_access(designs):
    found = designs.observe(ONLY_WITH_A_ROW).findings
    assert {one.rule for one in found if one.severity == "error"} == {"policy-error"}
