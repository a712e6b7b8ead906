-- The roles of the Data API. Attributes and time-outs are the platform's
-- (https://supabase.com/docs/guides/database/postgres/roles and /timeouts).

-- makes: role anon
CREATE ROLE anon NOLOGIN INHERIT;
ALTER ROLE anon SET statement_timeout = '3s';

-- makes: role authenticated
CREATE ROLE authenticated NOLOGIN INHERIT;
ALTER ROLE authenticated SET statement_timeout = '8s';

-- makes: role service_role
CREATE ROLE service_role NOLOGIN INHERIT BYPASSRLS;

-- makes: role authenticator
-- NOINHERIT: between requests it holds nothing; it becomes one of the three with SET ROLE.
CREATE ROLE authenticator LOGIN NOINHERIT;
GRANT anon, authenticated, service_role TO authenticator;
ALTER ROLE authenticator SET statement_timeout = '8s';
ALTER ROLE authenticator SET lock_timeout = '8s';
