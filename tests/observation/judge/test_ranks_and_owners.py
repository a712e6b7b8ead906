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

CHOIRS = """
CREATE TABLE choirs (id int PRIMARY KEY, conductor uuid NOT NULL REFERENCES auth.users, motto text);
CREATE TABLE singers (choir int REFERENCES choirs, person uuid REFERENCES auth.users, PRIMARY KEY (choir, person));
CREATE TABLE fees (id int PRIMARY KEY, choir int NOT NULL REFERENCES choirs, amount int);
CREATE FUNCTION sings(c int) RETURNS boolean LANGUAGE sql STABLE SECURITY DEFINER SET search_path = '' AS
  $$ SELECT EXISTS (SELECT FROM public.singers s WHERE s.choir = c AND s.person = auth.uid()) $$;
ALTER TABLE choirs ENABLE ROW LEVEL SECURITY; ALTER TABLE singers ENABLE ROW LEVEL SECURITY;
ALTER TABLE fees ENABLE ROW LEVEL SECURITY;
CREATE POLICY c ON choirs FOR SELECT TO authenticated USING (conductor = auth.uid() OR sings(id));
CREATE POLICY u ON choirs FOR UPDATE TO authenticated USING (conductor = auth.uid() {0});
CREATE POLICY f ON fees FOR SELECT TO authenticated USING
  (EXISTS (SELECT FROM choirs c WHERE c.id = choir AND c.conductor = auth.uid()));
"""
DEPOTS = """
CREATE TABLE depots (id int PRIMARY KEY);
CREATE TABLE drivers (depot int REFERENCES depots, person uuid REFERENCES auth.users,
  role text NOT NULL DEFAULT 'driver' CHECK (role IN ('dispatcher', 'driver')), PRIMARY KEY (depot, person));
CREATE TABLE gateways (id int PRIMARY KEY, depot int NOT NULL REFERENCES depots, url text, {0} text);
CREATE FUNCTION role_at(d int) RETURNS text LANGUAGE sql STABLE SECURITY DEFINER SET search_path = '' AS
  $$ SELECT role FROM public.drivers WHERE depot = d AND person = auth.uid() $$;
ALTER TABLE depots ENABLE ROW LEVEL SECURITY; ALTER TABLE drivers ENABLE ROW LEVEL SECURITY;
ALTER TABLE gateways ENABLE ROW LEVEL SECURITY;
CREATE POLICY d ON depots FOR SELECT TO authenticated USING (role_at(id) IS NOT NULL);
CREATE POLICY p ON drivers FOR SELECT TO authenticated USING (role_at(depot) IS NOT NULL);
CREATE POLICY w ON gateways FOR UPDATE TO authenticated USING (role_at(depot) = 'dispatcher');
CREATE POLICY r ON gateways FOR SELECT TO authenticated USING (role_at(depot) IS NOT NULL);
"""

OFFICES = """
CREATE TABLE offices (id int PRIMARY KEY);
CREATE TABLE clerks (office int REFERENCES offices, person uuid REFERENCES auth.users,
  role text NOT NULL CHECK (role IN ('owner', 'admin', 'planner', 'trainee')), PRIMARY KEY (office, person));
CREATE TABLE plans (id int PRIMARY KEY, office int NOT NULL REFERENCES offices, body text);
CREATE TABLE wages (id int PRIMARY KEY, office int NOT NULL REFERENCES offices, salary int);
CREATE FUNCTION role_in(o int) RETURNS text LANGUAGE sql STABLE SECURITY DEFINER SET search_path = '' AS
  $$ SELECT role FROM public.clerks WHERE office = o AND person = auth.uid() $$;
ALTER TABLE offices ENABLE ROW LEVEL SECURITY; ALTER TABLE clerks ENABLE ROW LEVEL SECURITY;
ALTER TABLE plans ENABLE ROW LEVEL SECURITY; ALTER TABLE wages ENABLE ROW LEVEL SECURITY;
CREATE POLICY o ON offices FOR SELECT TO authenticated USING (role_in(id) IS NOT NULL);
CREATE POLICY c ON clerks FOR SELECT TO authenticated USING (role_in(office) IS NOT NULL);
CREATE POLICY p ON plans FOR SELECT TO authenticated USING (role_in(office) IS NOT NULL);
CREATE POLICY e ON plans FOR UPDATE TO authenticated USING (role_in(office) IN ('owner', 'planner'));
CREATE POLICY w ON wages FOR UPDATE TO authenticated USING (role_in(office) = 'owner');
"""
PLANNERS = OFFICES + 'CREATE POLICY "planners add plans" ON plans FOR INSERT TO authenticated WITH CHECK ({});'
SALARIES = OFFICES + "CREATE POLICY s ON wages FOR SELECT TO authenticated USING ({});"
PROMOTED = OFFICES + "CREATE POLICY i ON clerks FOR INSERT TO authenticated WITH CHECK (role_in(office) = 'admin' {});"
REMOVED = OFFICES + "CREATE POLICY d ON clerks FOR DELETE TO authenticated USING (role_in(office) = 'planner' {});"
SEATED = "role_in(office) IS NOT NULL"


def errors(designs, text):
    result = designs.observe(f"{text}; {GIVEN}")
    assert result.not_checked == ()
    return {(one.rule, one.object) for one in result.findings if one.severity == "error"}


@pytest.mark.parametrize(
    ("design", "leak", "repair", "found"),
    [
        (LEVELS, "", "AND level < level(vessel)", ("rank-taken", "public.crews")),
        (TIERS, "", "AND tier > tier(vessel)", ("rank-taken", "public.crews")),
        (CHOIRS, "OR sings(id)", "", ("rank-taken", "public.choirs")),
        (DEPOTS, "api_token", "join_token", ("colleague-row-read", "public.gateways")),
        (SALARIES, SEATED, "role_in(office) = 'owner'", ("colleague-row-read", "public.wages")),
        (PROMOTED, "", "AND role = 'trainee'", ("rank-taken", "public.clerks")),
        (REMOVED, "", "AND role = 'trainee'", ("rank-taken", "public.clerks")),
    ],
    ids=["a higher number is more", "a lower number is more", "the owner", "tokens", "salaries", "promoted", "removed"],
)  # fmt: skip
def test_a_leak_is_found_and_its_repair_is_not(designs, design, leak, repair, found):
    assert found in errors(designs, design.format(leak))
    assert errors(designs, design.format(repair)) == set()


def test_what_a_policy_reserves_by_its_name_alone_is_a_warning(designs):
    def found(condition):
        result = designs.observe(f"{PLANNERS.format(condition)}; {GIVEN}")
        return {(one.rule, one.object, one.severity) for one in result.findings if one.severity != "info"}

    assert found(SEATED) == {("rank-bypassed", "public.plans", "warning")}
    assert found("role_in(office) IN ('owner', 'planner')") == set()


def test_a_rank_that_a_policy_rules_out_is_none_that_it_demands(designs):
    ruled_out = "coalesce(role_in(office), 'no') <> 'no'"
    text = OFFICES.replace("p ON plans FOR SELECT TO authenticated USING (role_in(office) IS NOT NULL)",
                           f"p ON plans FOR SELECT TO authenticated USING ({ruled_out})")  # fmt: skip
    assert text != OFFICES
    result = designs.observe(f"{text}; {GIVEN}")
    assert [one.key for one in result.findings if one.severity != "info"] == []


CRATES = """
CREATE TABLE crates (id int PRIMARY KEY, buyer uuid REFERENCES auth.users, phone text, weight int);
ALTER TABLE crates ENABLE ROW LEVEL SECURITY;
CREATE POLICY c ON crates FOR SELECT USING ({});
"""


@pytest.mark.parametrize(
    ("using", "expected"),
    [
        ("buyer IS NOT DISTINCT FROM auth.uid()", {"error"}),
        ("buyer = auth.uid() OR buyer IS NULL", {"warning"}),
        ("buyer = auth.uid()", set()),
    ],
)
def test_rows_without_an_owner_are_for_everybody_only_where_a_policy_says_so(designs, using, expected):
    result = designs.observe(f"{CRATES.format(using)}; {GIVEN}")
    found = [one for one in result.findings if one.rule == "foreign-row-read"]
    assert {one.severity for one in found} == expected
