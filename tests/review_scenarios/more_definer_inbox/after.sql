CREATE TABLE public.messages (id bigint PRIMARY KEY, sender uuid NOT NULL, receiver uuid NOT NULL, body text);
ALTER TABLE public.messages ENABLE ROW LEVEL SECURITY;
REVOKE ALL ON public.messages FROM PUBLIC, anon, authenticated;
GRANT SELECT ON public.messages TO authenticated;
CREATE POLICY r ON public.messages FOR SELECT TO authenticated USING ((SELECT auth.uid()) IN (sender, receiver));
CREATE FUNCTION public.inbox(who uuid) RETURNS SETOF public.messages LANGUAGE sql STABLE SECURITY DEFINER SET search_path = '' AS $$ SELECT m.* FROM public.messages m WHERE m.receiver = who $$;
REVOKE EXECUTE ON FUNCTION public.inbox(uuid) FROM PUBLIC, anon;
GRANT EXECUTE ON FUNCTION public.inbox(uuid) TO authenticated;
