-- A partition has row security of its own, and here it has none.
-- finds: door-leaks public.events_all
CREATE TABLE events (id bigint, user_id uuid NOT NULL, body text) PARTITION BY HASH (id);
CREATE TABLE events_all PARTITION OF events FOR VALUES WITH (MODULUS 1, REMAINDER 0);
ALTER TABLE events ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON events TO authenticated USING (user_id = (SELECT auth.uid()));
GRANT SELECT ON events, events_all TO authenticated;
