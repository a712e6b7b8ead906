"""Find the project around a command, and read `[tool.gatepost]` of its `pyproject.toml`."""

from __future__ import annotations

import difflib
import pkgutil
import sys
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from gatepost.declare.declaration import Declaration
from gatepost.errors import DeclarationError, GatepostError, SettingsError
from gatepost.name_hints import Words, read_words

if TYPE_CHECKING:
    from sqlalchemy import MetaData


@dataclass(frozen=True)
class Project:
    """The settings of `[tool.gatepost]` in `pyproject.toml`.

    `models` is the package that exports `metadata`. `policies` is the package of the declarations, or None if the
    project names none and has no folder of that name. `sample` is the function, as `module:name`, that writes a SQLite
    database for `gatepost demo`. `database` is `"local"` if commands without an address use the embedded server.
    `personas` are additional personas for `gatepost observe`, as written in the file. `name_hints` are words
    that the project adds to the lists of `name_hints.toml`.
    """

    root: Path
    models: str = "models"
    policies: str | None = "policies"
    sample: str | None = None
    database: str | None = None
    suppressions: tuple[tuple[str, str], ...] = ()
    personas: Mapping[str, object] = field(default_factory=dict)
    name_hints: Words = field(default_factory=dict)

    @property
    def alembic_ini(self) -> Path:
        """Alembic's configuration file."""
        return self.root / "alembic.ini"

    def metadata(self) -> MetaData:
        """Return the models' metadata.

        Raises:
            SettingsError: the package exports none.
        """
        found: MetaData | None = getattr(self._module(self.models), "metadata", None)
        if found is None:
            raise SettingsError(
                f'the package "{self.models}" exports no metadata',
                f"metadata = SQLModel.metadata  # in {self.models}/__init__.py",
            )
        return found

    def declaration(self) -> Declaration | None:
        """Return everything that the project declares, or None if it has no policies.

        Raises:
            DeclarationError: the package cannot be imported, or declares nothing.
        """
        if self.policies is None:
            return None
        self._on_path()
        found = declared(self.policies)
        if not found.tables:
            raise DeclarationError(
                f'the package "{self.policies}" declares nothing',
                f"protect(Task, owner(Task.user_id))  # in a module of {self.policies}/",
            )
        return found

    def _module(self, name: str) -> object:
        self._on_path()
        try:
            return import_module(name)
        except ModuleNotFoundError as error:
            if error.name == name or name.startswith(f"{error.name}."):
                raise SettingsError(
                    f'there is no package "{name}" in "{self.root}"', f'[tool.gatepost]\n  models = "{name}"'
                ) from None
            raise _not_imported(name, error) from error
        except (Exception, SystemExit) as error:  # whatever an author's module does
            raise _not_imported(name, error) from error

    def _on_path(self) -> None:
        if str(self.root) not in sys.path:
            sys.path.insert(0, str(self.root))


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
    known = {"models", "policies", "sample", "database", "ignore", "personas", "name_hints"}
    for key in settings:
        if key not in known:
            near = difflib.get_close_matches(key, known, 1)
            raise SettingsError(
                f'unknown key "{key}" in [tool.gatepost] ("{root / "pyproject.toml"}")',
                f'Did you mean "{near[0]}"?' if near else f"known keys: {', '.join(sorted(known))}",
            )
    for key in sorted(known - {"ignore", "personas", "name_hints"}):
        if not isinstance(settings.get(key, ""), str):
            raise SettingsError(f'"{key}" in [tool.gatepost] must be text, and is {settings[key]!r}', f'{key} = "…"')
    if settings.get("database", "local") != "local":
        raise SettingsError(
            '"database" in [tool.gatepost] can only be "local", the embedded server', "set an address as DATABASE_URL"
        )
    ignore = settings.get("ignore", {})
    if not isinstance(ignore, dict):
        raise SettingsError('"ignore" in [tool.gatepost] is not a table', 'ignore = {"rule:object" = "the reason"}')
    personas = settings.get("personas", {})
    if not isinstance(personas, dict):
        raise SettingsError(
            '"personas" in [tool.gatepost] is not a table', '[tool.gatepost.personas]\n  support = { role = "…" }'
        )
    sample, database = settings.get("sample"), settings.get("database")
    has_policies = "policies" in settings or any((root / name).exists() for name in ("policies", "policies.py"))
    return Project(
        root=root,
        models=str(settings.get("models", "models")),
        policies=str(settings.get("policies", "policies")) if has_policies else None,
        sample=str(sample) if sample is not None else None,
        database=str(database) if database is not None else None,
        suppressions=tuple((str(key), str(reason)) for key, reason in ignore.items()),
        personas=personas,
        name_hints=read_words(settings.get("name_hints", {})),
    )


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
        raise DeclarationError(
            f'there is no package "{package}" to declare access in', f"mkdir {package} && touch {package}/__init__.py"
        ) from None
    except (Exception, SystemExit) as error:  # whatever an author's module does
        raise import_errors.explained(error) from error
    return collected()


def _import_all(package: str) -> None:
    """Import a package and every module in it, since any of them may declare something."""
    found = import_module(package)
    for module in pkgutil.walk_packages(getattr(found, "__path__", ()), f"{package}."):
        name = module.name.rpartition(".")[2]
        if name not in ("__main__", "conftest") and not name.startswith("test_"):
            import_module(module.name)


def _not_imported(package: str, error: BaseException) -> SettingsError:
    from gatepost.declare import import_errors

    return SettingsError(f'the package "{package}" cannot be imported: {import_errors.explained(error).message}')
