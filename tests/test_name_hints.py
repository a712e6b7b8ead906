"""Words in names: the lists of the file, and the words that a project adds."""

import re
import tomllib
from pathlib import Path

import pytest

from gatepost.errors import SettingsError
from gatepost.name_hints import added_words, is_secret, likely_audience, read_words, word_list
from gatepost.project import find_project
from gatepost.rules import named_rule
from gatepost.schema import RowSecurity, Table
from gatepost.verification import verify

PUBLISHED = """
CREATE TABLE public.dossier (id bigint PRIMARY KEY, user_id uuid);
ALTER TABLE public.dossier ENABLE ROW LEVEL SECURITY;
GRANT SELECT ON public.dossier TO authenticated;
CREATE POLICY all_rows ON public.dossier FOR SELECT TO authenticated USING (true);
"""


def table(name):
    return Table("public", name, "table", "postgres", RowSecurity(True, False))


def test_a_project_adds_words_for_a_block():
    words = read_words({"private_tables": ["Dossier"], "secret_columns": ["geheimnis"]})
    assert likely_audience(table("dossier")) == "unknown"
    with added_words(words):
        assert likely_audience(table("dossiers")) == "private"
        assert is_secret("ein_geheimnis")
        assert "invoice" in word_list("private_tables")
    assert not is_secret("ein_geheimnis")


def test_the_words_on_the_page_are_taken():
    page = (Path(__file__).parents[1] / "docs" / "name-hints.md").read_text()
    (example,) = re.findall(r"```toml\n(.*?)```", page, re.DOTALL)
    with added_words(read_words(tomllib.loads(example)["tool"]["gatepost"]["name_hints"])):
        assert likely_audience(table("kundenakten")) == "unknown"
        assert likely_audience(table("kundenakte_2024")) == "private"


def test_a_word_of_the_project_makes_a_finding_an_error(connection, tmp_path, monkeypatch):
    """The same policy is information about an unknown word, and an error about one that the project calls private."""
    with connection.cursor() as cursor:
        cursor.execute(PUBLISHED)
    severities = []
    for hints in ("", '[tool.gatepost.name_hints]\nprivate_tables = ["dossier"]\n'):
        (tmp_path / "pyproject.toml").write_text(f"[tool.gatepost]\n{hints}")
        monkeypatch.chdir(tmp_path)
        result = verify(connection, rules=[named_rule("always-true-read")])
        severities += [finding.severity for finding in result.findings]
    assert severities == ["info", "error"]


@pytest.mark.parametrize(
    ("hints", "message", "hint"),
    [
        ('private_table = ["x"]', 'unknown list "private_table"', 'Did you mean "private_tables"'),
        ('private_tables = "x"', "is not a list of words", "private_tables ="),
        ('private_tables = [""]', "is not a list of words", "private_tables ="),
    ],
)
def test_a_mistake_is_one_sentence(tmp_path, hints, message, hint):
    (tmp_path / "pyproject.toml").write_text(f"[tool.gatepost.name_hints]\n{hints}\n")
    with pytest.raises(SettingsError, match=message) as refusal:
        find_project(tmp_path)
    assert hint in refusal.value.hint
