-- gatepost: as superuser
-- Files lie at team/user/name, and the user of the second folder reads them if the team is the user's.
CREATE TABLE public.team_people (team text NOT NULL, user_id uuid NOT NULL, PRIMARY KEY (team, user_id));
ALTER TABLE public.team_people ENABLE ROW LEVEL SECURITY;
REVOKE ALL ON public.team_people FROM anon, authenticated;
GRANT SELECT ON public.team_people TO authenticated;
CREATE POLICY own ON public.team_people FOR SELECT TO authenticated USING (user_id = (SELECT auth.uid()));
INSERT INTO storage.buckets (id, name, public) VALUES ('reports', 'reports', false);
CREATE POLICY reports_read ON storage.objects FOR SELECT TO authenticated USING (bucket_id = 'reports' AND owner_id = (SELECT auth.uid())::text AND (storage.foldername(name))[1] IN (SELECT t.team FROM public.team_people t WHERE t.user_id = (SELECT auth.uid())));
