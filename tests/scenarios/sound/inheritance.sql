-- Children of a table, each protected by itself; a multi-tenant claim of the server's own in the token.
CREATE TABLE public.asset (id uuid PRIMARY KEY DEFAULT gen_random_uuid(), org_id uuid NOT NULL);
CREATE TABLE public.car (plate text) INHERITS (public.asset);
CREATE INDEX ON public.asset (org_id);
CREATE INDEX ON public.car (org_id);
ALTER TABLE public.asset ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.car ENABLE ROW LEVEL SECURITY;
GRANT SELECT ON public.asset, public.car TO authenticated;
CREATE POLICY own_org ON public.asset FOR SELECT TO authenticated
    USING (org_id = ((SELECT auth.jwt()) -> 'app_metadata' ->> 'org_id')::uuid);
CREATE POLICY own_org ON public.car FOR SELECT TO authenticated
    USING (org_id = ((SELECT auth.jwt()) -> 'app_metadata' ->> 'org_id')::uuid);
