-- One row an employee, whose flag counts in every department.
CREATE TABLE public.departments (id bigint PRIMARY KEY, name text);
CREATE TABLE public.employees (
    user_id uuid PRIMARY KEY REFERENCES auth.users, department_id bigint REFERENCES public.departments,
    is_hr boolean NOT NULL DEFAULT false, salary numeric
);
CREATE SCHEMA private;
GRANT USAGE ON SCHEMA private TO authenticated;
CREATE FUNCTION private.is_hr() RETURNS boolean LANGUAGE sql STABLE SECURITY DEFINER SET search_path = '' AS $$
    SELECT coalesce((SELECT e.is_hr FROM public.employees e WHERE e.user_id = (SELECT auth.uid())), false) $$;
ALTER TABLE public.departments ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.employees ENABLE ROW LEVEL SECURITY;
GRANT SELECT, INSERT, UPDATE, DELETE ON public.departments, public.employees TO authenticated;
CREATE POLICY read ON public.departments FOR SELECT TO authenticated USING (true);
CREATE POLICY hr ON public.departments TO authenticated USING (EXISTS (
    SELECT 1 FROM public.employees e WHERE e.user_id = (SELECT auth.uid()) AND e.is_hr));
CREATE POLICY see ON public.employees FOR SELECT TO authenticated
    USING (user_id = (SELECT auth.uid()) OR (SELECT private.is_hr()));
CREATE POLICY hr ON public.employees FOR UPDATE TO authenticated
    USING ((SELECT private.is_hr())) WITH CHECK ((SELECT private.is_hr()));
