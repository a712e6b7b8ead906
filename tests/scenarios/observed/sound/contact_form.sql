-- Anybody may leave a message, and only the backend reads it.
CREATE TABLE contact (id uuid PRIMARY KEY DEFAULT gen_random_uuid(), email text NOT NULL CHECK (email ~ '^[^@]+@[^@]+$'),
                      body text NOT NULL);
ALTER TABLE contact ENABLE ROW LEVEL SECURITY;
CREATE POLICY leave ON contact FOR INSERT TO anon, authenticated WITH CHECK (true);
GRANT INSERT ON contact TO anon, authenticated;
