-- Helpers that return an array, a set and a table; the argument has a default.
CREATE SCHEMA private;
GRANT USAGE ON SCHEMA private TO authenticated;
CREATE TABLE public.team_members (team_id bigint, user_id uuid, PRIMARY KEY (team_id, user_id));
CREATE TABLE public.documents (id bigint PRIMARY KEY, team_id bigint NOT NULL, body text);
CREATE FUNCTION private.team_array() RETURNS bigint[] LANGUAGE sql STABLE SECURITY DEFINER SET search_path = '' AS $$
    SELECT array_agg(team_id) FROM public.team_members WHERE user_id = (SELECT auth.uid()) $$;
CREATE FUNCTION private.teams_of(who uuid DEFAULT auth.uid()) RETURNS TABLE (team bigint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = '' AS $$
    SELECT t.team_id FROM public.team_members t WHERE t.user_id = who $$;
ALTER TABLE public.team_members ENABLE ROW LEVEL SECURITY;
GRANT SELECT, INSERT, UPDATE, DELETE ON public.documents TO authenticated;
ALTER TABLE public.documents ENABLE ROW LEVEL SECURITY;
CREATE POLICY read ON public.documents FOR SELECT TO authenticated USING (team_id = ANY ((SELECT private.team_array())::bigint[]));
CREATE POLICY add ON public.documents FOR INSERT TO authenticated
    WITH CHECK (team_id IN (SELECT t.team FROM private.teams_of() t));
CREATE POLICY remove ON public.documents FOR DELETE TO authenticated
    USING (EXISTS (SELECT 1 FROM private.teams_of((SELECT auth.uid())) t WHERE t.team = documents.team_id));
