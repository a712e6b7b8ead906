"""Explain Python's own errors in `policies/` in one sentence, with the line that fixes them."""

from __future__ import annotations

import difflib
import re
import sys
import traceback
from pathlib import Path
from typing import Any

from sqlalchemy import Table
from sqlalchemy.sql.base import ColumnCollection

from gatepost.declare.source_location import file_and_line
from gatepost.errors import DeclarationError

_OURS = Path(__file__).parents[1]
_CALLS = {
    "protect": "protect(Model, owner(Model.user_id))",
    "allow": 'allow("select", to=authenticated, where=Model.user_id == uid())',
    "restrict": 'restrict("select", to=authenticated, where=Model.user_id == uid())',
    "owner": "owner(Model.user_id)",
    "through": "through(Model.parent_id)",
    "member": "member(Model.team_id, of=Membership.team_id, user=Membership.user_id)",
    "call": 'call("private.is_member", Model.team_id)',
    "uid": "uid()",
    "jwt": "jwt()",
    "role": "role()",
    "claim": 'claim("app_metadata", "org_id")',
}


def explained(error: BaseException) -> DeclarationError:
    """Explain an error that Python raised while an author's modules were imported.

    Args:
        error: The exception of the import.
    """
    mistake = _known(error)
    if mistake is not None:
        return mistake
    frame = _author(error, "")
    reason = f"{type(error).__name__}: {error}".removesuffix(": ").partition("\n")[0]
    return DeclarationError(f"{frame.filename}:{frame.lineno}: {reason}", frame.line or "")


def _known(error: BaseException) -> DeclarationError | None:
    match error:
        case DeclarationError():
            return _placed(error)
        case AttributeError():
            return _unknown_column(error)
        case SyntaxError():
            return DeclarationError(f"{error.filename}:{error.lineno}: {error.msg}", (error.text or "").strip())
        case ImportError():
            return missing(error)
        case TypeError():
            return _wrong_call(error)
    return None


def _placed(error: DeclarationError) -> DeclarationError:
    """Return the error with its line before it: a statement of `policies/` has put it there, `Function(…)` has not."""
    if re.match(r"\S+\.py:\d+: ", error.message):
        return error
    frame = _author(error, "")
    return DeclarationError(f"{file_and_line(frame.filename, frame.lineno or 0)}: {error.message}", error.hint)


def _unknown_column(error: AttributeError) -> DeclarationError | None:
    name, columns = _columns_of(error.obj)
    if error.name is None or not columns:
        return None
    near = difflib.get_close_matches(error.name, columns, 1)
    frame = _author(error, f".{error.name}")
    hint = (frame.line or "").replace(f".{error.name}", f".{near[0]}") if near else f"one of {', '.join(columns)}"
    return DeclarationError(f'{frame.filename}:{frame.lineno}: "{name}" has no column "{error.name}"', hint)


def _columns_of(found: object) -> tuple[str, list[str]]:
    """Return the name of a model, a table or a table's columns, and the names of its columns."""
    table: Any = getattr(found, "__table__", found)
    columns = table.columns if isinstance(table, Table) else table
    if not isinstance(columns, ColumnCollection):
        return "", []
    owner = next((column.table.name for column in columns), "")
    return getattr(found, "__name__", owner), list(columns.keys())


def missing(error: ImportError) -> DeclarationError:
    """Explain an import that found no module, or no such name in it."""
    frame = _author(error, "import")
    known = [name for name in dir(_module(error.name)) if not name.startswith("_")]
    missing = re.search(r"cannot import name '(\w+)'", str(error))
    near = difflib.get_close_matches(missing[1], known, 1) if missing else []
    hint = (frame.line or "").replace(missing[1], near[0]) if missing and near else frame.line or ""
    reason = str(error).split(" (")[0].replace("'", '"')
    return DeclarationError(f"{frame.filename}:{frame.lineno}: {reason}", hint)


def _module(name: str | None) -> object:
    return sys.modules.get(name or "")


def _wrong_call(error: TypeError) -> DeclarationError | None:
    called = re.match(r"(\w+)\(\) ", str(error))
    if called is not None and called[1] in _CALLS:
        frame = _author(error, f"{called[1]}(")
        return DeclarationError(f"{frame.filename}:{frame.lineno}: {error}", _CALLS[called[1]])
    if "Boolean value of this clause" in str(error):
        frame = _author(error, "")
        return DeclarationError(
            f'{frame.filename}:{frame.lineno}: a condition is written with Python\'s "and", "or" or "not"',
            "and_(a, b), or_(a, b) or not_(a), imported from sqlalchemy",
        )
    return None


def _author(error: BaseException, holds: str) -> traceback.FrameSummary:
    """Return the innermost line of an author's file, not of an installed package, that contains the given words."""
    frames = traceback.extract_tb(error.__traceback__)
    own = [frame for frame in frames if not _installed(frame.filename)]
    return next((frame for frame in reversed(own) if holds in (frame.line or "")), (own or frames)[-1])


def _installed(filename: str) -> bool:
    path = Path(filename)
    return "site-packages" in path.parts or filename.startswith("<") or path.is_relative_to(_OURS)
