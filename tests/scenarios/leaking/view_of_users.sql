-- definer-view
CREATE VIEW public.people AS SELECT id, email FROM auth.users;
GRANT SELECT ON public.people TO authenticated;
