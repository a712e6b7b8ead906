"""Who refused, or why nothing is known: a refusal by the application's code is no verdict of row security."""

import pytest
from sqlalchemy import Column, MetaData, Uuid, text

from gatepost import allow, authenticated, declaring, owner, protect
from gatepost.declare.declaration import Declaration
from gatepost.declare.language import collected
from gatepost.finding import NotChecked
from gatepost.observation.attempt.trial.outcome import outcome_of
from gatepost.observation.attempt.writes import Writer
from gatepost.observation.run import Scope
from gatepost.report import text as report
from tests.tables import table

AS_SUPERUSER = "-- gatepost: as superuser\n"
ORDERS = """
CREATE TABLE orders (id int PRIMARY KEY, user_id uuid NOT NULL, qty int NOT NULL, note text);
ALTER TABLE orders ENABLE ROW LEVEL SECURITY;
GRANT SELECT, INSERT, UPDATE, DELETE ON orders TO authenticated;
"""
OWN = "CREATE POLICY own ON orders TO authenticated USING (user_id = (SELECT auth.uid()));"
ANY = "CREATE POLICY anybody ON orders TO authenticated USING (user_id IS NOT NULL);"
READ = "CREATE POLICY read ON orders FOR SELECT TO authenticated USING (user_id = (SELECT auth.uid()));"
UPDATES = "CREATE POLICY change ON orders FOR UPDATE TO authenticated USING (true) WITH CHECK (true);"


def guard(body, when="BEFORE INSERT OR UPDATE OR DELETE", name="guard"):
    return f"""
    CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {body} RETURN coalesce(new, old); END $$;
    CREATE TRIGGER {name} {when} ON orders FOR EACH ROW EXECUTE FUNCTION {name}();
    """


def reached(result, persona="ann", name="public.orders"):
    cells = next(one for one in result.sections["matrix"]["tables"] if one["table"] == name)["cells"][persona]
    return " ".join(cell["reach"] for cell in cells.values())


def alarms(result):
    return {(finding.rule, finding.object) for finding in result.findings if finding.severity != "info"}


def not_known(result):
    return [(one.what, one.why) for one in result.not_checked]


@pytest.mark.parametrize(
    ("code", "said", "context", "outcome"),
    [
        ("", "", "", "done"),
        ("42501", 'new row violates row-level security policy for table "t"', "", "refused by policy"),
        ("42501", "permission denied for table t", "", "refused by privilege"),
        ("42501", "no", "PL/pgSQL function guard() line 3 at RAISE", "refused by the application"),
        ("42501", 'row-level security for "t"', "PL/pgSQL function f() line 1 at RAISE", "refused by the application"),
        (
            "42501",
            'new row violates row-level security policy for table "log"',
            'SQL statement "INSERT INTO log VALUES (1)"\nPL/pgSQL function logged() line 3 at SQL statement',
            "refused by the application",
        ),
        ("42501", "permission denied for function helper", "", "error"),
        ("P0001", "too many", "PL/pgSQL function guard() line 3 at RAISE", "refused by the application"),
        ("23505", "duplicate key value violates unique constraint", "", "constraint"),
        (
            "23502",
            "null value",
            'SQL statement "INSERT INTO log ..."\nPL/pgSQL function f() line 1 at SQL statement',
            "refused by the application",
        ),
        ("44000", "new row violates check option for view", "", "refused by policy"),
        ("22P02", 'invalid input syntax for type uuid: "cnry-1-2-3-z"', "", "unfit value"),
        ("22P02", 'invalid input syntax for type uuid: "x"', "", "error"),
        ("57014", "canceling statement due to statement timeout", "", "cut off"),
    ],
)
def test_outcomes_are_distinguished(code, said, context, outcome):
    statement = 'UPDATE "public"."t" SET a = 1'
    assert outcome_of(statement, code, said, context) == outcome
    ours = "PL/pgSQL function pg_temp_3.gatepost_try(jsonb[],jsonb) line 40 at EXECUTE"
    sent = "\n".join(filter(None, [context, f'SQL statement "{statement}"', ours]))
    assert outcome_of(statement, code, said, sent) == outcome


def test_values_that_a_trigger_accepts_show_what_the_policy_lets_in(designs):
    open_to_all = READ + "CREATE POLICY add ON orders FOR INSERT TO authenticated WITH CHECK (user_id IS NOT NULL);"
    result = designs.observe(ORDERS + open_to_all + guard("IF new.qty > 1000 THEN RAISE 'too many'; END IF;"))
    assert alarms(result) == {("row-forged", "public.orders")}
    result = designs.observe(ORDERS + OWN + guard("IF new.qty > 1000 THEN RAISE 'too many'; END IF;"))
    assert (alarms(result), result.not_checked, reached(result)) == (set(), (), "own own own own")


def test_a_trigger_that_no_value_contents_leaves_it_unknown(designs):
    body = "IF md5(new.qty::text) NOT LIKE '0000%' THEN RAISE EXCEPTION 'no %', new.id USING errcode = '42501'; END IF;"
    result = designs.observe(ORDERS + ANY + guard(body, "BEFORE INSERT"))
    assert reached(result).split()[1] == "unknown"
    [one] = result.not_checked
    assert (one.what, one.ours, one.fails) == (
        "public.orders: insert as ann, bob, anonymous_sign_in, admin, self_claiming",
        True,
        True,
    )
    assert one.why == "not known, refused by the application's code: no …"
    assert "?" in report.render(result)


@pytest.mark.parametrize(
    ("policy", "body", "when", "reach"),
    [
        (ANY, "IF new.user_id <> auth.uid() THEN RAISE 'not yours'; END IF;", "BEFORE INSERT", "own"),
        (READ + UPDATES, "IF new.qty < 9000 THEN RAISE 'few'; END IF;", "BEFORE UPDATE", "all"),
        (READ + UPDATES, "IF md5(new.qty::text) > '' THEN RAISE 'no'; END IF;", "BEFORE UPDATE", "unknown"),
        (OWN, "IF md5(new.qty::text) > '' THEN RAISE 'no'; END IF;", "BEFORE UPDATE", "none"),
        (OWN, "IF md5(new.qty::text) > '' THEN RAISE 'no'; END IF;", "BEFORE INSERT", "none"),
        (OWN, "RAISE EXCEPTION 'append only';", "BEFORE DELETE", "none"),
        (OWN, "IF old.qty > 0 THEN RAISE EXCEPTION 'paid'; END IF;", "BEFORE DELETE", "none"),
        (ANY, "RAISE EXCEPTION 'append only';", "BEFORE DELETE", "none"),
        (ANY, "IF old.qty > 0 THEN RAISE EXCEPTION 'paid'; END IF;", "BEFORE DELETE", "unknown"),
        (ANY, "IF old.user_id <> auth.uid() THEN RAISE EXCEPTION 'no'; END IF;", "BEFORE DELETE", "own"),
    ],
    ids=[
        "told apart",
        "some values",
        "no value",
        "no value, of own",
        "no value, new",
        "always",
        "own rows",
        "always, of all",
        "rows of others",
        "own only",
    ],
)
def test_what_a_trigger_that_refuses_leaves_open(designs, policy, body, when, reach):
    result = designs.observe(ORDERS + policy + guard(body, when))
    command = when.partition(" ")[2].lower()
    assert reached(result).split()[("select", "insert", "update", "delete").index(command)] == reach
    assert [one.why.partition(":")[0] for one in result.not_checked] == (
        ["not known, refused by the application's code"] if reach == "unknown" else []
    )


def test_a_refusal_with_the_code_of_a_privilege_is_no_error_of_a_policy(designs):
    body = "IF new.note IS DISTINCT FROM old.note THEN RAISE 'fixed %', old.id USING errcode = '42501'; END IF;"
    result = designs.observe(ORDERS + OWN + guard(body, "BEFORE UPDATE"))
    assert (alarms(result), result.not_checked, reached(result)) == (set(), (), "own own own own")


BOOM = "CREATE FUNCTION boom(uuid) RETURNS bool LANGUAGE plpgsql AS $$ BEGIN {} END $$;"
BOOM += "CREATE POLICY boom ON orders FOR SELECT TO authenticated USING (boom(user_id));"


def test_a_policy_that_raises_for_every_caller_is_not_clean(designs):
    result = designs.observe(ORDERS + BOOM.format("RAISE EXCEPTION 'no tenant';"))
    assert reached(result).split()[0] == "unknown"
    what = "public.orders: select as ann, bob, anonymous_sign_in, admin, self_claiming"
    assert not_known(result) == [(what, "not known, refused by the application's code: no tenant")]


def test_a_policy_that_raises_for_some_rows_hides_no_others(designs):
    body = "IF $1 <> auth.uid() THEN RAISE EXCEPTION 'no'; END IF; RETURN true;"
    result = designs.observe(ORDERS + BOOM.format(body))
    assert (alarms(result), result.not_checked, reached(result).split()[0]) == (set(), (), "own")
    leaking = "IF $1::text LIKE '%000005' THEN RAISE EXCEPTION 'no'; END IF; RETURN true;"
    result = designs.observe(ORDERS + BOOM.format(leaking))
    assert reached(result).split()[0] == "some"


def test_a_policy_that_sleeps_is_stopped_once(designs, monkeypatch):
    for module in ("run", "attempt.trial.probes"):
        monkeypatch.setattr(f"gatepost.observation.{module}.TIMEOUT", "200ms")
    body = "PERFORM pg_sleep(60); RETURN true;"
    result = designs.observe(ORDERS + BOOM.format(body) + "GRANT SELECT ON orders TO anon;")
    assert (reached(result).split()[0], reached(result, "anon").split()[0]) == ("unknown", "none")
    assert not_known(result) == [
        ("public.boom(uuid)", "stopped: took longer than 200ms, or is like what did"),
        (
            "public.orders: select as ann, bob, anonymous_sign_in, admin, self_claiming",
            "stopped: took longer than …ms, or is like what did",
        ),
    ]


def test_who_has_not_signed_in_may_be_refused_a_helper(designs):
    text = """GRANT SELECT ON orders TO anon; REVOKE ALL ON FUNCTION mine FROM PUBLIC, anon;
    GRANT EXECUTE ON FUNCTION mine TO authenticated; CREATE POLICY own ON orders USING (mine(user_id));"""
    helper = "CREATE FUNCTION mine(uuid) RETURNS bool LANGUAGE plpgsql STABLE AS 'BEGIN RETURN $1 = auth.uid(); END';"
    result = designs.observe(ORDERS + helper + text)
    assert (alarms(result), result.not_checked, reached(result, "anon").split()[0]) == (set(), (), "none")


def test_a_role_that_bypasses_row_security_shows_what_it_reads(designs):
    result = designs.observe(AS_SUPERUSER + ORDERS + OWN + "ALTER ROLE authenticated BYPASSRLS")
    assert reached(result) == "all all all all"
    assert {finding.fix for finding in result.findings} == {'ALTER ROLE "authenticated" NOBYPASSRLS'}
    with declaring():
        orders = declared_orders()
        protect(orders, owner(orders.c.user_id))
        scope = Scope(declaration=collected())
    result = designs.observe(AS_SUPERUSER + ORDERS + OWN + "ALTER ROLE authenticated BYPASSRLS", scope)
    assert ("access-beyond-declaration", "public.orders") in alarms(result)


def declared_orders(name="orders"):
    columns = (Column("id", Uuid, primary_key=True), Column("user_id", Uuid, index=True))
    return table(name, *columns, metadata=MetaData())


def test_what_was_declared_and_is_not_there_is_named(designs):
    with declaring():
        orders = declared_orders("absent")
        protect(orders, owner(orders.c.user_id))
        declaration = collected()
    result = designs.observe("SELECT 1", Scope(declaration=declaration, target="here"))
    assert NotChecked("public.absent", "it is declared, and the database does not have it") in result.not_checked
    assert NotChecked("here", "it holds no table that could be observed") in result.not_checked
    result = designs.observe(ORDERS + OWN, Scope(declaration=Declaration()))
    assert not_known(result) == [("declaration", "it protects no table")]


def test_a_condition_is_evaluated_only_for_whom_it_is_declared(designs):
    with declaring():
        orders = declared_orders()
        protect(orders, allow("select", to=authenticated, where=text("user_id IN (SELECT mine())")))
        declaration = collected()
    helper = """CREATE FUNCTION mine() RETURNS uuid LANGUAGE sql STABLE AS 'SELECT auth.uid()';
    REVOKE ALL ON FUNCTION mine FROM PUBLIC, anon; GRANT EXECUTE ON FUNCTION mine TO authenticated;
    REVOKE INSERT, UPDATE, DELETE ON orders FROM authenticated; GRANT ALL ON orders TO service_role;
    CREATE POLICY read ON orders FOR SELECT TO authenticated USING (user_id IN (SELECT mine()));"""
    result = designs.observe(ORDERS + helper, Scope(declaration=declaration))
    assert (alarms(result), result.not_checked) == (set(), ())
    other = helper.replace("IN (SELECT mine())", "= (SELECT auth.uid())").replace(
        "TO authenticated;", "TO postgres;", 1
    )
    result = designs.observe(ORDERS + other, Scope(declaration=declaration))
    assert {one.why.partition(":")[0] for one in result.not_checked} == {"the declared condition cannot be evaluated"}


def test_a_mistake_of_ours_costs_one_part(designs, monkeypatch):
    monkeypatch.setattr(Writer, "_deletes", lambda self: {}["mistake"])
    result = designs.observe(ORDERS + OWN)
    assert reached(result) == "own own own unknown"
    assert NotChecked(
        "public.orders: writing as ann", "this part of Gatepost failed: KeyError: 'mistake'", ours=True
    ) in (result.not_checked)


def test_a_function_that_drops_a_table_is_seen(designs):
    text = "CREATE FUNCTION tidy() RETURNS void LANGUAGE sql SECURITY DEFINER AS 'DROP TABLE public.orders'"
    assert ("door-writes", "public.tidy()") in alarms(designs.observe(ORDERS + OWN + text))


def test_what_a_caller_brings_itself_is_no_leak(designs):
    echo = """CREATE FUNCTION column_of(field text) RETURNS text LANGUAGE plpgsql AS
    $$ DECLARE found text; BEGIN EXECUTE format('SELECT %I FROM public.orders LIMIT 1', field) INTO found;
    RETURN found; END $$;"""
    echo += "CREATE FUNCTION echo(note text) RETURNS text LANGUAGE sql AS 'SELECT ''nothing is called '' || $1';"
    result = designs.observe(ORDERS + OWN + echo)
    assert (alarms(result), result.not_checked) == (set(), ())
    telling = """CREATE FUNCTION note_of(note text) RETURNS SETOF orders LANGUAGE sql SECURITY DEFINER AS
    'SELECT * FROM public.orders o WHERE o.note = $1';"""
    assert alarms(designs.observe(ORDERS + OWN + telling)) == {("door-leaks", "public.note_of(text)")}


def test_an_argument_is_named_after_a_column_of_the_table_that_is_written(designs):
    text = """
    CREATE TABLE badges (id int PRIMARY KEY, role text NOT NULL CHECK (role IN ('guest', 'member')));
    ALTER TABLE badges ENABLE ROW LEVEL SECURITY;
    CREATE TABLE ranks (user_id uuid PRIMARY KEY REFERENCES auth.users (id), role text NOT NULL);
    ALTER TABLE ranks ENABLE ROW LEVEL SECURITY; GRANT SELECT ON ranks TO authenticated;
    CREATE POLICY mine ON ranks FOR SELECT TO authenticated USING (user_id = (SELECT auth.uid()));
    CREATE POLICY ranked ON orders FOR SELECT TO authenticated USING (EXISTS (
        SELECT FROM ranks r WHERE r.user_id = (SELECT auth.uid()) AND r.role = 'chief'));
    CREATE FUNCTION rise(p_role text) RETURNS void LANGUAGE sql SECURITY DEFINER AS
        'UPDATE public.ranks SET role = p_role WHERE user_id = auth.uid()';
    """
    assert ("escalation", "public.rise(text)") in alarms(designs.observe(ORDERS + text))


def test_texts_look_like_what_a_policy_casts_them_to(designs):
    text = """
    CREATE FUNCTION owner_in(name text) RETURNS uuid LANGUAGE sql IMMUTABLE AS
        $$ SELECT split_part(storage.filename(name), '.', 1)::uuid $$;
    CREATE POLICY named ON storage.objects TO authenticated USING (owner_in(name) = auth.uid());
    CREATE POLICY fits ON orders TO authenticated
        USING (regexp_replace(note, '^x', '')::bigint > 0 AND user_id = (SELECT auth.uid()));
    """
    result = designs.observe(AS_SUPERUSER + ORDERS + text)
    assert (alarms(result), result.not_checked) == (set(), ())
    assert reached(result, name="storage.objects") == reached(result) == "own own own own"
