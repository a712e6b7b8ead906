-- Proved: row security is off, and everybody may read and write. Switching it on would take the rows from their owners.
CREATE TABLE public.open_note (
    id int PRIMARY KEY, user_id uuid NOT NULL REFERENCES auth.users (id), body text
);

-- Witnessed: whoever is signed in reads payslips of others; the fix ties them to their owner.
CREATE TABLE public.payslip (
    id int PRIMARY KEY, user_id uuid NOT NULL REFERENCES auth.users (id), salary text NOT NULL
);
CREATE INDEX ON public.payslip (user_id);
ALTER TABLE public.payslip ENABLE ROW LEVEL SECURITY;
REVOKE ALL ON public.payslip FROM anon;
CREATE POLICY readers ON public.payslip FOR SELECT TO authenticated USING ((SELECT auth.uid()) IS NOT NULL);

-- Refuted: a figure over all drafts gives no draft away. Not known: nothing came out, and older drafts may.
CREATE TABLE public.draft (
    id int PRIMARY KEY, user_id uuid NOT NULL REFERENCES auth.users (id), body text
);
CREATE INDEX ON public.draft (user_id);
ALTER TABLE public.draft ENABLE ROW LEVEL SECURITY;
CREATE POLICY readers ON public.draft FOR SELECT TO authenticated USING (user_id = (SELECT auth.uid()));
CREATE POLICY writers ON public.draft FOR DELETE TO authenticated
    USING (user_id = auth.uid());
CREATE FUNCTION public.longest_draft() RETURNS int LANGUAGE sql STABLE SECURITY DEFINER SET search_path = ''
    AS 'SELECT max(length(d.body)) FROM public.draft d';
CREATE FUNCTION public.old_drafts() RETURNS SETOF public.draft LANGUAGE sql STABLE SECURITY DEFINER SET search_path = ''
    AS 'SELECT d.* FROM public.draft d WHERE length(d.body) > 9000';
-- Not known: everybody got their own drafts, and with another switch they get those of others.
CREATE FUNCTION public.my_drafts() RETURNS SETOF public.draft LANGUAGE sql STABLE SECURITY DEFINER SET search_path = ''
    AS 'SELECT d.* FROM public.draft d WHERE d.user_id = (SELECT auth.uid())
        OR EXISTS (SELECT FROM pg_catalog.pg_roles r WHERE r.rolname = ''reviewers'')';

-- Not known: nobody gets past it with the rows that can be planted.
CREATE TABLE public.patient (id uuid PRIMARY KEY, email text NOT NULL);
ALTER TABLE public.patient ENABLE ROW LEVEL SECURITY;
CREATE POLICY odd ON public.patient FOR SELECT USING (length(email) < 0);

-- Proved by PostgreSQL, which reduces the condition to true.
CREATE TABLE public.invoice (
    id int PRIMARY KEY, user_id uuid NOT NULL REFERENCES auth.users (id), iban text NOT NULL
);
CREATE INDEX ON public.invoice (user_id);
ALTER TABLE public.invoice ENABLE ROW LEVEL SECURITY;
REVOKE ALL ON public.invoice FROM anon;
CREATE POLICY readers ON public.invoice FOR SELECT TO authenticated USING (lower('A') = 'a');

-- Not known: no planted row holds what the second half asks for.
CREATE TABLE public.memo (
    id int PRIMARY KEY, user_id uuid NOT NULL REFERENCES auth.users (id), body text
);
CREATE INDEX ON public.memo (user_id);
ALTER TABLE public.memo ENABLE ROW LEVEL SECURITY;
CREATE POLICY readers ON public.memo FOR SELECT TO authenticated USING (user_id = (SELECT auth.uid()));
CREATE POLICY writers ON public.memo FOR DELETE TO authenticated
    USING (user_id = auth.uid() OR body ~ '^keep [0-9]+');
