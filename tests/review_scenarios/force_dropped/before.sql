-- gatepost: as superuser
CREATE TABLE public.notes (
    id bigint PRIMARY KEY,
    user_id uuid NOT NULL,
    title text,
    is_public boolean NOT NULL DEFAULT false,
    deleted_at timestamptz
);
ALTER TABLE public.notes ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.notes FORCE ROW LEVEL SECURITY;
REVOKE ALL ON public.notes FROM PUBLIC, anon, authenticated;
GRANT SELECT, INSERT, UPDATE, DELETE ON public.notes TO authenticated;
CREATE POLICY notes_own ON public.notes TO authenticated USING (user_id = (SELECT auth.uid()));
CREATE VIEW public.mine AS SELECT id, title FROM public.notes;
REVOKE ALL ON public.mine FROM anon, authenticated;
GRANT SELECT ON public.mine TO authenticated;
CREATE ROLE notes_owner NOLOGIN;
GRANT notes_owner TO postgres;
GRANT USAGE, CREATE ON SCHEMA public TO notes_owner;
ALTER TABLE public.notes OWNER TO notes_owner;
ALTER VIEW public.mine OWNER TO notes_owner;
CREATE POLICY for_owner ON public.notes FOR SELECT TO notes_owner USING (user_id = (SELECT auth.uid()));
