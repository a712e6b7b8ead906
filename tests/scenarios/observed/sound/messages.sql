-- A message is its sender's and its recipient's; it cannot be rewritten.
CREATE TABLE messages (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    sender_id uuid NOT NULL REFERENCES auth.users (id),
    recipient_id uuid NOT NULL REFERENCES auth.users (id),
    body text NOT NULL,
    sent_at timestamptz NOT NULL DEFAULT now(),
    CHECK (sender_id <> recipient_id)
);
ALTER TABLE messages ENABLE ROW LEVEL SECURITY;
CREATE POLICY see ON messages FOR SELECT TO authenticated
    USING ((SELECT auth.uid()) IN (sender_id, recipient_id));
CREATE POLICY send ON messages FOR INSERT TO authenticated WITH CHECK (sender_id = (SELECT auth.uid()));
GRANT SELECT, INSERT ON messages TO authenticated;
