"""By the admin API, through the real client, against a stand-in for the service (see conftest.py)."""

import pytest

from gatepost.errors import TransferError
from gatepost.transfer.users import Pushed, plan_users, push_by_api

from .conftest import GOOD, HASH, ONE, THREE, TWO

KEY = "sb_secret_hidden"


@pytest.fixture
def push(app_with, admin_api):
    waits = []

    def run(rows=GOOD, name="app.db", **options):
        plan = plan_users(app_with(rows, name))
        return push_by_api(admin_api.url, KEY, plan, wait=waits.append, **options)

    run.waits = waits
    return run


def test_users_are_created_with_id_hash_and_confirmed_address(push, admin_api):
    told = []
    assert push(progress=lambda *said: told.append(said)) == Pushed(3, 0)
    path, key, body = admin_api.requests[0]
    assert (path, key) == ("/auth/v1/admin/users", KEY)
    assert body == {
        "id": ONE, "email": "one@example.org", "email_confirm": True, "password_hash": HASH,
        "user_metadata": {"name": "One"},
    }  # fmt: skip
    assert admin_api.requests[1][2] == {"id": TWO, "email": "two@example.org", "email_confirm": True}
    assert told == [(1, 3), (2, 3), (3, 3)]


def test_it_keeps_to_the_rate(push):
    push(rate=4)
    assert push.waits == [0.25] * 3


def test_a_second_push_finds_them_there(push):
    push()
    assert push(name="again.db") == Pushed(0, 3)


def test_an_address_of_another_user_stops_it(push, admin_api):
    admin_api.users["other"] = {"id": "other", "email": "two@example.org"}
    with pytest.raises(TransferError, match=r'"two@example.org" was refused after 1 users') as caught:
        push()
    assert KEY not in str(caught.value)


def test_too_many_requests_and_an_absence_are_waited_out(push, admin_api):
    admin_api.too_many, admin_api.away = 2, 1
    assert push(GOOD[:1]) == Pushed(1, 0)
    assert push.waits == [0.5, 1.0, 2.0, 0.1]


def test_a_service_that_stays_away_stops_it(push, admin_api):
    admin_api.away = 100
    with pytest.raises(TransferError, match="was refused after 0 users"):
        push()


def test_a_stopped_push_goes_on_where_it_was(push, admin_api, tmp_path):
    rows = [*GOOD[:2], (THREE, "refuse@example.org", None, None, None)]
    with pytest.raises(TransferError, match="refused after 2 users: not this one"):
        push(rows, done=tmp_path / "done")
    before = len(admin_api.requests)
    rows[2] = (THREE, "three@example.org", None, None, None)
    assert push(rows, name="mended.db", done=tmp_path / "done") == Pushed(1, 2)
    assert len(admin_api.requests) == before + 1


def test_a_wrong_address_is_told(app_with):
    with pytest.raises(TransferError, match='"nonsense" or its key cannot be used'):
        push_by_api("nonsense", KEY, plan_users(app_with(GOOD)))
