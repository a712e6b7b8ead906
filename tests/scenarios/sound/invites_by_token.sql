-- Whoever knows the token reads its invitation; the members are let in by the backend.
CREATE TABLE public.invites (
    id uuid PRIMARY KEY, org_id uuid NOT NULL, email text, token_hash text NOT NULL, invited_by uuid NOT NULL
);
GRANT SELECT, INSERT, UPDATE, DELETE ON public.invites TO authenticated;
ALTER TABLE public.invites ENABLE ROW LEVEL SECURITY;
GRANT SELECT ON public.invites TO anon;
CREATE POLICY by_token ON public.invites FOR SELECT TO anon, authenticated USING (token_hash =
    encode(sha256(convert_to((current_setting('request.headers', true)::json ->> 'x-invite-token'), 'utf8')), 'hex'));
CREATE POLICY by_email ON public.invites FOR SELECT TO authenticated USING (email = (SELECT auth.jwt() ->> 'email'));
CREATE POLICY send ON public.invites FOR INSERT TO authenticated WITH CHECK (invited_by = (SELECT auth.uid()));
