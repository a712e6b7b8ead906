-- published-without-row-security
CREATE TABLE public.note (id int PRIMARY KEY, owner uuid NOT NULL, body text);
CREATE INDEX ON public.note (owner);
GRANT SELECT ON public.note TO authenticated;
ALTER PUBLICATION supabase_realtime ADD TABLE public.note;
