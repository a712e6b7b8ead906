-- Two factors are required of whoever has them enrolled, as the platform documents it.
CREATE TABLE public.notes (id bigint PRIMARY KEY, user_id uuid NOT NULL, body text);
GRANT SELECT, INSERT, UPDATE, DELETE ON public.notes TO authenticated;
ALTER TABLE public.notes ENABLE ROW LEVEL SECURITY;
CREATE FUNCTION public.factors() RETURNS bigint LANGUAGE sql STABLE SECURITY DEFINER SET search_path = '' AS $$
    SELECT count(*) FROM auth.mfa_factors WHERE user_id = auth.uid() AND status = 'verified' $$;
REVOKE EXECUTE ON FUNCTION public.factors() FROM PUBLIC, anon;
GRANT EXECUTE ON FUNCTION public.factors() TO authenticated;
CREATE POLICY own ON public.notes TO authenticated USING ((SELECT auth.uid()) = user_id);
CREATE POLICY factors ON public.notes AS RESTRICTIVE TO authenticated USING (
    ARRAY[(SELECT auth.jwt() ->> 'aal')]
    <@ (SELECT CASE WHEN public.factors() > 0 THEN ARRAY['aal2'] ELSE ARRAY['aal1', 'aal2'] END));
