-- row-security-off
CREATE TABLE public.note (id int PRIMARY KEY, owner uuid NOT NULL, body text);
CREATE INDEX ON public.note (owner);
GRANT SELECT ON public.note TO anon;
