CREATE TABLE public.salaries (id bigint PRIMARY KEY, person uuid NOT NULL, name text, amount numeric);
ALTER TABLE public.salaries ENABLE ROW LEVEL SECURITY;
REVOKE ALL ON public.salaries FROM PUBLIC, anon, authenticated;
GRANT SELECT ON public.salaries TO authenticated;
CREATE POLICY own ON public.salaries FOR SELECT TO authenticated USING (person = (SELECT auth.uid()));
CREATE MATERIALIZED VIEW public.payroll AS SELECT name, amount FROM public.salaries;
REVOKE ALL ON public.payroll FROM anon, authenticated;
GRANT SELECT ON public.payroll TO authenticated;
