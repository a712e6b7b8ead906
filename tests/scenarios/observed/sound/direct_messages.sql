-- Messages between two users, which a block keeps away.
CREATE TABLE users_public (id uuid PRIMARY KEY REFERENCES auth.users, nick text UNIQUE NOT NULL);
CREATE TABLE dm (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    sender_id uuid NOT NULL REFERENCES users_public,
    receiver_id uuid NOT NULL REFERENCES users_public,
    body text,
    read_at timestamptz
);
CREATE TABLE blocks (
    blocker_id uuid NOT NULL REFERENCES users_public,
    blocked_id uuid NOT NULL REFERENCES users_public,
    PRIMARY KEY (blocker_id, blocked_id)
);
ALTER TABLE users_public ENABLE ROW LEVEL SECURITY;
ALTER TABLE dm ENABLE ROW LEVEL SECURITY;
ALTER TABLE blocks ENABLE ROW LEVEL SECURITY;
CREATE POLICY a ON users_public FOR SELECT TO authenticated USING (true);
CREATE POLICY me ON dm FOR SELECT TO authenticated USING ((SELECT auth.uid()) IN (sender_id, receiver_id));
CREATE SCHEMA private;
GRANT USAGE ON SCHEMA private TO authenticated;
CREATE FUNCTION private.is_blocked(a uuid, b uuid) RETURNS boolean
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path=''
    AS $$ SELECT EXISTS (SELECT 1 FROM public.blocks WHERE blocker_id = a AND blocked_id = b) $$;
CREATE POLICY send ON dm FOR INSERT TO authenticated
    WITH CHECK (sender_id = (SELECT auth.uid()) AND NOT private.is_blocked(receiver_id, sender_id));
CREATE POLICY rd ON dm FOR UPDATE TO authenticated
    USING (receiver_id = (SELECT auth.uid())) WITH CHECK (receiver_id = (SELECT auth.uid()));
CREATE POLICY own ON blocks FOR ALL TO authenticated
    USING (blocker_id = (SELECT auth.uid())) WITH CHECK (blocker_id = (SELECT auth.uid()));
GRANT SELECT ON users_public TO authenticated;
GRANT SELECT, INSERT, UPDATE (read_at) ON dm TO authenticated;
GRANT SELECT, INSERT, DELETE ON blocks TO authenticated;
