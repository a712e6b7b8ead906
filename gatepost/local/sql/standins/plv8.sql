-- A function in plv8 is made and cannot run: its handler, PL/pgSQL's, refuses every body in JavaScript.
CREATE TRUSTED LANGUAGE plv8 HANDLER pg_catalog.plpgsql_call_handler;
CREATE FUNCTION plv8_version() RETURNS text LANGUAGE sql IMMUTABLE AS $$ SELECT 'stand-in'::text $$;
