"""Sound designs, each spoiled in one place: the leak is seen, and told by name.

One database serves them all: a design and what is tried on it are rolled back.
"""

import pytest

MUTATIONS = [
    (
        "rbac_user_roles",
        "self-granted role (insert)",
        "USING ((SELECT has_role((SELECT auth.uid()), 'admin'))) WITH CHECK ((SELECT has_role((SELECT "
        "auth.uid()), 'admin'))); CREATE TABLE orders",
        "USING (user_id = (SELECT auth.uid())) WITH CHECK (user_id = (SELECT auth.uid())); CREATE TABLE orders",
        "escalation:public.user_roles",
    ),
    (
        "rbac_user_roles",
        "orders for all",
        "CREATE POLICY own ON orders FOR SELECT TO authenticated USING (user_id = (SELECT auth.uid()));",
        "CREATE POLICY own ON orders FOR SELECT TO authenticated USING (true);",
        "foreign-row-read:public.orders",
    ),
    (
        "rbac_user_roles",
        "order in another's name",
        "WITH CHECK (user_id = (SELECT auth.uid())); CREATE POLICY admins ON orders",
        "WITH CHECK (true); CREATE POLICY admins ON orders",
        "row-forged:public.orders",
    ),
    (
        "profiles_admin_flag",
        "flag on oneself",
        "GRANT UPDATE (username, avatar_url) ON profiles",
        "GRANT UPDATE ON profiles",
        "escalation:public.profiles",
    ),
    (
        "profiles_admin_flag",
        "delete any comment",
        "CREATE POLICY del ON comments FOR DELETE TO authenticated USING (user_id = (SELECT auth.uid()))",
        "CREATE POLICY del ON comments FOR DELETE TO authenticated USING (true)",
        "foreign-row-written:public.comments",
    ),
    (
        "profiles_admin_flag",
        "comment as another",
        "WITH CHECK (user_id = (SELECT auth.uid()) AND EXISTS",
        "WITH CHECK (EXISTS",
        "row-forged:public.comments",
    ),
    (
        "teams_invitations",
        "self-joined team",
        "CREATE POLICY adm ON team_members FOR INSERT TO authenticated WITH CHECK (team_id IN (SELECT "
        "private.my_admin_teams()))",
        "CREATE POLICY adm ON team_members FOR INSERT TO authenticated WITH CHECK (user_id = (SELECT auth.uid()))",
        "escalation:public.team_members row-forged:public.team_members",
    ),
    (
        "teams_invitations",
        "moves own membership to other team",
        "CREATE POLICY ch ON team_members FOR UPDATE TO authenticated USING (team_id IN (SELECT "
        "private.my_admin_teams())) WITH CHECK (team_id IN (SELECT private.my_admin_teams()))",
        "CREATE POLICY ch ON team_members FOR UPDATE TO authenticated USING (user_id = (SELECT auth.uid()))",
        "escalation:public.team_members row-moved-to-another:public.team_members",
    ),
    (
        "teams_invitations",
        "project into stranger's team",
        "WITH CHECK (team_id IN (SELECT private.my_teams())); CREATE POLICY al ON tasks",
        "WITH CHECK (true); CREATE POLICY al ON tasks",
        "row-forged:public.projects row-moved-to-another:public.projects",
    ),
    (
        "teams_invitations",
        "task hung on stranger's project",
        "WITH CHECK (project_id IN (SELECT id FROM projects));",
        "WITH CHECK (true);",
        "row-forged:public.tasks row-moved-to-another:public.tasks",
    ),
    (
        "teams_invitations",
        "invitations of all with tokens",
        "OR email = (SELECT auth.jwt() ->> 'email'));",
        "OR email IS NOT NULL);",
        "foreign-row-read:public.invitations",
    ),
    (
        "communities_open_join",
        "join private community",
        "AND EXISTS (SELECT 1 FROM communities c WHERE c.id = community_id AND c.is_public)",
        "",
        "escalation:public.memberships row-forged:public.memberships",
    ),
    (
        "communities_open_join",
        "any membership",
        "community_id IN (SELECT private.mine())); CREATE POLICY wr",
        "EXISTS (SELECT 1 FROM memberships m WHERE m.user_id = (SELECT auth.uid()))); CREATE POLICY wr",
        "foreign-row-read:public.topics",
    ),
    (
        "follows_feed",
        "self-accepted follow",
        "AND status = 'pending')",
        "AND status IS NOT NULL)",
        "escalation:public.follows",
    ),
    (
        "follows_feed",
        "follower accepts oneself",
        "USING (followee_id = (SELECT auth.uid())) WITH CHECK (followee_id = (SELECT auth.uid()))",
        "USING ((SELECT auth.uid()) IN (follower_id, followee_id))",
        "escalation:public.follows",
    ),
    (
        "follows_feed",
        "photo in another's name",
        "CREATE POLICY own ON photos FOR ALL TO authenticated USING (owner_id = (SELECT auth.uid())) "
        "WITH CHECK (owner_id = (SELECT auth.uid()))",
        "CREATE POLICY own ON photos FOR ALL TO authenticated USING (owner_id = (SELECT auth.uid())) WITH CHECK (true)",
        "row-forged:public.photos row-moved-to-another:public.photos",
    ),
    (
        "tenant_helper_claim",
        "tenant of user_metadata",
        "-> 'app_metadata' ->>",
        "-> 'user_metadata' ->>",
        "foreign-row-written:public.customers foreign-row-written:public.invoices "
        "row-forged:public.customers row-forged:public.invoices user-metadata-trusted:public.customers "
        "user-metadata-trusted:public.invoices user-metadata-trusted:public.tenants",
    ),
    (
        "tenant_helper_claim",
        "null claim",
        "CREATE POLICY own ON invoices FOR ALL TO authenticated USING (tenant_id = (SELECT private.tenant()))",
        "CREATE POLICY own ON invoices FOR ALL TO authenticated USING (tenant_id = coalesce((SELECT "
        "private.tenant()), tenant_id))",
        "foreign-row-read:public.invoices",
    ),
    (
        "tenant_helper_claim",
        "invoice on stranger's customer",
        "AND customer_id IN (SELECT id FROM customers))",
        ")",
        "row-moved-to-another:public.invoices",
    ),
    (
        "tenant_helper_claim",
        "customer into other tenant",
        "CREATE POLICY own ON customers FOR ALL TO authenticated USING (tenant_id = (SELECT "
        "private.tenant())) WITH CHECK (tenant_id = (SELECT private.tenant()));",
        "CREATE POLICY own ON customers FOR ALL TO authenticated USING (tenant_id = (SELECT "
        "private.tenant())) WITH CHECK (true);",
        "row-forged:public.customers row-moved-to-another:public.customers",
    ),
    (
        "no_foreign_keys",
        "captured",
        "w.workspace_id = documents.workspace_id AND w.user_id = (SELECT auth.uid())::text)); CREATE POLICY edi",
        "w.workspace_id = w.workspace_id AND w.user_id = (SELECT auth.uid())::text)); CREATE POLICY edi",
        "foreign-row-read:public.documents",
    ),
    (
        "participants_array",
        "messages for all",
        "USING (EXISTS (SELECT 1 FROM conversations c WHERE c.id = conversation_id AND (SELECT "
        "auth.uid()) = ANY (c.participants)))",
        "USING (true)",
        "foreign-row-read:public.messages",
    ),
    (
        "participants_array",
        "message into stranger's conversation",
        "WITH CHECK (sender_id = (SELECT auth.uid()) AND EXISTS (SELECT 1 FROM conversations c WHERE "
        "c.id = conversation_id AND (SELECT auth.uid()) = ANY (c.participants)))",
        "WITH CHECK (sender_id = (SELECT auth.uid()))",
        "row-forged:public.messages",
    ),
    (
        "participants_array",
        "joins conversation by update",
        "GRANT SELECT, INSERT ON conversations, messages",
        "CREATE POLICY ch ON conversations FOR UPDATE TO authenticated USING (true); GRANT UPDATE "
        "(participants) ON conversations TO authenticated; GRANT SELECT, INSERT ON conversations, "
        "messages",
        "escalation:public.conversations foreign-row-written:public.conversations",
    ),
    (
        "shop",
        "definer join view",
        "GRANT SELECT ON product_rating",
        "CREATE VIEW order_list AS SELECT o.id, c.name, c.phone FROM orders o JOIN customers c ON c.id = "
        "o.customer_id; GRANT SELECT ON order_list TO authenticated; GRANT SELECT ON product_rating",
        "door-leaks:public.order_list",
    ),
    (
        "shop",
        "item in stranger's order",
        "WITH CHECK (EXISTS (SELECT 1 FROM orders o WHERE o.id = order_id AND o.customer_id = (SELECT "
        "auth.uid()) AND o.status='cart'));",
        "WITH CHECK (true);",
        "row-forged:public.order_items row-moved-to-another:public.order_items",
    ),
    (
        "org_from_profile",
        "joins org by own profile",
        "UPDATE (full_name) ON profiles",
        "UPDATE (full_name, organization_id) ON profiles",
        "escalation:public.profiles row-moved-to-another:public.profiles",
    ),
    (
        "org_from_profile",
        "org from user_metadata at sign-up",
        "ALTER TABLE organizations ENABLE",
        "CREATE FUNCTION handle_new_user() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET "
        "search_path='' AS $$ BEGIN INSERT INTO public.profiles (id, organization_id) VALUES (new.id, "
        "(new.raw_user_meta_data->>'organization_id')::uuid); RETURN new; END $$; CREATE TRIGGER t AFTER "
        "INSERT ON auth.users FOR EACH ROW EXECUTE FUNCTION handle_new_user(); ALTER TABLE organizations "
        "ENABLE",
        "user-metadata-trusted:public.assets user-metadata-trusted:public.organizations "
        "user-metadata-trusted:public.profiles",
    ),
    (
        "org_from_profile",
        "administrator by one's own profile",
        "UPDATE (full_name) ON profiles",
        "UPDATE (full_name, role) ON profiles",
        "escalation:public.profiles",
    ),
    (
        "invoker_views_and_stats",
        "a view that asks as its owner",
        "WITH (security_invoker = on)",
        "",
        "door-leaks:public.my_hours",
    ),
    (
        "signup_trigger_profile",
        "the role is the new user's word",
        "(id, username) VALUES (new.id, new.raw_user_meta_data ->> 'username')",
        "(id, username, role) VALUES (new.id, new.raw_user_meta_data ->> 'username',"
        " coalesce(new.raw_user_meta_data ->> 'role', 'user'))",
        "user-metadata-trusted:public.reports",
    ),
    (
        "signup_trigger_profile",
        "the role is one's own to change",
        "WITH CHECK (id = (SELECT auth.uid()) AND role = 'user')",
        "WITH CHECK (id = (SELECT auth.uid()))",
        "escalation:public.profiles",
    ),
    (
        "org_creator_trigger",
        "the role of any organisation opens all",
        "SELECT role FROM public.org_members WHERE org_id = org AND user_id",
        "SELECT role FROM public.org_members WHERE user_id",
        "foreign-row-read:public.orgs",
    ),
    (
        "queue_rpc",
        "anybody cancels anybody's job",
        "WHERE id = job_id AND owner_id = auth.uid() AND",
        "WHERE id = job_id AND",
        "door-writes:public.cancel(bigint)",
    ),
    (
        "admin_rpc_claim",
        "the claim is the user's own",
        "(auth.jwt() -> 'app_metadata' ->> 'role') IS DISTINCT FROM 'admin'",
        "(auth.jwt() -> 'user_metadata' ->> 'role') IS DISTINCT FROM 'admin'",
        "door-leaks:public.all_notes()",
    ),
    (
        "waitlist",
        "everybody reads the addresses",
        "GRANT INSERT (email) ON waitlist",
        "CREATE POLICY r ON waitlist FOR SELECT USING (true); GRANT SELECT ON waitlist TO anon;"
        " GRANT INSERT (email) ON waitlist",
        "foreign-row-read:public.waitlist",
    ),
    (
        "locations_geo",
        "who asks also accepts",
        "AND NOT accepted)",
        ")",
        "escalation:public.friendships",
    ),
    (
        "notifications_trigger",
        "notifications of all",
        "CREATE POLICY own ON notifications FOR SELECT TO authenticated USING (user_id = (SELECT auth.uid()))",
        "CREATE POLICY own ON notifications FOR SELECT TO authenticated USING (auth.uid() IS NOT NULL)",
        "foreign-row-read:public.notifications",
    ),
    (
        "premium_content",
        "self-made subscription",
        "CREATE POLICY own ON progress",
        "CREATE POLICY mk ON subscriptions FOR INSERT TO authenticated WITH CHECK (user_id = (SELECT "
        "auth.uid())); GRANT INSERT ON subscriptions TO authenticated; CREATE POLICY own ON progress",
        "escalation:public.subscriptions",
    ),
    (
        "doctor_patient",
        "doctor takes a patient",
        "GRANT SELECT ON doctors",
        "CREATE POLICY mk ON care FOR INSERT TO authenticated WITH CHECK (doctor_id = (SELECT "
        "auth.uid())); GRANT INSERT ON care TO authenticated; GRANT SELECT ON doctors",
        "escalation:public.care",
    ),
    (
        "storage_public_avatars",
        "file into stranger's folder",
        "WITH CHECK (bucket_id = 'docs' AND (storage.foldername(name))[1] = (SELECT auth.uid())::text)",
        "WITH CHECK (bucket_id = 'docs')",
        "row-forged:storage.objects",
    ),
    (
        "storage_public_avatars",
        "docs of all",
        "USING (bucket_id = 'docs' AND (storage.foldername(name))[1] = (SELECT auth.uid())::text)",
        "USING (bucket_id = 'docs' AND auth.uid() IS NOT NULL)",
        "foreign-row-written:storage.objects",
    ),
    (
        "search_rpc_invoker",
        "definer search",
        "LANGUAGE sql STABLE SET search_path='' AS $$ SELECT * FROM",
        "LANGUAGE sql STABLE SECURITY DEFINER SET search_path='' AS $$ SELECT * FROM",
        "door-leaks:public.search_notes(text)",
    ),
    (
        "search_rpc_invoker",
        "definer by id",
        "WHERE id = note_id AND user_id = auth.uid();",
        "WHERE id = note_id;",
        "door-leaks:public.share_note(uuid)",
    ),
    (
        "search_rpc_invoker",
        "definer deletes all",
        "DELETE FROM public.notes WHERE user_id = auth.uid();",
        "DELETE FROM public.notes WHERE user_id IS NOT NULL;",
        "door-writes:public.delete_my_account()",
    ),
    (
        "public_link_sharing",
        "board given away",
        "WITH CHECK (owner_id = (SELECT auth.uid())); GRANT",
        "WITH CHECK (true); GRANT",
        "row-forged:public.boards",
    ),
    (
        "folder_tree",
        "permissive guard",
        "AS RESTRICTIVE FOR SELECT",
        "FOR SELECT",
        "foreign-row-read:public.files",
    ),
    (
        "settings_singleton",
        "secrets to anon",
        "GRANT SELECT, INSERT, UPDATE, DELETE ON user_settings",
        "GRANT SELECT ON jobs TO anon; CREATE POLICY j ON jobs FOR SELECT USING (true); GRANT SELECT, "
        "INSERT, UPDATE, DELETE ON user_settings",
        "foreign-row-read:public.jobs",
    ),
    (
        "leaderboard_definer_view",
        "board with e-mail",
        "SELECT max(score) FROM public.games GROUP BY player_id ORDER BY 1 DESC LIMIT 10 $$",
        "SELECT g.score FROM public.games g $$; CREATE VIEW board AS SELECT p.nickname, p.email, g.score "
        "FROM players p JOIN games g ON g.player_id = p.id; GRANT SELECT ON board TO anon",
        "door-leaks:public.board",
    ),
    (
        "mfa_and_anonymous",
        "permissive mfa",
        "CREATE POLICY mfa ON wallets AS RESTRICTIVE FOR ALL",
        "CREATE POLICY mfa ON wallets FOR ALL",
        "foreign-row-read:public.wallets foreign-row-written:public.wallets row-forged:public.wallets",
    ),
    (
        "calendar_sharing",
        "self-made share",
        "CREATE POLICY giv ON calendar_shares FOR ALL TO authenticated USING "
        "(private.owns_calendar(calendar_id)) WITH CHECK (private.owns_calendar(calendar_id))",
        "CREATE POLICY giv ON calendar_shares FOR ALL TO authenticated USING "
        "(private.owns_calendar(calendar_id)) WITH CHECK (shared_with = (SELECT auth.uid()))",
        "escalation:public.calendar_shares row-forged:public.calendar_shares "
        "row-moved-to-another:public.calendar_shares",
    ),
    (
        "calendar_sharing",
        "helper ignores calendar",
        "LANGUAGE sql STABLE SECURITY DEFINER SET search_path='' AS $$ SELECT EXISTS (SELECT 1 FROM "
        "public.calendar_shares WHERE calendar_id = c AND",
        "LANGUAGE sql STABLE SECURITY DEFINER SET search_path='' AS $$ SELECT EXISTS (SELECT 1 FROM "
        "public.calendar_shares WHERE",
        "foreign-row-read:public.calendars foreign-row-read:public.events",
    ),
    (
        "support_tickets",
        "self-made agent",
        "GRANT SELECT, INSERT, UPDATE ON tickets",
        "CREATE POLICY j ON agents FOR INSERT TO authenticated WITH CHECK (user_id = (SELECT "
        "auth.uid())); GRANT INSERT ON agents TO authenticated; GRANT SELECT, INSERT, UPDATE ON tickets",
        "escalation:public.agents foreign-row-read:public.replies foreign-row-read:public.tickets "
        "foreign-row-written:public.tickets",
    ),
    (
        "votes_once",
        "votes for others",
        "WITH CHECK (user_id = (SELECT auth.uid()) AND EXISTS (SELECT 1 FROM polls p WHERE p.id = "
        "poll_id AND p.closes_at > now()))",
        "WITH CHECK (EXISTS (SELECT 1 FROM polls p WHERE p.id = poll_id AND p.closes_at > now()))",
        "row-forged:public.votes",
    ),
    (
        "marketplace_listing",
        "change anybody's listing",
        "CREATE POLICY own ON listings FOR ALL TO authenticated USING (seller_id = (SELECT auth.uid()))",
        "CREATE POLICY own ON listings FOR ALL TO authenticated USING (NOT sold)",
        "escalation:public.listings foreign-row-written:public.listings",
    ),
]


@pytest.mark.parametrize(
    ("design", "old", "new", "told"),
    [pytest.param(design, old, new, told, id=f"{design}: {what}") for design, what, old, new, told in MUTATIONS],
)
def test_a_design_that_is_spoiled_goes_red(designs, design, old, new, told):
    text = designs.flat(design)
    assert old in text
    result = designs.observe(text.replace(old, new, 1))
    found = {f"{f.rule}:{f.object}" for f in result.findings if f.severity != "info"}
    assert set(told.split(" ")) <= found
    assert all(finding.witness for finding in result.findings)
