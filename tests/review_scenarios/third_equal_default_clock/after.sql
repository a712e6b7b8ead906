-- Another clock says when a row was made.
CREATE TABLE public.entries (id bigint PRIMARY KEY, user_id uuid NOT NULL DEFAULT auth.uid(), made_at timestamptz NOT NULL DEFAULT clock_timestamp(), body text);
ALTER TABLE public.entries ENABLE ROW LEVEL SECURITY;
REVOKE ALL ON public.entries FROM anon, authenticated;
GRANT SELECT, INSERT ON public.entries TO authenticated;
CREATE POLICY own ON public.entries FOR SELECT TO authenticated USING (user_id = (SELECT auth.uid()));
CREATE POLICY add ON public.entries FOR INSERT TO authenticated WITH CHECK (user_id = (SELECT auth.uid()));
