CREATE SCHEMA private;
GRANT USAGE ON SCHEMA private TO authenticated;
CREATE TABLE public.clinics (id uuid PRIMARY KEY, name text NOT NULL);
CREATE TABLE public.staff (
    clinic_id uuid NOT NULL REFERENCES public.clinics,
    user_id uuid NOT NULL,
    role text NOT NULL CHECK (role IN ('nurse', 'doctor')),
    PRIMARY KEY (clinic_id, user_id)
);
CREATE TABLE public.patients (
    id uuid PRIMARY KEY,
    clinic_id uuid NOT NULL REFERENCES public.clinics,
    name text NOT NULL,
    diagnosis text
);
ALTER TABLE public.clinics ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.staff ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.patients ENABLE ROW LEVEL SECURITY;
REVOKE ALL ON public.clinics, public.staff, public.patients FROM PUBLIC, anon, authenticated;
GRANT SELECT ON public.staff TO authenticated;
GRANT SELECT, UPDATE ON public.patients TO authenticated;
CREATE FUNCTION private.works_in(clinic uuid) RETURNS boolean LANGUAGE sql STABLE SECURITY DEFINER SET search_path = '' AS $$
    SELECT EXISTS (SELECT FROM public.staff s WHERE s.clinic_id = clinic AND s.user_id = (SELECT auth.uid()))
$$;
CREATE POLICY own ON public.staff FOR SELECT TO authenticated USING (user_id = (SELECT auth.uid()));
CREATE POLICY colleagues ON public.patients TO authenticated USING (private.works_in(clinic_id));
