"""Find the file and line of a statement in `policies/`, and check how it was written there."""

from __future__ import annotations

import ast
import functools
import linecache
import os
import sys
from collections.abc import Callable
from pathlib import Path
from types import CodeType, FrameType
from typing import ParamSpec, TypeVar

from gatepost.errors import DeclarationError

P = ParamSpec("P")
R = TypeVar("R")

_HERE = f"{Path(__file__).parent}{os.sep}"
_IN_SQL: dict[type[ast.AST], tuple[str, str]] = {
    ast.And: ("and", "and_(a, b)"),
    ast.Or: ("or", "or_(a, b)"),
    ast.Not: ("not", "not_(a)"),
    ast.Is: ("is", "Model.column.is_(None)"),
    ast.IsNot: ("is not", "Model.column.is_not(None)"),
    ast.In: ("in", "Model.column.in_([...])"),
    ast.NotIn: ("not in", "Model.column.not_in([...])"),
}


def caller() -> FrameType:
    """Return the frame of the nearest caller outside this package."""
    frame: FrameType | None = sys._getframe(1)
    while frame is not None and frame.f_back is not None and frame.f_code.co_filename.startswith(_HERE):
        frame = frame.f_back
    assert frame is not None  # noqa: S101  the outermost frame is somebody's
    return frame


def place(frame: FrameType) -> str:
    """Return the file and line that a frame is at."""
    return file_and_line(frame.f_code.co_filename, frame.f_lineno)


def file_and_line(name: str, line: int) -> str:
    """Return a file and a line of it, relative to the current directory if the file is inside it."""
    path, folder = Path(name), Path.cwd()
    return f"{path.relative_to(folder) if path.is_relative_to(folder) else path}:{line}"


def with_source_location(function: Callable[P, R]) -> Callable[P, R]:
    """Decorate a statement of the language so that its errors begin with the file and line that used it."""

    @functools.wraps(function)
    def wrapped(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return function(*args, **kwargs)
        except DeclarationError as error:
            raise DeclarationError(f"{place(caller())}: {error.message}", error.hint) from error.__cause__

    return wrapped


def refuse_python_logic() -> None:
    """Refuse `where=a and b` in the caller's line, because Python evaluates it before SQLAlchemy and drops one half.

    `a == b and c == d` is `a == b` alone, because the truth of a comparison of two columns is whether they are the
    same object. Code that is not in a source file cannot be checked, and passes.

    Raises:
        DeclarationError: a condition is written with `and`, `or`, `not`, `is`, `in` or a chain of comparisons.
    """
    call = _written_call(caller())
    for keyword in call.keywords if call is not None else ():
        if keyword.arg in ("where", "check"):
            found = _python_logic(keyword.value)
            if found is not None:
                word, hint = found
                raise DeclarationError(
                    f'{keyword.arg}= uses Python\'s "{word}", which is evaluated before PostgreSQL sees the condition',
                    f"{keyword.arg}={hint}",
                )


def _written_call(frame: FrameType) -> ast.Call | None:
    line, end_line, column, end_column = _positions(frame.f_code)[frame.f_lasti // 2]
    if line is None or end_line is None or column is None or end_column is None:
        return None
    linecache.checkcache(frame.f_code.co_filename)
    lines = [text.encode() for text in linecache.getlines(frame.f_code.co_filename)[line - 1 : end_line]]
    if not lines:
        return None
    lines[-1] = lines[-1][:end_column]
    lines[0] = lines[0][column:]
    try:
        found = ast.parse(b"(" + b"".join(lines) + b")", mode="eval").body
    except SyntaxError:
        return None
    return found if isinstance(found, ast.Call) else None


@functools.lru_cache(maxsize=4)
def _positions(code: CodeType) -> tuple[tuple[int | None, int | None, int | None, int | None], ...]:
    # Cached, because a file with a thousand statements would be parsed a thousand times.
    return tuple(code.co_positions())


def _python_logic(node: ast.expr) -> tuple[str, str] | None:
    inside: list[ast.expr] = []
    match node:
        case ast.BoolOp():
            return _IN_SQL[type(node.op)]
        case ast.UnaryOp(op=ast.Not()):
            return _IN_SQL[ast.Not]
        case ast.Compare(ops=[op]) if type(op) in _IN_SQL:
            return _IN_SQL[type(op)]
        case ast.Compare(ops=[_, _, *_]):
            return "a < b < c", "and_(a, b), with brackets around each side of & and |"
        case ast.BinOp(op=ast.BitAnd() | ast.BitOr()):
            inside = [node.left, node.right]
        case ast.UnaryOp(op=ast.Invert()):
            inside = [node.operand]
        case ast.Call(func=ast.Name(id="and_" | "or_" | "not_")):
            inside = node.args
    return next((found for one in inside if (found := _python_logic(one)) is not None), None)
