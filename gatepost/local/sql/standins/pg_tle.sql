-- An extension of the project's own is not installed: creating it fails, and says so.
DO $$ BEGIN IF pg_catalog.to_regnamespace('pgtle') IS NULL THEN EXECUTE 'CREATE SCHEMA pgtle'; END IF; END $$;
CREATE FUNCTION pgtle.install_extension(name text, version text, description text, ext text, requires text[] DEFAULT NULL)
RETURNS boolean LANGUAGE sql AS $$ SELECT true $$;
CREATE FUNCTION pgtle.uninstall_extension_if_exists(name text) RETURNS boolean LANGUAGE sql AS $$ SELECT false $$;
CREATE FUNCTION pgtle.available_extensions() RETURNS TABLE (name name, default_version text, comment text)
LANGUAGE sql AS $$ SELECT NULL::pg_catalog.name, NULL::pg_catalog.text, NULL::pg_catalog.text WHERE false $$;
GRANT USAGE ON SCHEMA pgtle TO postgres WITH GRANT OPTION;
