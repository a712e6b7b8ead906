"""A sub-select that captures a column of the row is an error where nothing else compares the row with its reader."""

import pytest

from gatepost.reflect import read
from gatepost.rules import Context, named_rule

PROJECTS = """
CREATE TABLE public.project (id uuid PRIMARY KEY, owner_id uuid NOT NULL, name text NOT NULL, title text NOT NULL);
ALTER TABLE public.project ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON public.project FOR SELECT TO authenticated USING (owner_id = (SELECT auth.uid()));
GRANT SELECT ON public.project TO authenticated;
CREATE TABLE public.note (id uuid PRIMARY KEY, owner_id uuid, name text, title text, project_id uuid);
CREATE TABLE public.tag (id uuid PRIMARY KEY, project_id uuid);
ALTER TABLE public.note ENABLE ROW LEVEL SECURITY;
GRANT SELECT ON public.note TO authenticated;
"""
MINE = "SELECT 1 FROM public.project p WHERE p.owner_id = (SELECT auth.uid()) AND "
FILES = "bucket_id = 'files' AND EXISTS ({} p.id = ((storage.foldername({}))[1])::uuid)"
OF_A_TAG = """bucket_id = 'files' AND EXISTS (SELECT FROM public.project p WHERE p.title = 'open' AND p.id =
    (SELECT n.project_id FROM public.tag n WHERE n.id = ((storage.foldername({}))[1])::uuid))"""
CASES = {
    "a folder of the project's name": ("storage.objects", FILES.format(MINE, "name"), "proved"),
    "a folder of the project's name, of a tag": ("storage.objects", OF_A_TAG.format("name"), "suspected"),
    "a folder of the object's name, of a tag": ("storage.objects", OF_A_TAG.format("objects.name"), None),
    "a folder of the object's name": ("storage.objects", FILES.format(MINE, "objects.name"), None),
    "a column with itself": ("public.note", f"EXISTS ({MINE} p.name = name)", "proved"),
    "two columns of the other table": ("public.note", f"EXISTS ({MINE} p.name = title)", "suspected"),
    "beside the row's owner": ("public.note", f"owner_id = auth.uid() AND EXISTS ({MINE} p.name = name)", "suspected"),
}


@pytest.mark.parametrize(("table", "using", "verdict"), CASES.values(), ids=CASES)
def test_what_is_proved_of_a_captured_column(rolled_back, table, using, verdict):
    with rolled_back.cursor() as cursor:
        cursor.execute(PROJECTS)
        cursor.execute(f"CREATE POLICY reads ON {table} FOR SELECT TO authenticated USING ({using})")
        found = list(named_rule("ambiguous-column-in-subquery").check(Context(read(cursor))))
    assert [one.verdict for one in found] == ([verdict] if verdict else [])


@pytest.mark.parametrize(("argument", "verdict"), [("owner_id", "proved"), ("owner", None)])
def test_a_helper_whose_argument_has_the_name_of_a_column(rolled_back, argument, verdict):
    with rolled_back.cursor() as cursor:
        cursor.execute(PROJECTS)
        cursor.execute(f"""
            CREATE FUNCTION public.has_project({argument} uuid) RETURNS boolean LANGUAGE sql STABLE AS
              $$ SELECT EXISTS (SELECT 1 FROM public.project p WHERE p.owner_id = {argument}) $$;
            CREATE POLICY reads ON public.note FOR SELECT TO authenticated USING (public.has_project(owner_id))""")
        found = list(named_rule("ambiguous-column-in-subquery").check(Context(read(cursor))))
    assert [one.verdict for one in found] == ([verdict] if verdict else [])


@pytest.mark.parametrize(
    ("key", "kind", "found"),
    [("id", "uuid", 1), ("ballot.id", "uuid", 0), ("id", "bigint", 0)],
    ids=["bare", "qualified", "number"],
)
def test_a_reference_is_never_the_key_of_its_own_row(rolled_back, key, kind, found):
    with rolled_back.cursor() as cursor:
        cursor.execute(f"""
            CREATE TABLE public.ballot (id {kind} PRIMARY KEY, chosen {kind}, owner_id uuid);
            CREATE TABLE public.choice (id {kind} PRIMARY KEY, ballot_id {kind} NOT NULL REFERENCES public.ballot (id));
            ALTER TABLE public.ballot ENABLE ROW LEVEL SECURITY; GRANT SELECT, UPDATE ON public.ballot TO authenticated;
            CREATE POLICY choose ON public.ballot FOR UPDATE TO authenticated USING (owner_id = (SELECT auth.uid()))
              WITH CHECK (owner_id = (SELECT auth.uid()) AND EXISTS (
                SELECT FROM public.choice c WHERE c.id = chosen AND c.ballot_id = {key}))""")
        reported = list(named_rule("never-true-condition").check(Context(read(cursor))))
    assert len(reported) == found
