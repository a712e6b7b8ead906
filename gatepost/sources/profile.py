"""How a project's database is set up around its migrations: what `supabase/config.toml` says, or what is usual."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from gatepost.errors import SettingsError

Grants = Literal["open", "closed"]
GRANTS: tuple[Grants, ...] = ("open", "closed")
SCHEMAS = ("public", "graphql_public")
"""What the Data API serves where nothing is said (https://supabase.com/docs/guides/local-development/cli/config)."""


@dataclass(frozen=True)
class Profile:
    """What decides who can use what the migrations make.

    Args:
        grants: Whether a new table in `public` is open to the roles of the API ("open") or to nobody ("closed").
        schemas: What the Data API serves.
        major: The major version of PostgreSQL that the project names; 0 where it names none.
        seeds: The seed files that the project names; patterns are resolved.
        declared: The files of a declarative schema, in the order that `db.migrations.schema_paths` names.
        why: What decided about the grants: `--grants`, the configuration file, or that there is none.
    """

    grants: Grants
    schemas: tuple[str, ...] = SCHEMAS
    major: int = 0
    seeds: tuple[Path, ...] = field(default=())
    declared: tuple[Path, ...] = field(default=())
    why: str = "no config.toml"

    @property
    def line(self) -> str:
        """The profile in a few words, for the first line of a report."""
        return f"new tables {self.grants} to the API ({self.why}); API schemas {', '.join(self.schemas)}"


def read_profile(folder: Path | None, grants: Grants | None = None) -> Profile:
    """Return the profile of a folder of migrations.

    `auto_expose_new_tables` decides the grants; unset it means open, as in version 3.1 of the platform's CLI.

    Args:
        folder: The folder; `config.toml` is looked for in it and beside it.
        grants: The `--grants` of the command, which win over the file.

    Raises:
        SettingsError: the file is not TOML, or holds a value of another kind than it must.
    """
    file = _config(folder) if folder is not None else None
    if file is None:
        why = "no config.toml" if grants is None else "--grants"
        return Profile(grants or "open", seeds=_usual_seed(folder), why=why)
    values = _read(file)
    api, database = _table(values, "api", file), _table(values, "db", file)
    exposed = api.get("auto_expose_new_tables")
    if exposed is not None and not isinstance(exposed, bool):
        raise _wrong(file, "api.auto_expose_new_tables", "true or false")
    major = database.get("major_version", 0)
    if not isinstance(major, int):
        raise _wrong(file, "db.major_version", "a number")
    said = "unset in config.toml" if exposed is None else "config.toml"
    return Profile(
        grants or ("closed" if exposed is False else "open"),
        _names(api.get("schemas", list(SCHEMAS)), file),
        major,
        _seeds(_table(database, "seed", file), file),
        _files(_table(database, "migrations", file).get("schema_paths", []), "db.migrations.schema_paths", file),
        said if grants is None else "--grants",
    )


def _config(folder: Path) -> Path | None:
    places = (folder, folder.parent, folder / "supabase")
    return next((file for place in places if (file := place / "config.toml").is_file()), None)


def _read(file: Path) -> dict[str, object]:
    try:
        return tomllib.loads(file.read_text(encoding="utf-8-sig"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(f'"{file}" is not TOML: {error}') from None
    except OSError as error:
        raise SettingsError(f'"{file}" cannot be read: {error.strerror}') from None


def _table(values: dict[str, object], name: str, file: Path) -> dict[str, object]:
    found = values.get(name, {})
    if not isinstance(found, dict):
        raise _wrong(file, name, "a table")
    return found


def _names(found: object, file: Path) -> tuple[str, ...]:
    if not isinstance(found, list) or not all(isinstance(name, str) and name for name in found):
        raise _wrong(file, "api.schemas", "a list of names")
    return tuple(found) or SCHEMAS


def _seeds(seed: dict[str, object], file: Path) -> tuple[Path, ...]:
    if seed.get("enabled") is False:
        return ()
    return _files(seed.get("sql_paths", ["./seed.sql"]), "db.seed.sql_paths", file)


def _files(patterns: object, name: str, file: Path) -> tuple[Path, ...]:
    """Return the SQL files that patterns name, as the platform's CLI finds them: sorted within each pattern."""
    if not isinstance(patterns, list) or not all(isinstance(one, str) for one in patterns):
        raise _wrong(file, name, "a list of paths")
    found = [path for one in patterns for path in sorted(file.parent.glob(str(one).removeprefix("./").lstrip("/")))]
    return tuple(path for path in dict.fromkeys(found) if path.suffix == ".sql")  # a pattern may name any file


def _usual_seed(folder: Path | None) -> tuple[Path, ...]:
    seed = folder.parent / "seed.sql" if folder is not None else None
    return (seed,) if seed is not None and seed.is_file() else ()


def _wrong(file: Path, name: str, wanted: str) -> SettingsError:
    return SettingsError(f'"{name}" in "{file}" is not {wanted}')
