"""Find the project around a command, and read `[tool.gatepost]` of its `pyproject.toml`."""

from __future__ import annotations

import difflib
import pkgutil
import sys
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from gatepost.declare.declaration import Declaration
from gatepost.errors import DeclarationError, GatepostError, SettingsError
from gatepost.name_hints import Words, added_words, read_words

if TYPE_CHECKING:
    from types import ModuleType

    from sqlalchemy import MetaData

T = TypeVar("T")


@dataclass(frozen=True)
class Project:
    """The settings of `[tool.gatepost]` in `pyproject.toml`.

    `models` are the packages or modules with the tables. `policies` is the package of the declarations, or None if the
    project names none and has no folder of that name. `sample` is the function, as `module:name`, that writes a SQLite
    database for `gatepost demo`. `database` is `"local"` if commands without an address use the embedded server.
    `entities` is the list of functions and views that the revisions hold, as `module:name`. `only_declared` says that
    tables without a statement are left alone. `personas` are additional personas for `gatepost observe`, as written in
    the file. `name_hints` are words that the project adds to the lists of `name_hints.toml`. `review` is what nobody
    may gain, and what is accepted, as `[tool.gatepost.review]` says it.
    """

    root: Path
    models: tuple[str, ...] = ("models",)
    policies: str | None = "policies"
    sample: str | None = None
    database: str | None = None
    suppressions: tuple[tuple[str, str], ...] = ()
    only_declared: bool = False
    entities: str | None = None
    personas: Mapping[str, object] = field(default_factory=dict)
    name_hints: Words = field(default_factory=dict)
    review: Mapping[str, object] = field(default_factory=dict)

    @property
    def alembic_ini(self) -> Path:
        """Alembic's configuration file."""
        return self.root / "alembic.ini"

    def metadata(self) -> MetaData:
        """Return the metadata of the models.

        It is what a package exports as `metadata`; else what the tables in it and in all of its modules belong to.
        Tables of several metadata objects are copied into one.

        Raises:
            SettingsError: a package cannot be imported, or has no tables.
        """
        from sqlalchemy import MetaData

        found = self.metadata_objects()
        if len(found) == 1:
            return found[0]
        together = MetaData()
        for table in (table for one in found for table in one.tables.values()):
            table.to_metadata(together)
        return together

    def metadata_objects(self) -> tuple[MetaData, ...]:
        """Return every metadata object of the models, each once; see `metadata`."""
        found: list[MetaData] = []
        for name in self.models:
            of_package = _exported(self._imported(import_module, name)) or [
                one for module in self._imported(_import_all, name) for one in _metadata_of(module)
            ]
            if not of_package:
                raise SettingsError(
                    f'the package "{name}" exports no metadata, and has no tables',
                    f"metadata = SQLModel.metadata  # in {name.replace('.', '/')}/__init__.py",
                )
            found += of_package
        return tuple({id(one): one for one in found}.values())

    def declaration(self) -> Declaration | None:
        """Return everything that the project declares, or None if it has no policies.

        Raises:
            DeclarationError: the package cannot be imported, or declares nothing.
        """
        if self.policies is None:
            return None
        self._on_path()
        with added_words(self.name_hints):
            found = declared(self.policies)
        if not found.tables:
            raise DeclarationError(
                f'the package "{self.policies}" declares nothing',
                f"protect(Task, owner(Task.user_id))  # in a module of {self.policies}/",
            )
        declared_entities = (getattr(one, "declared", None) for one in self.entity_list() or ())
        entities = tuple(one for one in declared_entities if one is not None)
        return replace(found, entities=entities, partial=self.only_declared)

    def entity_list(self) -> list[Any] | None:
        """Return the functions, views and triggers that `entities` names, or None if it names none.

        Raises:
            SettingsError: the module cannot be imported, or has no such list.
        """
        if self.entities is None:
            return None
        module, _, name = self.entities.partition(":")
        found = getattr(self._imported(import_module, module), name, None) if name else None
        if not isinstance(found, list | tuple):
            raise SettingsError(
                f'"entities" in [tool.gatepost] must name a list, and "{self.entities}" is none',
                'entities = "app.entities:entities"',
            )
        return list(found)

    def _imported(self, how: Callable[[str], T], name: str) -> T:
        self._on_path()
        try:
            return how(name)
        except ModuleNotFoundError as error:
            if error.name == name or name.startswith(f"{error.name}."):
                raise SettingsError(
                    f'there is no package "{name}" in "{self.root}"', f'[tool.gatepost]\n  models = "{name}"'
                ) from None
            raise _not_imported(name, error) from error
        except (Exception, SystemExit) as error:  # whatever an author's module does
            raise _not_imported(name, error) from error

    def _on_path(self) -> None:
        for folder in (self.root / "src", self.root):
            if folder.is_dir() and str(folder) not in sys.path:
                sys.path.insert(0, str(folder))


def find_project(start: Path | None = None) -> Project | None:
    """Return the project that contains a folder: the nearest `pyproject.toml` upwards with a `[tool.gatepost]` table.

    Raises:
        SettingsError: the table has an unknown key or a wrong value.
    """
    here = (start or Path.cwd()).resolve()
    for folder in (here, *here.parents):
        file = folder / "pyproject.toml"
        if file.is_file():
            settings = _settings(file)
            if settings is not None:
                return _project(folder, settings)
    return None


def _settings(file: Path) -> dict[str, object] | None:
    try:
        tool = tomllib.loads(file.read_text(encoding="utf-8")).get("tool", {})
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(f'"{file}" is not TOML: {error}') from None
    settings = tool.get("gatepost") if isinstance(tool, dict) else None
    if settings is not None and not isinstance(settings, dict):
        raise SettingsError(f'gatepost in "{file}" is not a table', '[tool.gatepost]\n  models = "models"')
    return settings


def _project(root: Path, settings: dict[str, object]) -> Project:
    known = {
        "models", "policies", "sample", "database", "entities", "ignore", "personas", "name_hints", "review",
        "only_declared",
    }  # fmt: skip
    for key in settings:
        if key not in known:
            near = difflib.get_close_matches(key, known, 1)
            raise SettingsError(
                f'unknown key "{key}" in [tool.gatepost] ("{root / "pyproject.toml"}")',
                f'Did you mean "{near[0]}"?' if near else f"known keys: {', '.join(sorted(known))}",
            )
    models = settings.get("models", "models")
    if not models or not all(isinstance(one, str) for one in ([models] if isinstance(models, str) else _list(models))):
        raise SettingsError(
            f'"models" in [tool.gatepost] must be text, or a list of texts, and is {models!r}',
            'models = "app.models", or models = ["app.users.models", "app.items.models"]',
        )
    for key in sorted(known - {"ignore", "models", "personas", "name_hints", "review", "only_declared"}):
        if not isinstance(settings.get(key, ""), str):
            raise SettingsError(f'"{key}" in [tool.gatepost] must be text, and is {settings[key]!r}', f'{key} = "…"')
    if settings.get("database", "local") != "local":
        raise SettingsError(
            '"database" in [tool.gatepost] can only be "local", the embedded server', "set an address as DATABASE_URL"
        )
    only_declared = settings.get("only_declared", False)
    if not isinstance(only_declared, bool):
        raise SettingsError(
            f'"only_declared" in [tool.gatepost] must be true or false, and is {only_declared!r}',
            "only_declared = true",
        )
    ignore = settings.get("ignore", {})
    if not isinstance(ignore, dict):
        raise SettingsError('"ignore" in [tool.gatepost] is not a table', 'ignore = {"rule:object" = "the reason"}')
    personas = settings.get("personas", {})
    if not isinstance(personas, dict):
        raise SettingsError(
            '"personas" in [tool.gatepost] is not a table', '[tool.gatepost.personas]\n  support = { role = "…" }'
        )
    review = settings.get("review", {})
    if not isinstance(review, dict):
        raise SettingsError(
            '"review" in [tool.gatepost] is not a table', '[tool.gatepost.review]\n  never = ["anon insert on *"]'
        )
    sample, database, entities = (settings.get(key) for key in ("sample", "database", "entities"))
    has_policies = "policies" in settings or any((root / name).exists() for name in ("policies", "policies.py"))
    return Project(
        root=root,
        models=(models,) if isinstance(models, str) else tuple(map(str, _list(models))),
        policies=str(settings.get("policies", "policies")) if has_policies else None,
        sample=str(sample) if sample is not None else None,
        database=str(database) if database is not None else None,
        entities=str(entities) if entities is not None else None,
        suppressions=tuple((str(key), str(reason)) for key, reason in ignore.items()),
        only_declared=only_declared,
        personas=personas,
        name_hints=read_words(settings.get("name_hints", {})),
        review=review,
    )


def _list(written: object) -> list[object]:
    return written if isinstance(written, list) else [None]


def declared(package: str = "policies") -> Declaration:
    """Import a package of declarations with all of its modules and return everything that was declared, as values.

    Args:
        package: The package. Its `__init__` need not import its modules; test modules are skipped.

    Raises:
        DeclarationError: there is no such package, a module of it cannot be imported, or a statement in one is wrong.
    """
    # Imported here because they import SQLAlchemy, which is not needed outside a project.
    from gatepost.declare import import_errors
    from gatepost.declare.language import collected

    try:
        _import_all(package)
    except GatepostError:
        raise
    except ModuleNotFoundError as error:
        if error.name != package and not package.startswith(f"{error.name}."):
            raise import_errors.missing(error) from error
        folder = package.replace(".", "/")
        raise DeclarationError(
            f'there is no package "{package}" to declare access in', f"mkdir -p {folder} && touch {folder}/__init__.py"
        ) from None
    except (Exception, SystemExit) as error:  # whatever an author's module does
        raise import_errors.explained(error) from error
    return collected()


def _import_all(package: str) -> list[ModuleType]:
    """Import a package and every module in it, since any of them may declare something, and return them in order."""
    modules = [import_module(package)]
    for module in pkgutil.walk_packages(getattr(modules[0], "__path__", ()), f"{package}."):
        name = module.name.rpartition(".")[2]
        if name not in ("__main__", "conftest") and not name.startswith("test_"):
            modules.append(import_module(module.name))
    return modules


def _exported(package: ModuleType) -> list[MetaData]:
    from sqlalchemy import MetaData

    found = getattr(package, "metadata", None)
    return [found] if isinstance(found, MetaData) else []


def _metadata_of(module: ModuleType) -> list[MetaData]:
    """Return the metadata objects of the tables that a module defines, or imports."""
    from sqlalchemy import Table

    tables = (getattr(one, "__table__", one) for one in vars(module).values())
    return [table.metadata for table in tables if isinstance(table, Table)]


def _not_imported(package: str, error: BaseException) -> SettingsError:
    from gatepost.declare import import_errors

    reason = import_errors.explained(error)
    return SettingsError(f'the package "{package}" cannot be imported: {reason.message}', reason.hint)
