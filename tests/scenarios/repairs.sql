-- What repairs each leaking scenario by which somebody reads or writes too much: run after it, it is the same design
-- without the leak. Of the others nobody gains anything: they are slow, refuse everybody, or are about the future.

-- scenario: active_customers_with_phones
drop policy active on public.customer;
-- scenario: admin_of_any_org
alter policy admins on public.org using (exists (select from public.member m
    where m.org_id = org.id and m.user_id = (select auth.uid()) and m.role = 'admin'));
-- scenario: admin_table_make_me_admin
revoke execute on function claim_admin() from public, anon, authenticated;
-- scenario: admin_table_promote_trigger
drop trigger promote on applications;
-- scenario: all_with_check_true
alter policy own on public.note with check ((select auth.uid()) = user_id);
-- scenario: any_membership
alter policy team on public.plan using (exists (select from public.member m
    where m.org_id = plan.org_id and m.user_id = (select auth.uid())));
-- scenario: blog_drafts_visible
alter policy "published posts are public" on posts
    using (status = 'published' or author_id = (select auth.uid()));
-- scenario: by_membership
alter table public.note enable row level security;
-- scenario: captured_id
drop policy shared on public.note;
-- scenario: captured_name_in_call
alter policy pictures on storage.objects using (bucket_id = 'pictures' and exists (select from public.album a
    where a.owner_id = (select auth.uid()) and split_part(objects.name, '/', 1) = a.id::text));
-- scenario: captured_same_name
alter policy team on public.plan using (exists (select from public.member m
    where m.org_id = plan.org_id and m.user_id = (select auth.uid())));
-- scenario: case_else_true
alter policy own on public.note using ((select auth.uid()) = user_id);
-- scenario: check_true
alter policy edit on public.note with check ((select auth.uid()) = user_id);
-- scenario: child_open
alter table public.old_note enable row level security;
-- scenario: claims_text_email_split
drop policy "staff" on public."Drafts";
-- scenario: cms_roles_new_user_role
create or replace function handle_new_user() returns trigger language plpgsql security definer set search_path = '' as $$
begin
  insert into public.cms_users (id, name) values (new.id, new.raw_user_meta_data ->> 'name');
  return new;
end $$;
-- scenario: coalesce_true
alter policy own on public.note using ((select auth.uid()) = user_id);
-- scenario: column_grant_beside_table_grant
revoke update on public.member from authenticated;
grant update (nickname) on public.member to authenticated;
-- scenario: counted_up_level
revoke execute on function public.rise(uuid) from public, anon, authenticated;
-- scenario: create_in_public
revoke create on schema public from public;
-- scenario: crm_internal_staff_coalesce
alter policy staff_read on notes using (coalesce((auth.jwt() -> 'app_metadata' ->> 'staff')::boolean, false));
-- scenario: current_user_is_shared
drop policy own on public.note;
-- scenario: custom_api_schema_barrier_left_join
drop view api.my_orders;
-- scenario: custom_api_schema_barrier_or
create or replace view api.my_total with (security_barrier) as
    select buyer, total from data.orders where buyer = auth.uid();
-- scenario: definer_rpcs_guarded_add_member_no_assert
create or replace function add_member(t uuid, u uuid) returns void language plpgsql security definer set search_path = '' as $$
begin
  perform public.assert_owner(t);
  insert into public.team_members (team_id, user_id) values (t, u);
end $$;
-- scenario: definer_rpcs_guarded_admin_by_user_meta
create or replace function admin_delete_team(t uuid) returns void language plpgsql security definer set search_path = '' as $$
begin
  if coalesce(auth.jwt() -> 'user_metadata' ->> 'role', '') <> 'admin'
    or coalesce(auth.jwt() -> 'app_metadata' ->> 'role', '') <> 'admin' then raise exception 'admins only'; end if;
  delete from public.teams where id = t;
end $$;
-- scenario: definer_rpcs_guarded_admin_null_passes
create or replace function admin_delete_team(t uuid) returns void language plpgsql security definer set search_path = '' as $$
begin
  if coalesce(auth.jwt() -> 'app_metadata' ->> 'role', '') <> 'admin' then raise exception 'admins only'; end if;
  delete from public.teams where id = t;
end $$;
-- scenario: definer_view
alter view public.all_notes set (security_invoker = on);
-- scenario: definer_view_off
alter view public.all_notes set (security_invoker = on);
-- scenario: delete_drafts_of_all
alter policy bin on public.note using (deleted_at is not null and (select auth.uid()) = user_id);
-- scenario: email_pattern
drop policy staff on public.note;
-- scenario: equal_or_not
alter policy a on public.note using (auth.uid() = user_id);
-- scenario: exists_of_count
alter policy shared on public.note using (exists (select from public.share s
    where s.note_id = note.id and s.user_id = (select auth.uid())));
-- scenario: file_share_storage_bucket_only
drop policy "any file" on storage.objects;
-- scenario: flag_not_asked
alter policy read on public.story using (is_public);
-- scenario: fn_styles_search_all
create or replace function public.search_tasks(q text) returns setof tasks language plpgsql stable security definer set
    search_path = public as $$
declare ids uuid[];
begin
  ids := array(select workspace_id from workspace_users where user_id = auth.uid());
  return query select t.* from tasks t where t.workspace_id = any (ids) and t.title ilike '%' || q || '%';
end $$;
-- scenario: fn_styles_search_or
create or replace function public.search_tasks(q text) returns setof tasks language plpgsql stable security definer set
    search_path = public as $$
begin
  return query select t.* from tasks t where t.workspace_id in (select workspace_id from workspace_users where
    user_id = auth.uid()) and (t.title ilike '%' || q || '%' or t.title is not null and q = '');
end $$;
-- scenario: fn_styles_transfer_role_null
create or replace function public.transfer_ownership(p_workspace uuid, p_to uuid) returns void language plpgsql
    security definer set search_path = public as $$
declare r text;
begin
  select role into r from workspace_users where workspace_id = p_workspace and user_id = auth.uid();
  if r is distinct from 'owner' then raise exception 'only owners'; end if;
  update workspace_users set role = 'owner' where workspace_id = p_workspace and user_id = p_to;
end $$;
-- scenario: foreign_table
revoke select on public.invoice from anon;
-- scenario: friends_symmetric_any_friend
alter policy m_see on moments using (author = (select auth.uid()) or exists (select 1
    from friendships f where f.accepted and ((f.a = (select auth.uid()) and f.b = moments.author) or (f.b = (select
    auth.uid()) and f.a = moments.author))));
-- scenario: friends_symmetric_not_accepted
alter policy f_req on friendships with check (requested_by = (select auth.uid()) and
    (select auth.uid()) in (a, b) and not accepted);
-- scenario: function_any_table
revoke execute on function public.rows_of(text) from public, anon, authenticated;
-- scenario: function_any_token_argument
alter function public.search(text) security invoker;
-- scenario: function_executes_text
alter function public.newest(int) security invoker;
-- scenario: function_for_anybody_signed_in
create or replace function public.all_notes() returns setof public.note language plpgsql security definer set search_path = ''
as $$ begin return query select * from public.note n where n.owner = auth.uid(); end $$;
-- scenario: function_makes_admins
revoke execute on function public.promote(uuid) from authenticated;
-- scenario: function_parsed
alter function public.export() security invoker;
-- scenario: function_reads
create or replace function public.notes_of(person uuid) returns setof public.note language sql security definer
set search_path = '' as $$ select * from public.note n where n.owner = person and n.owner = auth.uid() $$;
-- scenario: function_reads_users
revoke execute on function public.email_of(uuid) from public, anon, authenticated;
-- scenario: function_runs_anything
revoke execute on function public.run(text) from public, anon, authenticated;
-- scenario: function_through_function
revoke execute on function public.export() from public, anon, authenticated;
-- scenario: function_through_view
alter view private.every_note set (security_invoker = on);
alter function public.export() security invoker;
-- scenario: function_writes
create or replace function public.drop_note(which int) returns void language plpgsql security definer set search_path = '' as $$
begin
    delete from public.note where id = which and owner = auth.uid();
end $$;
-- scenario: generated_domain_citext_ilike_email
alter policy mine on invites using (email = (select auth.jwt() ->> 'email')::public.email_address);
-- scenario: guard_for_whoever_is_signed_in
create or replace function public.plans(team uuid) returns setof text language plpgsql stable security definer set search_path = '' as $$
begin
  if not exists (select from public.team_member m where m.team_id = team and m.user_id = auth.uid()) then
    raise exception 'not yours' using errcode = '42501';
  end if;
  return query select p.body from public.plan_of_team p where p.team_id = team;
end $$;
-- scenario: guard_not_anonymous
drop policy no_anonymous on public.note;
create policy no_anonymous on public.note as restrictive to authenticated
    using (((select auth.jwt()) ->> 'is_anonymous')::boolean is false);
-- scenario: guard_not_deleted
drop policy hide_deleted on public.note;
create policy hide_deleted on public.note as restrictive for select to authenticated using (deleted_at is null);
-- scenario: guard_second_factor
drop policy require_mfa on public.note;
create policy require_mfa on public.note as restrictive for select to authenticated
    using ((select auth.jwt() ->> 'aal') = 'aal2');
-- scenario: guests_without_an_owner
alter policy mine on public.booking using (customer_id = (select auth.uid()));
-- scenario: healthcare_treats_return_true
create or replace function treats(p uuid) returns boolean language plpgsql stable security definer set search_path = '' as $$
begin
  return exists (select 1 from public.care_teams c where c.patient_id = p and c.doctor_id = auth.uid());
end $$;
-- scenario: healthcare_treats_until
create or replace function treats(p uuid) returns boolean language plpgsql stable security definer set search_path = '' as $$
begin
  return exists (select 1 from public.care_teams c where c.patient_id = p and c.doctor_id = auth.uid() and c.until is null);
end $$;
-- scenario: insert_as_anybody
alter policy add on public.note with check ((select auth.uid()) = user_id);
-- scenario: insert_when_signed_in
alter policy add on public.note with check ((select auth.uid()) = user_id and body <> '');
-- scenario: invoices_for_everybody
alter policy read on public.invoice using (customer_id = (select auth.uid()));
-- scenario: loose_sibling
drop policy trial on public.note;
-- scenario: makerkit_helper_arg_swapped
create or replace function kit.is_member(org uuid) returns boolean language sql stable security definer set search_path = '' as $$
  select exists (select 1 from public.memberships m where m.organization_id = org and m.user_id = (select auth.uid())) $$;
-- scenario: makerkit_helper_without_user
create or replace function kit.is_member(org uuid) returns boolean language sql stable security definer set search_path = '' as $$
  select exists (select 1 from public.memberships m where m.organization_id = org and m.user_id = (select auth.uid())) $$;
-- scenario: makerkit_join_rpc_no_invite
revoke execute on function public.join_organization(uuid) from public, anon, authenticated;
-- scenario: makerkit_precedence
alter policy p_read on public.projects using (kit.is_member(organization_id) and name is not null);
-- scenario: makerkit_trigger_on_request
drop trigger t on public.join_requests;
-- scenario: materialized
revoke select on public.copy from authenticated, anon;
-- scenario: materialized_invoker
revoke select on public.copy from anon, authenticated;
-- scenario: member_of_owner
alter table public.note force row level security;
-- scenario: metadata_role
create or replace function public.handle_new_user() returns trigger language plpgsql security definer set search_path = '' as $$
begin
    insert into public.profiles (id, name) values (new.id, new.raw_user_meta_data ->> 'name');
    return new;
end $$;
-- scenario: moves_to_other_org
drop policy edit on public.plan;
create policy edit on public.plan for update to authenticated
    using (exists (select from public.member m where m.org_id = plan.org_id and m.user_id = (select auth.uid())))
    with check ((select auth.uid()) = author_id
        and exists (select from public.member m where m.org_id = plan.org_id and m.user_id = (select auth.uid())));
-- scenario: null_claim
alter policy org on public.note using (org_id = ((select auth.jwt()) -> 'app_metadata' ->> 'org_id'));
-- scenario: null_coalesce_row
alter policy own on public.note using ((select auth.uid()) = user_id);
-- scenario: null_coalesce_true
alter policy own on public.note using ((select auth.uid()) = user_id);
-- scenario: null_helper
create or replace function public.owns(who uuid) returns boolean language plpgsql stable as $$
begin return auth.uid() = who; end $$;
-- scenario: null_is_not_false
alter policy a on public.note using (auth.uid() = user_id);
-- scenario: null_not_distinct
alter policy own on public.note using (user_id = (select auth.uid()));
-- scenario: null_or
alter policy own on public.note using ((select auth.uid()) = user_id);
-- scenario: null_setting
alter policy a on public.note using (auth.uid() = user_id);
-- scenario: open_by_definer_current_user
alter policy own on public.note using ((select auth.uid()) = user_id);
-- scenario: or_true
alter policy own on public.note using ((select auth.uid()) = user_id);
-- scenario: orgs_ltree_cte_any_unit
alter policy a on docs using (unit_id = any (array(select app.my_units())));
-- scenario: orgs_ltree_cte_self_join_unit
drop policy j on unit_members;
-- scenario: other_schema_open
alter table hidden.note enable row level security;
-- scenario: owner_is_not_null
alter policy own on public.note using ((select auth.uid()) = user_id);
-- scenario: owner_or_signed_in
alter policy a on public.note using (auth.uid() = user_id);
-- scenario: partition_open
alter table public.event_2026 enable row level security;
-- scenario: partitioned_parent_open
alter table public.event enable row level security;
-- scenario: platform_secret
revoke select on auth.device_token from authenticated;
-- scenario: policies_asleep
alter table public.note enable row level security;
-- scenario: published
alter table public.note enable row level security;
create policy own on public.note for select to authenticated using ((select auth.uid()) = owner);
-- scenario: rank_from_an_argument
revoke execute on function public.choose_rank(text) from public, anon, authenticated;
-- scenario: rate_limits_comments_insert_rate_only
alter policy add on comments with check (user_id = (select auth.uid()) and (select
    count(*) from comments c where c.user_id = (select auth.uid()) and c.created_at > now() - interval '1 minute') < 5);
-- scenario: raw_user_metadata
create or replace function public.my_team() returns text language sql stable security definer set search_path = '' as $$
    select raw_app_meta_data ->> 'team' from auth.users where id = auth.uid() $$;
-- scenario: rbac_hook_roles_insert_self
drop policy "self" on public.user_roles;
-- scenario: rbac_hook_trigger_role_from_meta
create or replace function public.handle_new_user() returns trigger as $$
begin
  insert into public.users (id, username) values (new.id, new.email);
  return new;
end $$ language plpgsql security definer set search_path = '';
-- scenario: realtime_rooms_anon_listen
drop policy "anon" on realtime.messages;
-- scenario: request_cookie
drop policy a on public.note;
-- scenario: request_header
drop policy tenant on public.note;
-- scenario: rewrite_rule
drop rule clears on public.enquiry;
-- scenario: role_becomes
revoke gp_scenario_helper from anon;
-- scenario: role_bypasses
alter role authenticated nobypassrls;
-- scenario: role_of_couriers
alter policy read on public.delivery using (courier_id = (select auth.uid()));
-- scenario: roles_granted_auth_granted
drop policy everybody on auth.users;
-- scenario: roles_granted_guard_or
create or replace function ledger_guarded2(acct uuid) returns setof ledger language sql security definer set search_path = '' as $$
  select * from public.ledger where account = auth.uid() $$;
-- scenario: roles_granted_guard_unused
create or replace function ledger_me(acct uuid) returns setof ledger language plpgsql security definer set search_path = '' as $$
declare me uuid := auth.uid();
begin return query select * from public.ledger where account = me; end $$;
-- scenario: roles_granted_proc_transfer
alter procedure transfer_money(uuid, uuid, numeric) security invoker;
-- scenario: roles_granted_read_all_data
revoke pg_read_all_data from authenticated, anon;
-- scenario: row_security_off
alter table public.note enable row level security;
-- scenario: row_security_off_by_column
alter table public.note enable row level security;
-- scenario: same_sides
alter policy own on public.note using ((select auth.uid()) = user_id);
-- scenario: second_factor_alone
alter policy own on public.note using ((select auth.uid()) = user_id and ((select auth.jwt()) ->> 'aal') = 'aal2');
-- scenario: secret_column_read
revoke select on public.profile from anon, authenticated;
grant select (id, name) on public.profile to anon, authenticated;
-- scenario: self_made_admin
revoke update on public.profile from authenticated;
grant update (name) on public.profile to authenticated;
-- scenario: self_made_member
drop policy join_org on public.member;
-- scenario: self_made_promotion
revoke update on public.member from authenticated, anon;
-- scenario: self_made_role_in_helper
revoke insert, update on public.profile from authenticated, anon;
-- scenario: self_made_share
alter policy give on public.share with check ((select auth.uid()) = shared_by
    and exists (select from public.note n where n.id = note_id and n.user_id = (select auth.uid())));
-- scenario: served_schema_open
alter table shop.customer enable row level security;
-- scenario: service_policy_for_public
alter policy "Service role full access" on public.note to service_role;
-- scenario: shop_order_items_any
alter policy order_items_own on order_items using (exists (select 1 from orders o where
    o.id = order_items.order_id and o.customer_id = (select auth.uid())));
-- scenario: signed_in_profile
alter policy edit on public.note using ((select auth.uid()) = user_id
    and exists (select from public.profile p where p.id = (select auth.uid())));
-- scenario: signed_in_reads
alter policy own on public.note using ((select auth.uid()) = user_id);
-- scenario: signed_in_role
alter policy own on public.note using ((select auth.uid()) = user_id);
-- scenario: storage_by_bucket_only
alter policy upload on storage.objects
    using (bucket_id = 'documents' and (storage.foldername(name))[1] = (select auth.uid())::text)
    with check (bucket_id = 'documents' and (storage.foldername(name))[1] = (select auth.uid())::text);
-- scenario: tenant_by_argument_granted
create or replace function public.entries(firm uuid) returns setof text language sql stable security definer set search_path = '' as $$
  select j.entry from public.journal j where j.firm_id = firm
    and exists (select from public.firm_member m where m.firm_id = firm and m.user_id = auth.uid()) $$;
-- scenario: tenant_jwt_coalesce_tenant
alter policy inv_iso on invoices using (tenant_id = (auth.jwt() -> 'app_metadata' ->> 'tenant_id')::uuid);
-- scenario: tenant_jwt_user_meta
alter policy inv_iso on invoices using (tenant_id = (select (auth.jwt() -> 'app_metadata' ->> 'tenant_id')::uuid)
    and tenant_id = (select (auth.jwt() -> 'user_metadata' ->> 'tenant_id')::uuid));
-- scenario: todo_old_style_is_complete_or
alter policy v on todos using ((select auth.uid()) = user_id);
-- scenario: update_anybody
alter policy edit on public.note using ((select auth.uid()) = user_id);
-- scenario: user_metadata_in_helper
create or replace function public.is_admin() returns boolean language sql stable as $$
    select coalesce((auth.jwt() #>> '{user_metadata,is_admin}')::boolean, false)
        and coalesce((auth.jwt() #>> '{app_metadata,is_admin}')::boolean, false) $$;
-- scenario: user_metadata_role
alter policy admins on public.note using ((auth.jwt() -> 'user_metadata' ->> 'role') = 'admin'
    and (auth.jwt() -> 'app_metadata' ->> 'role') = 'admin');
-- scenario: vault_view
revoke select on vault.decrypted_secrets from authenticated;
-- scenario: view_calls_definer
alter function private.every_note() security invoker;
-- scenario: view_chain
alter view public.inner_notes set (security_invoker = on);
-- scenario: view_chain_in_hiding
revoke select on public.shown from anon, authenticated;
-- scenario: view_collects
alter view public.everything set (security_invoker = on);
-- scenario: view_for_anybody_signed_in
alter view public.notes set (security_invoker = on);
-- scenario: view_half_filtered
create or replace view public.feed as select id, body from public.note where owner = auth.uid();
-- scenario: view_hidden_column
alter view public.contacts set (security_invoker = on);
-- scenario: view_names_identity
alter view public.board set (security_invoker = on);
-- scenario: view_of_users
revoke select on public.people from authenticated, anon;
-- scenario: view_writes
revoke update, delete on public.titles from authenticated;
-- scenario: view_writes_for_others
revoke insert on public.mine from authenticated;
-- scenario: views_kinds_union_view
create or replace view all_activity as select user_id, 'review' as kind from reviews where user_id = auth.uid() union all
    select user_id, 'purchase' from purchases where user_id = auth.uid();
-- scenario: waitlist_readable_auth
drop policy "read" on waitlist;
-- scenario: wallet_guards_balance_null_anon
create or replace function balance_of(who uuid) returns numeric language plpgsql stable security definer set search_path = '' as $$
begin
  if who is distinct from auth.uid() then raise exception 'forbidden'; end if;
  return (select balance from public.wallets where user_id = who);
end $$;
-- scenario: wallet_guards_refund_any
create or replace function refund(tid bigint) returns void language plpgsql security definer set search_path = '' as $$
declare t record;
begin
  select * into t from public.transfers where id = tid and to_user = auth.uid();
  if t.id is null then raise exception 'not yours'; end if;
  update public.wallets set balance = balance - t.amount where user_id = t.to_user;
  update public.wallets set balance = balance + t.amount where user_id = t.from_user;
end $$;
-- scenario: wallet_guards_statement_precedence
create or replace function statement(p_from date, p_to date) returns table (at timestamptz, amount numeric, direction
    text) language sql stable security definer set search_path = '' as $$
  select t.at, t.amount, case when t.to_user = (select auth.uid()) then 'in' else 'out' end
  from public.transfers t
  where (t.from_user = (select auth.uid()) or t.to_user = (select auth.uid())) and t.at::date between p_from and p_to
$$;
-- scenario: without_api_roles
alter table public.invoice enable row level security;
-- scenario: write_all
drop policy everything on public.note;
-- scenario: writes_into_any_room
alter policy send on public.message with check ((select auth.uid()) = sender_id
    and room_id in (select g.room_id from public.guest g where g.user_id = (select auth.uid())));
