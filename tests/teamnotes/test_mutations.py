"""The mistakes of two applications, each found by `check`; docs/mutations.md has a table of them all for each."""

from pathlib import Path

import pytest

from gatepost.reflect import read
from gatepost.rules import Context, all_rules
from tests.clinics.application import CLINICS
from tests.teamnotes.application import TEAMNOTES
from tests.teamnotes.results import about, checked, made, rows, table

PAGE = Path(__file__).parents[2] / "docs" / "mutations.md"
FEW = (
    "notes are written in a teammate's name",
    "comments are edited by every reader of the note",
    "an organisation's plan is changed by every member, who may write its row",
)
"""Mistakes inside a team, which the rules find without a declaration and without a clone."""


@pytest.fixture
def application(rolled_back):
    with rolled_back.cursor() as cursor:
        TEAMNOTES.build(cursor)
        yield cursor


def found(cursor):
    context = Context(read(cursor))
    return [one for rule in all_rules() for one in rule.check(context) if one.severity != "info"]


def test_the_rules_find_a_mistake_and_nothing_without_one(application):
    assert found(application) == []
    for mutation in TEAMNOTES.mutations:
        if mutation.name in FEW:
            application.execute(f"SAVEPOINT sound; {mutation.sql}")
            assert about(found(application), mutation), mutation.name
            application.execute("ROLLBACK TO SAVEPOINT sound")


BOTH = pytest.mark.parametrize("application", [TEAMNOTES, CLINICS], ids=["teamnotes", "clinics"])
HOLES = {
    "escalation:public.patients:public.people",
    "insert-without-owner-check:public.appointments.appointments_insert_authenticated",
    "escalation:public.staff:public.guardianships",
    "former-member:public.people:insert",
}
"""What the application for clinics lets people do, as its author wrote it: docs/mutations.md explains the first two.

The last two are what trials of former members and ranks say of it since; nobody has judged them yet.
"""


@BOTH
@pytest.mark.slow
def test_the_application_itself_is_sound(database_url, tmp_path, monkeypatch, application):
    monkeypatch.chdir(tmp_path)
    made(database_url, application)
    for result in checked(database_url, application):
        found = {one.key for one in result.findings if one.severity != "info"}
        assert found <= (HOLES if application is CLINICS else set())
        assert result.not_checked == ()


@pytest.mark.slow
@pytest.mark.server
@pytest.mark.parametrize(
    ("application", "with_it", "without"), [(TEAMNOTES, 21, 18), (CLINICS, 19, 16)], ids=["teamnotes", "clinics"]
)
def test_the_page_says_what_check_finds(new_database, tmp_path, monkeypatch, application, with_it, without):
    monkeypatch.chdir(tmp_path)
    listed = list(rows(new_database, application))
    assert len(listed) == 21
    assert sum(bool(row.declared) for row in listed) >= with_it
    assert sum(bool(row.undeclared) for row in listed) >= without
    written = table(listed)
    assert written in PAGE.read_text(), written
