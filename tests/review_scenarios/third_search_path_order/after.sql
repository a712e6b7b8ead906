-- Two schemas have a function of one name, and the search path of the caller's function says which is called.
CREATE SCHEMA core;
CREATE SCHEMA legacy;
GRANT USAGE ON SCHEMA core, legacy TO authenticated;
CREATE TABLE core.staff (user_id uuid PRIMARY KEY);
CREATE TABLE public.salaries (id bigint PRIMARY KEY, person uuid NOT NULL, amount numeric);
ALTER TABLE core.staff ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.salaries ENABLE ROW LEVEL SECURITY;
REVOKE ALL ON public.salaries FROM anon, authenticated;
GRANT SELECT ON public.salaries TO authenticated;
CREATE FUNCTION core.is_staff() RETURNS boolean LANGUAGE sql STABLE SECURITY DEFINER SET search_path = '' AS $$ SELECT EXISTS (SELECT FROM core.staff s WHERE s.user_id = (SELECT auth.uid())) $$;
CREATE FUNCTION legacy.is_staff() RETURNS boolean LANGUAGE sql STABLE SET search_path = '' AS $$ SELECT (SELECT auth.uid()) IS NOT NULL $$;
CREATE FUNCTION core.may_see_salaries() RETURNS boolean LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = legacy, core AS $$ BEGIN RETURN is_staff(); END $$;
CREATE POLICY staff ON public.salaries FOR SELECT TO authenticated USING ((SELECT core.may_see_salaries()));
