"""Pairs of versions: the verdicts are those that each folder expects, no more and no fewer."""

import pytest

from tests.versions import folders, said


@pytest.mark.parametrize("folder", folders())
def test_a_change_is_judged(folder, versions):
    found = versions.compare((folder / "before.sql").read_text(), (folder / "after.sql").read_text())
    assert said(found) == (folder / "expected").read_text().splitlines()
    assert found.not_checked == ()
    assert all(one.statement for one in found.access)
