"""An Alembic project brought to its head on a prepared database, in a process of its own.

The project's `env.py` and revisions are Python that runs as whoever started the command, with nothing in the
environment but the database's address, and an empty HOME: no other database is migrated by mistake, and what a
project's code finds by them is not found.
"""

from __future__ import annotations

import json
import os
import re
import site
import subprocess
import sys
import tempfile
from pathlib import Path

from gatepost.errors import SourceError

_KEPT = ("PATH", "LANG", "LC_ALL", "TMPDIR", "TEMP", "TMP", "SYSTEMROOT", "VIRTUAL_ENV")
_SECONDS = 300
_ERROR = re.compile(r"^(?!LINE|DETAIL|HINT)[A-Za-z_][\w.]*: (.+)$", re.MULTILINE)
"""How Python ends a traceback."""
_PROGRAM = """
import argparse, json, sys
from pathlib import Path
from alembic import command
from alembic.config import Config
from alembic.util import CommandError
given = json.load(sys.stdin)
sys.path.insert(0, given["root"])
config = Config(given["ini"], cmd_opts=argparse.Namespace(x=["url=" + given["url"]], raiseerr=True))
config.set_main_option("sqlalchemy.url", given["url"].replace("%", "%%"))
config.attributes["url"] = given["url"]
command.upgrade(config, "head")

def flat(ops):
    for op in ops:
        yield from flat(op.ops) if hasattr(op, "ops") else [op]

def keep(_context, _revision, directives):
    found.extend(op.to_diff_tuple() for op in flat(directives[0].upgrade_ops.ops))
    directives[:] = []

found = []
if "gatepost.migrate" in sys.modules:  # env.py runs it, so that policies/ is compared as well
    try:
        command.revision(config, autogenerate=True, process_revision_directives=keep)
    except CommandError as error:
        found.append((str(error).partition(chr(10))[0],))
# What Gatepost compares is one sentence, and what Alembic compares is the parts of an operation.
Path(given["pending"]).write_text(json.dumps([one[0] for one in found if len(one) == 1]))
"""


def upgrade(ini: Path, url: str) -> tuple[str, ...]:
    """Run `upgrade head`.

    Args:
        ini: Alembic's configuration.
        url: The database, for SQLAlchemy.

    Returns:
        What `policies/` declares and no revision holds, one sentence each.

    Raises:
        SourceError: the revisions do not run; the last line of what Python said is in it.
    """
    root = ini.resolve().parent
    environment = {name: os.environ[name] for name in _KEPT if name in os.environ}
    environment["PYTHONUSERBASE"] = (
        site.getuserbase()
    )  # packages that pip installed for the user are there all the same
    with tempfile.TemporaryDirectory(prefix="gatepost-home-") as home:
        pending = Path(home) / "pending.json"
        given = {"ini": str(ini.resolve()), "root": str(root), "url": url, "pending": str(pending)}
        environment |= {"HOME": home, "USERPROFILE": home}
        done = _run(ini, root, environment | {"DATABASE_URL": url, "PYTHONIOENCODING": "utf-8"}, given)
        found = json.loads(pending.read_text()) if pending.is_file() else []
    if done.returncode:
        errors = _ERROR.findall(done.stderr.replace(url, "the database"))
        what = errors[-1] if errors else "it said nothing"
        raise SourceError(f'alembic upgrade head fails in "{root}": {what}')
    return tuple(found)


def _run(
    ini: Path, root: Path, environment: dict[str, str], given: dict[str, str]
) -> subprocess.CompletedProcess[str]:  # fmt: skip
    try:
        return subprocess.run(  # noqa: S603  # our own program; the project's code is what the user asked to run
            [sys.executable, "-c", _PROGRAM],
            input=json.dumps(given),
            cwd=root,
            env=environment,
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            timeout=_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise SourceError(f'"{ini}" did not come to its head within {_SECONDS} seconds') from None
