-- The schemas `vault` and `graphql_public`, as far as migrations name them. Secrets are NOT encrypted here.

-- makes: schema vault
CREATE SCHEMA vault;

-- makes: table vault.secrets
CREATE TABLE vault.secrets (
    id uuid DEFAULT gen_random_uuid() PRIMARY KEY,
    name text UNIQUE,
    description text NOT NULL DEFAULT '',
    secret text NOT NULL,
    key_id uuid,
    nonce bytea,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now()
);
CREATE VIEW vault.decrypted_secrets AS
    SELECT id, name, description, secret, secret AS decrypted_secret, key_id, nonce, created_at, updated_at
    FROM vault.secrets;

-- makes: function vault.create_secret(text, text, text, uuid)
CREATE FUNCTION vault.create_secret(
    new_secret text, new_name text DEFAULT NULL, new_description text DEFAULT '', new_key_id uuid DEFAULT NULL
) RETURNS uuid
LANGUAGE sql SECURITY DEFINER SET search_path = ''
AS $$
    INSERT INTO vault.secrets (secret, name, description, key_id)
    VALUES (new_secret, new_name, new_description, new_key_id) RETURNING id
$$;
REVOKE EXECUTE ON FUNCTION vault.create_secret(text, text, text, uuid) FROM PUBLIC;

-- makes: function vault.update_secret(uuid, text, text, text, uuid)
CREATE FUNCTION vault.update_secret(
    secret_id uuid, new_secret text DEFAULT NULL, new_name text DEFAULT NULL, new_description text DEFAULT NULL,
    new_key_id uuid DEFAULT NULL
) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = ''
AS $$
    UPDATE vault.secrets AS s
    SET secret = coalesce(new_secret, s.secret), name = coalesce(new_name, s.name),
        description = coalesce(new_description, s.description), updated_at = now()
    WHERE s.id = secret_id
$$;
REVOKE EXECUTE ON FUNCTION vault.update_secret(uuid, text, text, text, uuid) FROM PUBLIC;

-- makes: schema graphql_public
CREATE SCHEMA graphql_public;
GRANT USAGE ON SCHEMA graphql_public TO anon, authenticated, service_role;

-- makes: function graphql_public.graphql(text, text, jsonb, jsonb)
CREATE FUNCTION graphql_public.graphql(
    "operationName" text DEFAULT NULL, query text DEFAULT NULL, variables jsonb DEFAULT NULL,
    extensions jsonb DEFAULT NULL
) RETURNS jsonb
LANGUAGE sql STABLE
AS $$ SELECT '{"errors": [{"message": "pg_graphql is not enabled"}]}'::jsonb $$;
