-- The functions that a foreign data wrapper is made of are here, and reach nothing.
CREATE FUNCTION wrappers_fdw_stats() RETURNS SETOF jsonb
LANGUAGE sql AS $$ SELECT NULL::pg_catalog.jsonb WHERE false $$;
