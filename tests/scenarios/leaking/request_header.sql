-- identity-from-caller
-- The tenant is what the request says.
CREATE TABLE public.note (id bigint PRIMARY KEY, tenant text NOT NULL, body text, deleted_at timestamptz);
ALTER TABLE public.note ENABLE ROW LEVEL SECURITY;
GRANT SELECT, INSERT, UPDATE, DELETE ON public.note TO anon, authenticated;
CREATE POLICY tenant ON public.note FOR SELECT TO anon, authenticated
    USING (tenant = (current_setting('request.headers', true)::json ->> 'x-tenant'));
