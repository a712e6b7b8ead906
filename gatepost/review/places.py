"""Where the head's files define an object: the line that an annotation is put on."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from gatepost.errors import GatepostError
from gatepost.sources import Source
from gatepost.sources.files import alembic_revisions, migrations, read_script
from gatepost.sources.statements.splitting import split
from gatepost.sql import tokens

_MOST = 400
"""The most files that are searched."""


def places(source: Source, objects: Iterable[str], policies: str | None = None) -> Mapping[str, str]:
    """Return `path:line` by object: the last statement of the head that names it, or its line in `policies/`.

    Args:
        source: The head.
        objects: Names, as `schema.name` or `schema.name(types)`.
        policies: The project's package of declarations, or None.
    """
    wanted = {name: name.partition("(")[0].rpartition(".")[2] for name in objects}
    found: dict[str, str] = {}
    if source.path is None or not wanted:
        return found
    for names, place in _statements(source):
        for name, bare in wanted.items():
            if bare in names:
                found[name] = place
    if source.kind == "alembic":
        for name, bare in wanted.items():
            line = next(_python_lines(source.path.parent, bare, policies), None)
            if line is not None:
                found[name] = line
    return found


def _statements(source: Source) -> Iterator[tuple[frozenset[str], str]]:
    """Yield the names in each statement that decides about access, and where it is."""
    path = source.path
    if path is None or source.kind not in ("folder", "file"):
        return
    try:
        files = migrations(path).files if source.kind == "folder" else (path,)
        for file in files[-_MOST:]:
            script = read_script(file, _shown(file))
            for statement in split(script)[0]:
                names = frozenset(token.name for token in tokens(statement.text) if token.name)
                if not names & {"comment", "insert"}:
                    yield names, statement.place
    except GatepostError:
        return  # what cannot be read is reported where the source is opened


def _python_lines(root: Path, name: str, policies: str | None) -> Iterator[str]:
    """Yield the lines of declarations, and then of revisions, that are about a table."""
    words = {name, "".join(part.capitalize() for part in name.rstrip("s").split("_"))}
    pattern = re.compile(rf"(?:protect|allow|owner)\(\s*\"?(?:\w+\.)?(?:{'|'.join(map(re.escape, sorted(words)))})\b")
    if policies is not None:
        yield from _matching(sorted((root / policies.replace(".", "/")).rglob("*.py")), pattern)
    yield from _matching(reversed(alembic_revisions(root)), re.compile(rf"\b{re.escape(name)}\b"))


def _matching(files: Iterable[Path], pattern: re.Pattern[str]) -> Iterator[str]:
    for file in list(files)[:_MOST]:
        try:
            text = file.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError):
            continue
        if found := pattern.search(text):
            yield f"{_shown(file)}:{text.count(chr(10), 0, found.start()) + 1}"


def _shown(file: Path) -> str:
    """Return a file as a pipeline names it: from the current folder."""
    resolved, here = file.resolve(), Path.cwd().resolve()
    return resolved.relative_to(here).as_posix() if resolved.is_relative_to(here) else file.as_posix()
