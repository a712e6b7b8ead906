-- condition-always-true
-- Equal or not equal: one of both holds.
CREATE TABLE public.note (id bigint PRIMARY KEY, user_id uuid NOT NULL, body text);
ALTER TABLE public.note ENABLE ROW LEVEL SECURITY;
GRANT SELECT, INSERT, UPDATE, DELETE ON public.note TO anon, authenticated;
CREATE POLICY a ON public.note FOR SELECT USING (auth.uid() = user_id OR auth.uid() <> user_id);
