-- Nothing is found; the access method pgroonga is not here: an index of its is left out.
CREATE FUNCTION pgroonga_match(text, text) RETURNS boolean
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$ SELECT false $$;
CREATE OPERATOR &@~ (LEFTARG = text, RIGHTARG = text, FUNCTION = pgroonga_match);
CREATE OPERATOR &@ (LEFTARG = text, RIGHTARG = text, FUNCTION = pgroonga_match);
CREATE FUNCTION pgroonga_score(tableoid oid, ctid tid) RETURNS double precision
LANGUAGE sql STABLE AS $$ SELECT 0::pg_catalog.float8 $$;
CREATE FUNCTION pgroonga_query_escape(query text) RETURNS text LANGUAGE sql IMMUTABLE AS $$ SELECT $1 $$;
CREATE FUNCTION pgroonga_escape(value text) RETURNS text LANGUAGE sql IMMUTABLE AS $$ SELECT $1 $$;
