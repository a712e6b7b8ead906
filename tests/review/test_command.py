"""`gatepost review` and `gatepost snapshot` as a person types them."""

import json
import subprocess

import pytest
from typer.testing import CliRunner

from gatepost.cli import app

BEFORE = """
CREATE TABLE public.notes (id int PRIMARY KEY, user_id uuid NOT NULL, body text);
ALTER TABLE public.notes ENABLE ROW LEVEL SECURITY;
REVOKE ALL ON public.notes FROM anon;
CREATE POLICY own ON public.notes TO authenticated USING (user_id = (SELECT auth.uid()));
INSERT INTO storage.buckets (id, name, public) VALUES ('files', 'files', false);
"""
AFTER = """
CREATE POLICY everybody ON public.notes FOR SELECT TO authenticated USING (true);
"""
GIT = ("git", "-c", "user.name=t", "-c", "user.email=t@example.org")


@pytest.fixture
def gatepost(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    def run(*arguments):
        return CliRunner().invoke(app, list(map(str, arguments)), env={"NO_COLOR": "1"})

    return run


def git(folder, *arguments):
    subprocess.run([*GIT, *arguments], cwd=folder, check=True, capture_output=True)


@pytest.fixture
def repository(tmp_path):
    """A project whose branch `main` has moved on since the current branch left it."""
    folder = tmp_path / "supabase" / "migrations"
    folder.mkdir(parents=True)
    (folder / "0001_notes.sql").write_text(BEFORE)
    git(tmp_path, "init", "-q", "-b", "main", ".")
    git(tmp_path, "add", "-A")
    git(tmp_path, "commit", "-qm", "one")
    git(tmp_path, "checkout", "-qb", "topic")
    (folder / "0002_everybody.sql").write_text(AFTER)
    return tmp_path


@pytest.mark.server
def test_a_working_tree_is_compared_with_the_commit_at_which_it_left_main(gatepost, repository):
    done = gatepost("review", "main", "--format", "json", "--output", "out.json")
    assert done.exit_code == 1, done.output
    found = json.loads((repository / "out.json").read_text())
    assert (found["version"], found["command"]) == (1, "review")
    (change,) = found["changes"]
    assert (change["verdict"], change["role"], change["command"]) == ("gains", "authenticated", "select")
    assert change["place"] == "supabase/migrations/0002_everybody.sql:2"
    assert "gains" in found["findings"][0]["key"]

    git(repository, "add", "-A")
    git(repository, "commit", "-qm", "two\n\nAccess: authenticated gains select on notes")
    done = gatepost("review", "main", "HEAD", "--format", "markdown")
    assert done.exit_code == 0, done.output
    assert "accepted" in done.stdout
    assert "<!-- gatepost review -->" in done.stdout
    assert gatepost("review", "main", "HEAD", "--no-trailers").exit_code == 1


@pytest.mark.server
def test_a_snapshot_is_a_side_and_the_same_each_time(gatepost, repository):
    for name in ("one.json", "two.json"):
        assert gatepost("snapshot", "git:main", "--output", name).exit_code == 0
    assert (repository / "one.json").read_bytes() == (repository / "two.json").read_bytes()
    (repository / "after.sql").write_text(BEFORE.replace("'files', false", "'files', true"))
    done = gatepost("review", "one.json", "after.sql")
    assert done.exit_code == 1, done.output
    assert "public url storage bucket files: private → public" in done.stdout
    assert gatepost("review", "one.json", "main").exit_code == 0


@pytest.mark.server
def test_what_the_migrations_could_not_make_is_missing_in_a_snapshot_and_an_adopted_project(gatepost, repository):
    (repository / "supabase" / "migrations" / "0003_wrong.sql").write_text("CREATE POLICY p ON notes USIN (true);")
    missing = "missing: 0003_wrong.sql:1: failed: syntax error"
    for command in (("snapshot", ".", "--output", "one.json"), ("adopt", ".", "--dry-run")):
        done = gatepost(*command)
        assert done.exit_code == 1, done.output
        assert missing in done.stderr
    assert gatepost("review", "main", "one.json").exit_code == 1
    (kept,) = [one for one in json.loads((repository / "one.json").read_text())["left_out"] if "0003" in one[0]]
    assert kept[0] == "0003_wrong.sql:1"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("git:absent",), 'there is no git revision "absent" here'),
        (("absent",), 'there is no file or folder "absent"'),
        (("-", "-"), "standard input can be one side only"),
        (("broken.json", "main"), '"broken.json" is a damaged snapshot'),
        (("main", "--description", "absent.md"), '"absent.md" cannot be read'),
    ],
)
def test_what_cannot_be_reviewed_exits_2(gatepost, repository, arguments, said):
    (repository / "broken.json").write_text('{"kind": "gatepost snapshot", "version": 1}')
    done = gatepost("review", *arguments)
    assert done.exit_code == 2, done.output
    assert said in done.stderr


@pytest.mark.server
def test_a_branch_whose_sql_is_refused_says_first_what_could_not_be_compared(gatepost, repository):
    (repository / "supabase" / "migrations" / "0002_everybody.sql").write_text(AFTER.replace("true", "absent"))
    done = gatepost("review", "main", "--format", "markdown")
    assert done.exit_code == 1, done.output
    assert "Access: not everything could be compared: 0002" in done.stdout
    assert "nobody gains by the rest" in done.stdout
    assert "proved" not in done.stdout


@pytest.mark.server
def test_a_lock_is_named_with_the_rows_of_production(gatepost, repository, connection, database_url):
    with connection, connection.cursor() as cursor:
        cursor.execute("CREATE TABLE public.notes AS SELECT n AS id FROM generate_series(1, 20000) n; ANALYZE notes")
    locking = "ALTER TABLE public.notes ALTER COLUMN body SET NOT NULL;"
    (repository / "supabase" / "migrations" / "0002_everybody.sql").write_text(locking)
    done = gatepost("review", "main", "--sizes", database_url)
    assert done.exit_code == 0, done.output
    assert "checks every row of public.notes (about 20,000 rows) under a lock" in " ".join(done.stdout.split())
