-- Tables that only the backend reaches: with row security and without policies, and in a schema of their own.
CREATE TABLE public.job (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, payload jsonb);
ALTER TABLE public.job ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.job FORCE ROW LEVEL SECURITY;
REVOKE ALL ON public.job FROM anon, authenticated;
GRANT ALL ON public.job TO service_role;
CREATE SCHEMA internal;
CREATE TABLE internal.secret (name text PRIMARY KEY, value text);
CREATE VIEW internal.names AS SELECT name FROM internal.secret;
CREATE FUNCTION internal.secret_of(wanted text) RETURNS text LANGUAGE sql SECURITY DEFINER SET search_path = ''
AS $$ SELECT value FROM internal.secret WHERE name = wanted $$;
GRANT USAGE ON SCHEMA internal TO service_role;
GRANT SELECT ON internal.secret TO service_role;
CREATE FUNCTION public.pending() RETURNS SETOF public.job LANGUAGE sql SECURITY DEFINER SET search_path = ''
AS $$ SELECT * FROM public.job $$;
REVOKE EXECUTE ON FUNCTION public.pending() FROM PUBLIC, anon, authenticated;
GRANT EXECUTE ON FUNCTION public.pending() TO service_role;
