-- column-privilege-without-effect
-- The columns that may be changed are granted, and so is, by default, the whole table.
CREATE TABLE public.member (id uuid PRIMARY KEY REFERENCES auth.users, nickname text, is_staff boolean NOT NULL DEFAULT false);
ALTER TABLE public.member ENABLE ROW LEVEL SECURITY;
GRANT SELECT, UPDATE ON public.member TO authenticated;
GRANT UPDATE (nickname) ON public.member TO authenticated;
CREATE POLICY see ON public.member FOR SELECT TO authenticated USING ((SELECT auth.uid()) = id);
CREATE POLICY edit ON public.member FOR UPDATE TO authenticated USING ((SELECT auth.uid()) = id) WITH CHECK ((SELECT auth.uid()) = id);
