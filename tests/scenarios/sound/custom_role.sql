-- gatepost: as superuser
-- A role of the project's own that a token can name, held by policies like the others.
CREATE ROLE gp_scenario_editor NOLOGIN;
GRANT gp_scenario_editor TO authenticator;
GRANT USAGE ON SCHEMA public TO gp_scenario_editor;
CREATE TABLE public.page (id uuid PRIMARY KEY DEFAULT gen_random_uuid(), editor uuid NOT NULL, body text);
CREATE INDEX ON public.page (editor);
ALTER TABLE public.page ENABLE ROW LEVEL SECURITY;
GRANT SELECT, UPDATE ON public.page TO gp_scenario_editor;
CREATE POLICY edited ON public.page FOR SELECT TO gp_scenario_editor USING ((SELECT auth.uid()) = editor);
CREATE POLICY editing ON public.page FOR UPDATE TO gp_scenario_editor
    USING ((SELECT auth.uid()) = editor) WITH CHECK ((SELECT auth.uid()) = editor);
