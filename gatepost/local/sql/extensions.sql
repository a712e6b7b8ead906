-- The schema `extensions` and what projects expect to find in it.

-- makes: schema extensions
CREATE SCHEMA extensions;
GRANT USAGE ON SCHEMA extensions TO anon, authenticated, service_role;

-- makes: available extension pgcrypto
CREATE EXTENSION pgcrypto WITH SCHEMA extensions;

-- makes: function extensions.uuid_generate_v4()
-- The name that uuid-ossp gives it; that extension is missing from many builds.
CREATE FUNCTION extensions.uuid_generate_v4() RETURNS uuid
LANGUAGE sql VOLATILE PARALLEL SAFE
AS $$ SELECT pg_catalog.gen_random_uuid() $$;
