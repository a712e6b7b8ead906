"""Mistakes inside a team, and designs that look like them and are not."""

import pytest

TEAM = """
CREATE TABLE public.member (team_id bigint, user_id uuid, role text, PRIMARY KEY (team_id, user_id));
CREATE TABLE public.comment (id bigint PRIMARY KEY, team_id bigint NOT NULL, author_id uuid NOT NULL, body text,
                             assignee_id uuid, read_at timestamptz);
ALTER TABLE public.member ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.comment ENABLE ROW LEVEL SECURITY;
GRANT SELECT ON public.member TO authenticated;
GRANT SELECT, INSERT, UPDATE, DELETE ON public.comment TO authenticated;
CREATE POLICY own ON public.member FOR SELECT TO authenticated USING (user_id = (SELECT auth.uid()));
CREATE POLICY read ON public.comment FOR SELECT TO authenticated USING (
    team_id IN (SELECT m.team_id FROM public.member m WHERE m.user_id = (SELECT auth.uid())));
"""
MINE = "author_id = (SELECT auth.uid())"
MEMBER = "team_id IN (SELECT m.team_id FROM public.member m WHERE m.user_id = (SELECT auth.uid()))"
ADMIN = MEMBER.replace("WHERE", "WHERE m.role = 'admin' AND")


def policy(command, condition):
    clause = "WITH CHECK" if command == "INSERT" else "USING"
    return f"CREATE POLICY {command.lower()} ON public.comment FOR {command} TO authenticated {clause} ({condition});"


def only(privilege, columns):
    return (
        f"REVOKE {privilege} ON public.comment FROM authenticated;"
        f"GRANT {privilege} ({columns}) ON public.comment TO authenticated;"
    )


@pytest.mark.parametrize(
    ("insert", "more", "found"),
    [
        (MEMBER, "", True),
        (f"{MEMBER} AND {MINE}", "", False),
        (MEMBER, only("INSERT", "id, team_id, body"), False),
        (f"{MEMBER} AND assignee_id = (SELECT auth.uid())", "", False),
    ],
    ids=["by the team alone", "by the author, too", "without the column", "by another user's column"],
)
def test_a_row_in_a_teammate_s_name(told, insert, more, found):
    said = told("insert-without-owner-check", TEAM + policy("INSERT", insert) + more)
    assert bool(said) is found


@pytest.mark.parametrize(
    ("update", "more", "found"),
    [
        (MEMBER, "", True),
        (f"{MINE} OR {MEMBER}", "", True),
        (MINE, "", False),
        (f"{MINE} OR {ADMIN}", "", False),
        (MEMBER, only("UPDATE", "read_at"), False),
    ],
    ids=["by readers", "by the author or readers", "by the author", "by the author or an admin", "read_at alone"],
)
def test_a_comment_that_its_readers_rewrite(told, update, more, found):
    said = told(
        "message-editable-by-readers", TEAM + policy("INSERT", f"{MEMBER} AND {MINE}") + policy("UPDATE", update) + more
    )
    assert bool(said) is found


PROFILE = """
CREATE TABLE public.profile (id uuid PRIMARY KEY, name text, credits int NOT NULL DEFAULT 0, plan text DEFAULT 'free');
ALTER TABLE public.profile ENABLE ROW LEVEL SECURITY;
GRANT SELECT, UPDATE ON public.profile TO authenticated;
CREATE POLICY own ON public.profile FOR SELECT TO authenticated USING ((SELECT auth.uid()) = id);
"""
GUARD = """
CREATE FUNCTION public.keep() RETURNS trigger LANGUAGE plpgsql AS
  $$ BEGIN NEW.credits := OLD.credits; NEW.plan := OLD.plan; RETURN NEW; END $$;
CREATE TRIGGER keep BEFORE UPDATE ON public.profile FOR EACH ROW EXECUTE FUNCTION public.keep();
"""


@pytest.mark.parametrize(
    ("check", "more", "found"),
    [
        ("true", "", True),
        ("(SELECT auth.uid()) = id", "", True),
        ("(SELECT auth.uid()) = id AND credits = 0 AND plan = 'free'", "", False),
        ("(SELECT auth.uid()) = id", GUARD, False),
        ("(SELECT auth.jwt() -> 'app_metadata' ->> 'role') = 'billing'", "", False),
    ],
    ids=["no check", "by the owner", "with a value", "kept by a trigger", "by the billing department"],
)
def test_what_was_paid_for(told, check, more, found):
    edit = f"CREATE POLICY edit ON public.profile FOR UPDATE TO authenticated USING (true) WITH CHECK ({check});"
    assert bool(told("paid-column-writable", PROFILE + edit + more)) is found


TICKETS = """
CREATE TABLE public.tour (id bigint PRIMARY KEY, name text, price int NOT NULL);
CREATE TABLE public.ticket (id bigint PRIMARY KEY, tour_id bigint NOT NULL REFERENCES public.tour, guest_id uuid,
                            price int NOT NULL, paid_at timestamptz);
ALTER TABLE public.tour ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.ticket ENABLE ROW LEVEL SECURITY;
GRANT SELECT ON public.tour TO authenticated;
GRANT SELECT, INSERT ON public.ticket TO authenticated;
CREATE POLICY tours ON public.tour FOR SELECT TO authenticated USING (true);
CREATE POLICY own ON public.ticket FOR SELECT TO authenticated USING ((SELECT auth.uid()) = guest_id);
"""
FILL = """
CREATE FUNCTION public.fill() RETURNS trigger LANGUAGE plpgsql AS
  $$ BEGIN SELECT t.price INTO NEW.price
     FROM public.tour t WHERE t.id = NEW.tour_id; RETURN NEW; END $$;
CREATE TRIGGER fill BEFORE INSERT ON public.ticket FOR EACH ROW EXECUTE FUNCTION public.fill();
"""
LISTED = "price = (SELECT t.price FROM public.tour t WHERE t.id = tour_id)"
GUIDES = """
GRANT UPDATE ON public.tour TO authenticated;
CREATE POLICY guides ON public.tour FOR UPDATE TO authenticated USING ({});
"""


@pytest.mark.parametrize(
    ("check", "more", "found"),
    [
        ("guest_id = (SELECT auth.uid())", "", True),
        (f"guest_id = (SELECT auth.uid()) AND {LISTED}", "", False),
        ("guest_id = (SELECT auth.uid())", FILL, False),
        ("guest_id = (SELECT auth.uid())", GUIDES.format("auth.jwt() -> 'app_metadata' ->> 'role' = 'guide'"), True),
        ("guest_id = (SELECT auth.uid())", GUIDES.format("true"), False),
        ("guest_id = (SELECT auth.uid())", "ALTER TABLE public.ticket DROP COLUMN paid_at", False),
        ("(SELECT auth.jwt() -> 'app_metadata' ->> 'role') = 'till'", "", False),
    ],
    ids=["by the guest", "compared", "by a trigger", "guides set it", "everybody sets it", "no order", "by the till"],
)
def test_the_price_of_an_order(told, check, more, found):
    order = f"CREATE POLICY book ON public.ticket FOR INSERT TO authenticated WITH CHECK ({check});"
    assert bool(told("paid-column-writable", TICKETS + order + more)) is found
