-- A note lies in the folder of its owner; afterwards the pattern has no slash at its end.
CREATE TABLE public.notes (id bigint PRIMARY KEY, owner uuid NOT NULL, body text, state text NOT NULL DEFAULT 'draft', visible_from timestamptz, visible_until timestamptz, tags text[] NOT NULL DEFAULT '{}', level int NOT NULL DEFAULT 0, deleted_at timestamptz, meta jsonb NOT NULL DEFAULT '{}', path text);
ALTER TABLE public.notes ENABLE ROW LEVEL SECURITY;
REVOKE ALL ON public.notes FROM anon, authenticated;
GRANT SELECT, INSERT, UPDATE, DELETE ON public.notes TO authenticated;
CREATE POLICY p ON public.notes  FOR SELECT TO authenticated USING (path LIKE (SELECT auth.uid())::text || '/%');
