-- A board is private, public, or for whom has the link.
CREATE TABLE boards (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    owner_id uuid NOT NULL REFERENCES auth.users,
    title text,
    share_token uuid UNIQUE,
    visibility text NOT NULL DEFAULT 'private' CHECK (visibility IN ('private','link','public'))
);
ALTER TABLE boards ENABLE ROW LEVEL SECURITY;
CREATE POLICY see ON boards FOR SELECT USING (visibility = 'public' OR owner_id = (SELECT auth.uid()));
CREATE POLICY own ON boards FOR ALL TO authenticated
    USING (owner_id = (SELECT auth.uid())) WITH CHECK (owner_id = (SELECT auth.uid()));
GRANT SELECT ON boards TO anon;
GRANT SELECT, INSERT, UPDATE, DELETE ON boards TO authenticated;
CREATE FUNCTION board_by_link(token uuid) RETURNS TABLE (id uuid, title text)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path='' AS $$ SELECT b.id, b.title
    FROM public.boards b WHERE b.share_token = token AND b.visibility = 'link' $$;
REVOKE EXECUTE ON FUNCTION board_by_link FROM PUBLIC;
GRANT EXECUTE ON FUNCTION board_by_link TO anon, authenticated;
