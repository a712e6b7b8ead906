-- The owner of a row is set by a trigger, whatever the caller wrote.
CREATE TABLE public.todos (id bigint PRIMARY KEY, user_id uuid NOT NULL, body text);
CREATE FUNCTION public.set_owner() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    new.user_id := auth.uid();
    RETURN new;
END $$;
CREATE TRIGGER set_owner BEFORE INSERT ON public.todos FOR EACH ROW EXECUTE FUNCTION public.set_owner();
GRANT SELECT, INSERT, UPDATE, DELETE ON public.todos TO authenticated;
ALTER TABLE public.todos ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON public.todos FOR SELECT TO authenticated USING ((SELECT auth.uid()) = user_id);
CREATE POLICY add ON public.todos FOR INSERT TO authenticated WITH CHECK (true);
CREATE POLICY edit ON public.todos FOR UPDATE TO authenticated
    USING ((SELECT auth.uid()) = user_id) WITH CHECK ((SELECT auth.uid()) = user_id);
