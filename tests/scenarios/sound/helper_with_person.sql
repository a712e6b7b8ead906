-- A helper that takes the person, in a schema that the API does not serve, called by policies only.
CREATE SCHEMA private;
GRANT USAGE ON SCHEMA private TO authenticated;
CREATE TABLE public.team_member (team uuid NOT NULL, person uuid NOT NULL, PRIMARY KEY (person, team));
CREATE TABLE public.board (id uuid PRIMARY KEY DEFAULT gen_random_uuid(), team uuid NOT NULL);
CREATE INDEX ON public.board (team);
ALTER TABLE public.team_member ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.board ENABLE ROW LEVEL SECURITY;
CREATE FUNCTION private.teams_of(wanted uuid) RETURNS SETOF uuid LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = '' AS $$ SELECT team FROM public.team_member WHERE person = wanted $$;
GRANT SELECT ON public.team_member, public.board TO authenticated;
CREATE POLICY own ON public.team_member FOR SELECT TO authenticated USING ((SELECT auth.uid()) = person);
CREATE POLICY fellows ON public.board FOR SELECT TO authenticated
    USING (team IN (SELECT private.teams_of((SELECT auth.uid()))));
