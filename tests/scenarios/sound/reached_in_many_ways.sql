-- Who belongs to a workspace, found in many ways: a union, a set-returning helper, claims in an array, the row's parent.
CREATE TABLE public.workspace (id uuid PRIMARY KEY, owner_id uuid NOT NULL REFERENCES auth.users (id), name text);
CREATE INDEX ON public.workspace (owner_id);
CREATE TABLE public.seat (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(), workspace_id uuid NOT NULL REFERENCES public.workspace (id),
    user_id uuid NOT NULL REFERENCES auth.users (id), role text NOT NULL DEFAULT 'member', UNIQUE (user_id, workspace_id)
);
CREATE INDEX ON public.seat (workspace_id);
CREATE TABLE public.voucher (id bigint PRIMARY KEY, workspace_id uuid NOT NULL REFERENCES public.workspace (id), code text);
CREATE INDEX ON public.voucher (workspace_id);
CREATE TABLE public.shift (
    id bigint PRIMARY KEY, workspace_id uuid NOT NULL REFERENCES public.workspace (id), seat_id uuid REFERENCES public.seat (id)
);
CREATE INDEX ON public.shift (workspace_id);
CREATE INDEX ON public.shift (seat_id);
CREATE TABLE public.break (id bigint PRIMARY KEY, shift_id bigint NOT NULL REFERENCES public.shift (id), minutes integer);
CREATE INDEX ON public.break (shift_id);
CREATE TABLE public.invoice (id bigint PRIMARY KEY, team text NOT NULL, amount integer);
CREATE INDEX ON public.invoice (team);
CREATE SCHEMA private;
GRANT USAGE ON SCHEMA private TO authenticated;
CREATE FUNCTION private.me() RETURNS SETOF uuid LANGUAGE sql STABLE SECURITY DEFINER SET search_path = '' AS $$
    SELECT auth.uid() WHERE auth.uid() IS NOT NULL UNION SELECT s.user_id FROM public.seat s WHERE s.user_id = auth.uid()
$$;
CREATE FUNCTION private.works_for(who uuid, workspace uuid) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = '' AS $$
    SELECT EXISTS (SELECT 1 FROM public.workspace w WHERE w.id = workspace AND w.owner_id = who)
        OR EXISTS (SELECT 1 FROM public.seat s WHERE s.workspace_id = workspace AND s.user_id = who)
$$;
CREATE FUNCTION private.leads(workspace uuid) RETURNS boolean
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = '' AS $$
DECLARE
    found_role text;
BEGIN
    SELECT s.role INTO found_role FROM public.seat s WHERE s.workspace_id = workspace AND s.user_id = auth.uid();
    IF found_role IS DISTINCT FROM 'lead' THEN
        RETURN false;
    END IF;
    RETURN true;
END $$;
GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA private TO authenticated;
ALTER TABLE public.workspace ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.seat ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.voucher ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.shift ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.break ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.invoice ENABLE ROW LEVEL SECURITY;
REVOKE ALL ON public.workspace, public.seat, public.voucher, public.shift, public.break, public.invoice FROM anon;
GRANT SELECT ON public.workspace, public.seat, public.voucher, public.shift, public.break, public.invoice TO authenticated;
GRANT UPDATE (code) ON public.voucher TO authenticated;
CREATE POLICY own ON public.workspace FOR SELECT TO authenticated USING (owner_id = (SELECT auth.uid()));
CREATE POLICY own ON public.seat FOR SELECT TO authenticated USING (user_id = (SELECT auth.uid()));
CREATE POLICY united ON public.voucher FOR SELECT TO authenticated USING (workspace_id IN (
    SELECT w.id FROM public.workspace w WHERE w.owner_id = (SELECT auth.uid())
    UNION SELECT s.workspace_id FROM public.seat s WHERE s.user_id = (SELECT auth.uid())));
CREATE POLICY led ON public.voucher FOR UPDATE TO authenticated
    USING (private.leads(workspace_id)) WITH CHECK (private.leads(workspace_id));
CREATE POLICY joined ON public.shift FOR SELECT TO authenticated USING (EXISTS (
    SELECT 1 FROM public.seat s JOIN private.me() m ON s.user_id = m WHERE s.workspace_id = shift.workspace_id));
CREATE POLICY parent ON public.break FOR SELECT TO authenticated USING (EXISTS (
    SELECT 1 FROM public.shift s WHERE s.id = break.shift_id AND private.works_for((SELECT auth.uid()), s.workspace_id)));
CREATE POLICY claimed ON public.invoice FOR SELECT TO authenticated USING (
    team IN (SELECT jsonb_array_elements_text((SELECT auth.jwt()) -> 'app_metadata' -> 'teams')));
