"""Small designs in two variants: with a leak that is found, and with its repair, in which nothing is."""

import pytest

GIVEN = "GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO anon, authenticated"
CLAIMS = """
CREATE TABLE staff (id uuid PRIMARY KEY REFERENCES auth.users, boss uuid REFERENCES staff);
CREATE TABLE expenses (id bigserial PRIMARY KEY, who uuid NOT NULL REFERENCES staff, approved boolean NOT NULL);
ALTER TABLE staff ENABLE ROW LEVEL SECURITY; ALTER TABLE expenses ENABLE ROW LEVEL SECURITY;
CREATE POLICY s ON staff FOR SELECT TO authenticated USING (auth.uid() IN (id, boss));
CREATE POLICY r ON expenses FOR SELECT TO authenticated USING (who = auth.uid() OR who IN
  (SELECT id FROM staff WHERE boss = auth.uid()));
CREATE POLICY file ON expenses FOR INSERT TO authenticated WITH CHECK (who = auth.uid() AND NOT approved);
CREATE POLICY approve ON expenses FOR UPDATE TO authenticated USING ({} who IN
  (SELECT id FROM staff WHERE boss = auth.uid()))
"""
WARDS = """
CREATE TABLE wards (id int PRIMARY KEY);
CREATE TABLE nurses (person uuid PRIMARY KEY REFERENCES auth.users, ward int NOT NULL REFERENCES wards, on_duty bool);
CREATE TABLE results (id int PRIMARY KEY, ward int NOT NULL REFERENCES wards, patient uuid REFERENCES auth.users);
ALTER TABLE wards ENABLE ROW LEVEL SECURITY; ALTER TABLE nurses ENABLE ROW LEVEL SECURITY;
ALTER TABLE results ENABLE ROW LEVEL SECURITY;
CREATE POLICY n ON nurses FOR SELECT TO authenticated USING (person = auth.uid());
CREATE POLICY r ON results FOR SELECT TO authenticated USING (patient = auth.uid() OR EXISTS
  (SELECT FROM nurses n WHERE n.person = auth.uid() AND n.on_duty {}))
"""
BOARDS = """
CREATE TABLE boards (id int PRIMARY KEY);
CREATE TABLE board_people (board int REFERENCES boards, person uuid REFERENCES auth.users,
  rank text NOT NULL CHECK (rank IN ('owner', 'editor', 'viewer')), PRIMARY KEY (board, person));
CREATE TABLE invitations (id int PRIMARY KEY, board int NOT NULL REFERENCES boards, rank text NOT NULL);
CREATE TABLE hooks (id int PRIMARY KEY, board int NOT NULL REFERENCES boards, url text, secret text);
CREATE FUNCTION rank_on(b int) RETURNS text LANGUAGE sql STABLE SECURITY DEFINER SET search_path = '' AS
  $$ SELECT rank FROM public.board_people WHERE board = b AND person = auth.uid() $$;
ALTER TABLE boards ENABLE ROW LEVEL SECURITY; ALTER TABLE board_people ENABLE ROW LEVEL SECURITY;
ALTER TABLE invitations ENABLE ROW LEVEL SECURITY; ALTER TABLE hooks ENABLE ROW LEVEL SECURITY;
CREATE POLICY b ON boards FOR SELECT TO authenticated USING (rank_on(id) IS NOT NULL);
CREATE POLICY p ON board_people FOR SELECT TO authenticated USING (rank_on(board) IS NOT NULL);
CREATE POLICY x ON
"""
ALBUMS = """
CREATE TABLE albums (id int PRIMARY KEY, owner uuid NOT NULL REFERENCES auth.users, title text);
CREATE TABLE photos (id int PRIMARY KEY, album int NOT NULL REFERENCES albums ON DELETE CASCADE,
                     uploader uuid NOT NULL REFERENCES auth.users);
ALTER TABLE albums ENABLE ROW LEVEL SECURITY; ALTER TABLE photos ENABLE ROW LEVEL SECURITY;
CREATE POLICY p ON photos FOR SELECT TO authenticated USING (uploader = auth.uid());
CREATE POLICY a ON albums FOR SELECT TO authenticated USING (owner = auth.uid() OR EXISTS
  (SELECT FROM photos WHERE album = albums.id AND uploader = auth.uid()));
CREATE POLICY d ON albums FOR DELETE TO authenticated USING (owner = auth.uid() {})
"""
ANSWERS = """
CREATE TABLE surveys (id int PRIMARY KEY, maker uuid NOT NULL REFERENCES auth.users, open boolean NOT NULL);
CREATE TABLE answers (id int PRIMARY KEY, survey int NOT NULL REFERENCES surveys, email text, said text);
ALTER TABLE surveys ENABLE ROW LEVEL SECURITY; ALTER TABLE answers ENABLE ROW LEVEL SECURITY;
CREATE POLICY s ON surveys FOR SELECT USING (open OR maker = auth.uid());
CREATE POLICY a ON answers FOR SELECT USING (EXISTS (SELECT FROM surveys s WHERE s.id = survey {}))
"""
BALLOTS = """
CREATE TABLE ballots (id bigserial PRIMARY KEY, voter uuid NOT NULL REFERENCES auth.users, choice text NOT NULL);
ALTER TABLE ballots ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON ballots FOR SELECT TO authenticated USING (voter = auth.uid());
CREATE POLICY vote ON ballots FOR INSERT TO authenticated WITH CHECK (choice IN ('yes', 'no') {})
"""
JOINING = """
CREATE TABLE clubs (id int PRIMARY KEY);
CREATE TABLE members (club int REFERENCES clubs, person uuid REFERENCES auth.users, PRIMARY KEY (club, person));
CREATE TABLE invites (id uuid PRIMARY KEY, club int NOT NULL REFERENCES clubs, email text NOT NULL);
ALTER TABLE clubs ENABLE ROW LEVEL SECURITY; ALTER TABLE members ENABLE ROW LEVEL SECURITY;
ALTER TABLE invites ENABLE ROW LEVEL SECURITY;
CREATE POLICY c ON clubs FOR SELECT TO authenticated USING (id IN (SELECT club FROM members WHERE person = auth.uid()));
CREATE POLICY m ON members FOR SELECT TO authenticated USING (person = auth.uid());
CREATE POLICY i ON invites FOR SELECT TO authenticated USING ({});
CREATE FUNCTION accept(invite uuid) RETURNS void LANGUAGE sql SECURITY DEFINER SET search_path = '' AS
  $$ INSERT INTO public.members SELECT club, auth.uid() FROM public.invites WHERE id = invite $$
"""
BUCKET = """-- gatepost: as superuser
INSERT INTO storage.buckets (id, name, public) VALUES ('contracts', 'contracts', {});
CREATE POLICY r ON storage.objects FOR SELECT TO authenticated
  USING (bucket_id = 'contracts' AND (storage.foldername(name))[1] = auth.uid()::text)
"""
GUESTS = """
CREATE TABLE bookings (id int PRIMARY KEY, guest_email text NOT NULL, room int);
ALTER TABLE bookings ENABLE ROW LEVEL SECURITY;
CREATE POLICY b ON bookings FOR SELECT TO authenticated USING (lower(guest_email) = lower(auth.jwt() {} ->> 'email'))
"""
TEMPLATES = """
CREATE TABLE templates (id int PRIMARY KEY, owner uuid REFERENCES auth.users, body text);
ALTER TABLE templates ENABLE ROW LEVEL SECURITY;
CREATE POLICY r ON templates FOR SELECT TO authenticated USING (owner IS NULL OR owner = auth.uid());
CREATE POLICY u ON templates FOR UPDATE TO authenticated USING (owner = auth.uid() {})
  WITH CHECK (owner = auth.uid() {})
"""
EVENTS = """
CREATE TABLE events (id int PRIMARY KEY, organiser uuid NOT NULL REFERENCES auth.users, title text);
CREATE TABLE tickets (id int PRIMARY KEY, event int NOT NULL REFERENCES events, holder uuid NOT NULL
  REFERENCES auth.users);
ALTER TABLE events ENABLE ROW LEVEL SECURITY; ALTER TABLE tickets ENABLE ROW LEVEL SECURITY;
CREATE POLICY e ON events FOR SELECT USING (true);
CREATE POLICY t ON tickets FOR SELECT TO authenticated USING (holder = auth.uid());
CREATE POLICY b ON tickets FOR INSERT TO authenticated WITH CHECK (holder = auth.uid());
CREATE POLICY u ON events FOR UPDATE TO authenticated USING (organiser = auth.uid() {})
"""
OF_THE_CALLER = "email = auth.jwt() ->> 'email'"
EDITORS, OWNERS = "rank_on(board) IN ('owner', 'editor')", "rank_on(board) = 'owner'"


@pytest.mark.parametrize(
    ("design", "leaking", "sound", "found"),
    [
        (CLAIMS, "who = auth.uid() OR", "", ("own-row-approved", "public.expenses")),
        (WARDS, "", "AND n.ward = results.ward", ("foreign-row-read", "public.results")),
        (BOARDS + "board_people FOR UPDATE TO authenticated USING ({})", EDITORS, OWNERS,
         ("rank-taken", "public.board_people")),
        (BOARDS + "invitations FOR INSERT TO authenticated WITH CHECK ({})", "rank_on(board) IS NOT NULL",
         f"{OWNERS} OR rank_on(board) IS NOT NULL AND rank = 'viewer'", ("rank-taken", "public.invitations")),
        (BOARDS + "hooks FOR SELECT TO authenticated USING ({})", "rank_on(board) IS NOT NULL", OWNERS,
         ("colleague-row-read", "public.hooks")),
        (ALBUMS, "OR id IN (SELECT album FROM photos WHERE uploader = auth.uid())", "",
         ("rank-bypassed", "public.albums")),
        (ANSWERS, "", "AND s.maker = auth.uid()", ("foreign-row-read", "public.answers")),
        (BALLOTS, "", "AND voter = auth.uid()", ("row-forged", "public.ballots")),
        (JOINING, "true", OF_THE_CALLER, ("escalation", "public.accept(uuid)")),
        (TEMPLATES, "OR owner IS NULL", "", ("foreign-row-written", "public.templates")),
        (EVENTS, "OR id IN (SELECT event FROM tickets WHERE holder = auth.uid())", "",
         ("escalation", "public.tickets")),
        (GUESTS, "-> 'user_metadata'", "", ("user-metadata-trusted", "public.bookings")),
        (BUCKET, "true", "false", ("bucket-open", "storage.objects")),
    ],
    ids=["approve oneself", "rank of another tenant", "middle rank", "invite above oneself", "secrets of members",
         "delete what all share", "addresses below an open parent", "a state that is demanded", "an id that is read",
         "rows of nobody", "join and change", "an address in small letters", "public bucket"],
)  # fmt: skip
def test_a_leak_is_told_from_its_repair(designs, design, leaking, sound, found):
    def errors(condition):
        result = designs.observe(f"{design.replace('{}', condition)}; {GIVEN}")
        return {(one.rule, one.object) for one in result.findings if one.severity == "error"}

    assert found in errors(leaking)
    assert errors(sound) == set()


@pytest.mark.parametrize(
    "design",
    [
        "CREATE TABLE messages (id int PRIMARY KEY, user_id uuid REFERENCES auth.users, body text);"
        "CREATE POLICY r ON messages FOR SELECT TO authenticated USING (true)",
        "CREATE TABLE posts (id int PRIMARY KEY, author uuid REFERENCES auth.users, body text, deleted_at timestamptz);"
        "CREATE POLICY r ON posts FOR SELECT USING (deleted_at IS NULL OR author = auth.uid())",
        "CREATE TABLE links (id int PRIMARY KEY, owner uuid REFERENCES auth.users, slug text UNIQUE, target text);"
        "CREATE POLICY r ON links FOR SELECT TO authenticated USING (owner = auth.uid());"
        "CREATE FUNCTION resolve(s text) RETURNS text LANGUAGE sql STABLE SECURITY DEFINER SET search_path = '' AS"
        " $$ SELECT target FROM public.links WHERE slug = s $$",
    ],
    ids=["open chat", "public until deleted", "by a word that nobody guesses"],
)
def test_what_may_be_intended_is_no_error(designs, design):
    secured = design.replace("CREATE POLICY", "ALTER TABLE {} ENABLE ROW LEVEL SECURITY; CREATE POLICY", 1)
    result = designs.observe(f"{secured.format(design.split()[2])}; {GIVEN}")
    assert [one for one in result.findings if one.severity == "error"] == []
