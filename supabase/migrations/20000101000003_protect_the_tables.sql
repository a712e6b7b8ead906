-- The Alembic revision 8c41d3a9e0f7, written by gatepost export. Change the revision, and export again.

REVOKE ALL ON TABLE "public"."alembic_version" FROM "anon", "authenticated", PUBLIC, "service_role";

REVOKE ALL ON TABLE "public"."global_settings" FROM "anon", "authenticated", PUBLIC, "service_role";
REVOKE ALL ON SEQUENCE "public"."global_settings_id_seq" FROM "anon", "authenticated", PUBLIC, "service_role";
GRANT DELETE, INSERT, SELECT, UPDATE ON TABLE "public"."global_settings" TO "service_role";

REVOKE ALL ON TABLE "public"."model_configs" FROM "anon", "authenticated", PUBLIC, "service_role";
REVOKE ALL ON SEQUENCE "public"."model_configs_id_seq" FROM "anon", "authenticated", PUBLIC, "service_role";
GRANT SELECT ON TABLE "public"."model_configs" TO "authenticated";
GRANT DELETE, INSERT, SELECT, UPDATE ON TABLE "public"."model_configs" TO "service_role";

REVOKE ALL ON TABLE "public"."provider_credentials" FROM "anon", "authenticated", PUBLIC, "service_role";
REVOKE ALL ON SEQUENCE "public"."provider_credentials_id_seq" FROM "anon", "authenticated", PUBLIC, "service_role";
GRANT DELETE, INSERT, SELECT, UPDATE ON TABLE "public"."provider_credentials" TO "service_role";

REVOKE ALL ON TABLE "public"."provider_metrics" FROM "anon", "authenticated", PUBLIC, "service_role";
REVOKE ALL ON SEQUENCE "public"."provider_metrics_id_seq" FROM "anon", "authenticated", PUBLIC, "service_role";
GRANT DELETE, INSERT, SELECT, UPDATE ON TABLE "public"."provider_metrics" TO "service_role";

REVOKE ALL ON TABLE "public"."provider_policies" FROM "anon", "authenticated", PUBLIC, "service_role";
REVOKE ALL ON SEQUENCE "public"."provider_policies_id_seq" FROM "anon", "authenticated", PUBLIC, "service_role";
GRANT DELETE, INSERT, SELECT, UPDATE ON TABLE "public"."provider_policies" TO "service_role";

REVOKE ALL ON TABLE "public"."providers" FROM "anon", "authenticated", PUBLIC, "service_role";
REVOKE ALL ON SEQUENCE "public"."providers_id_seq" FROM "anon", "authenticated", PUBLIC, "service_role";
GRANT SELECT ON TABLE "public"."providers" TO "authenticated";
GRANT DELETE, INSERT, SELECT, UPDATE ON TABLE "public"."providers" TO "service_role";

REVOKE ALL ON TABLE "public"."routing_providers" FROM "anon", "authenticated", PUBLIC, "service_role";
REVOKE ALL ON SEQUENCE "public"."routing_providers_id_seq" FROM "anon", "authenticated", PUBLIC, "service_role";
GRANT DELETE, INSERT, SELECT, UPDATE ON TABLE "public"."routing_providers" TO "service_role";

REVOKE ALL ON TABLE "public"."routing_requests" FROM "anon", "authenticated", PUBLIC, "service_role";
REVOKE ALL ON SEQUENCE "public"."routing_requests_id_seq" FROM "anon", "authenticated", PUBLIC, "service_role";
GRANT DELETE, INSERT, SELECT, UPDATE ON TABLE "public"."routing_requests" TO "service_role";

REVOKE ALL ON TABLE "public"."search_collections" FROM "anon", "authenticated", PUBLIC, "service_role";
REVOKE ALL ON SEQUENCE "public"."search_collections_id_seq" FROM "anon", "authenticated", PUBLIC, "service_role";
GRANT SELECT ON TABLE "public"."search_collections" TO "authenticated";
GRANT DELETE, INSERT, SELECT, UPDATE ON TABLE "public"."search_collections" TO "service_role";

REVOKE ALL ON TABLE "public"."search_documents" FROM "anon", "authenticated", PUBLIC, "service_role";
REVOKE ALL ON SEQUENCE "public"."search_documents_id_seq" FROM "anon", "authenticated", PUBLIC, "service_role";
GRANT SELECT ON TABLE "public"."search_documents" TO "authenticated";
GRANT DELETE, INSERT, SELECT, UPDATE ON TABLE "public"."search_documents" TO "service_role";

REVOKE ALL ON TABLE "public"."stream_chunks" FROM "anon", "authenticated", PUBLIC, "service_role";
REVOKE ALL ON SEQUENCE "public"."stream_chunks_id_seq" FROM "anon", "authenticated", PUBLIC, "service_role";
GRANT SELECT ON TABLE "public"."stream_chunks" TO "authenticated";
GRANT DELETE, INSERT, SELECT, UPDATE ON TABLE "public"."stream_chunks" TO "service_role";

REVOKE ALL ON TABLE "public"."streams" FROM "anon", "authenticated", PUBLIC, "service_role";
GRANT INSERT, SELECT, UPDATE ON TABLE "public"."streams" TO "authenticated";
GRANT DELETE, INSERT, SELECT, UPDATE ON TABLE "public"."streams" TO "service_role";

REVOKE ALL ON TABLE "public"."tasks" FROM "anon", "authenticated", PUBLIC, "service_role";
GRANT DELETE, INSERT, SELECT, UPDATE ON TABLE "public"."tasks" TO "authenticated";
GRANT DELETE, INSERT, SELECT, UPDATE ON TABLE "public"."tasks" TO "service_role";

REVOKE ALL ON TABLE "public"."users" FROM "anon", "authenticated", PUBLIC, "service_role";
GRANT SELECT ("created_at", "email", "google_id", "id", "name", "updated_at"), UPDATE ("name", "updated_at") ON TABLE "public"."users" TO "authenticated";
GRANT DELETE, INSERT, SELECT, UPDATE ON TABLE "public"."users" TO "service_role";

CREATE POLICY "model_configs_select_authenticated" ON "public"."model_configs" AS PERMISSIVE FOR SELECT TO "authenticated" USING (true);

CREATE POLICY "providers_select_authenticated" ON "public"."providers" AS PERMISSIVE FOR SELECT TO "authenticated" USING (is_active);

CREATE POLICY "search_collections_select_authenticated" ON "public"."search_collections" AS PERMISSIVE FOR SELECT TO "authenticated" USING (true);

CREATE POLICY "search_documents_select_authenticated" ON "public"."search_documents" AS PERMISSIVE FOR SELECT TO "authenticated" USING (true);

CREATE POLICY "stream_chunks_select_through" ON "public"."stream_chunks" AS PERMISSIVE FOR SELECT TO "authenticated" USING ((stream_id = ANY (ARRAY( SELECT streams.id
   FROM public.streams))));

CREATE POLICY "streams_insert_owner" ON "public"."streams" AS PERMISSIVE FOR INSERT TO "authenticated" WITH CHECK (((( SELECT auth.uid() AS uid))::text = user_id));

CREATE POLICY "streams_select_owner" ON "public"."streams" AS PERMISSIVE FOR SELECT TO "authenticated" USING (((( SELECT auth.uid() AS uid))::text = user_id));

CREATE POLICY "streams_update_owner" ON "public"."streams" AS PERMISSIVE FOR UPDATE TO "authenticated" USING (((( SELECT auth.uid() AS uid))::text = user_id)) WITH CHECK (((( SELECT auth.uid() AS uid))::text = user_id));

CREATE POLICY "tasks_delete_owner" ON "public"."tasks" AS PERMISSIVE FOR DELETE TO "authenticated" USING (((( SELECT auth.uid() AS uid))::text = user_id));

CREATE POLICY "tasks_insert_owner" ON "public"."tasks" AS PERMISSIVE FOR INSERT TO "authenticated" WITH CHECK (((( SELECT auth.uid() AS uid))::text = user_id));

CREATE POLICY "tasks_select_owner" ON "public"."tasks" AS PERMISSIVE FOR SELECT TO "authenticated" USING (((( SELECT auth.uid() AS uid))::text = user_id));

CREATE POLICY "tasks_update_owner" ON "public"."tasks" AS PERMISSIVE FOR UPDATE TO "authenticated" USING (((( SELECT auth.uid() AS uid))::text = user_id)) WITH CHECK (((( SELECT auth.uid() AS uid))::text = user_id));

CREATE POLICY "users_select_owner" ON "public"."users" AS PERMISSIVE FOR SELECT TO "authenticated" USING (((( SELECT auth.uid() AS uid))::text = id));

CREATE POLICY "users_update_owner" ON "public"."users" AS PERMISSIVE FOR UPDATE TO "authenticated" USING (((( SELECT auth.uid() AS uid))::text = id)) WITH CHECK (((( SELECT auth.uid() AS uid))::text = id));

ALTER TABLE "public"."alembic_version" NO FORCE ROW LEVEL SECURITY;
ALTER TABLE "public"."alembic_version" ENABLE ROW LEVEL SECURITY;

ALTER TABLE "public"."global_settings" ENABLE ROW LEVEL SECURITY;
ALTER TABLE "public"."global_settings" FORCE ROW LEVEL SECURITY;

ALTER TABLE "public"."model_configs" ENABLE ROW LEVEL SECURITY;
ALTER TABLE "public"."model_configs" FORCE ROW LEVEL SECURITY;

ALTER TABLE "public"."provider_credentials" ENABLE ROW LEVEL SECURITY;
ALTER TABLE "public"."provider_credentials" FORCE ROW LEVEL SECURITY;

ALTER TABLE "public"."provider_metrics" ENABLE ROW LEVEL SECURITY;
ALTER TABLE "public"."provider_metrics" FORCE ROW LEVEL SECURITY;

ALTER TABLE "public"."provider_policies" ENABLE ROW LEVEL SECURITY;
ALTER TABLE "public"."provider_policies" FORCE ROW LEVEL SECURITY;

ALTER TABLE "public"."providers" ENABLE ROW LEVEL SECURITY;
ALTER TABLE "public"."providers" FORCE ROW LEVEL SECURITY;

ALTER TABLE "public"."routing_providers" ENABLE ROW LEVEL SECURITY;
ALTER TABLE "public"."routing_providers" FORCE ROW LEVEL SECURITY;

ALTER TABLE "public"."routing_requests" ENABLE ROW LEVEL SECURITY;
ALTER TABLE "public"."routing_requests" FORCE ROW LEVEL SECURITY;

ALTER TABLE "public"."search_collections" ENABLE ROW LEVEL SECURITY;
ALTER TABLE "public"."search_collections" FORCE ROW LEVEL SECURITY;

ALTER TABLE "public"."search_documents" ENABLE ROW LEVEL SECURITY;
ALTER TABLE "public"."search_documents" FORCE ROW LEVEL SECURITY;

ALTER TABLE "public"."stream_chunks" ENABLE ROW LEVEL SECURITY;
ALTER TABLE "public"."stream_chunks" FORCE ROW LEVEL SECURITY;

ALTER TABLE "public"."streams" ENABLE ROW LEVEL SECURITY;
ALTER TABLE "public"."streams" FORCE ROW LEVEL SECURITY;

ALTER TABLE "public"."tasks" ENABLE ROW LEVEL SECURITY;
ALTER TABLE "public"."tasks" FORCE ROW LEVEL SECURITY;

ALTER TABLE "public"."users" ENABLE ROW LEVEL SECURITY;
ALTER TABLE "public"."users" FORCE ROW LEVEL SECURITY;

UPDATE alembic_version SET version_num='8c41d3a9e0f7' WHERE alembic_version.version_num = '5f1c2b7d90ae';

-- Gatepost: a script is not compared with the declaration. After it, run: gatepost verify
