-- Permissions of a role that a hook of the server writes into the token, as the platform documents it.
CREATE TYPE public.app_permission AS ENUM ('channels.delete', 'messages.delete');
CREATE TYPE public.app_role AS ENUM ('admin', 'moderator');
CREATE TABLE public.role_permissions (
    id bigint PRIMARY KEY, role public.app_role NOT NULL, permission public.app_permission NOT NULL,
    UNIQUE (role, permission)
);
ALTER TABLE public.role_permissions ENABLE ROW LEVEL SECURITY;
CREATE FUNCTION public.authorize(requested_permission public.app_permission) RETURNS boolean AS $$
DECLARE
    bind_permissions int;
    user_role public.app_role;
BEGIN
    -- The role is read once, and not for each row.
    SELECT (auth.jwt() ->> 'user_role')::public.app_role INTO user_role;
    SELECT count(*)
    INTO bind_permissions
    FROM public.role_permissions
    WHERE role_permissions.permission = requested_permission AND role_permissions.role = user_role;
    RETURN bind_permissions > 0;
END;
$$ LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = '';
REVOKE EXECUTE ON FUNCTION public.authorize(public.app_permission) FROM PUBLIC, anon;
GRANT EXECUTE ON FUNCTION public.authorize(public.app_permission) TO authenticated;
CREATE TABLE public.channels (id bigint PRIMARY KEY, slug text NOT NULL, created_by uuid NOT NULL);
GRANT SELECT, INSERT, UPDATE, DELETE ON public.channels TO authenticated;
ALTER TABLE public.channels ENABLE ROW LEVEL SECURITY;
CREATE POLICY read ON public.channels FOR SELECT TO authenticated USING (true);
CREATE POLICY remove ON public.channels FOR DELETE TO authenticated USING ((SELECT public.authorize('channels.delete')));
