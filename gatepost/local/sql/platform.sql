-- Who owns what on the platform, and what `postgres` may do with it
-- (https://supabase.com/changelog/34270-restricting-access-on-auth-storage-and-realtime-schemas-on-april-21-2025).

-- always: public
GRANT USAGE ON SCHEMA public TO postgres, anon, authenticated, service_role;

-- always: the services own their tables and functions; `supabase_admin` owns the schemas
DO $$
DECLARE
    target record;
BEGIN
    FOR target IN
        SELECT format('ALTER TABLE %s OWNER TO %I', c.oid::regclass, owners.owner) AS statement
        FROM (VALUES ('auth', 'supabase_auth_admin'), ('storage', 'supabase_storage_admin'),
                     ('realtime', 'supabase_realtime_admin')) AS owners (schema, owner)
        JOIN pg_class c ON c.relnamespace = owners.schema::regnamespace AND c.relkind IN ('r', 'p')
        UNION ALL
        SELECT format('ALTER ROUTINE %s OWNER TO %I', p.oid::regprocedure, owners.owner)
        FROM (VALUES ('auth', 'supabase_auth_admin'), ('storage', 'supabase_storage_admin'),
                     ('realtime', 'supabase_realtime_admin')) AS owners (schema, owner)
        JOIN pg_proc p ON p.pronamespace = owners.schema::regnamespace
        UNION ALL
        SELECT format('ALTER TYPE %s OWNER TO %I', t.oid::regtype, owners.owner)
        FROM (VALUES ('auth', 'supabase_auth_admin'), ('storage', 'supabase_storage_admin'))
             AS owners (schema, owner)
        JOIN pg_type t ON t.typnamespace = owners.schema::regnamespace AND t.typtype = 'e'
    LOOP
        EXECUTE target.statement;
    END LOOP;
END
$$;

-- always: what the services may do in their schemas
GRANT ALL ON SCHEMA auth TO supabase_auth_admin, dashboard_user;
GRANT ALL ON SCHEMA storage TO supabase_storage_admin, dashboard_user;
GRANT ALL ON SCHEMA realtime TO supabase_realtime_admin;

-- always: what `postgres` may do. USAGE on auth comes without grant option, on purpose
GRANT USAGE ON SCHEMA auth TO postgres;
GRANT SELECT ON ALL TABLES IN SCHEMA auth TO postgres WITH GRANT OPTION;
GRANT INSERT, UPDATE, DELETE, TRUNCATE, REFERENCES, TRIGGER ON ALL TABLES IN SCHEMA auth TO postgres;
GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA auth TO postgres;
GRANT USAGE ON SCHEMA storage TO postgres WITH GRANT OPTION;
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA storage TO postgres WITH GRANT OPTION;
GRANT TRUNCATE, REFERENCES, TRIGGER ON ALL TABLES IN SCHEMA storage TO postgres;
GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA storage TO postgres;
GRANT USAGE ON SCHEMA realtime TO postgres WITH GRANT OPTION;
GRANT SELECT, INSERT, UPDATE, TRIGGER ON realtime.messages TO postgres;
GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA realtime TO postgres;
GRANT USAGE ON SCHEMA extensions, graphql_public TO postgres WITH GRANT OPTION;
GRANT USAGE ON SCHEMA vault TO postgres WITH GRANT OPTION;
GRANT SELECT, DELETE, TRUNCATE, REFERENCES ON vault.secrets, vault.decrypted_secrets TO postgres WITH GRANT OPTION;
GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA vault TO postgres WITH GRANT OPTION;

-- makes: publication supabase_realtime
CREATE PUBLICATION supabase_realtime;
ALTER PUBLICATION supabase_realtime OWNER TO postgres;

-- makes: schema graphql
CREATE SCHEMA graphql;
GRANT USAGE ON SCHEMA graphql TO anon, authenticated, service_role;
GRANT ALL ON SCHEMA graphql TO postgres WITH GRANT OPTION;

-- makes: schema supabase_functions
-- What a database webhook of the Dashboard is made of: its trigger function sends nothing here.
CREATE SCHEMA supabase_functions;
GRANT USAGE ON SCHEMA supabase_functions TO postgres, anon, authenticated, service_role;
CREATE FUNCTION supabase_functions.http_request() RETURNS trigger
LANGUAGE plpgsql
AS $$ BEGIN RETURN coalesce(NEW, OLD); END $$;

-- always: what a hosted project's `postgres` may do besides
GRANT ALL ON SCHEMA extensions TO postgres WITH GRANT OPTION;
GRANT SET ON PARAMETER session_replication_role TO postgres;
