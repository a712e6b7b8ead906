-- A membership ends on a day; afterwards it counts for thirty days more.
CREATE TABLE public.members (team bigint NOT NULL, member uuid NOT NULL, rank text NOT NULL DEFAULT 'viewer', status text NOT NULL DEFAULT 'invited', until date, PRIMARY KEY (team, member));
ALTER TABLE public.members ENABLE ROW LEVEL SECURITY;
REVOKE ALL ON public.members FROM anon, authenticated;
GRANT SELECT ON public.members TO authenticated;
CREATE POLICY p ON public.members  FOR SELECT TO authenticated USING (member = (SELECT auth.uid()));
CREATE TABLE public.docs (id bigint PRIMARY KEY, team bigint NOT NULL, author uuid, title text, parent bigint, kind text NOT NULL DEFAULT 'a', period daterange);
ALTER TABLE public.docs ENABLE ROW LEVEL SECURITY;
REVOKE ALL ON public.docs FROM anon, authenticated;
GRANT SELECT, INSERT, UPDATE, DELETE ON public.docs TO authenticated;
CREATE POLICY p ON public.docs  FOR SELECT TO authenticated USING (team IN (SELECT m.team FROM public.members m WHERE m.member = (SELECT auth.uid()) AND m.until >= current_date));
