-- The organisation is a claim that only the server writes, or a setting of the backend's own.
CREATE TABLE public.plans (id bigint PRIMARY KEY, org_id uuid NOT NULL, created_by uuid DEFAULT auth.uid(), body text);
CREATE TABLE public.jobs (id bigint PRIMARY KEY, tenant text NOT NULL, payload jsonb);
GRANT SELECT, INSERT, UPDATE, DELETE ON public.plans TO authenticated;
ALTER TABLE public.plans ENABLE ROW LEVEL SECURITY;
GRANT SELECT, INSERT, UPDATE, DELETE ON public.jobs TO authenticated;
ALTER TABLE public.jobs ENABLE ROW LEVEL SECURITY;
CREATE POLICY org ON public.plans TO authenticated
    USING (org_id = ((SELECT auth.jwt()) -> 'app_metadata' ->> 'org_id')::uuid)
    WITH CHECK (org_id = ((SELECT auth.jwt()) -> 'app_metadata' ->> 'org_id')::uuid);
CREATE POLICY tenant ON public.jobs TO authenticated USING (tenant = nullif(current_setting('app.tenant', true), ''));
