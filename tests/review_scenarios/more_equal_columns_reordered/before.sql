CREATE TABLE public.messages (id bigint PRIMARY KEY, body text, receiver uuid NOT NULL, sender uuid NOT NULL);
ALTER TABLE public.messages ENABLE ROW LEVEL SECURITY;
REVOKE ALL ON public.messages FROM PUBLIC, anon, authenticated;
GRANT SELECT ON public.messages TO authenticated;
CREATE POLICY r ON public.messages FOR SELECT TO authenticated USING ((SELECT auth.uid()) IN (sender, receiver));
