-- row-security-off
-- gatepost: as superuser
ALTER ROLE authenticator SET pgrst.db_schemas = 'public, shop';
CREATE SCHEMA shop;
CREATE TABLE shop.customer (id int PRIMARY KEY, email text);
GRANT USAGE ON SCHEMA shop TO anon;
GRANT SELECT ON ALL TABLES IN SCHEMA shop TO anon;
