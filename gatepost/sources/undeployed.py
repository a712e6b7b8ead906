"""What a project declares, or has as a revision, and its migrations do not hold: a look at them does not see it."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from gatepost.finding import NotChecked
from gatepost.sources.files import alembic_revisions

_EXPORTED = re.compile(r"^-- The Alembic revision (?P<revision>\S+), written by gatepost export\.")
_REVISE = "alembic revision --autogenerate"


def exported(folder: Path) -> list[tuple[Path, str]]:
    """Return the SQL migrations that were written for an Alembic revision, each with the revision.

    Args:
        folder: The SQL migrations.
    """
    found = []
    for path in sorted(folder.glob("*.sql")):
        with path.open(encoding="utf-8", errors="replace") as file:
            ours = _EXPORTED.match(file.readline())
        if ours is not None and path.name[:14].isdigit():
            found.append((path, ours["revision"]))
    return found


def not_exported(folder: Path) -> Iterator[NotChecked]:
    """Yield the Alembic revisions that no SQL migration holds, in a project whose migrations are exported revisions.

    The revisions are read and not run.

    Args:
        folder: The SQL migrations.
    """
    known = {revision for _, revision in exported(folder)}
    if not known:
        return
    root = _root(folder)
    where = folder.resolve().relative_to(root).as_posix()
    for path in alembic_revisions(root):
        revision = _revision(path)
        if revision is not None and revision not in known:
            yield NotChecked(
                path.relative_to(root).as_posix(), f'"{where}" holds no file of this revision; gatepost export'
            )


def not_migrated(before: Path | None, after: Path | None, package: str | None) -> tuple[NotChecked, ...]:
    """Return the entry about declarations that differ between two checkouts whose SQL migrations are the same.

    The declarations are compared as they are written, without comments and layout, and not run.

    Args:
        before: The SQL migrations of the one.
        after: Those of the other.
        package: The package of declarations.
    """
    if before is None or after is None or package is None:
        return ()
    old, new = (_written(_root(folder) / package.replace(".", "/")) for folder in (before, after))
    changed = sorted(name for name in old.keys() | new.keys() if old.get(name) != new.get(name))
    if not old or not changed:
        return ()
    more = f" and {len(changed) - 1} more" if changed[1:] else ""
    return (NotChecked(f"{package}/{changed[0]}{more}", f"changed, and no migration did; {_REVISE}; gatepost export"),)


def _written(package: Path) -> dict[str, str]:
    found = {}
    for path in sorted(package.rglob("*.py")):
        try:
            written = ast.dump(ast.parse(path.read_bytes()))
        except (SyntaxError, ValueError):
            written = "cannot be read"
        found[path.relative_to(package).as_posix()] = written
    return found


def _root(migrations: Path) -> Path:
    folder = migrations.resolve().parent
    return folder.parent if folder.name == "supabase" else folder


def not_in_revisions(sentences: Sequence[str]) -> tuple[NotChecked, ...]:
    """Return the entry about what `policies/` declares and no revision holds.

    Args:
        sentences: What differs, one sentence each.
    """
    if not sentences:
        return ()
    more = f", and {len(sentences) - 1} more" if len(sentences) > 1 else ""
    return (NotChecked("policies", f"no revision holds what they declare: {sentences[0]}{more}; {_REVISE}"),)


def _revision(path: Path) -> str | None:
    try:
        tree = ast.parse(path.read_bytes())
    except (SyntaxError, ValueError):
        return None
    for node in tree.body:
        match node:
            case ast.Assign(targets=[ast.Name("revision")], value=ast.Constant(str(found))):
                return found
            case ast.AnnAssign(target=ast.Name("revision"), value=ast.Constant(str(found))):
                return found
    return None
