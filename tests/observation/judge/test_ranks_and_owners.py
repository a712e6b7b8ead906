"""Ranks that are numbers, and the owner of a tenant: who may raise itself, and who may not. Each leak has a repair."""

import pytest

GIVEN = "GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO anon, authenticated"
CREWS = """
CREATE TABLE vessels (id int PRIMARY KEY, name text);
CREATE TABLE crews (vessel int REFERENCES vessels, sailor uuid REFERENCES auth.users, {column},
  PRIMARY KEY (vessel, sailor));
CREATE TABLE papers (id int PRIMARY KEY, vessel int NOT NULL REFERENCES vessels, body text);
CREATE FUNCTION {name}(v int) RETURNS int LANGUAGE sql STABLE SECURITY DEFINER SET search_path = '' AS
  $$ SELECT coalesce((SELECT c.{name} FROM public.crews c WHERE c.vessel = v AND c.sailor = auth.uid()), {nobody}) $$;
ALTER TABLE vessels ENABLE ROW LEVEL SECURITY; ALTER TABLE crews ENABLE ROW LEVEL SECURITY;
ALTER TABLE papers ENABLE ROW LEVEL SECURITY;
CREATE POLICY v ON vessels FOR SELECT TO authenticated USING ({name}(id) {member});
CREATE POLICY c ON crews FOR SELECT TO authenticated USING ({name}(vessel) {member});
CREATE POLICY p ON papers FOR ALL TO authenticated USING ({name}(vessel) {captain});
CREATE POLICY u ON crews FOR UPDATE TO authenticated USING ({name}(vessel) {mate} {{}});
"""
LEVELS = CREWS.format(name="level", column="level int NOT NULL CHECK (level IN (1, 5, 9))", nobody="0",
                      member="> 0", captain=">= 9", mate=">= 5")  # fmt: skip
TIERS = CREWS.format(name="tier", column="tier smallint NOT NULL DEFAULT 3", nobody="99",
                     member="<= 3", captain="<= 1", mate="<= 2")  # fmt: skip


def errors(designs, text):
    result = designs.observe(f"{text}; {GIVEN}")
    assert result.not_checked == ()
    return {(one.rule, one.object) for one in result.findings if one.severity == "error"}


@pytest.mark.parametrize(
    ("design", "leak", "repair", "found"),
    [
        (LEVELS, "", "AND level < level(vessel)", ("rank-taken", "public.crews")),
        (TIERS, "", "AND tier > tier(vessel)", ("rank-taken", "public.crews")),
    ],
    ids=["a higher number is more", "a lower number is more"],
)  # fmt: skip
def test_a_leak_is_found_and_its_repair_is_not(designs, design, leak, repair, found):
    assert found in errors(designs, design.format(leak))
    assert errors(designs, design.format(repair)) == set()
