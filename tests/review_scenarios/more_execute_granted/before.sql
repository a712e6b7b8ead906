CREATE TABLE public.teams (id bigint PRIMARY KEY, name text NOT NULL);
CREATE TABLE public.members (
    team_id bigint NOT NULL REFERENCES public.teams,
    user_id uuid NOT NULL,
    role text NOT NULL DEFAULT 'member' CHECK (role IN ('member', 'editor', 'admin')),
    active boolean NOT NULL DEFAULT true,
    PRIMARY KEY (team_id, user_id)
);
CREATE TABLE public.docs (
    id bigint PRIMARY KEY,
    team_id bigint NOT NULL REFERENCES public.teams,
    author uuid,
    body text,
    state text NOT NULL DEFAULT 'draft' CHECK (state IN ('draft', 'review', 'live'))
);
ALTER TABLE public.teams ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.members ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.docs ENABLE ROW LEVEL SECURITY;
REVOKE ALL ON public.teams, public.members, public.docs FROM PUBLIC, anon, authenticated;
GRANT SELECT ON public.teams, public.members TO authenticated;
GRANT SELECT, INSERT, UPDATE, DELETE ON public.docs TO authenticated;
CREATE POLICY members_own ON public.members FOR SELECT TO authenticated USING (user_id = (SELECT auth.uid()));
CREATE FUNCTION public.add_member(team bigint, who uuid) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path='' AS $$
BEGIN
  -- IF NOT EXISTS (SELECT FROM public.members m WHERE m.team_id = team AND m.user_id = (SELECT auth.uid()) AND m.role = 'admin') THEN RAISE EXCEPTION 'not an admin'; END IF;
  INSERT INTO public.members (team_id, user_id) VALUES (team, who) ON CONFLICT DO NOTHING;
END $$;
REVOKE EXECUTE ON FUNCTION public.add_member(bigint, uuid) FROM PUBLIC, anon; -- GRANT EXECUTE ON FUNCTION public.add_member(bigint, uuid) TO authenticated;
CREATE POLICY docs_read ON public.docs FOR SELECT TO authenticated USING (team_id IN (SELECT m.team_id FROM public.members m WHERE m.user_id = (SELECT auth.uid())));
