CREATE TYPE public.rank AS ENUM ('guest', 'staff', 'trainee');
CREATE TABLE public.people (id uuid PRIMARY KEY, rank public.rank NOT NULL DEFAULT 'guest');
ALTER TABLE public.people ENABLE ROW LEVEL SECURITY;
GRANT SELECT ON public.people TO authenticated;
CREATE POLICY own ON public.people FOR SELECT TO authenticated USING (id = (SELECT auth.uid()));
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
CREATE POLICY staff ON public.notes FOR SELECT TO authenticated USING (
    EXISTS (SELECT FROM public.people p WHERE p.id = (SELECT auth.uid()) AND p.rank <> 'guest'));
