-- Lessons for those who pay, some of them for everybody.
CREATE TABLE subscriptions (
    id uuid PRIMARY KEY,
    user_id uuid NOT NULL REFERENCES auth.users,
    status text NOT NULL,
    current_period_end timestamptz NOT NULL
);
CREATE TABLE lessons (id uuid PRIMARY KEY, title text, body text, is_free boolean NOT NULL DEFAULT false);
ALTER TABLE subscriptions ENABLE ROW LEVEL SECURITY;
ALTER TABLE lessons ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON subscriptions FOR SELECT TO authenticated USING (user_id = (SELECT auth.uid()));
CREATE POLICY free ON lessons FOR SELECT USING (is_free);
CREATE POLICY paid ON lessons FOR SELECT TO authenticated
    USING (EXISTS (SELECT 1
    FROM subscriptions s WHERE s.user_id = (SELECT auth.uid()) AND s.status IN ('active','trialing') AND s.current_period_end > now()));
CREATE TABLE progress (
    user_id uuid REFERENCES auth.users,
    lesson_id uuid REFERENCES lessons,
    done boolean DEFAULT false,
    PRIMARY KEY (user_id, lesson_id)
);
ALTER TABLE progress ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON progress FOR ALL TO authenticated
    USING (user_id = (SELECT auth.uid())) WITH CHECK (user_id = (SELECT auth.uid()));
GRANT SELECT ON subscriptions TO authenticated;
GRANT SELECT ON lessons TO anon, authenticated;
GRANT SELECT, INSERT, UPDATE, DELETE ON progress TO authenticated;
