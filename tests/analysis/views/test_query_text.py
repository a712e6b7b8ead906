"""What the definition of a view says: who picks its rows, and whether they are rows at all."""

import pytest

from gatepost.analysis.views.query_text import aggregates, condition_mentions, filters_by_identity, written_tables

NOTE = ("public", "note")


@pytest.mark.parametrize(
    ("definition", "filtered"),
    [
        ("SELECT note.id FROM public.note WHERE (note.owner = ( SELECT auth.uid() AS uid));", True),
        ("SELECT id FROM public.note WHERE owner = auth.uid() OR public", True),
        ("SELECT id FROM public.note", False),
        ("SELECT id, owner = auth.uid() AS mine FROM public.note", False),
        ("SELECT id FROM (SELECT * FROM public.note) n WHERE n.owner = auth.uid()", True),
        ("SELECT id FROM public.note WHERE owner = auth.uid() UNION ALL SELECT id FROM public.note", False),
        ("WITH mine AS (SELECT * FROM public.note WHERE owner = auth.uid()) SELECT * FROM mine", True),
        ("SELECT n.id FROM public.note n JOIN public.member m ON m.org = n.org AND m.person = auth.uid()", True),
        ("SELECT n.id FROM public.note n LEFT JOIN public.member m ON m.person = auth.uid()", False),
        ("SELECT id FROM public.film WHERE EXISTS (SELECT FROM public.note WHERE owner = auth.uid())", True),
        ("SELECT id FROM public.note WHERE private.is_member(org)", True),
        ("SELECT id FROM public.note WHERE owner = current_setting('request.jwt.claim.sub'::text, true)", True),
        ("SELECT id FROM public.note WHERE owner = CURRENT_USER", True),
        ("SELECT id FROM public.note WHERE auth.uid() IS NOT NULL", False),
        ("SELECT id FROM public.note WHERE org IN (SELECT private.is_member())", True),
    ],
)
def test_rows_are_picked_by_who_is_signed_in(definition, filtered):
    assert filters_by_identity(definition, NOTE, ("is_member",)) is filtered


@pytest.mark.parametrize(
    ("definition", "figures"),
    [
        ("SELECT count(*) AS count FROM public.note", True),
        ("SELECT note.org, count(*) AS n, avg(size) AS size FROM public.note GROUP BY note.org", True),
        ("SELECT note.owner, count(*) AS n FROM public.note GROUP BY note.owner", False),
        ("SELECT json_agg(note.*) AS rows FROM public.note", False),
        ("SELECT count(*), array_agg(body) FROM public.note", False),
        ("SELECT id FROM public.note", False),
        ("SELECT id, (SELECT count(*) FROM public.note) AS n FROM public.note", False),
    ],
)
def test_figures_are_no_rows(definition, figures):
    assert aggregates(definition, {"owner"}) is figures


def test_words_of_a_condition():
    assert condition_mentions("SELECT id FROM t WHERE is_public", ("public",))
    assert condition_mentions("SELECT id FROM t WHERE (status = 'published'::text)", ("publish",))
    assert not condition_mentions("SELECT id FROM public.t WHERE status = 'open'", ("public",))
    assert not condition_mentions("SELECT id FROM t", ("public",))


def test_what_a_write_goes_through_to():
    assert written_tables("SELECT id FROM public.note WHERE id IN (SELECT id FROM public.other)") == (NOTE,)
    assert written_tables("SELECT 1 UNION SELECT 2") == ()


def test_what_cannot_be_read_counts_as_unfiltered():
    assert filters_by_identity("SELECT (((", NOTE, ("is_member",)) is False
    assert aggregates("SELECT (((", set()) is False
