"""A row about a stranger's row: a bookmark where nobody else reads it, and a forged one where its owner does."""

import pytest

BOOKMARKS = """
CREATE TABLE adverts (id uuid PRIMARY KEY, seller_id uuid NOT NULL REFERENCES auth.users (id), title text,
                      state text NOT NULL DEFAULT 'draft');
CREATE TABLE bookmarks (user_id uuid NOT NULL DEFAULT auth.uid() REFERENCES auth.users (id),
                        advert_id uuid NOT NULL REFERENCES adverts (id), PRIMARY KEY (user_id, advert_id));
ALTER TABLE adverts ENABLE ROW LEVEL SECURITY; ALTER TABLE bookmarks ENABLE ROW LEVEL SECURITY;
GRANT SELECT ON adverts TO anon, authenticated; GRANT SELECT, INSERT, UPDATE, DELETE ON bookmarks TO authenticated;
CREATE POLICY own ON bookmarks TO authenticated USING (user_id = (SELECT auth.uid()));
CREATE POLICY see ON adverts FOR SELECT USING ({see});
"""
SOME = "state = 'active' OR seller_id = (SELECT auth.uid())"
READ_BY_THE_SELLER = """
CREATE POLICY seller ON bookmarks FOR SELECT TO authenticated
    USING (EXISTS (SELECT FROM adverts a WHERE a.id = advert_id AND a.seller_id = (SELECT auth.uid())));
"""
COUNTED = """
CREATE FUNCTION likes(advert uuid) RETURNS bigint LANGUAGE sql STABLE SECURITY DEFINER SET search_path = ''
    AS $$ SELECT count(*) FROM public.bookmarks WHERE advert_id = advert $$;
"""
HANDED_ON = """
CREATE TABLE news (advert_id uuid);
CREATE FUNCTION announce() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = ''
    AS $$ BEGIN INSERT INTO public.news VALUES (NEW.advert_id); RETURN NEW; END $$;
CREATE TRIGGER announce AFTER INSERT ON bookmarks FOR EACH ROW EXECUTE FUNCTION announce();
"""
NOTED = """
CREATE FUNCTION follow_up(advert uuid) RETURNS void LANGUAGE sql SECURITY DEFINER SET search_path = ''
    AS $$ INSERT INTO public.bookmarks VALUES ((SELECT auth.uid()), advert) ON CONFLICT DO NOTHING $$;
"""
LISTED = """
CREATE TABLE remarks (bookmark_of uuid NOT NULL, said text, user_id uuid NOT NULL REFERENCES auth.users (id));
ALTER TABLE remarks ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON remarks FOR SELECT TO authenticated
    USING (user_id IN (SELECT user_id FROM bookmarks WHERE user_id = (SELECT auth.uid())));
CREATE VIEW marked WITH (security_invoker = true) AS
    SELECT a.title FROM bookmarks b JOIN adverts a ON a.id = b.advert_id;
"""
ONE_AT_A_TIME = "CREATE UNIQUE INDEX ON adverts (seller_id) WHERE title = 'on top';"
FORGED = {("row-forged", "error")}


@pytest.mark.parametrize(
    ("see", "more", "expected"),
    [
        (SOME, "", set()),
        (SOME, NOTED, set()),
        (SOME, ONE_AT_A_TIME, set()),
        (SOME, LISTED, set()),
        ("seller_id = (SELECT auth.uid())", "", {("row-forged", "warning")}),
        (SOME, READ_BY_THE_SELLER, FORGED),
        (SOME, COUNTED, FORGED),
        (SOME, HANDED_ON, FORGED),
    ],
    ids=[
        "bookmark",
        "only added elsewhere",
        "one of a kind",
        "listed",
        "unseen parents",
        "read by the seller",
        "counted",
        "handed on",
    ],
)
def test_a_row_that_refers_to_a_stranger_s_is_forged_only_if_somebody_else_meets_it(designs, see, more, expected):
    found = designs.observe(BOOKMARKS.format(see=see) + more).findings
    of_rows = {one for one in found if one.object == "public.bookmarks" and one.severity != "info"}
    assert {(one.rule, one.severity) for one in of_rows if one.rule == "row-forged"} == expected, of_rows
    assert ("row-moved-to-another" in {one.rule for one in of_rows}) == bool(expected)


LETTERS = """
CREATE TABLE rooms (id uuid PRIMARY KEY);
CREATE TABLE guests (room_id uuid REFERENCES rooms (id), guest_id uuid REFERENCES auth.users (id),
                     PRIMARY KEY (room_id, guest_id));
CREATE TABLE lines (id uuid PRIMARY KEY, room_id uuid NOT NULL REFERENCES rooms (id),
                    author_id uuid NOT NULL REFERENCES auth.users (id), words text);
CREATE TABLE complaints (id uuid PRIMARY KEY, writer_id uuid NOT NULL REFERENCES auth.users (id),
                         about_id uuid NOT NULL REFERENCES auth.users (id), line_id uuid REFERENCES lines (id),
                         why text);
ALTER TABLE guests ENABLE ROW LEVEL SECURITY; ALTER TABLE lines ENABLE ROW LEVEL SECURITY;
ALTER TABLE complaints ENABLE ROW LEVEL SECURITY;
GRANT SELECT, INSERT ON guests, lines, complaints TO authenticated;
CREATE POLICY mine ON guests FOR SELECT TO authenticated USING (guest_id = (SELECT auth.uid()));
CREATE POLICY there ON lines FOR SELECT TO authenticated USING (room_id IN (SELECT room_id FROM guests));
CREATE POLICY write ON complaints FOR INSERT TO authenticated WITH CHECK (writer_id = (SELECT auth.uid()));
"""
ANSWERED = """
CREATE POLICY seen ON complaints FOR SELECT TO authenticated USING (about_id = (SELECT auth.uid()));
"""
STRUCK = """
CREATE FUNCTION strike() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = ''
    AS $$ BEGIN UPDATE public.lines SET words = NULL WHERE id = NEW.line_id; RETURN NEW; END $$;
CREATE TRIGGER strike AFTER INSERT ON complaints FOR EACH ROW EXECUTE FUNCTION strike();
"""


@pytest.mark.parametrize(
    ("more", "expected"), [("", set()), (ANSWERED, FORGED), (STRUCK, FORGED)], ids=["unread", "read", "acted upon"]
)
def test_a_row_that_nobody_reads_is_no_row_among_a_stranger_s(designs, more, expected):
    found = designs.observe(LETTERS + more).findings
    assert {
        (one.rule, one.severity) for one in found if one.object == "public.complaints" if "forged" in one.rule
    } == expected
