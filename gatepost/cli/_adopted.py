"""Make the adopted project in a folder of its own, prove it there, and only then move its files."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

from gatepost.errors import SettingsError

if TYPE_CHECKING:
    from gatepost.adopt.plan import Adoption
    from gatepost.database.url import DatabaseUrl
    from gatepost.observation.clone.schema import Kept

_SECONDS = 600
_READ = ("pyproject.toml", "alembic.ini", ".pre-commit-config.yaml", "requirements.txt", "requirements-dev.txt")
"""Files of the project that the setup reads or changes."""
_MADE = ("models", "policies", "entities", "alembic")
"""Folders that an adoption makes, and which must not be there."""
_POLICIES = 'policies="policies"'
"""What `env.py` says of the declarations."""
_MODELS = "import models"
_SECTION = "[tool.gatepost]\n"
_NOT_KEPT = {"__pycache__", ".pytest_cache"}


def refuse_existing(root: Path) -> None:
    """Refuse a project that has models, policies or revisions already.

    Raises:
        SettingsError: it has.
    """
    for name in _MADE:
        if (root / name).exists() or (root / f"{name}.py").exists():
            raise SettingsError(
                f'"{root / name}" is there already, and an adoption would overwrite it',
                "gatepost adopt … --into another-folder",
            )


def staged(root: Path, stage: Path, adoption: Adoption, *, part: bool) -> Path:
    """Write a project into an empty folder: the adopted files, and what `gatepost init` sets up around them.

    Args:
        root: The folder that the project is for.
        stage: The empty folder.
        adoption: The files.
        part: Whether it declares some tables of the database, and leaves the others alone.

    Raises:
        SettingsError: the setup fails.
    """
    for name in _READ:
        if (root / name).is_file():
            shutil.copy(root / name, stage / name)
    for name, text in adoption.files.items():
        (stage / name).parent.mkdir(parents=True, exist_ok=True)
        (stage / name).write_text(text, encoding="utf-8")
    done = _run(stage, ["-m", "gatepost.cli", "init", str(stage), "--yes", "--models", "models"])
    if done.returncode:
        raise SettingsError(f"the written project cannot be set up: {_last(done.stderr)}")
    (stage / "alembic" / "versions" / ".gitkeep").unlink(missing_ok=True)
    env, settings = stage / "alembic" / "env.py", stage / "pyproject.toml"
    _replace(env, _POLICIES, f"{_POLICIES}, only_declared=True" if part else _POLICIES)
    if part:
        _replace(settings, _SECTION, f"{_SECTION}only_declared = true\n")
    if adoption.entities is not None:
        _replace(settings, _SECTION, f'{_SECTION}entities = "entities:entities"\n')
        if adoption.entities.left_alone:
            _replace(env, _POLICIES, f"{_POLICIES}, include_name=is_compared")
            _replace(env, _MODELS, f"from entities import is_compared\n{_MODELS}")
    return stage


def _replace(file: Path, text: str, by: str) -> None:
    """Replace a text that the setup wrote into a file, once."""
    before = file.read_text(encoding="utf-8")
    if text not in before:
        raise SettingsError(f'the setup wrote "{file.name}" without "{text.strip()}"')
    file.write_text(before.replace(text, by, 1), encoding="utf-8")


def proved(stage: Path, found: Kept, comments: Sequence[str]) -> list[str]:
    """Run the project on an empty database, and return what differs from the one that it was made of.

    Args:
        stage: The project.
        found: The database.
        comments: The statements that make its comments.

    Raises:
        SettingsError: Alembic would change the database that the project made.
        SourceError: the first revision does not run.
    """
    from gatepost.adopt.equality import differences, unlike_statements
    from gatepost.adopt.plan import comments_of
    from gatepost.database.connect import connect
    from gatepost.observation.clone.schema import kept
    from gatepost.sources import Options, opened, parse_source

    with opened(parse_source(str(stage / "alembic.ini")), Options()) as made:
        again = kept(made.url)
        left = [*differences(found.live, again.live), *unlike_statements(found, again)]
        with closing(connect(made.url, application_name="gatepost adopt", read_only=True)) as connection:
            said = {*comments_of(connection)}
        left += [f"this comment: {one}" for one in comments if one not in said]
        checked = _run(stage, ["-m", "alembic", "check"], DATABASE_URL=made.url.reveal())
    if checked.returncode:
        raise SettingsError(f"the written project would change the database: {_last(checked.stdout + checked.stderr)}")
    return left


def proved_beside(stage: Path, copy: DatabaseUrl) -> None:
    """Stamp a copy of the database, and let Alembic compare: for a project that makes only a part of it.

    Raises:
        SettingsError: Alembic would change the database.
    """
    for arguments in (["stamp", "0001"], ["upgrade", "head"], ["check"]):
        done = _run(stage, ["-m", "alembic", *arguments], DATABASE_URL=copy.reveal())
        if done.returncode:
            raise SettingsError(f"the written project would change the database: {_last(done.stdout + done.stderr)}")


def keep(stage: Path, root: Path) -> list[str]:
    """Move the files of a proved project to where they belong, and return their names."""
    names = []
    for file in sorted(stage.rglob("*")):
        name = file.relative_to(stage)
        if file.is_file() and not _NOT_KEPT & set(name.parts):
            target = root / name
            if target.is_file() and target.read_bytes() == file.read_bytes():
                continue
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(file, target)
            names.append(name.as_posix())
    return names


def _run(folder: Path, arguments: list[str], **more: str) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if name != "DATABASE_URL"}
    return subprocess.run(  # noqa: S603  Python, with our own command or the project's Alembic
        [sys.executable, "-B", *arguments],
        cwd=folder,
        env=environment | more | {"PYTHONIOENCODING": "utf-8"},
        capture_output=True,
        encoding="utf-8",
        errors="replace",
        timeout=_SECONDS,
        check=False,
    )


def _last(said: str) -> str:
    """Return the sentence by which a command ended: where it names its fix below, that is not it."""
    lines = [one.strip() for one in said.strip().splitlines() if one.strip()]
    failed = [one for one in lines if one.startswith(("FAILED:", "error:"))]
    return (failed or lines or ["it said nothing"])[-1]
