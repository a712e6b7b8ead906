-- A like counts up, and tells the author, through a trigger that runs as its owner.
CREATE TABLE posts (
    id uuid PRIMARY KEY,
    author_id uuid NOT NULL REFERENCES auth.users,
    body text,
    like_count int NOT NULL DEFAULT 0
);
CREATE TABLE likes (
    post_id uuid NOT NULL REFERENCES posts,
    user_id uuid NOT NULL REFERENCES auth.users,
    PRIMARY KEY (post_id, user_id)
);
CREATE TABLE notifications (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    user_id uuid NOT NULL REFERENCES auth.users,
    body text,
    read_at timestamptz
);
ALTER TABLE posts ENABLE ROW LEVEL SECURITY;
ALTER TABLE likes ENABLE ROW LEVEL SECURITY;
ALTER TABLE notifications ENABLE ROW LEVEL SECURITY;
CREATE FUNCTION on_like() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path='' AS $$ BEGIN UPDATE public.posts SET like_count = like_count + 1 WHERE id = new.post_id; INSERT INTO public.notifications (user_id, body) SELECT author_id, 'liked' FROM public.posts WHERE id = new.post_id; RETURN new; END $$;
CREATE TRIGGER on_like AFTER INSERT ON likes FOR EACH ROW EXECUTE FUNCTION on_like();
REVOKE EXECUTE ON FUNCTION on_like FROM PUBLIC;
CREATE POLICY a ON posts FOR SELECT USING (true);
CREATE POLICY mk ON posts FOR INSERT TO authenticated WITH CHECK (author_id = (SELECT auth.uid()));
CREATE POLICY a ON likes FOR SELECT USING (true);
CREATE POLICY mk ON likes FOR INSERT TO authenticated WITH CHECK (user_id = (SELECT auth.uid()));
CREATE POLICY rm ON likes FOR DELETE TO authenticated USING (user_id = (SELECT auth.uid()));
CREATE POLICY own ON notifications FOR SELECT TO authenticated USING (user_id = (SELECT auth.uid()));
CREATE POLICY rd ON notifications FOR UPDATE TO authenticated USING (user_id = (SELECT auth.uid()));
GRANT SELECT ON posts, likes TO anon, authenticated;
GRANT INSERT (id, author_id, body) ON posts TO authenticated;
GRANT INSERT, DELETE ON likes TO authenticated;
GRANT SELECT, UPDATE (read_at) ON notifications TO authenticated;
