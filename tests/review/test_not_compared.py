"""What a side refused: nothing that may depend on it is proved or called unchanged."""

from dataclasses import replace

import pytest

from gatepost.finding import NotChecked
from gatepost.review.run import compare

BEFORE = """
CREATE TABLE public.notes (id int PRIMARY KEY, user_id uuid NOT NULL, flag text);
CREATE TABLE public.posts (id int PRIMARY KEY, user_id uuid NOT NULL, flag text);
ALTER TABLE public.notes ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.posts ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON public.notes TO authenticated USING (user_id = (SELECT auth.uid()));
CREATE POLICY own ON public.posts TO authenticated USING (user_id = (SELECT auth.uid()));
"""
AFTER = BEFORE.replace("(user_id = (SELECT auth.uid()))", "((SELECT auth.uid()) = user_id)")
NOTES = "CREATE POLICY more ON public.notes USING (absent)"


def refused(side, place, *texts):
    missing = (NotChecked(place, 'failed: column "absent" does not exist'),)
    return replace(side, missing=missing, refused={place: texts} if texts else {})


@pytest.fixture
def sides(versions):
    return versions.side(BEFORE), versions.side(AFTER)


def test_what_a_refused_statement_names_is_not_proved(sides):
    base, head = sides
    found = compare(base, refused(head, "b.sql:9", NOTES))
    assert found.proved == (("public", "posts"),)
    assert found.unchanged == ()
    assert [one.fails for one in found.not_checked] == [True]


def test_nothing_is_proved_where_no_name_says_what_was_refused(sides):
    base, head = sides
    assert compare(base, refused(head, "b.sql:9")).proved == ()
    assert compare(base, refused(head, "b.sql:9", "DO $$ BEGIN PERFORM absent; END $$")).proved == ()


def test_what_both_sides_refuse_is_the_same_on_another_line(sides):
    base, head = sides
    found = compare(
        refused(base, "a.sql:9", "SELECT  cron.schedule()"), refused(head, "b.sql:12", "SELECT cron.schedule()")
    )
    assert len(found.proved) == 2
    assert [one.fails for one in found.not_checked] == [False]


def test_what_both_sides_refuse_about_a_changed_table_is_not_covered(versions):
    changed = AFTER + "CREATE POLICY none ON public.{} AS RESTRICTIVE USING (flag IS NULL);"
    for table, fails in (("posts", False), ("notes", True)):
        base, head = versions.side(BEFORE), versions.side(changed.format(table))
        found = compare(refused(base, "a.sql:9", NOTES), refused(head, "b.sql:9", NOTES))
        assert [one.fails for one in found.not_checked] == [fails]
