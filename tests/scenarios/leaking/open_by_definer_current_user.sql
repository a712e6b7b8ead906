-- condition-always-true
-- Inside a definer function current_user is its owner.
CREATE TABLE public.note (id bigint PRIMARY KEY, user_id uuid NOT NULL, body text, deleted_at timestamptz);
ALTER TABLE public.note ENABLE ROW LEVEL SECURITY;
GRANT SELECT, INSERT, UPDATE, DELETE ON public.note TO anon, authenticated;
CREATE FUNCTION public.trusted(note bigint) RETURNS boolean LANGUAGE sql STABLE SECURITY DEFINER SET search_path = '' AS $$
    SELECT current_user = 'postgres' OR note IS NULL $$;
CREATE POLICY own ON public.note FOR SELECT TO authenticated USING (public.trusted(id));
