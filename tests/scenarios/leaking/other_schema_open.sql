-- row-security-off
-- Nobody exposes this schema, and its USAGE was granted all the same.
CREATE SCHEMA hidden;
CREATE TABLE hidden.note (id int PRIMARY KEY);
GRANT USAGE ON SCHEMA hidden TO authenticated;
GRANT SELECT, INSERT ON hidden.note TO authenticated;
