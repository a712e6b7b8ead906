"""A source opened: a database to look at, and what of the source is not in it."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from gatepost import sql
from gatepost.database.connect import connect
from gatepost.database.url import DatabaseUrl, parse_url
from gatepost.errors import DatabaseUnreachable, LocalServerError, SourceError
from gatepost.finding import NotChecked
from gatepost.local.binaries import Binaries, find, find_for
from gatepost.local.throwaway.image import LOADER
from gatepost.local.throwaway.server import Throwaway, throwaway
from gatepost.observation.clone.schema import clone_of
from gatepost.reflect.standins import of_standins, used_standins
from gatepost.schema import Revoked
from gatepost.sources.causes import Cause, causes, of_causes
from gatepost.sources.files import Script, migrations, read_script, script_of
from gatepost.sources.profile import Grants, Profile, read_profile
from gatepost.sources.revision_files import folder_of, written_out
from gatepost.sources.revisions import upgrade
from gatepost.sources.snapshots import read_snapshot
from gatepost.sources.source import Source, in_folder
from gatepost.sources.undeployed import not_exported, not_in_revisions
from gatepost.target import target_url

if TYPE_CHECKING:
    from psycopg2.extensions import connection as Connection

    from gatepost.sources.loading import Loaded, Mode

SECONDS = 600.0
"""How long the server of a source may be at work."""
ROOM = 2 << 30
_ALIKE = "not run, as the platform's CLI passes over it: a migration is called like 0001_name.sql"
_NO_UTF_8 = "a byte that is no UTF-8 was read as Latin-1, and PostgreSQL refuses it: save the file as UTF-8"
_MADE_ROLES = """
SELECT r.rolname
  FROM pg_catalog.pg_auth_members a
  JOIN pg_catalog.pg_roles r ON r.oid = a.roleid
 WHERE a.member = CURRENT_USER::pg_catalog.regrole AND a.admin_option
   AND NOT pg_catalog.pg_has_role(%s, r.oid, 'SET')
"""


@dataclass(frozen=True)
class Options:
    """How a source is made a database.

    Args:
        grants: Whether new tables are open to the API; None for what the project's configuration says.
        mode: What a statement that is refused does.
        seed: Whether the project's seed files are run after its migrations.
    """

    grants: Grants | None = None
    mode: Mode = "go-on"
    seed: bool = False


_NO_UNDERSCORE = (
    "run by name, but supabase db push skips these files: it takes 20240131120000_name.sql, with an underscore"
)


@dataclass(frozen=True)
class Opened:
    """A database to look at.

    Args:
        url: Where it is; of a source that is no database itself, as a role that is no superuser.
        label: How a report calls it: the source with its size and profile, without a password.
        disposable: Whether it was made for this and goes with it, so that it may be written to.
        profile: How it was set up; None for a live database.
        causes: The statements that failed.
        not_checked: What is not in it, or stands there in another form.
        notes: What to know beside the report, one sentence each.
        undeployed: What the project declares and its migrations do not hold.
        revoked: What its scripts revoke of columns to no effect.
    """

    url: DatabaseUrl
    label: str
    disposable: bool = False
    profile: Profile | None = None
    causes: tuple[Cause, ...] = ()
    not_checked: tuple[NotChecked, ...] = ()
    notes: tuple[str, ...] = ()
    undeployed: tuple[NotChecked, ...] = ()
    revoked: tuple[Revoked, ...] = ()


@dataclass(frozen=True)
class _Content:
    """What is run: scripts, or an Alembic project's revisions."""

    scripts: tuple[Script, ...]
    profile: Profile
    size: str
    notes: tuple[str, ...] = ()
    not_run: tuple[NotChecked, ...] = ()


@contextmanager
def opened(source: Source, options: Options | None = None) -> Iterator[Opened]:
    """Make a database of a source, or name the one that it is; what was made is gone when the block ends.

    Args:
        source: What to look at.
        options: How.

    Raises:
        SettingsError: a file or the configuration cannot be read.
        SourceError: a statement was refused where that ends the run, the revisions do not run, or what was run took
            more time or room than it is given.
        LocalServerError: the server cannot be started.
    """
    from psycopg2 import InterfaceError, OperationalError

    options = options or Options()
    if source.is_database:
        url = target_url(source.text)
        yield Opened(url, url.masked)
        return
    if source.kind == "snapshot" and source.path is not None:
        with clone_of(read_snapshot(source.path), source.text, login=LOADER) as clone:
            yield Opened(clone.url, source.text, disposable=True, not_checked=clone.missing)
        return
    if source.revision is not None:
        with written_out(source) as written, opened(in_folder(folder_of(written)), options) as found:
            notes = (_without(one, folder_of(written)) for one in found.notes)
            yield replace(found, label=source.revision.label, notes=tuple(notes))
        return
    content = _content(source, options)
    binaries = _binaries(content.profile)
    with throwaway(binaries, seconds=SECONDS, room=ROOM, login=LOADER) as server:
        try:
            yield _made(server, source, content, options, binaries.major)
        except (OperationalError, InterfaceError, DatabaseUnreachable) as error:
            reason = server.ended()
            if not reason:
                raise
            raise SourceError(f'"{source.text}" was ended: {reason}') from error


def _without(note: str, folder: Path) -> str:
    return note.replace(str(folder.resolve()), "its own copy of the revision")


def _binaries(profile: Profile) -> Binaries:
    """Return the programs of the version that the project names, or newer ones; older ones where there are none."""
    try:
        return find_for(profile.major)
    except LocalServerError:
        return find()


def _content(source: Source, options: Options) -> _Content:
    if source.kind == "input":
        return _Content((script_of(sys.stdin.buffer.read(), "stdin"),), read_profile(None, options.grants), "stdin")
    assert source.path is not None  # noqa: S101  every other kind has one
    if source.kind == "alembic":
        note = f'the Python of "{source.path.resolve().parent}" was run, as you'
        return _Content((), read_profile(source.path.parent, options.grants), "alembic upgrade head", (note,))
    if source.kind == "file":
        profile = read_profile(source.path.parent, options.grants)
        return _Content((read_script(source.path), *_seeds(profile, options)), profile, "1 file")
    profile = read_profile(source.path, options.grants)
    found = migrations(source.path, profile.declared)
    scripts = (*(read_script(file) for file in found.files), *_seeds(profile, options))
    skipped = f", {len(found.skipped)} skipped" if found.skipped else ""
    size = f"{len(found.files)} file{'s' if len(found.files) > 1 else ''}{skipped}"
    notes = [f"not run, by their names: {', '.join(found.skipped)}"] if found.skipped else []
    notes += [_NO_UNDERSCORE] if found.by_builders else []
    return _Content(scripts, profile, size, tuple(notes), tuple(NotChecked(name, _ALIKE) for name in found.alike))


def _seeds(profile: Profile, options: Options) -> tuple[Script, ...]:
    return tuple(read_script(file) for file in profile.seeds) if options.seed else ()


def _made(server: Throwaway, source: Source, content: _Content, options: Options, major: int) -> Opened:
    # Imported here, because a command that is given a database needs neither, and would wait for their patterns.
    from gatepost.sources.loading import load
    from gatepost.sources.preparing import prepare

    with closing(server.admin()) as admin:
        texts = [script.text for script in content.scripts]
        used = prepare(admin, content.profile, texts, lent=source.kind == "alembic")
        server.seal(admin)
    url = parse_url(server.url)
    undeployed = _undeployed(source, server.url)
    with closing(connect(url, application_name="gatepost source")) as connection:
        loaded = load(connection, content.scripts, options.mode)
        _let_in(connection)
        standins = used_standins(connection)
        roots = causes(loaded.failures)
        foreign = (NotChecked(f"{s.name}:{s.foreign}", _NO_UTF_8) for s in content.scripts if s.foreign)
        missing = (
            *content.not_run,
            *foreign,
            *of_causes(roots),
            *_not_run(loaded),
            *loaded.left_out,
            *of_standins(connection, standins),
        )
    notes = content.notes
    if content.profile.major not in (0, major):
        notes += (f"config.toml names PostgreSQL {content.profile.major}, and this ran on {major}",)
    if used:
        notes += (f"no file makes {', '.join(used)}: made as if switched on in the Dashboard",)
    return Opened(
        url,
        f"{_called(source)} ({content.size}; {content.profile.line})",
        disposable=True,
        profile=replace(content.profile, major=content.profile.major or major),
        causes=roots,
        not_checked=tuple(dict.fromkeys(missing)),
        notes=notes,
        undeployed=undeployed,
        revoked=loaded.revoked,
    )


def _undeployed(source: Source, url: str) -> tuple[NotChecked, ...]:
    """Run the revisions of an Alembic project, and return what the project has beside its migrations."""
    if source.kind == "alembic" and source.path is not None:
        return not_in_revisions(upgrade(source.path, url))
    return tuple(not_exported(source.path)) if source.kind == "folder" and source.path is not None else ()


def _called(source: Source) -> str:
    return "standard input" if source.kind == "input" else source.text


def _not_run(loaded: Loaded) -> Sequence[NotChecked]:
    if not loaded.not_run:
        return ()
    many = len(loaded.not_run)
    why = "not run, as the CLI stops at the first error" + (f"; nor are the {many - 1} after it" if many > 1 else "")
    return (NotChecked(loaded.not_run[0], why),)


def _let_in(connection: Connection) -> None:
    """Let the role that logs in be each role that the migrations made, as observing needs; before 16 they make none."""
    with connection.cursor() as cursor:
        if connection.server_version < 160000:
            return
        cursor.execute("ROLLBACK; RESET ALL; RESET ROLE")
        cursor.execute(_MADE_ROLES, [LOADER])
        for (name,) in cursor.fetchall():
            cursor.execute(f"GRANT {sql.identifier(name)} TO {LOADER}")
