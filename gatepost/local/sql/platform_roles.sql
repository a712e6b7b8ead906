-- The roles that a hosted project has besides the API's, and what `postgres` is there.

-- makes: role supabase_admin
-- The superuser. An embedded cluster is made with it; another server gets it here.
CREATE ROLE supabase_admin LOGIN SUPERUSER CREATEDB CREATEROLE REPLICATION BYPASSRLS;

-- makes: role postgres
-- Not a superuser, but it bypasses row security.
CREATE ROLE postgres LOGIN NOSUPERUSER CREATEDB CREATEROLE REPLICATION BYPASSRLS;
ALTER ROLE postgres SET search_path = "$user", public, extensions;

-- makes: role supabase_auth_admin
CREATE ROLE supabase_auth_admin LOGIN NOINHERIT;
ALTER ROLE supabase_auth_admin SET search_path = auth;
ALTER ROLE supabase_auth_admin SET idle_in_transaction_session_timeout = '60s';

-- makes: role supabase_storage_admin
CREATE ROLE supabase_storage_admin LOGIN NOINHERIT CREATEROLE;
ALTER ROLE supabase_storage_admin SET search_path = storage;
GRANT authenticator TO supabase_storage_admin;

-- makes: role supabase_realtime_admin
CREATE ROLE supabase_realtime_admin LOGIN NOINHERIT CREATEROLE REPLICATION;
ALTER ROLE supabase_realtime_admin SET search_path = realtime;

-- makes: role supabase_read_only_user
CREATE ROLE supabase_read_only_user LOGIN BYPASSRLS;
GRANT pg_read_all_data TO supabase_read_only_user;

-- makes: role supabase_replication_admin
CREATE ROLE supabase_replication_admin LOGIN REPLICATION;

-- makes: role supabase_etl_admin
CREATE ROLE supabase_etl_admin LOGIN REPLICATION;
GRANT pg_read_all_data TO supabase_etl_admin;

-- makes: role dashboard_user
CREATE ROLE dashboard_user NOLOGIN CREATEDB CREATEROLE REPLICATION;

-- makes: role pgbouncer
CREATE ROLE pgbouncer LOGIN;

-- makes: role supabase_privileged_role
CREATE ROLE supabase_privileged_role NOLOGIN;

-- always: memberships and settings of the two accounts that people use
GRANT pg_monitor, pg_read_all_data, pg_signal_backend, supabase_privileged_role TO postgres;
DO $$
BEGIN
    -- From 16 on a role may hand a membership on only WITH ADMIN; before, CREATEROLE was enough.
    IF current_setting('server_version_num')::integer >= 160000 THEN
        GRANT anon, authenticated, service_role TO postgres WITH ADMIN OPTION;
    ELSE
        GRANT anon, authenticated, service_role TO postgres;
    END IF;
END
$$;
ALTER ROLE supabase_admin SET search_path = "$user", public, auth, extensions;
ALTER ROLE supabase_admin SET log_statement = 'none';
