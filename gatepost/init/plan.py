"""Decide what a setup creates and changes in a project; nothing is written here."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from importlib import import_module
from pathlib import Path

from sqlalchemy import MetaData, Table

from gatepost.errors import SettingsError
from gatepost.init import environment, files
from gatepost.init.changes import FileChange, read
from gatepost.init.find_models import find_models
from gatepost.init.guesses import Guess, Model, guess_all
from gatepost.init.indexes import with_index
from gatepost.project import Project, find_project


@dataclass(frozen=True)
class Setup:
    """The changes of a setup, and what the author has to do by hand.

    `policies` is the package of the declarations, and `revised` says that there are revisions already.
    """

    root: Path
    changes: tuple[FileChange, ...]
    by_hand: tuple[str, ...] = ()
    policies: str = "policies"
    revised: bool = False

    def write(self) -> None:
        """Write all files."""
        for change in self.changes:
            change.write()


def plan_setup(root: Path, models: Sequence[str] = ()) -> Setup:
    """Return what turns a folder into a project of Gatepost. What is there already stays as it is.

    Args:
        root: The folder of the project's `pyproject.toml`.
        models: The modules or packages with the tables; without any, they are searched.

    Raises:
        SettingsError: there are no models, they cannot be imported, or a file of the project cannot be changed.
    """
    known = find_project(root) if (root / "pyproject.toml").is_file() else None
    known = known if known is not None and known.root == root.resolve() else None
    names = tuple(models) or (known.models if known is not None else find_models(root))
    if not names:
        raise SettingsError(
            f'no module in "{root}" has tables', "gatepost init --models app.models  # where the SQLModel classes are"
        )
    project = Project(root.resolve(), models=names)
    metadata = project.metadata_objects()
    named = known.policies if known is not None else None
    package = named if named not in (None, "policies") else _free_package(root)
    statements, indexed, by_hand = _policies(root, package, _models(project, metadata))
    changes = [
        _changed(root / "pyproject.toml", lambda text: files.with_settings(text, names, package)),
        *indexed,
        *statements,
        *_alembic(root, project, metadata, package),
        _created(root / "tests" / "test_row_security.py", files.TEST),
        _created(root / ".github" / "workflows" / "gatepost.yml", files.WORKFLOW.format(install=_install(root))),
        *_hook(root, package),
    ]
    wanted = tuple(change for change in changes if change.after != change.before)
    return Setup(root, wanted, tuple(by_hand), package, revised=_has_revisions(root))


def _free_package(root: Path) -> str:
    """Return the name of the package of declarations: another one where `policies` is about something else."""
    folder = root / "policies"
    texts = [read(path) or "" for path in [folder.with_suffix(".py"), *sorted(folder.rglob("*.py"))]]
    foreign = any(text.strip() for text in texts) and not any("gatepost" in text for text in texts)
    return "row_policies" if foreign else "policies"


def _changed(path: Path, how: Callable[[str], str]) -> FileChange:
    before = read(path)
    return FileChange(path, before, how(before or ""))


def _created(path: Path, text: str) -> FileChange:
    before = read(path)
    return FileChange(path, before, text if before is None else before)


def _models(project: Project, metadata: Sequence[MetaData]) -> list[Model]:
    """Return every table once, by the class or variable of the module that defines it."""
    found: dict[Table, Model] = {}
    for module in _modules(project.models):
        for name, one in vars(sys.modules[module]).items():
            table = getattr(one, "__table__", one)
            if isinstance(table, Table) and table.metadata in metadata and table.schema != "auth":
                home = getattr(one, "__module__", module) if isinstance(one, type) else module
                found.setdefault(table, Model(home, name, table, isinstance(one, type)))
    order = [table for one in metadata for table in one.sorted_tables]
    return [found[table] for table in order if table in found]


def _modules(names: Iterable[str]) -> Iterator[str]:
    for name in names:
        yield from sorted(one for one in sys.modules if one == name or one.startswith(f"{name}."))


def _policies(
    root: Path, package: str, models: Sequence[Model]
) -> tuple[list[FileChange], list[FileChange], list[str]]:
    """Return the files of the declarations, the models that need an index, and what could not be written."""
    folder = root.joinpath(*package.split("."))
    if folder.exists() or folder.with_suffix(".py").exists():
        return [], [], []
    guesses, sources, by_hand = [], dict[Path, FileChange](), list[str]()
    for guess in guess_all(models):
        if guess.index is not None and not _give_index(guess, sources):
            line = f'Index(None, "{guess.index}")'
            guess = Guess(
                guess.model,
                questions=(f"{guess.rules[0]}, as soon as the model declares the index that it needs: {line}",),
            )
            by_hand.append(f"{guess.model.name} needs an index before it can be declared: {line}")
        guesses.append(guess)
    written = [FileChange(folder / name, None, text) for name, text in files.policies(guesses).items()]
    start = files.package(sorted({model.module for model in models}))
    return [FileChange(folder / "__init__.py", None, start), *written], list(sources.values()), by_hand


def _give_index(guess: Guess, sources: dict[Path, FileChange]) -> bool:
    path = Path(str(sys.modules[guess.model.module].__file__))
    change = sources.get(path) or FileChange(path, read(path), read(path) or "")
    assert guess.index is not None  # noqa: S101
    written = with_index(change.after, guess.model.name, guess.model.attribute(guess.index))
    if written is not None:
        sources[path] = replace(change, after=written)
    return written is not None


def _alembic(root: Path, project: Project, metadata: Sequence[MetaData], package: str) -> Iterator[FileChange]:
    module, name = _metadata_name(project, metadata)
    models_import = "\n".join([f"import {one}  # noqa: F401" for one in project.models if one != module])
    models_import = f"{models_import}\nfrom {module} import {name.partition('.')[0]}".strip()
    ini = read(root / "alembic.ini")
    if ini is None:
        path = "." if not (root / "src").is_dir() else "src:."
        yield FileChange(root / "alembic.ini", None, files.ALEMBIC_INI.format(path=path))
        text = environment.NEW.format(models=f"\n{models_import}", metadata=name, policies=package)
        yield _created(root / "alembic" / "env.py", text)
        yield _created(root / "alembic" / "script.py.mako", files.SCRIPT)
        yield _created(root / "alembic" / "versions" / ".gitkeep", "")
        return
    folder = _script_location(root)
    before = read(folder / "env.py")
    if before is None:
        raise SettingsError(f'"alembic.ini" names "{folder}", which has no env.py', "alembic init alembic")
    yield FileChange(folder / "env.py", before, environment.patched(before, models_import, name, package))


def _has_revisions(root: Path) -> bool:
    return (root / "alembic.ini").is_file() and any((_script_location(root) / "versions").glob("*.py"))


def _script_location(root: Path) -> Path:
    from configparser import ConfigParser

    parser = ConfigParser({"here": str(root.resolve())})
    parser.read(root / "alembic.ini", encoding="utf-8")
    location = parser.get("alembic", "script_location", fallback="alembic")
    return root / location


def _metadata_name(project: Project, metadata: Sequence[MetaData]) -> tuple[str, str]:
    """Return the module and the expression by which a file imports the models' metadata."""
    for module in _modules(project.models):
        for name, one in vars(sys.modules[module]).items():
            if one is metadata[0]:
                return module, name
            if isinstance(one, type) and "__table__" not in vars(one) and getattr(one, "metadata", None) is metadata[0]:
                home = one.__module__.removesuffix(".main") if one.__module__.startswith("sqlmodel") else one.__module__
                return (home if hasattr(import_module(home), name) else module), f"{name}.metadata"
    first = project.models[0]
    raise SettingsError(f'"{first}" has no name for its metadata', f"metadata = Base.metadata  # in {first}")


def _install(root: Path) -> str:
    pyproject = read(root / "pyproject.toml") or ""
    if "[project]" in pyproject:
        return "pip install -e . gatepost pytest"
    found = [name for name in ("requirements.txt", "requirements-dev.txt") if (root / name).is_file()]
    return " ".join(["pip install", *(f"-r {name}" for name in found), "gatepost pytest"])


def _hook(root: Path, package: str) -> Iterator[FileChange]:
    path = root / ".pre-commit-config.yaml"
    text = read(path)
    written = files.with_hook(text, package) if text is not None else None
    if text is not None and written is not None:
        yield FileChange(path, text, written)
