-- The helper that most tutorials write: in public, with the person as an argument, callable by everybody.
CREATE TYPE public.app_role AS ENUM ('admin', 'moderator', 'user');
CREATE TABLE public.user_roles (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    user_id uuid NOT NULL REFERENCES auth.users (id) ON DELETE CASCADE,
    role public.app_role NOT NULL,
    UNIQUE (user_id, role)
);
ALTER TABLE public.user_roles ENABLE ROW LEVEL SECURITY;
CREATE FUNCTION public.has_role(_user_id uuid, _role public.app_role) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public
AS $$ SELECT EXISTS (SELECT 1 FROM public.user_roles WHERE user_id = _user_id AND role = _role) $$;
GRANT SELECT ON public.user_roles TO authenticated;
CREATE POLICY own_roles ON public.user_roles FOR SELECT TO authenticated USING ((SELECT auth.uid()) = user_id);
CREATE TABLE public.report (id uuid PRIMARY KEY DEFAULT gen_random_uuid(), body text);
ALTER TABLE public.report ENABLE ROW LEVEL SECURITY;
GRANT SELECT ON public.report TO authenticated;
CREATE POLICY admins_read ON public.report FOR SELECT TO authenticated
    USING ((SELECT public.has_role((SELECT auth.uid()), 'admin')));
