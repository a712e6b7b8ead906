-- A claim with a default, a setting of the row and of the token.
CREATE TABLE public.lessons (id bigint PRIMARY KEY, tier text NOT NULL, title text);
GRANT SELECT, INSERT, UPDATE, DELETE ON public.lessons TO authenticated;
ALTER TABLE public.lessons ENABLE ROW LEVEL SECURITY;
CREATE POLICY free ON public.lessons FOR SELECT TO authenticated
    USING (tier = 'free' AND coalesce((SELECT auth.jwt()) -> 'app_metadata' ->> 'plan', 'free') IN ('free', 'paid'));
CREATE POLICY paid ON public.lessons FOR SELECT TO authenticated
    USING (((SELECT auth.jwt()) -> 'app_metadata' ->> 'plan') = 'paid');
