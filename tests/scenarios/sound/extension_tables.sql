-- gatepost: as superuser
-- Tables, views and functions that an extension brought are not the project's to protect.
CREATE TABLE public.spatial_ref_sys (srid int PRIMARY KEY, srtext text);
CREATE VIEW public.geometry_columns AS SELECT srid FROM public.spatial_ref_sys;
GRANT ALL ON public.spatial_ref_sys, public.geometry_columns TO anon, authenticated;
CREATE FUNCTION public.st_of(int) RETURNS text LANGUAGE sql SECURITY DEFINER
AS $$ SELECT srtext FROM spatial_ref_sys WHERE srid = $1 $$;
ALTER EXTENSION plpgsql ADD TABLE public.spatial_ref_sys;
ALTER EXTENSION plpgsql ADD VIEW public.geometry_columns;
ALTER EXTENSION plpgsql ADD FUNCTION public.st_of(int);
