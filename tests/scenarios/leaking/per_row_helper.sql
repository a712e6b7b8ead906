-- helper-per-row
-- Each of many rows asks the memberships anew.
CREATE TABLE public.team (id bigint PRIMARY KEY, name text);
CREATE TABLE public.member (team_id bigint REFERENCES public.team, user_id uuid, PRIMARY KEY (team_id, user_id));
CREATE TABLE public.report (id bigint PRIMARY KEY, team_id bigint NOT NULL REFERENCES public.team, body text);
CREATE INDEX ON public.member (user_id);
CREATE INDEX ON public.report (team_id);
ALTER TABLE public.team ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.member ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.report ENABLE ROW LEVEL SECURITY;
CREATE SCHEMA private;
CREATE FUNCTION private.in_team(team bigint) RETURNS boolean LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path = '' AS $$
    SELECT EXISTS (SELECT 1 FROM public.member m WHERE m.team_id = team AND m.user_id = (SELECT auth.uid())) $$;
GRANT SELECT ON public.report TO authenticated;
CREATE POLICY team ON public.report FOR SELECT TO authenticated USING (private.in_team(team_id));
INSERT INTO public.team SELECT n, 'team' FROM generate_series(1, 10) AS n;
INSERT INTO public.report SELECT n, 1 + n % 10, 'body' FROM generate_series(1, 12000) AS n;
ANALYZE public.report;
