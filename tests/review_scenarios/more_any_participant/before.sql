CREATE TABLE public.rooms (id bigint PRIMARY KEY, participants uuid[] NOT NULL, topic text);
ALTER TABLE public.rooms ENABLE ROW LEVEL SECURITY;
REVOKE ALL ON public.rooms FROM PUBLIC, anon, authenticated;
GRANT SELECT ON public.rooms TO authenticated;
CREATE POLICY r ON public.rooms FOR SELECT TO authenticated USING ((SELECT auth.uid()) = ANY (participants));
