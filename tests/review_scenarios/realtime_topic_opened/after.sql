-- gatepost: as superuser
CREATE TABLE public.rooms (id uuid PRIMARY KEY DEFAULT gen_random_uuid(), owner uuid NOT NULL);
ALTER TABLE public.rooms ENABLE ROW LEVEL SECURITY; GRANT SELECT ON public.rooms TO authenticated;
CREATE POLICY own ON public.rooms FOR SELECT TO authenticated USING (owner = (SELECT auth.uid()));
CREATE POLICY listen ON realtime.messages FOR SELECT TO authenticated USING (true);
