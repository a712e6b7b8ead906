-- signed-in-is-enough
-- Everybody who is signed in is among the users.
CREATE TABLE public.note (id bigint PRIMARY KEY, user_id uuid NOT NULL, body text);
ALTER TABLE public.note ENABLE ROW LEVEL SECURITY;
GRANT SELECT, INSERT, UPDATE, DELETE ON public.note TO anon, authenticated;
CREATE POLICY a ON public.note FOR UPDATE TO authenticated USING (auth.uid() IN (SELECT id FROM auth.users));
CREATE POLICY s ON public.note FOR SELECT TO authenticated USING (auth.uid() = user_id);
