-- gatepost: as superuser
-- The API serves a schema of views; the tables lie where it cannot look, closed by grants.
ALTER ROLE authenticator SET pgrst.db_schemas = 'api';
CREATE SCHEMA api;
CREATE SCHEMA data;
GRANT USAGE ON SCHEMA api TO anon, authenticated;
CREATE TABLE data.product (id int PRIMARY KEY, name text, cost_price numeric);
CREATE TABLE data.todo (id int PRIMARY KEY, owner uuid NOT NULL, title text);
CREATE VIEW api.product AS SELECT id, name FROM data.product;
CREATE VIEW api.todo WITH (check_option = local) AS SELECT id, owner, title FROM data.todo WHERE owner = (SELECT auth.uid());
GRANT SELECT ON api.product TO anon, authenticated;
GRANT SELECT, INSERT, UPDATE, DELETE ON api.todo TO authenticated;
CREATE TABLE public.old (id int PRIMARY KEY);
REVOKE ALL ON public.old FROM anon, authenticated;
