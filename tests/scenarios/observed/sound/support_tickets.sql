-- Agents answer tickets and talk among themselves; to stand in their table is all it takes.
CREATE TABLE agents (user_id uuid PRIMARY KEY REFERENCES auth.users);
CREATE TABLE tickets (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    user_id uuid NOT NULL DEFAULT auth.uid() REFERENCES auth.users,
    assigned_to uuid REFERENCES agents(user_id),
    subject text,
    state text NOT NULL DEFAULT 'open'
);
CREATE TABLE replies (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    ticket_id bigint NOT NULL REFERENCES tickets,
    author_id uuid NOT NULL DEFAULT auth.uid() REFERENCES auth.users,
    body text,
    internal boolean NOT NULL DEFAULT false
);
CREATE SCHEMA private;
GRANT USAGE ON SCHEMA private TO authenticated;
CREATE FUNCTION private.is_agent() RETURNS boolean
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path='' AS $$ SELECT EXISTS (SELECT 1
    FROM public.agents WHERE user_id = auth.uid()) $$;
ALTER TABLE agents ENABLE ROW LEVEL SECURITY;
ALTER TABLE tickets ENABLE ROW LEVEL SECURITY;
ALTER TABLE replies ENABLE ROW LEVEL SECURITY;
CREATE POLICY see ON tickets FOR SELECT TO authenticated
    USING (user_id = (SELECT auth.uid()) OR (SELECT private.is_agent()));
CREATE POLICY mk ON tickets FOR INSERT TO authenticated
    WITH CHECK (user_id = (SELECT auth.uid()) AND assigned_to IS NULL);
CREATE POLICY ag ON tickets FOR UPDATE TO authenticated USING ((SELECT private.is_agent()));
CREATE POLICY see ON replies FOR SELECT TO authenticated
    USING ((SELECT private.is_agent()) OR (NOT internal
    AND EXISTS (SELECT 1 FROM tickets t WHERE t.id = ticket_id AND t.user_id = (SELECT auth.uid()))));
CREATE POLICY mk ON replies FOR INSERT TO authenticated
    WITH CHECK (author_id = (SELECT auth.uid()) AND ((SELECT private.is_agent()) OR (NOT internal
    AND EXISTS (SELECT 1 FROM tickets t WHERE t.id = ticket_id AND t.user_id = (SELECT auth.uid())))));
GRANT SELECT, INSERT, UPDATE ON tickets TO authenticated;
GRANT SELECT, INSERT ON replies TO authenticated;
