-- gatepost: as superuser
-- The platform's automatic row security, with the event trigger and the function that a new project may hold.
CREATE FUNCTION public.rls_auto_enable() RETURNS event_trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = 'pg_catalog' AS $$
DECLARE cmd record;
BEGIN
    FOR cmd IN SELECT * FROM pg_event_trigger_ddl_commands() WHERE command_tag IN ('CREATE TABLE') LOOP
        EXECUTE format('alter table if exists %s enable row level security', cmd.object_identity);
    END LOOP;
END $$;
CREATE EVENT TRIGGER ensure_rls ON ddl_command_end WHEN TAG IN ('CREATE TABLE')
    EXECUTE FUNCTION public.rls_auto_enable();
CREATE TABLE public.thing (id int PRIMARY KEY, at timestamptz);
CREATE FUNCTION public.touch() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN new.at := now(); RETURN new; END $$;
CREATE TRIGGER touched BEFORE UPDATE ON public.thing FOR EACH ROW EXECUTE FUNCTION public.touch();
CREATE FUNCTION public.add(a int, b int) RETURNS int LANGUAGE sql IMMUTABLE AS $$ SELECT a + b $$;
