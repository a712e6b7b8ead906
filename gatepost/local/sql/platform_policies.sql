-- Policies of `postgres` on platform tables.
--
-- On the platform the extension supautils lets `postgres` create, alter, drop and comment on policies, and drop
-- triggers, on tables that it does not own. Stock PostgreSQL asks for the owner. So for the duration of such a
-- command, and of no other, the tables that it names belong to `postgres`: one event trigger lends them before the
-- command, another takes them back after it, in the same transaction. A command that fails undoes both.
-- relowner is set directly because ALTER TABLE ... OWNER would lock the table and merge the grants of both owners.

-- makes: function extensions.gatepost_platform_tables()
-- The tables that the platform opens (supautils.policy_grants), with their owners.
CREATE FUNCTION extensions.gatepost_platform_tables() RETURNS TABLE (relation oid, owner oid, schema text, name text)
LANGUAGE sql STABLE SET search_path = ''
AS $$
    SELECT c.oid, o.owner::pg_catalog.regrole::pg_catalog.oid, n.nspname::text, c.relname::text
    FROM (VALUES ('auth', 'supabase_auth_admin'), ('storage', 'supabase_storage_admin'),
                 ('realtime', 'supabase_realtime_admin')) AS o (schema, owner)
    JOIN pg_catalog.pg_namespace n ON n.nspname = o.schema
    JOIN pg_catalog.pg_class c ON c.relnamespace = n.oid AND c.relkind IN ('r', 'p') AND NOT c.relispartition
$$;

-- makes: function extensions.gatepost_lend_platform_tables()
CREATE FUNCTION extensions.gatepost_lend_platform_tables() RETURNS event_trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = ''
AS $$
DECLARE
    command text := pg_catalog.current_query();
    -- Where the command was put together elsewhere, in a function say, the text does not name the table.
    hidden boolean := command !~* '\m(policy|trigger)\M';
BEGIN
    IF tg_tag = 'COMMENT' AND command !~* '\mcomment\s+on\s+policy\M' THEN
        RETURN;
    END IF;
    UPDATE pg_catalog.pg_class AS c
    SET relowner = 'postgres'::pg_catalog.regrole
    FROM extensions.gatepost_platform_tables() AS t
    WHERE c.oid = t.relation
      AND c.relowner = t.owner
      AND (hidden OR pg_catalog.strpos(pg_catalog.lower(command), t.name) > 0);
END
$$;

-- makes: function extensions.gatepost_return_platform_tables()
CREATE FUNCTION extensions.gatepost_return_platform_tables() RETURNS event_trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = ''
AS $$
BEGIN
    UPDATE pg_catalog.pg_class AS c
    SET relowner = t.owner
    FROM extensions.gatepost_platform_tables() AS t
    WHERE c.oid = t.relation AND c.relowner = 'postgres'::pg_catalog.regrole;
END
$$;

-- makes: event trigger gatepost_lend_platform_tables
CREATE EVENT TRIGGER gatepost_lend_platform_tables ON ddl_command_start
    WHEN TAG IN ('CREATE POLICY', 'ALTER POLICY', 'DROP POLICY', 'DROP TRIGGER', 'COMMENT')
    EXECUTE FUNCTION extensions.gatepost_lend_platform_tables();

-- makes: event trigger gatepost_return_platform_tables
CREATE EVENT TRIGGER gatepost_return_platform_tables ON ddl_command_end
    WHEN TAG IN ('CREATE POLICY', 'ALTER POLICY', 'DROP POLICY', 'DROP TRIGGER', 'COMMENT')
    EXECUTE FUNCTION extensions.gatepost_return_platform_tables();
