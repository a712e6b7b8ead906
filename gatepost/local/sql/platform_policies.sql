-- Policies of `postgres` on platform tables.
--
-- On the platform the extension supautils lets `postgres` create, alter, drop and comment on policies, and drop
-- triggers, on tables that it does not own. Stock PostgreSQL requires the owner. So for the duration of such a
-- command, and of no other, the tables that it names belong to `postgres`: one event trigger lends them before the
-- command, another takes them back after it, in the same transaction. A command that fails undoes both.
-- relowner is set directly because ALTER TABLE ... OWNER would lock the table and merge the grants of both owners.

-- makes: function extensions.gatepost_wanted_tables(text, text)
-- The platform tables that a command may be about. An event trigger does not know which table a command names, so its
-- text is read; reading too much costs half a millisecond and harms nothing.
CREATE FUNCTION extensions.gatepost_wanted_tables(tag text, command text) RETURNS oid[]
LANGUAGE plpgsql STABLE SET search_path = ''
AS $$
DECLARE
    low text := pg_catalog.lower(command);
    -- A command put together elsewhere, in a function or a block say, does not stand in the text.
    hidden boolean := low !~ '\m(policy|trigger)\M' OR low ~ '\mexecute\M';
BEGIN
    IF tag = 'COMMENT' AND NOT low ~ '\mcomment\s+on\s+policy\M' THEN
        RETURN '{}';
    END IF;
    RETURN ARRAY(
        SELECT c.oid
        FROM pg_catalog.pg_class AS c
        WHERE c.relnamespace IN (SELECT n.oid FROM pg_catalog.pg_namespace AS n
                                 WHERE n.nspname IN ('auth', 'storage', 'realtime'))
          AND c.relkind IN ('r', 'p') AND NOT c.relispartition
          AND c.relowner IN ('supabase_auth_admin'::pg_catalog.regrole, 'supabase_storage_admin'::pg_catalog.regrole,
                             'supabase_realtime_admin'::pg_catalog.regrole)
          AND (hidden OR (pg_catalog.strpos(low, c.relname) > 0
                          AND low ~ ('\mon\s+("?\w+"?\s*\.\s*)?"?' || c.relname || '\M')))
    );
END
$$;

-- makes: function extensions.gatepost_lend_platform_tables()
-- One message may hold thousands of commands: its text is read once, and the answer kept in a setting.
CREATE FUNCTION extensions.gatepost_lend_platform_tables() RETURNS event_trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = ''
AS $$
DECLARE
    message text := tg_tag || pg_catalog.statement_timestamp();
BEGIN
    IF pg_catalog.current_setting('gatepost.message', true) IS DISTINCT FROM message THEN
        PERFORM pg_catalog.set_config('gatepost.message', message, false);
        PERFORM pg_catalog.set_config(
            'gatepost.lent',
            extensions.gatepost_wanted_tables(tg_tag, coalesce(pg_catalog.current_query(), ''))::text,
            false
        );
    END IF;
    IF pg_catalog.current_setting('gatepost.lent') <> '{}' THEN
        UPDATE pg_catalog.pg_class AS c SET relowner = 'postgres'::pg_catalog.regrole
        WHERE c.oid = ANY (pg_catalog.current_setting('gatepost.lent')::pg_catalog.oid[])
          -- Anybody may write the setting, so it is not taken at its word.
          AND c.relowner IN ('supabase_auth_admin'::pg_catalog.regrole, 'supabase_storage_admin'::pg_catalog.regrole,
                             'supabase_realtime_admin'::pg_catalog.regrole);
    END IF;
END
$$;

-- makes: function extensions.gatepost_return_platform_tables()
CREATE FUNCTION extensions.gatepost_return_platform_tables() RETURNS event_trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = ''
AS $$
BEGIN
    IF pg_catalog.current_setting('gatepost.lent', true) <> '{}' THEN
        UPDATE pg_catalog.pg_class AS c SET relowner = o.owner::pg_catalog.regrole
        FROM (VALUES ('auth', 'supabase_auth_admin'), ('storage', 'supabase_storage_admin'),
                     ('realtime', 'supabase_realtime_admin')) AS o (schema, owner)
        WHERE c.oid = ANY (pg_catalog.current_setting('gatepost.lent')::pg_catalog.oid[])
          AND c.relnamespace = o.schema::pg_catalog.regnamespace;
    END IF;
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
