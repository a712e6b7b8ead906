"""Who can write the row that decides what they may do; edge by edge."""

ORG = """
CREATE TABLE public.org (id bigint PRIMARY KEY);
CREATE TABLE public.member (org_id bigint REFERENCES public.org, user_id uuid, role text, status text,
                            PRIMARY KEY (org_id, user_id));
CREATE TABLE public.plan (id bigint PRIMARY KEY, org_id bigint);
ALTER TABLE public.org ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.member ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.plan ENABLE ROW LEVEL SECURITY;
GRANT SELECT ON public.org, public.member, public.plan TO authenticated;
CREATE POLICY mine ON public.member FOR SELECT TO authenticated USING (user_id = (SELECT auth.uid()));
"""
PLAN = """
CREATE POLICY team ON public.plan FOR SELECT TO authenticated USING (EXISTS (SELECT 1 FROM public.member m
    WHERE m.org_id = plan.org_id AND m.user_id = (SELECT auth.uid()) {}));
"""
JOIN = "GRANT INSERT ON public.member TO authenticated; CREATE POLICY j ON public.member FOR INSERT TO authenticated "


def key(told, text):
    return told("user-can-grant-themselves-access", text)


def test_any_membership_can_be_made(told):
    assert key(told, ORG + PLAN.format("") + JOIN + "WITH CHECK (user_id = auth.uid())") == ["public.member"]


def test_a_membership_with_too_little_power_is_no_key(told):
    member = JOIN + "WITH CHECK (user_id = auth.uid() AND role = 'member')"
    assert key(told, ORG + PLAN.format("AND m.role = 'admin'") + member) == []
    assert key(told, ORG + PLAN.format("AND m.role IN ('admin', 'member')") + member) == ["public.member"]


def test_who_is_let_in_by_others_makes_nothing(told):
    gate = "WITH CHECK (user_id = auth.uid() AND EXISTS (SELECT 1 FROM public.org o WHERE o.id = org_id))"
    assert key(told, ORG + PLAN.format("") + JOIN + gate) == []
    claim = "WITH CHECK (user_id = auth.uid() AND org_id::text = (auth.jwt() -> 'app_metadata' ->> 'org'))"
    assert key(told, ORG + PLAN.format("") + JOIN + claim) == []


def test_a_restrictive_policy_holds(told):
    text = ORG + PLAN.format("") + JOIN + "WITH CHECK (user_id = auth.uid());"
    strict = "CREATE POLICY r ON public.member AS RESTRICTIVE FOR INSERT TO authenticated WITH CHECK (org_id = 1)"
    assert key(told, text + strict) == ["public.member"]
    assert key(told, text + strict.replace("org_id = 1", "false")) == []


def test_without_the_grant_nothing_is_made(told):
    join = JOIN.replace("GRANT INSERT ON", "GRANT INSERT (user_id) ON") + "WITH CHECK (user_id = auth.uid())"
    assert key(told, ORG + PLAN.format("") + join) == []


def test_to_accept_an_invitation_is_no_key_but_to_move_it_is(told):
    text = ORG + PLAN.format("AND m.status = 'accepted'")
    accept = "CREATE POLICY a ON public.member FOR UPDATE TO authenticated USING (user_id = auth.uid());"
    assert key(told, text + "GRANT UPDATE (status) ON public.member TO authenticated;" + accept) == []
    assert key(told, text + "GRANT UPDATE ON public.member TO authenticated;" + accept) == ["public.member"]


def test_row_security_that_is_off_makes_every_key(told):
    text = ORG + PLAN.format("") + "GRANT INSERT ON public.member TO authenticated;"
    assert key(told, text) == []
    assert key(told, text + "ALTER TABLE public.member DISABLE ROW LEVEL SECURITY") == ["public.member"]


def test_the_row_that_decides_cannot_be_made_twice(told):
    text = """
    CREATE TABLE public.room (id bigint PRIMARY KEY, host uuid NOT NULL);
    CREATE TABLE public.talk (id bigint PRIMARY KEY, room_id bigint);
    ALTER TABLE public.room ENABLE ROW LEVEL SECURITY;
    ALTER TABLE public.talk ENABLE ROW LEVEL SECURITY;
    GRANT SELECT, INSERT, UPDATE ON public.room, public.talk TO authenticated;
    CREATE POLICY own ON public.room TO authenticated USING (host = auth.uid());
    CREATE POLICY host ON public.talk TO authenticated
        USING (room_id IN (SELECT r.id FROM public.room r WHERE r.host = auth.uid()));
    """
    assert key(told, text) == []


def test_to_be_on_a_list_of_the_banned_opens_nothing(told):
    text = """
    CREATE TABLE public.banned (user_id uuid PRIMARY KEY);
    CREATE TABLE public.post (id bigint PRIMARY KEY);
    ALTER TABLE public.banned ENABLE ROW LEVEL SECURITY;
    ALTER TABLE public.post ENABLE ROW LEVEL SECURITY;
    GRANT SELECT, INSERT ON public.banned TO authenticated;
    GRANT SELECT ON public.post TO authenticated;
    CREATE POLICY own ON public.banned TO authenticated USING (user_id = auth.uid());
    CREATE POLICY see ON public.post FOR SELECT TO authenticated
        USING (NOT EXISTS (SELECT 1 FROM public.banned b WHERE b.user_id = auth.uid()));
    """
    assert key(told, text) == []
    assert key(told, text.replace("NOT EXISTS", "EXISTS")) == ["public.banned"]
