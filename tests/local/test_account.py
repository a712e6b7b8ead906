import os
from pathlib import Path

import pytest

from gatepost.local.account import Account, can_enter, unprivileged

STRANGER = Account("stranger", 54_321, 54_321)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root drops to another account")
def test_root_drops_to_an_account_without_rights():
    account = unprivileged()
    assert account.uid != 0
    assert account.name in ("postgres", "nobody")


@pytest.mark.skipif(os.geteuid() == 0, reason="root must drop")
def test_others_stay_who_they_are():
    assert unprivileged() is None


def test_everybody_enters_what_is_open(ground):
    if os.geteuid() != 0:
        pytest.skip("the directory above belongs to the user alone")
    assert can_enter(Path("/tmp"), STRANGER)


@pytest.mark.parametrize(("mode", "enters"), [(0o700, False), (0o710, False), (0o701, True), (0o754, False)])
def test_a_closed_directory_keeps_a_stranger_out(tmp_path, mode, enters):
    """The modes of what lies above count too, so the directory is looked at alone."""
    from gatepost.local.account import _allows

    tmp_path.chmod(mode)
    assert _allows(tmp_path, STRANGER) is enters


def test_group_and_owner_count():
    from gatepost.local.account import _allows

    entry = Path("/").stat()
    assert _allows(Path("/"), Account("owner", entry.st_uid, 54_321))
    assert _allows(Path("/"), Account("member", 54_321, entry.st_gid))


def test_what_is_not_there_cannot_be_entered(tmp_path):
    assert not can_enter(tmp_path / "none", STRANGER)
