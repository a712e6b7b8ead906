"""What the catalog knows before the first row: what loading sets off, and what has to be there first."""

import pytest

from gatepost import transfer
from gatepost.transfer import RowsRefused

FUNCTION = "CREATE FUNCTION noted() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$"
TRIGGER = "CREATE TRIGGER tell AFTER INSERT ON note FOR EACH"


@pytest.fixture
def notes(sqlite_file, target, connection):
    """`notes(statements)`: the notes of a plan for two rows."""
    path = sqlite_file(
        "CREATE TABLE note (id INTEGER PRIMARY KEY, owner INTEGER)", "INSERT INTO note VALUES (1, 7), (2, NULL)"
    )

    def plan(*statements):
        target("CREATE TABLE note (id int PRIMARY KEY, owner int)", *statements)
        return transfer.plan(path, connection).notes

    plan.path = path
    return plan


@pytest.mark.parametrize(
    ("statements", "expected"),
    [
        ([], ()),
        (
            [FUNCTION, f"{TRIGGER} ROW EXECUTE FUNCTION noted()"],
            'trigger "tell" of "note" fires for each of 2 rows and calls public.noted(); to load without it:'
            ' ALTER TABLE "public"."note" DISABLE TRIGGER "tell"',
        ),
        ([FUNCTION, f"{TRIGGER} STATEMENT EXECUTE FUNCTION noted()"], 'fires once or more and calls public.noted()'),
        ([FUNCTION, f"{TRIGGER} ROW EXECUTE FUNCTION noted()", "ALTER TABLE note DISABLE TRIGGER tell"], ()),
        (["CREATE PUBLICATION p FOR TABLE note"], 'publication "p" sends 2 rows of "note"'),
        (
            ["CREATE MATERIALIZED VIEW shown AS SELECT id FROM note"],
            'materialized view public.shown does not show the rows of "note"',
        ),
        (["ALTER TABLE note ADD EXCLUDE (owner WITH =)"], 'rows that conflict by "note_owner_excl" of "note"'),
        (
            ["CREATE SCHEMA x CREATE TABLE person (id int PRIMARY KEY)",
             "ALTER TABLE note ADD FOREIGN KEY (owner) REFERENCES x.person"],
            '"note.owner" refers to "x.person", which is empty and is not filled by this transfer',
        ),
        (
            ["CREATE SCHEMA x CREATE TABLE person (id int PRIMARY KEY)", "INSERT INTO x.person VALUES (1)",
             "ALTER TABLE note ADD FOREIGN KEY (owner) REFERENCES x.person"],
            (),
        ),
    ],
)  # fmt: skip
def test_what_loading_sets_off_is_a_note(notes, statements, expected):
    found = [note for note in notes(*statements) if "C compiler" not in note]
    if expected:
        assert [expected in note for note in found] == [True], found
    else:
        assert found == []


def test_users_come_first(sqlite_file, target, connection):
    path = sqlite_file(
        "CREATE TABLE profile (id TEXT PRIMARY KEY)",
        "INSERT INTO profile VALUES ('00000000-0000-4000-8000-000000000001')",
    )
    target("CREATE TABLE profile (id uuid PRIMARY KEY REFERENCES auth.users)")
    planned = transfer.plan(path, connection)
    first = "which is empty; create the users first: gatepost users push app.db --url $DATABASE_URL"
    assert first in planned.notes[0]
    with pytest.raises(RowsRefused, match=r'column "id" has no row in "auth\.users"') as caught:
        transfer.run(planned, connection)
    assert caught.value.hint.startswith("gatepost users push SQLITE --url $DATABASE_URL  # creates the users")
