-- identity-from-caller
-- The user is what the cookie says.
CREATE TABLE public.note (id bigint PRIMARY KEY, user_id uuid NOT NULL, body text);
ALTER TABLE public.note ENABLE ROW LEVEL SECURITY;
GRANT SELECT, INSERT, UPDATE, DELETE ON public.note TO anon, authenticated;
CREATE POLICY a ON public.note FOR SELECT USING (user_id::text = current_setting('request.cookies', true)::json ->> 'uid');
