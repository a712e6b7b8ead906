-- The function that `graphql_public.graphql` calls on the platform; it answers nothing.
CREATE FUNCTION resolve(
    query text, variables jsonb DEFAULT '{}', "operationName" text DEFAULT NULL, extensions jsonb DEFAULT NULL
) RETURNS jsonb
LANGUAGE sql STABLE AS $$ SELECT '{"data": null}'::pg_catalog.jsonb $$;
CREATE FUNCTION rebuild_schema() RETURNS void LANGUAGE sql AS $$ SELECT $$;
CREATE FUNCTION comment_directive(comment_ text) RETURNS jsonb
LANGUAGE sql IMMUTABLE AS $$ SELECT '{}'::pg_catalog.jsonb $$;
