-- A second factor is demanded by a restrictive policy beside the permissive one.
CREATE TABLE public.account (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    user_id uuid NOT NULL REFERENCES auth.users (id),
    iban text
);
CREATE INDEX ON public.account (user_id);
ALTER TABLE public.account ENABLE ROW LEVEL SECURITY;
GRANT SELECT ON public.account TO authenticated;
CREATE POLICY own ON public.account FOR SELECT TO authenticated USING ((SELECT auth.uid()) = user_id);
CREATE POLICY second_factor ON public.account AS RESTRICTIVE FOR ALL TO authenticated
    USING (((SELECT auth.jwt()) ->> 'aal') = 'aal2') WITH CHECK (((SELECT auth.jwt()) ->> 'aal') = 'aal2');
