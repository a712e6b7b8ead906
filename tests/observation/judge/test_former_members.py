"""Who has left, was thrown out or has expired, where the row of the membership stays. Each leak has a repair."""

import pytest

GIVEN = "GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO anon, authenticated"
GUILDS = """
CREATE TABLE guilds (id int PRIMARY KEY, name text);
CREATE TABLE guild_people (guild int REFERENCES guilds, person uuid REFERENCES auth.users, {state},
  PRIMARY KEY (guild, person));
CREATE TABLE recipes (id int PRIMARY KEY, guild int NOT NULL REFERENCES guilds, body text);
CREATE TABLE debts (id int PRIMARY KEY, guild int NOT NULL REFERENCES guilds, amount int);
ALTER TABLE guilds ENABLE ROW LEVEL SECURITY; ALTER TABLE guild_people ENABLE ROW LEVEL SECURITY;
ALTER TABLE recipes ENABLE ROW LEVEL SECURITY; ALTER TABLE debts ENABLE ROW LEVEL SECURITY;
CREATE POLICY g ON guilds FOR SELECT TO authenticated USING (EXISTS
  (SELECT FROM guild_people p WHERE p.guild = guilds.id AND p.person = auth.uid()));
CREATE POLICY p ON guild_people FOR SELECT TO authenticated USING (person = auth.uid());
CREATE POLICY {name} ON recipes FOR SELECT TO authenticated USING (EXISTS
  (SELECT FROM guild_people p WHERE p.guild = recipes.guild AND p.person = auth.uid() {recipes}));
CREATE POLICY d ON debts FOR {command} TO authenticated {clause} (EXISTS
  (SELECT FROM guild_people p WHERE p.guild = debts.guild AND p.person = auth.uid() {{}}))
"""
WORDS = "status text NOT NULL DEFAULT 'active' CHECK (status IN ('active', 'pending', 'banned')), left_at timestamptz"
READ = {"command": "SELECT", "clause": "USING", "name": "r"}
BY_WORD = GUILDS.format(state=WORDS, recipes="AND p.status = 'active'", **READ)
BY_MOMENT = GUILDS.format(state="left_at timestamptz", recipes="AND p.left_at IS NULL", **READ)
BY_FLAG = GUILDS.format(state="is_banned bool NOT NULL DEFAULT false", recipes="AND NOT p.is_banned", **READ)
EXPIRING = GUILDS.format(state="valid_until date NOT NULL", recipes="AND p.valid_until > now()", **READ)
NOT_YET = GUILDS.format(state="accepted_at timestamptz", recipes="AND p.accepted_at IS NOT NULL", **READ)
WRITTEN = GUILDS.format(
    state=WORDS, recipes="AND p.status = 'active')); CREATE POLICY w ON recipes FOR INSERT TO authenticated WITH CHECK "
    "(EXISTS (SELECT FROM guild_people p WHERE p.guild = recipes.guild AND p.person = auth.uid() "
    "AND p.status = 'active'", command="INSERT", clause="WITH CHECK", name="r",
)  # fmt: skip

FORUMS = """
CREATE TABLE accounts (id uuid PRIMARY KEY REFERENCES auth.users, handle text, {state});
CREATE TABLE topics (id int PRIMARY KEY, author uuid NOT NULL REFERENCES accounts, title text);
CREATE TABLE answers (id int PRIMARY KEY, author uuid NOT NULL REFERENCES accounts, body text);
ALTER TABLE accounts ENABLE ROW LEVEL SECURITY; ALTER TABLE topics ENABLE ROW LEVEL SECURITY;
ALTER TABLE answers ENABLE ROW LEVEL SECURITY;
CREATE FUNCTION may_write() RETURNS boolean LANGUAGE sql STABLE SECURITY DEFINER SET search_path = '' AS
  $$ SELECT EXISTS (SELECT FROM public.accounts a WHERE a.id = auth.uid() AND {asked}) $$;
CREATE POLICY a ON accounts FOR SELECT TO authenticated USING (id = auth.uid());
CREATE POLICY t ON topics FOR INSERT TO authenticated WITH CHECK (author = auth.uid() AND may_write());
CREATE POLICY b ON answers FOR INSERT TO authenticated WITH CHECK (author = auth.uid() {{}});
"""
BANNED = FORUMS.format(state="banned_at timestamptz", asked="a.banned_at IS NULL")
INACTIVE = FORUMS.format(state="is_active bool NOT NULL DEFAULT true", asked="a.is_active")
PROXIES = """
CREATE TABLE proxies (id int PRIMARY KEY, voter uuid NOT NULL REFERENCES auth.users,
  proxy uuid NOT NULL REFERENCES auth.users, ends_on date NOT NULL, CHECK (voter <> proxy));
CREATE TABLE letters (id int PRIMARY KEY, reader uuid NOT NULL REFERENCES auth.users, body text);
CREATE TABLE ballots (id int PRIMARY KEY, voter uuid NOT NULL REFERENCES auth.users, choice text);
ALTER TABLE proxies ENABLE ROW LEVEL SECURITY; ALTER TABLE letters ENABLE ROW LEVEL SECURITY;
ALTER TABLE ballots ENABLE ROW LEVEL SECURITY;
CREATE POLICY p ON proxies FOR SELECT TO authenticated USING (auth.uid() IN (voter, proxy));
CREATE POLICY l ON letters FOR SELECT TO authenticated USING (reader = auth.uid() OR EXISTS
  (SELECT FROM proxies p WHERE p.voter = reader AND p.proxy = auth.uid() AND p.ends_on >= current_date));
CREATE POLICY b ON ballots FOR SELECT TO authenticated USING (voter = auth.uid() OR EXISTS
  (SELECT FROM proxies p WHERE p.voter = ballots.voter AND p.proxy = auth.uid() {}))
"""


def found(designs, text):
    result = designs.observe(f"{text}; {GIVEN}")
    assert result.not_checked == ()
    return {(one.severity, one.rule, one.object) for one in result.findings if one.severity != "info"}


@pytest.mark.parametrize(
    ("design", "leak", "repair", "table"),
    [
        (BANNED, "", "AND may_write()", "public.answers"),
        (INACTIVE, "", "AND may_write()", "public.answers"),
        (PROXIES, "", "AND p.ends_on >= current_date", "public.ballots"),
    ],
    ids=["banned account", "inactive account", "expired proxy"],
)
def test_an_account_and_what_one_user_gave_another_end_too(designs, design, leak, repair, table):
    assert ("error", "former-member", table) in found(designs, design.format(leak))
    assert found(designs, design.format(repair)) == set()


@pytest.mark.parametrize(
    ("design", "leak", "repair", "severity"),
    [
        (BY_WORD, "", "AND p.status = 'active'", "error"),
        (BY_MOMENT, "", "AND p.left_at IS NULL", "error"),
        (BY_FLAG, "", "AND NOT p.is_banned", "error"),
        (EXPIRING, "", "AND p.valid_until > now()", "error"),
        (EXPIRING, "AND p.valid_until > p.valid_until - 30", "AND p.valid_until > now()", "error"),
        (NOT_YET, "", "AND p.accepted_at IS NOT NULL", "warning"),
        (WRITTEN, "", "AND p.status = 'active'", "error"),
    ],
    ids=["banned", "left", "flag", "expired", "compared with itself", "not accepted", "insert"],
)
def test_a_policy_that_does_not_ask_is_found(designs, design, leak, repair, severity):
    assert (severity, "former-member", "public.debts") in found(designs, design.format(leak))
    assert {one for one in found(designs, design.format(repair)) if one[2] != "public.guilds"} == set()


def test_the_table_of_tenants_is_a_warning_and_a_state_that_is_named_is_intended(designs):
    both = "AND p.status IN ('active', 'banned')"
    assert found(designs, BY_WORD.format(both)) == {("warning", "former-member", "public.guilds")}


def test_a_state_that_no_policy_reads_is_one_warning(designs):
    text = GUILDS.format(state=WORDS, recipes="", **READ).format("")
    assert found(designs, text) == {("warning", "former-member", "public.guild_people")}
    named = text.replace("POLICY d", 'POLICY "Active people see debts"')
    assert ("error", "former-member", "public.debts") in found(designs, named)
