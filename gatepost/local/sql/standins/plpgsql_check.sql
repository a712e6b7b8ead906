-- Nothing is checked.
CREATE FUNCTION plpgsql_check_function(funcoid regprocedure) RETURNS SETOF text
LANGUAGE sql AS $$ SELECT NULL::pg_catalog.text WHERE false $$;
