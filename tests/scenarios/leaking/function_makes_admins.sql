-- definer-function
CREATE TABLE public.staff (user_id uuid PRIMARY KEY, role text);
CREATE TABLE public.report (id int PRIMARY KEY);
ALTER TABLE public.staff ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.report ENABLE ROW LEVEL SECURITY;
GRANT SELECT ON public.staff, public.report TO authenticated;
CREATE POLICY own ON public.staff FOR SELECT TO authenticated USING ((SELECT auth.uid()) = user_id);
CREATE POLICY staff_reads ON public.report FOR SELECT TO authenticated
    USING (EXISTS (SELECT 1 FROM public.staff s WHERE s.user_id = (SELECT auth.uid()) AND s.role = 'admin'));
CREATE FUNCTION public.promote(person uuid) RETURNS void LANGUAGE sql SECURITY DEFINER SET search_path = ''
AS $$ INSERT INTO public.staff VALUES (person, 'admin') $$;
REVOKE EXECUTE ON FUNCTION public.promote(uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION public.promote(uuid) TO authenticated;
