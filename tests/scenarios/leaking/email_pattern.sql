-- identity-from-caller
-- An address that ends right is not proof of anything.
CREATE TABLE public.note (id bigint PRIMARY KEY, user_id uuid NOT NULL, body text, deleted_at timestamptz);
ALTER TABLE public.note ENABLE ROW LEVEL SECURITY;
GRANT SELECT, INSERT, UPDATE, DELETE ON public.note TO anon, authenticated;
CREATE POLICY staff ON public.note FOR SELECT TO authenticated USING ((auth.jwt() ->> 'email') LIKE '%@example.com');
