-- Nothing is connected to: no rows come back.
CREATE FUNCTION dblink(text, text) RETURNS SETOF record
LANGUAGE sql VOLATILE AS $$ SELECT NULL::pg_catalog.text WHERE false $$;
CREATE FUNCTION dblink(text) RETURNS SETOF record
LANGUAGE sql VOLATILE AS $$ SELECT NULL::pg_catalog.text WHERE false $$;
CREATE FUNCTION dblink_connect(text) RETURNS text LANGUAGE sql VOLATILE AS $$ SELECT 'OK'::pg_catalog.text $$;
CREATE FUNCTION dblink_connect(text, text) RETURNS text LANGUAGE sql VOLATILE AS $$ SELECT 'OK'::pg_catalog.text $$;
CREATE FUNCTION dblink_disconnect() RETURNS text LANGUAGE sql VOLATILE AS $$ SELECT 'OK'::pg_catalog.text $$;
CREATE FUNCTION dblink_disconnect(text) RETURNS text LANGUAGE sql VOLATILE AS $$ SELECT 'OK'::pg_catalog.text $$;
CREATE FUNCTION dblink_exec(text, text) RETURNS text LANGUAGE sql VOLATILE AS $$ SELECT 'OK'::pg_catalog.text $$;
