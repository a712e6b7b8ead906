"""What a type checker says of a file that uses the library, as its author wrote it."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
FILE = """
from uuid import UUID, uuid4

import sqlalchemy
from sqlmodel import Field, SQLModel

import gatepost
from gatepost import allow, anon, authenticated, claim, member, owner, protect, restrict, through


class Book(SQLModel, table=True):
    id: UUID = Field(default_factory=uuid4, primary_key=True)
    user_id: UUID = Field(index=True)
    is_public: bool = False


class Page(SQLModel, table=True):
    id: UUID = Field(default_factory=uuid4, primary_key=True)
    book_id: UUID = Field(foreign_key="book.id", index=True)


protect(Book, owner(Book.user_id), allow("select", to=(anon, authenticated), where=Book.is_public), hide=("user_id",))
protect(Page, through(Page.book_id, "select"), restrict("delete", to=authenticated, where=claim("aal") == "aal2"))


own = owner(Book.user_id, "select") | (claim("role") == "admin")
below = through(Page.book_id, "all", by=own) & member(Page.book_id, of=Book.id, user=Book.user_id)


def unsound(result: gatepost.Result) -> list[gatepost.Finding | gatepost.NotChecked]:
    return [*result.findings, *result.not_checked]


with sqlalchemy.create_engine("postgresql://x").connect() as connection:
    unsound(gatepost.verify(connection))
    unsound(gatepost.observe(connection, personas=["anon"]))
unsound(gatepost.observe("postgresql://x"))
"""
WRONG = {
    'owner(Book.user_id, "selekt")': "selekt",
    'through(Page.book_id, "truncate")': "truncate",
    "allow(to=authenticated, command=1)": "command",
    'allow("select")': '"to"',
    'protect(Book, "select")': "Rule",
    "gatepost.observe()": "database",
    "gatepost.verify(connection).finding": "finding",
}
"""Lines that are wrong, and what the message about each of them names."""

CHECKERS = {
    "mypy": [sys.executable, "-m", "mypy", "--strict"],
    "pyright": [shutil.which("pyright") or "", "--pythonpath", sys.executable],
}


@pytest.mark.slow
@pytest.mark.parametrize("checker", CHECKERS)
def test_a_users_file(tmp_path, checker):
    command = CHECKERS[checker]
    if not command[0]:
        pytest.skip("pyright is not installed (npm install --global pyright)")
    file = tmp_path / "declared.py"
    file.write_text(FILE + "\n".join(WRONG))
    done = subprocess.run([*command, str(file)], cwd=ROOT, capture_output=True, text=True, check=False)
    errors = dict(re.findall(r"declared\.py:(\d+)(?::\d+)?(?: -|:) error: (.+)", done.stdout))
    first = len(FILE.splitlines()) + 1
    assert list(map(int, errors)) == list(range(first, first + len(WRONG))), done.stdout + done.stderr
    assert [name for name, message in zip(WRONG.values(), errors.values(), strict=True) if name not in message] == []
