"""Python's own logic in a condition is answered before SQLAlchemy sees it: the caller's line is looked at."""

from pathlib import Path

import pytest
from sqlalchemy import and_, not_

from gatepost import allow, authenticated, restrict, uid
from gatepost.declare.declaration import Rule
from gatepost.declare.source_location import caller, place
from gatepost.errors import DeclarationError
from tests.tables import Note

PREAMBLE = """
from sqlalchemy import and_, or_, not_
from gatepost import allow, authenticated, restrict, uid
from tests.tables import Note
mine, open_ = Note.user_id == uid(), Note.flag
"""


@pytest.fixture
def said(tmp_path):
    """Run one statement from a source file, as an author has it."""

    def say(statement):
        file = tmp_path / "said.py"
        file.write_text(f"{PREAMBLE}\nrule = {statement}\n", encoding="utf-8")
        names = {}
        exec(compile(file.read_text(encoding="utf-8"), str(file), "exec"), names)
        return names["rule"]

    return say


@pytest.mark.parametrize(
    ("condition", "word", "hint"),
    [
        ("Note.user_id == uid() and Note.name == 'a'", "and", "and_(a, b)"),
        ("Note.user_id == uid() or Note.name == 'a'", "or", "or_(a, b)"),
        ("(mine and\n        open_)", "and", "and_(a, b)"),
        ("'ü' and mine", "and", "and_(a, b)"),
        ("not Note.user_id", "not", "not_(a)"),
        ("Note.name is None", "is", "Model.column.is_(None)"),
        ("Note.name is not None", "is not", "Model.column.is_not(None)"),
        ("'a' in ['a', 'b']", "in", "Model.column.in_([...])"),
        ("1 < 2 < Note.order", "a < b < c", "and_(a, b), with brackets around each side of & and |"),
        ("Note.order == 1 & 1 == 1", "a < b < c", "and_(a, b), with brackets around each side of & and |"),
        ("and_(mine, Note.name is None)", "is", "Model.column.is_(None)"),
        ("(Note.flag) & (not open_ is None)", "not", "not_(a)"),
        ("~(mine or open_)", "or", "or_(a, b)"),
    ],
)
def test_it_is_refused(said, condition, word, hint):
    with pytest.raises(DeclarationError) as told:
        said(f"allow('select', to=authenticated, where={condition})")
    assert f'where= uses Python\'s "{word}"' in told.value.message
    assert told.value.hint == f"where={hint}"
    assert "said.py:" in told.value.message


def test_a_check_and_a_restriction_are_looked_at_too(said):
    with pytest.raises(DeclarationError, match="check= uses"):
        said("allow('insert', to=authenticated, check=mine and open_)")
    with pytest.raises(DeclarationError, match="where= uses"):
        said("restrict('select', to=authenticated, where=mine and open_)")


@pytest.mark.parametrize(
    "condition",
    [
        "and_(mine, open_)",
        "(Note.user_id == uid()) & (Note.flag)",
        "Note.name.in_(['a' if 1 and 2 else 'b'])",
        "mine if not 0 else open_",
        "(lambda: mine and mine)()",
    ],
)
def test_what_python_may_decide_passes(said, condition):
    assert isinstance(said(f"allow('select', to=authenticated, where={condition})"), Rule)


def test_without_the_source_nothing_is_looked_at():
    names = {"allow": allow, "authenticated": authenticated, "Note": Note, "uid": uid}
    exec("rule = allow('select', to=authenticated, where=Note.user_id == uid() and Note.flag)", names)
    assert isinstance(names["rule"], Rule)


def test_the_danger_is_real():
    # Why all this: the second half is gone, without an error.
    both = (Note.user_id == uid()) and Note.flag
    assert str(both) == str(Note.user_id == uid())


def test_a_place_is_relative_to_the_current_directory(monkeypatch, tmp_path):
    monkeypatch.chdir(Path(__file__).parents[2])
    assert place(caller()).startswith("tests/declare/test_source_location.py:")
    monkeypatch.chdir(tmp_path)
    assert place(caller()).endswith("/tests/declare/test_source_location.py:" + place(caller()).rpartition(":")[2])


def test_several_calls_on_one_line_are_distinguished():
    fine, also = allow("select", to=authenticated, where=and_(Note.flag, not_(Note.flag))), restrict("select", to=authenticated, where=Note.flag)  # fmt: skip  # noqa: E501
    assert fine.where != also.where
