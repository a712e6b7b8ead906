-- identity-from-caller
-- current_user is "authenticated" for everybody.
CREATE TABLE public.note (id bigint PRIMARY KEY, owner_name text NOT NULL DEFAULT current_user, body text, deleted_at timestamptz);
ALTER TABLE public.note ENABLE ROW LEVEL SECURITY;
GRANT SELECT, INSERT, UPDATE, DELETE ON public.note TO anon, authenticated;
CREATE POLICY own ON public.note FOR SELECT TO authenticated USING (owner_name = current_user);
