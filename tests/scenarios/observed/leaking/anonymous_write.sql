-- finds: anonymous-write public.settings
CREATE TABLE settings (id int PRIMARY KEY, value text);
ALTER TABLE settings ENABLE ROW LEVEL SECURITY;
CREATE POLICY everything ON settings USING (true);
GRANT SELECT, UPDATE ON settings TO anon, authenticated;
