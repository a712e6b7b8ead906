-- Nothing is advised.
CREATE FUNCTION index_advisor(query text) RETURNS TABLE (
    startup_cost_before jsonb, startup_cost_after jsonb, total_cost_before jsonb, total_cost_after jsonb,
    index_statements text[], errors text[]
)
LANGUAGE sql AS $$
    SELECT NULL::pg_catalog.jsonb, NULL::pg_catalog.jsonb, NULL::pg_catalog.jsonb, NULL::pg_catalog.jsonb,
           '{}'::pg_catalog.text[], '{}'::pg_catalog.text[]
$$;
