-- Calls for administrators: a guard of their own, in a function that they call first.
CREATE TABLE public.staff (user_id uuid PRIMARY KEY REFERENCES auth.users (id), is_admin boolean NOT NULL DEFAULT false);
ALTER TABLE public.staff ENABLE ROW LEVEL SECURITY;
CREATE FUNCTION public.is_admin() RETURNS boolean LANGUAGE sql STABLE SECURITY DEFINER SET search_path = '' AS $$
    SELECT EXISTS (SELECT 1 FROM public.staff s WHERE s.user_id = (SELECT auth.uid()) AND s.is_admin)
$$;
CREATE FUNCTION public.users_by_mail(part text) RETURNS TABLE (id uuid, email text)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
BEGIN
    IF NOT public.is_admin() THEN
        RAISE EXCEPTION 'not allowed' USING ERRCODE = '42501';
    END IF;
    RETURN QUERY SELECT u.id, u.email::text FROM auth.users u WHERE u.email LIKE part || '%';
END $$;
CREATE FUNCTION public.grant_admin(person uuid) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
BEGIN
    IF NOT public.is_admin() THEN
        RAISE EXCEPTION 'not allowed';
    END IF;
    INSERT INTO public.staff (user_id, is_admin) VALUES (person, true)
    ON CONFLICT (user_id) DO UPDATE SET is_admin = true;
END $$;
CREATE FUNCTION public.close_account() RETURNS void LANGUAGE sql SECURITY DEFINER SET search_path = ''
AS $$ DELETE FROM auth.users WHERE id = (SELECT auth.uid()) $$;
CREATE VIEW public.admin_people AS SELECT u.id, u.email FROM auth.users u WHERE public.is_admin();
REVOKE ALL ON public.admin_people FROM anon, authenticated;
GRANT SELECT ON public.admin_people TO authenticated;
