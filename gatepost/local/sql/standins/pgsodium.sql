-- Nothing is encrypted: keys are rows, and what goes in comes out.
DO $$ BEGIN IF pg_catalog.to_regnamespace('pgsodium') IS NULL THEN EXECUTE 'CREATE SCHEMA pgsodium'; END IF; END $$;
CREATE TYPE pgsodium.key_status AS ENUM ('default', 'valid', 'invalid', 'expired');
CREATE TABLE pgsodium.key (
    id uuid PRIMARY KEY DEFAULT pg_catalog.gen_random_uuid(), status pgsodium.key_status DEFAULT 'valid',
    created timestamptz NOT NULL DEFAULT pg_catalog.now(), expires timestamptz, key_type text, key_id bigint,
    key_context bytea, name text UNIQUE, associated_data text
);
CREATE VIEW pgsodium.valid_key AS SELECT id, name, status, key_type, key_id, created, expires FROM pgsodium.key;
CREATE FUNCTION pgsodium.create_key(key_type text DEFAULT 'aead-det', name text DEFAULT NULL) RETURNS pgsodium.key
LANGUAGE sql AS $$ INSERT INTO pgsodium.key (key_type, name) VALUES ($1, $2) RETURNING * $$;
CREATE FUNCTION pgsodium.crypto_aead_det_encrypt(message bytea, additional bytea, key_uuid uuid, nonce bytea DEFAULT NULL)
RETURNS bytea LANGUAGE sql IMMUTABLE AS $$ SELECT $1 $$;
CREATE FUNCTION pgsodium.crypto_aead_det_decrypt(message bytea, additional bytea, key_uuid uuid, nonce bytea DEFAULT NULL)
RETURNS bytea LANGUAGE sql IMMUTABLE AS $$ SELECT $1 $$;
CREATE FUNCTION pgsodium.crypto_aead_det_noncegen() RETURNS bytea
LANGUAGE sql VOLATILE AS $$ SELECT pg_catalog.uuid_send(pg_catalog.gen_random_uuid()) $$;
CREATE FUNCTION pgsodium.randombytes_buf(size integer) RETURNS bytea
LANGUAGE sql VOLATILE AS $$ SELECT pg_catalog.uuid_send(pg_catalog.gen_random_uuid()) $$;
GRANT ALL ON SCHEMA pgsodium TO postgres WITH GRANT OPTION;
GRANT ALL ON ALL TABLES IN SCHEMA pgsodium TO postgres WITH GRANT OPTION;
