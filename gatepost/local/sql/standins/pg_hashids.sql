-- A number is its own hash.
CREATE FUNCTION id_encode(number bigint, salt text DEFAULT '', min_length integer DEFAULT 0, alphabet text DEFAULT '')
RETURNS text LANGUAGE sql IMMUTABLE AS $$ SELECT $1::pg_catalog.text $$;
CREATE FUNCTION id_decode(id text, salt text DEFAULT '', min_length integer DEFAULT 0, alphabet text DEFAULT '')
RETURNS bigint[] LANGUAGE sql IMMUTABLE AS $$ SELECT ARRAY[$1::pg_catalog.int8] $$;
CREATE FUNCTION id_decode_once(id text, salt text DEFAULT '', min_length integer DEFAULT 0, alphabet text DEFAULT '')
RETURNS bigint LANGUAGE sql IMMUTABLE AS $$ SELECT $1::pg_catalog.int8 $$;
