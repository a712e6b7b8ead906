"""Rows that a mark, a state or a missing owner opens: shared on purpose, or a leak."""

import pytest

TABLE = """
CREATE TABLE {name} (id int PRIMARY KEY, user_id uuid {null} REFERENCES auth.users (id), {columns});
ALTER TABLE {name} ENABLE ROW LEVEL SECURITY;
GRANT ALL ON {name} TO anon, authenticated;
CREATE POLICY own ON {name} TO authenticated USING (user_id = (SELECT auth.uid()));
CREATE POLICY others ON {name} FOR SELECT TO anon, authenticated USING ({using});
"""


def design(name, columns, using, null="NOT NULL"):
    return TABLE.format(name=name, columns=columns, using=using, null=null)


@pytest.mark.parametrize(
    ("text", "severities"),
    [
        (design("notes", "sharing text NOT NULL DEFAULT 'private', body text", "sharing <> 'private'"), []),
        (design("notes", "stage text NOT NULL DEFAULT 'draft', body text", "stage <> 'draft'"), []),
        (design("leads", "phone text, stage text NOT NULL DEFAULT 'new'", "stage = 'new'"), ["error"]),
        (design("leads", "phone text, published boolean NOT NULL", "published"), []),
        (design("orders", "guest_email text", "user_id IS NULL", null=""), ["error"]),
        (design("templates", "guest_email text", "user_id IS NULL", null=""), []),
        (design("orders", "amount int", "user_id IS NULL", null=""), []),
    ],
    ids=["shared", "drafts", "state", "published", "guests", "templates", "no addresses"],
)
def test_what_opens_a_row_decides_whether_reading_it_is_a_leak(designs, text, severities):
    found = [one for one in designs.observe(text).findings if one.rule == "foreign-row-read" and one.severity != "info"]
    assert [one.severity for one in found] == severities


def test_a_row_that_a_trigger_keeps_is_not_the_only_one_that_is_tried(designs):
    result = designs.observe("""
        CREATE TABLE notes (id int PRIMARY KEY, user_id uuid NOT NULL REFERENCES auth.users (id), pinned boolean);
        ALTER TABLE notes ENABLE ROW LEVEL SECURITY;
        GRANT SELECT, DELETE ON notes TO authenticated;
        CREATE POLICY see ON notes FOR SELECT TO authenticated USING (user_id = (SELECT auth.uid()));
        CREATE POLICY remove ON notes FOR DELETE TO authenticated USING (true);
        CREATE FUNCTION keep() RETURNS trigger LANGUAGE plpgsql AS
            $$ BEGIN IF OLD.pinned THEN RETURN NULL; END IF; RETURN OLD; END $$;
        CREATE TRIGGER keep BEFORE DELETE ON notes FOR EACH ROW EXECUTE FUNCTION keep();
    """)
    assert "foreign-row-written" in {one.rule for one in result.findings}


def test_a_move_that_only_a_statement_without_a_filter_can_make_is_a_warning(designs):
    hub = """
        CREATE TABLE teams (id int PRIMARY KEY);
        CREATE TABLE members (team_id int REFERENCES teams (id), user_id uuid NOT NULL REFERENCES auth.users (id),
                              PRIMARY KEY (team_id, user_id));
        CREATE TABLE notes (id int PRIMARY KEY, team_id int NOT NULL REFERENCES teams (id),
                            user_id uuid NOT NULL REFERENCES auth.users (id));
        ALTER TABLE teams ENABLE ROW LEVEL SECURITY; ALTER TABLE members ENABLE ROW LEVEL SECURITY;
        ALTER TABLE notes ENABLE ROW LEVEL SECURITY;
        GRANT SELECT ON members TO authenticated; GRANT SELECT, UPDATE ON notes TO authenticated;
        CREATE POLICY own ON members FOR SELECT TO authenticated USING (user_id = (SELECT auth.uid()));
        CREATE POLICY edit ON notes FOR UPDATE TO authenticated USING (user_id = (SELECT auth.uid()));
    """
    team = "team_id IN (SELECT team_id FROM members WHERE user_id = (SELECT auth.uid()))"
    found = []
    for using in (team, f"{team} OR user_id = (SELECT auth.uid())"):
        result = designs.observe(f"{hub} CREATE POLICY see ON notes FOR SELECT TO authenticated USING ({using})")
        found += [one.severity for one in result.findings if one.rule == "row-moved-to-another"]
    assert found == ["warning", "error"]


def test_a_letter_in_another_s_name_is_forged_though_it_names_its_writer_as_receiver(designs):
    result = designs.observe("""
        CREATE TABLE letters (id int PRIMARY KEY, sender uuid NOT NULL REFERENCES auth.users (id),
                              receiver uuid NOT NULL REFERENCES auth.users (id), body text);
        ALTER TABLE letters ENABLE ROW LEVEL SECURITY;
        GRANT SELECT, INSERT ON letters TO authenticated;
        CREATE POLICY see ON letters FOR SELECT TO authenticated USING ((SELECT auth.uid()) IN (sender, receiver));
        CREATE POLICY add ON letters FOR INSERT TO authenticated
            WITH CHECK ((SELECT auth.uid()) IN (sender, receiver));
    """)
    assert "row-forged" in {one.rule for one in result.findings if one.severity == "error"}


def test_a_private_table_that_an_account_without_rows_reads_is_a_leak(designs):
    result = designs.observe("""
        CREATE TABLE assignments (nurse uuid REFERENCES auth.users (id), patient int, ended date,
                                  PRIMARY KEY (nurse, patient));
        CREATE TABLE patient_notes (id int PRIMARY KEY, patient int NOT NULL, body text);
        ALTER TABLE assignments ENABLE ROW LEVEL SECURITY; ALTER TABLE patient_notes ENABLE ROW LEVEL SECURITY;
        GRANT SELECT ON patient_notes TO authenticated;
        CREATE FUNCTION my_patients() RETURNS SETOF int LANGUAGE sql STABLE SECURITY DEFINER SET search_path = ''
            AS $$ SELECT patient FROM public.assignments WHERE ended IS NULL $$;
        CREATE POLICY see ON patient_notes FOR SELECT TO authenticated USING (patient IN (SELECT my_patients()));
    """)
    assert "public.patient_notes" in {one.object for one in result.findings if one.severity == "error"}
