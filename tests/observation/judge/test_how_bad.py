"""What is right only in some designs is a warning: forms that anybody fills in, and the public side of a profile."""

import pytest

FORM = """
CREATE TABLE wishes (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, user_id uuid {null}, wish text NOT NULL);
ALTER TABLE wishes ENABLE ROW LEVEL SECURITY;
GRANT INSERT ON wishes TO anon, authenticated; GRANT SELECT ON wishes TO authenticated;
CREATE POLICY make ON wishes FOR INSERT WITH CHECK (true);
"""
OWN = "CREATE POLICY own ON wishes FOR SELECT TO authenticated USING (user_id = (SELECT auth.uid()));"
HOSTS = """
CREATE TABLE hosts (id uuid PRIMARY KEY REFERENCES auth.users (id), email text, town text, motto text);
ALTER TABLE hosts ENABLE ROW LEVEL SECURITY;
GRANT SELECT ON hosts TO authenticated;
CREATE POLICY own ON hosts FOR SELECT TO authenticated USING (id = (SELECT auth.uid()));
CREATE VIEW open_hosts AS SELECT DISTINCT {shown} FROM hosts;
GRANT {granted} ON open_hosts TO anon, authenticated, service_role;
"""
FORGED = ("row-forged", "anonymous-write")


@pytest.mark.parametrize(
    ("design", "expected"),
    [
        (FORM.format(null=""), {(rule, "warning") for rule in FORGED}),
        (FORM.format(null="") + OWN, {(rule, "error") for rule in FORGED}),
        (FORM.format(null="NOT NULL"), {(rule, "error") for rule in FORGED}),
        (HOSTS.format(shown="id, town, motto", granted="SELECT"), set()),
        (HOSTS.format(shown="id, town, motto", granted="ALL"), {("door-leaks", "warning")}),
        (HOSTS.format(shown="id, email, motto", granted="SELECT"), {("door-leaks", "error")}),
    ],
    ids=[
        "form",
        "form that its writer reads",
        "form in somebody's name",
        "public side",
        "by default",
        "with the address",
    ],
)
def test_what_may_be_intended_is_a_warning(designs, design, expected):
    found = designs.observe(design).findings
    assert {(one.rule, one.severity) for one in found if one.severity != "info"} == expected
