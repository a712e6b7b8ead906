-- Boards that their owner reads, and everybody else where they are not private: two permissive policies, as intended.
CREATE TABLE public.board (
    id bigint PRIMARY KEY, user_id uuid NOT NULL REFERENCES auth.users (id), title text, visibility text NOT NULL DEFAULT 'private'
);
CREATE INDEX ON public.board (user_id);
ALTER TABLE public.board ENABLE ROW LEVEL SECURITY;
GRANT SELECT ON public.board TO authenticated;
CREATE POLICY own ON public.board FOR SELECT TO authenticated USING (user_id = (SELECT auth.uid()));
CREATE POLICY shared ON public.board FOR SELECT TO authenticated USING (visibility <> 'private');
