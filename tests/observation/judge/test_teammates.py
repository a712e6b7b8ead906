"""Members of one tenant with different ranks: what a member without a rank may not do to its colleagues."""

import pytest
from sqlalchemy import Column, ForeignKey, Integer, MetaData, Table, Uuid, select

from gatepost import allow, authenticated, declaring, owner, protect, uid
from gatepost.declare.declaration import Declaration
from gatepost.observation.run import Scope

TENANTS = """
CREATE TABLE clubs (id int PRIMARY KEY, title text);
CREATE TABLE club_members (club_id int REFERENCES clubs, user_id uuid NOT NULL REFERENCES auth.users,
  role text NOT NULL DEFAULT 'member' CHECK (role IN ('owner', 'admin', 'member')), PRIMARY KEY (club_id, user_id));
ALTER TABLE clubs ENABLE ROW LEVEL SECURITY; ALTER TABLE club_members ENABLE ROW LEVEL SECURITY;
CREATE FUNCTION belongs(club int) RETURNS boolean LANGUAGE sql STABLE SECURITY DEFINER SET search_path = '' AS $$
  SELECT EXISTS (SELECT FROM public.club_members m WHERE m.club_id = club AND m.user_id = auth.uid()) $$;
CREATE FUNCTION ranks(club int, wanted text[]) RETURNS boolean LANGUAGE sql STABLE SECURITY DEFINER
  SET search_path = '' AS $$ SELECT EXISTS (SELECT FROM public.club_members m
    WHERE m.club_id = club AND m.user_id = auth.uid() AND m.role = ANY (wanted)) $$;
CREATE POLICY see ON clubs FOR SELECT TO authenticated USING (belongs(id));
CREATE POLICY see ON club_members FOR SELECT TO authenticated USING (belongs(club_id));
GRANT SELECT, INSERT, UPDATE, DELETE ON clubs, club_members TO authenticated;
"""
PLANS = """
CREATE TABLE plans_of_clubs (id int PRIMARY KEY, club_id int NOT NULL REFERENCES clubs, body text);
ALTER TABLE plans_of_clubs ENABLE ROW LEVEL SECURITY;
GRANT SELECT, INSERT, UPDATE, DELETE ON plans_of_clubs TO authenticated;
CREATE POLICY see ON plans_of_clubs FOR SELECT TO authenticated USING (belongs(club_id));
CREATE POLICY edit ON plans_of_clubs FOR UPDATE TO authenticated USING (ranks(club_id, '{owner,admin}'));
"""
LETTERS = """
CREATE TABLE letters (id int PRIMARY KEY, club_id int NOT NULL REFERENCES clubs, sender_id uuid NOT NULL
  REFERENCES auth.users, body text, is_private boolean NOT NULL DEFAULT false);
ALTER TABLE letters ENABLE ROW LEVEL SECURITY;
GRANT SELECT, INSERT ON letters TO authenticated;
"""
BELONGS, RANKS, OWN = "belongs(club_id)", "ranks(club_id, '{owner,admin}')", "user_id = (SELECT auth.uid())"
MINE = "sender_id = (SELECT auth.uid())"


@pytest.mark.parametrize(
    ("tables", "policy", "leaking", "sound", "found"),
    [
        (PLANS, "d ON plans_of_clubs FOR DELETE TO authenticated USING", BELONGS, RANKS,
         {("rank-bypassed", "public.plans_of_clubs")}),
        (PLANS, "edit_again ON plans_of_clubs FOR UPDATE TO authenticated USING", BELONGS, RANKS,
         {("rank-bypassed", "public.plans_of_clubs")}),
        (PLANS, '"Admins can remove plans" ON plans_of_clubs FOR DELETE TO authenticated USING', BELONGS, RANKS,
         {("rank-bypassed", "public.plans_of_clubs")}),
        (PLANS, "kick ON club_members FOR DELETE TO authenticated USING", BELONGS, f"{RANKS} OR {OWN}",
         {("rank-bypassed", "public.club_members")}),
        (PLANS, "invite ON club_members FOR INSERT TO authenticated WITH CHECK", BELONGS, RANKS,
         {("rank-taken", "public.club_members")}),
        (PLANS, "promote ON club_members FOR UPDATE TO authenticated USING", f"{OWN} AND {BELONGS}", RANKS,
         {("rank-taken", "public.club_members")}),
        (LETTERS, "see ON letters FOR SELECT TO authenticated USING", BELONGS, f"{BELONGS} AND NOT is_private",
         {("colleague-row-read", "public.letters")}),
        (LETTERS, "send ON letters FOR INSERT TO authenticated WITH CHECK", BELONGS, f"{BELONGS} AND {MINE}",
         {("row-forged", "public.letters")}),
    ],
    ids=["delete", "two policies", "name", "remove a member", "invite", "promote", "private mark", "sender"],
)  # fmt: skip
def test_a_member_without_a_rank(designs, tables, policy, leaking, sound, found):
    def errors(condition):
        text = f"{TENANTS}{tables}; CREATE POLICY {policy} ({condition})"
        result = designs.observe(text, Scope(names=("ann", "teammate", "admin", "bob")))
        assert result.not_checked == ()
        return {(one.rule, one.object) for one in result.findings if one.severity == "error"}

    assert errors(leaking) >= found
    assert errors(sound) == set()


@pytest.mark.parametrize(
    ("using", "finds"),
    [("coalesce((auth.jwt() -> 'app_metadata' ->> 'role') = 'admin', false)", False), ("true", True)],
)
def test_a_tenant_and_a_rank_in_claims(designs, using, finds):
    found = designs.observe(f"""
        CREATE TABLE settings (id int PRIMARY KEY, tenant_id uuid NOT NULL, value text);
        ALTER TABLE settings ENABLE ROW LEVEL SECURITY;
        GRANT SELECT, UPDATE, DELETE ON settings TO authenticated;
        CREATE FUNCTION mine(tenant uuid) RETURNS boolean STABLE LANGUAGE sql AS
          $$ SELECT tenant = (auth.jwt() -> 'app_metadata' ->> 'tenant_id')::uuid $$;
        CREATE POLICY r ON settings FOR SELECT TO authenticated USING (mine(tenant_id));
        CREATE POLICY u ON settings FOR UPDATE TO authenticated
          USING (mine(tenant_id) AND (auth.jwt() -> 'app_metadata' ->> 'role') = 'admin');
        CREATE POLICY d ON settings FOR DELETE TO authenticated USING (mine(tenant_id) AND {using});
    """).findings
    assert [one.rule for one in found if one.severity == "error"] == ["rank-bypassed"] * finds


def test_without_tenants_nobody_has_a_teammate(designs):
    notes = "CREATE TABLE notes (id int PRIMARY KEY, user_id uuid REFERENCES auth.users)"
    result = designs.observe(notes, Scope(names=("teammate",)))
    assert [one.what for one in result.not_checked] == ["teammate"]


def test_a_declaration_decides_what_a_teammate_may_read(designs):
    metadata = MetaData()
    members = Table("club_members", metadata, Column("club_id", Integer, primary_key=True),
                    Column("user_id", Uuid, primary_key=True, index=True))  # fmt: skip
    notes = Table("notes", metadata, Column("id", Integer, primary_key=True),
                  Column("club_id", ForeignKey("club_members.club_id"), index=True),
                  Column("author_id", Uuid, index=True))  # fmt: skip
    mine = select(members.c.club_id).where(members.c.user_id == uid())
    with declaring() as statements:
        protect(members, owner(members.c.user_id, "select"))
        protect(notes, allow("select", to=authenticated,
                             where=notes.c.club_id.in_(mine) & (notes.c.author_id == uid())))  # fmt: skip
        declaration = Declaration(tuple(statements.values()))
    text = """
        CREATE TABLE clubs (id int PRIMARY KEY);
        CREATE TABLE club_members (club_id int REFERENCES clubs, user_id uuid REFERENCES auth.users,
                                   PRIMARY KEY (club_id, user_id));
        CREATE TABLE notes (id int PRIMARY KEY, club_id int REFERENCES clubs, author_id uuid REFERENCES auth.users);
        ALTER TABLE club_members ENABLE ROW LEVEL SECURITY; ALTER TABLE notes ENABLE ROW LEVEL SECURITY;
        ALTER TABLE clubs ENABLE ROW LEVEL SECURITY;
        REVOKE ALL ON clubs, club_members, notes FROM anon, authenticated;
        GRANT SELECT ON club_members, notes TO authenticated;
        CREATE POLICY club_members_select_owner ON club_members FOR SELECT TO authenticated
          USING (user_id = (SELECT auth.uid()));
        CREATE POLICY notes_select_authenticated ON notes FOR SELECT TO authenticated
          USING (club_id IN (SELECT club_id FROM club_members WHERE user_id = (SELECT auth.uid())))
    """
    found = designs.observe(text, Scope(declaration=declaration)).findings
    assert [(one.rule, one.object) for one in found if one.severity == "error"] == [
        ("access-beyond-declaration", "public.notes")
    ]
    assert all("teammate" in one.message for one in found if one.severity == "error")


@pytest.mark.parametrize(("asks", "finds"), [("belongs(club)", True), ("ranks(club, '{owner}')", False)])
def test_a_function_that_changes_ranks_asks_for_one(designs, asks, finds):
    found = designs.observe(f"""{TENANTS}{PLANS};
        CREATE FUNCTION set_rank(club int, member uuid, new_role text) RETURNS void LANGUAGE plpgsql SECURITY DEFINER
        SET search_path = public AS $$ BEGIN
          IF NOT {asks} THEN RAISE EXCEPTION 'not yours'; END IF;
          UPDATE club_members m SET role = new_role WHERE m.club_id = club AND m.user_id = member; END $$""").findings
    assert ("rank-taken", "public.set_rank(integer, uuid, text)") in {
        (one.rule, one.object) for one in found
    } or not finds
    assert finds or not [one for one in found if one.severity == "error"]


def test_a_policy_whose_name_promises_less_is_a_warning(designs):
    result = designs.observe("""
        CREATE TABLE offices (id int PRIMARY KEY);
        CREATE TABLE staff (office_id int REFERENCES offices (id), user_id uuid REFERENCES auth.users (id),
                            role text NOT NULL DEFAULT 'member', PRIMARY KEY (office_id, user_id));
        CREATE TABLE files (id int PRIMARY KEY, office_id int NOT NULL REFERENCES offices (id),
                            uploaded_by uuid NOT NULL REFERENCES auth.users (id), path text);
        ALTER TABLE offices ENABLE ROW LEVEL SECURITY; ALTER TABLE staff ENABLE ROW LEVEL SECURITY;
        ALTER TABLE files ENABLE ROW LEVEL SECURITY;
        GRANT SELECT ON staff, files TO authenticated;
        CREATE POLICY own ON staff FOR SELECT TO authenticated USING (user_id = (SELECT auth.uid()));
        CREATE POLICY "own files" ON files FOR SELECT TO authenticated
            USING (office_id IN (SELECT office_id FROM staff WHERE user_id = (SELECT auth.uid())));
    """)
    (found,) = [one for one in result.findings if one.rule == "colleague-row-read"]
    assert found.severity == "warning"
    assert 'the policy "own files", which allows more than its name says' in found.message
