-- No index is imagined.
CREATE FUNCTION hypopg_create_index(sql_order text, OUT indexrelid oid, OUT indexname text) RETURNS SETOF record
LANGUAGE sql AS $$ SELECT NULL::pg_catalog.oid, NULL::pg_catalog.text WHERE false $$;
CREATE FUNCTION hypopg_reset() RETURNS void LANGUAGE sql AS $$ SELECT $$;
