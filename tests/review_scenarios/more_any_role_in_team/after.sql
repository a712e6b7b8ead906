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
CREATE POLICY d ON public.docs FOR UPDATE TO authenticated USING (EXISTS (SELECT FROM public.members m WHERE m.team_id = docs.team_id AND m.user_id = (SELECT auth.uid()) AND m.role <> 'admin'));
CREATE POLICY r ON public.docs FOR SELECT TO authenticated USING (true);
