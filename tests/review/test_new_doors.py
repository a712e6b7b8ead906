"""A view or function that one side lacks is named as such, in place of a figure of rows."""

TABLE = """
CREATE TABLE public.notes (id bigint PRIMARY KEY, body text NOT NULL);
ALTER TABLE public.notes ENABLE ROW LEVEL SECURITY;
REVOKE ALL ON public.notes FROM anon, authenticated;
"""
DOORS = """
CREATE VIEW public.every_note AS SELECT * FROM public.notes;
GRANT SELECT ON public.every_note TO anon;
CREATE FUNCTION public.all_notes(most integer) RETURNS SETOF public.notes LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path = '' AS 'SELECT * FROM public.notes';
"""


def test_a_new_view_or_function_was_not_there_before(versions):
    found = versions.compare(TABLE, TABLE + DOORS).access
    doors = {(one.object, one.before) for one in found if one.role == "anon" and one.verdict == "gains"}
    assert doors == {
        ("public.every_note", "not there before"),
        ("public.all_notes(integer)", "not there before"),
    }
    assert all("row" in one.after for one in found)


def test_one_that_is_gone_is_no_longer_there(versions):
    found = versions.compare(TABLE + DOORS, TABLE).access
    assert {one.after for one in found if one.role == "anon" and one.verdict == "loses"} == {"no longer there"}
