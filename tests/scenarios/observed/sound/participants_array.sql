-- Who takes part in a conversation stands in an array.
CREATE TABLE conversations (id uuid PRIMARY KEY, participants uuid[] NOT NULL, topic text);
CREATE TABLE messages (
    id uuid PRIMARY KEY,
    conversation_id uuid NOT NULL REFERENCES conversations(id),
    sender_id uuid NOT NULL DEFAULT auth.uid() REFERENCES auth.users(id),
    body text,
    created_at timestamptz DEFAULT now()
);
ALTER TABLE conversations ENABLE ROW LEVEL SECURITY;
ALTER TABLE messages ENABLE ROW LEVEL SECURITY;
CREATE POLICY see ON conversations FOR SELECT TO authenticated USING ((SELECT auth.uid()) = ANY (participants));
CREATE POLICY mk ON conversations FOR INSERT TO authenticated WITH CHECK ((SELECT auth.uid()) = ANY (participants));
CREATE POLICY see ON messages FOR SELECT TO authenticated
    USING (EXISTS (SELECT 1
    FROM conversations c WHERE c.id = conversation_id AND (SELECT auth.uid()) = ANY (c.participants)));
CREATE POLICY mk ON messages FOR INSERT TO authenticated
    WITH CHECK (sender_id = (SELECT auth.uid())
    AND EXISTS (SELECT 1 FROM conversations c WHERE c.id = conversation_id
    AND (SELECT auth.uid()) = ANY (c.participants)));
GRANT SELECT, INSERT ON conversations, messages TO authenticated;
