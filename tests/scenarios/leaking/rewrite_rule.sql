-- rewrite-rule-open
CREATE TABLE public.note (id int PRIMARY KEY, owner uuid NOT NULL, body text);
CREATE INDEX ON public.note (owner);
ALTER TABLE public.note ENABLE ROW LEVEL SECURITY;
GRANT SELECT ON public.note TO authenticated;
CREATE POLICY own ON public.note FOR SELECT TO authenticated USING ((SELECT auth.uid()) = owner);
CREATE TABLE public.enquiry (id int PRIMARY KEY, about int);
ALTER TABLE public.enquiry ENABLE ROW LEVEL SECURITY;
GRANT INSERT ON public.enquiry TO anon;
CREATE POLICY anyone ON public.enquiry FOR INSERT TO anon WITH CHECK (about IS NOT NULL);
CREATE RULE clears AS ON INSERT TO public.enquiry DO ALSO DELETE FROM public.note WHERE id = new.about;
