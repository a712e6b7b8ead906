-- Calendars that are shared for reading or for writing.
CREATE TABLE calendars (id uuid PRIMARY KEY, owner_id uuid NOT NULL REFERENCES auth.users, name text);
CREATE TABLE calendar_shares (
    calendar_id uuid REFERENCES calendars ON DELETE CASCADE,
    shared_with uuid REFERENCES auth.users,
    permission text NOT NULL CHECK (permission IN ('read','write')),
    PRIMARY KEY (calendar_id, shared_with)
);
CREATE TABLE events (
    id uuid PRIMARY KEY,
    calendar_id uuid NOT NULL REFERENCES calendars,
    title text,
    starts_at timestamptz NOT NULL
);
CREATE SCHEMA private;
GRANT USAGE ON SCHEMA private TO authenticated;
CREATE FUNCTION private.owns_calendar(c uuid) RETURNS boolean
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path='' AS $$ SELECT EXISTS (SELECT 1
    FROM public.calendars WHERE id = c AND owner_id = auth.uid()) $$;
CREATE FUNCTION private.may_on(c uuid, wanted text[]) RETURNS boolean
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path='' AS $$ SELECT EXISTS (SELECT 1
    FROM public.calendar_shares WHERE calendar_id = c AND shared_with = auth.uid() AND permission = ANY (wanted)) $$;
ALTER TABLE calendars ENABLE ROW LEVEL SECURITY;
ALTER TABLE calendar_shares ENABLE ROW LEVEL SECURITY;
ALTER TABLE events ENABLE ROW LEVEL SECURITY;
CREATE POLICY see ON calendars FOR SELECT TO authenticated
    USING (owner_id = (SELECT auth.uid()) OR private.may_on(id, '{read,write}'));
CREATE POLICY own ON calendars FOR INSERT TO authenticated WITH CHECK (owner_id = (SELECT auth.uid()));
CREATE POLICY ren ON calendars FOR UPDATE TO authenticated
    USING (owner_id = (SELECT auth.uid())) WITH CHECK (owner_id = (SELECT auth.uid()));
CREATE POLICY see ON calendar_shares FOR SELECT TO authenticated
    USING (shared_with = (SELECT auth.uid()) OR private.owns_calendar(calendar_id));
CREATE POLICY giv ON calendar_shares FOR ALL TO authenticated
    USING (private.owns_calendar(calendar_id)) WITH CHECK (private.owns_calendar(calendar_id));
CREATE POLICY see ON events FOR SELECT TO authenticated
    USING (private.owns_calendar(calendar_id) OR private.may_on(calendar_id, '{read,write}'));
CREATE POLICY wri ON events FOR ALL TO authenticated
    USING (private.owns_calendar(calendar_id) OR private.may_on(calendar_id, '{write}'))
    WITH CHECK (private.owns_calendar(calendar_id) OR private.may_on(calendar_id, '{write}'));
GRANT SELECT, INSERT, UPDATE, DELETE ON calendars, calendar_shares, events TO authenticated;
