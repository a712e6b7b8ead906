-- Tokens are neither signed nor checked.
CREATE FUNCTION sign(payload json, secret text, algorithm text DEFAULT 'HS256') RETURNS text
LANGUAGE sql IMMUTABLE AS $$ SELECT ''::pg_catalog.text $$;
CREATE FUNCTION verify(
    token text, secret text, algorithm text DEFAULT 'HS256', OUT header json, OUT payload json, OUT valid boolean
)
LANGUAGE sql IMMUTABLE AS $$ SELECT NULL::pg_catalog.json, NULL::pg_catalog.json, false $$;
CREATE FUNCTION url_encode(data bytea) RETURNS text
LANGUAGE sql IMMUTABLE
AS $$ SELECT pg_catalog.translate(pg_catalog.encode($1, 'base64'), E'+/=\n', '-_') $$;
CREATE FUNCTION url_decode(data text) RETURNS bytea
LANGUAGE sql IMMUTABLE
AS $$
    SELECT pg_catalog.decode(
        pg_catalog.rpad(pg_catalog.translate($1, '-_', '+/'), ((pg_catalog.length($1) + 3) / 4) * 4, '='), 'base64'
    )
$$;
CREATE FUNCTION algorithm_sign(signables text, secret text, algorithm text) RETURNS text
LANGUAGE sql IMMUTABLE AS $$ SELECT ''::pg_catalog.text $$;
