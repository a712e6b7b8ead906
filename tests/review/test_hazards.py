"""What a migration does on its way, found in the statements between two states."""

import pytest

from gatepost.review.hazards import downgrade_hazards, hazards
from gatepost.sources.files import Script

MADE = "CREATE TABLE notes (id int); CREATE POLICY own ON notes USING (true);"
ON = "ALTER TABLE notes ENABLE ROW LEVEL SECURITY;"


def found(*texts, open_grants=True, sizes=None):
    scripts = [Script(f"{at}.sql", text) for at, text in enumerate(texts, 1)]
    return hazards(scripts, open_grants=open_grants, sizes=sizes)


@pytest.mark.parametrize(
    ("texts", "said"),
    [
        ((MADE, ON), "1.sql: public.notes is open to the API between this migration and the one that protects it"),
        ((MADE + ON, "DROP POLICY own ON notes;", "CREATE POLICY own ON notes USING (true);"), "the policy own"),
        (("ALTER TABLE notes ENABLE ROW LEVEL SECURITY;",), "on before its policies exist"),
        (("ALTER TABLE notes DISABLE ROW LEVEL SECURITY;",), "is off from here on"),
        (("ALTER TABLE notes ALTER COLUMN id TYPE bigint;",), "rewrites public.notes"),
        (("ALTER TABLE notes ADD CONSTRAINT c CHECK (id > 0);",), "checks every row of public.notes under a lock"),
        (("CREATE INDEX ON notes (id);",), "CREATE INDEX without CONCURRENTLY blocks writes to public.notes"),
    ],
)
def test_a_hazard_is_found(texts, said):
    assert any(said in one for one in found(*texts))


@pytest.mark.parametrize(
    "texts",
    [
        (MADE + ON,),
        (MADE + ON, "DROP POLICY own ON notes; CREATE POLICY own ON notes USING (false);"),
        ("CREATE INDEX CONCURRENTLY ON notes (id);",),
        ("ALTER TABLE notes ADD CONSTRAINT c CHECK (id > 0) NOT VALID;",),
        (MADE + ON + "CREATE INDEX ON notes (id);",),
    ],
)
def test_no_hazard_where_one_transaction_holds_it_all(texts):
    assert found(*texts) == ()


def test_a_policy_that_is_replaced_in_two_transactions_of_one_file_is_gone_between_them():
    again = "CREATE POLICY own ON notes USING (false);"
    assert any("the policy own" in one for one in found(MADE + ON, f"BEGIN; DROP POLICY own ON notes; COMMIT; {again}"))
    assert found(MADE + ON, f"BEGIN; DROP POLICY own ON notes; {again} COMMIT;") == ()


def test_a_lock_is_a_hazard_where_many_rows_are_locked():
    statement = "ALTER TABLE notes ALTER COLUMN id TYPE bigint;"
    (said,) = found(statement, sizes={"public.notes": 4_200_000})
    assert "rewrites public.notes (about 4,200,000 rows), which nobody can read" in said
    assert found(statement, sizes={"public.notes": 12}) == ()
    assert found(statement, sizes={"public.notes": -1}) != ()


def test_a_new_table_that_nobody_holds_a_privilege_on_is_not_open():
    assert found(MADE, ON, open_grants=False) == ()
    assert found(MADE + "GRANT SELECT ON notes TO anon;", ON, open_grants=False)


def test_a_downgrade_that_opens_a_table(tmp_path):
    file = tmp_path / "1_a.py"
    file.write_text(
        "def upgrade():\n    pass\n\ndef downgrade():\n    op.execute('ALTER TABLE a DISABLE ROW LEVEL SECURITY')"
    )
    assert list(downgrade_hazards([file])) == [
        "1_a.py: its downgrade takes row security off a table that keeps its rows"
    ]
