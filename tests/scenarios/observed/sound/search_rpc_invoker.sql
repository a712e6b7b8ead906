-- Functions for users: a search as the caller, and definers that ask who is calling.
CREATE TABLE notes (
    id uuid PRIMARY KEY,
    user_id uuid NOT NULL DEFAULT auth.uid() REFERENCES auth.users,
    title text,
    body text
);
ALTER TABLE notes ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON notes FOR ALL TO authenticated
    USING (user_id = (SELECT auth.uid())) WITH CHECK (user_id = (SELECT auth.uid()));
GRANT SELECT, INSERT, UPDATE, DELETE ON notes TO authenticated;
CREATE FUNCTION search_notes(query text) RETURNS SETOF notes
    LANGUAGE sql STABLE SET search_path='' AS $$ SELECT * FROM public.notes WHERE body ILIKE '%' || query || '%' $$;
CREATE FUNCTION note_count() RETURNS bigint
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path='' AS $$ SELECT count(*) FROM public.notes $$;
CREATE FUNCTION delete_my_account() RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER SET search_path='' AS $$ BEGIN DELETE
    FROM public.notes WHERE user_id = auth.uid(); END $$;
CREATE FUNCTION share_note(note_id uuid) RETURNS text
    LANGUAGE plpgsql SECURITY DEFINER SET search_path='' AS $$ DECLARE t text; BEGIN SELECT title INTO t
    FROM public.notes WHERE id = note_id AND user_id = auth.uid(); RETURN t; END $$;
CREATE FUNCTION username_taken(name text) RETURNS boolean
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path='' AS $$ SELECT EXISTS (SELECT 1
    FROM public.notes WHERE title = name) $$;
REVOKE EXECUTE ON FUNCTION note_count, delete_my_account, share_note, username_taken FROM PUBLIC, anon;
GRANT EXECUTE ON FUNCTION note_count, delete_my_account, share_note, username_taken TO authenticated;
