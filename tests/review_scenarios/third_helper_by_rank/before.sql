-- Editors of a project change its documents: a helper asks another how high the caller's role is.
CREATE TABLE public.projects (id bigint PRIMARY KEY, title text NOT NULL);
CREATE TABLE public.project_roles (project_id bigint NOT NULL REFERENCES public.projects, user_id uuid NOT NULL, role text NOT NULL CHECK (role IN ('viewer', 'commenter', 'editor')), PRIMARY KEY (project_id, user_id));
CREATE TABLE public.documents (id bigint PRIMARY KEY, project_id bigint NOT NULL REFERENCES public.projects, body text);
ALTER TABLE public.projects ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.project_roles ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.documents ENABLE ROW LEVEL SECURITY;
REVOKE ALL ON public.projects, public.project_roles, public.documents FROM anon, authenticated;
GRANT SELECT, UPDATE ON public.documents TO authenticated;
CREATE SCHEMA app;
GRANT USAGE ON SCHEMA app TO authenticated;
CREATE FUNCTION app.role_in(project bigint) RETURNS text LANGUAGE sql STABLE SECURITY DEFINER SET search_path = '' AS $$
    SELECT r.role FROM public.project_roles r WHERE r.project_id = project AND r.user_id = (SELECT auth.uid()) $$;
CREATE FUNCTION app.rank(role text) RETURNS int LANGUAGE sql IMMUTABLE SET search_path = '' AS $$
    SELECT CASE role WHEN 'viewer' THEN 1 WHEN 'commenter' THEN 2 WHEN 'editor' THEN 3 ELSE 0 END $$;
CREATE POLICY read ON public.documents FOR SELECT TO authenticated USING (app.role_in(project_id) IS NOT NULL);
CREATE POLICY change ON public.documents FOR UPDATE TO authenticated USING (app.rank(app.role_in(project_id)) >= 3) WITH CHECK (app.rank(app.role_in(project_id)) >= 3);
