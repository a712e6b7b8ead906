-- Views that ask as whoever reads them, one over another; and one that picks the rows by who is signed in.
CREATE TABLE public.task (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    user_id uuid NOT NULL REFERENCES auth.users (id),
    title text,
    done boolean NOT NULL DEFAULT false
);
CREATE INDEX ON public.task (user_id);
ALTER TABLE public.task ENABLE ROW LEVEL SECURITY;
GRANT SELECT ON public.task TO authenticated;
CREATE POLICY own ON public.task FOR SELECT TO authenticated USING ((SELECT auth.uid()) = user_id);
CREATE VIEW public.open_task WITH (security_invoker = true) AS SELECT * FROM public.task WHERE NOT done;
CREATE VIEW public.open_count WITH (security_invoker = on) AS SELECT count(*) AS n FROM public.open_task;
CREATE VIEW public.my_task AS SELECT id, title FROM public.task WHERE user_id = (SELECT auth.uid());
REVOKE ALL ON public.my_task, public.open_task, public.open_count FROM anon, authenticated;
GRANT SELECT ON public.open_task, public.open_count, public.my_task TO authenticated;
