"""By the admin API, through the real client, against a stand-in for the service (see conftest.py)."""

import os
import re
import subprocess
import sys
from functools import partial

import pytest

from gatepost.errors import TransferError
from gatepost.transfer.users import Pushed, UsersOptions, plan_users, push_by_api

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


def test_who_may_not_sign_in_still_may_not(sqlite_file, admin_api):
    """Neither a disabled account nor an unverified address opens, and a second push closes what was opened."""
    path = sqlite_file(
        "CREATE TABLE users (id, email, full_name, is_active, verified_at)",
        ("INSERT INTO users VALUES (?, 'one@example.org', 'One', 0, NULL)", [(ONE,)]),
    )
    plan = plan_users(path, UsersOptions(inactive="ban"))
    push = partial(push_by_api, admin_api.url, KEY, plan, wait=lambda _: None)
    assert push() == Pushed(1, 0)
    assert (admin_api.requests[0][2]["email_confirm"], admin_api.requests[0][2]["ban_duration"]) == (False, "876000h")
    assert push() == Pushed(0, 1)
    admin_api.users[ONE] |= {"banned_until": None, "user_metadata": {}, "email_confirmed_at": "2025-01-09T22:38:08Z"}
    again = push()
    assert (again.present, again.repaired) == (1, 1)
    assert [one.what for one in again.differences] == ["has an address that is verified there, and not verified here"]
    assert admin_api.requests[-1][2] == {"user_metadata": {"name": "One"}, "ban_duration": "876000h"}


def test_a_phone_number_goes_along_and_one_that_differs_is_reported(sqlite_file, admin_api):
    path = sqlite_file(
        "CREATE TABLE users (id, email, mobile)",
        ("INSERT INTO users VALUES (?, 'one@example.org', '+49 1510000')", [(ONE,)]),
    )
    push = partial(push_by_api, admin_api.url, KEY, wait=lambda _: None)
    plan = plan_users(path, UsersOptions(columns=(("phone", "mobile"),)))
    assert push(plan) == Pushed(1, 0)
    assert admin_api.requests[0][2]["phone"] == "491510000"
    assert [one.what for one in push(plan).differences] == []
    admin_api.users[ONE]["phone"] = "41790000000"
    assert [one.what for one in push(plan).differences] == ["has another phone number there"]


def test_a_user_without_an_address_is_created_with_a_phone_number(sqlite_file, admin_api):
    path = sqlite_file("CREATE TABLE users (id, mobile)", ("INSERT INTO users VALUES (?, '+49 1510000')", [(ONE,)]))
    plan = plan_users(path, UsersOptions(columns=(("phone", "mobile"),)))
    push = partial(push_by_api, admin_api.url, KEY, plan, wait=lambda _: None)
    assert (push(), push()) == (Pushed(1, 0), Pushed(0, 1))
    assert admin_api.requests[0][2] == {"id": ONE, "phone": "491510000"}
    admin_api.users[ONE]["email"] = "mine@example.org"
    assert [one.what for one in push().differences] == ["has an address there, and none here"]
    admin_api.users[ONE] |= {"email": None, "phone": "41790000000"}
    with pytest.raises(TransferError, match=f'"{ONE}" was refused after 0 users'):
        push()


def test_many_users_that_are_there_are_read_by_page(push, admin_api):
    many = [(f"{number:08}-0000-4000-8000-000000000001", f"u{number}@example.org", *[None] * 3) for number in range(60)]
    push(many)
    del admin_api.users[many[7][0]]
    push.waits.clear()
    assert push(many, name="again.db") == Pushed(1, 59)
    assert [path.partition("?")[2] for path in admin_api.gets[1:]] == ["page=1&per_page=1000"]
    assert push.waits == [0.1] * 3


def test_an_address_of_another_user_stops_it(push, admin_api):
    admin_api.users["other"] = {"id": "other", "email": "two@example.org"}
    with pytest.raises(TransferError, match=r'"two@example.org" was refused after 1 users') as caught:
        push()
    assert KEY not in str(caught.value)


def test_too_many_requests_and_an_absence_are_waited_out(push, admin_api):
    admin_api.too_many, admin_api.away = 2, 1
    assert push(GOOD[:1]) == Pushed(1, 0)
    assert push.waits == [0.5, 1.0, 2.0, 0.1]


@pytest.mark.parametrize("page", ["", "<h1>Too many requests</h1>"])
def test_the_time_that_the_service_names_is_waited(push, admin_api, page):
    admin_api.too_many, admin_api.retry_after, admin_api.page = 2, "7", page
    assert push(GOOD[:1]) == Pushed(1, 0)
    assert push.waits == [7.0, 7.0, 0.1]


def test_a_date_is_a_time_to_wait_for_and_nonsense_is_none(push, admin_api):
    admin_api.too_many, admin_api.retry_after = 1, "Wed, 21 Oct 2065 07:28:00 GMT"
    push(GOOD[:1])
    admin_api.too_many, admin_api.retry_after = 1, "soon"
    push(GOOD[1:2], name="other.db")
    assert push.waits == [300.0, 0.1, 0.5, 0.1]


def test_a_service_that_says_no_for_ever_stops_it(push, admin_api):
    admin_api.too_many = 100
    with pytest.raises(TransferError, match=r'"one@example.org" was refused after 0 users: slow down'):
        push()


def test_a_service_that_stays_away_stops_it(push, admin_api):
    admin_api.away = 100
    with pytest.raises(TransferError, match=r"did not answer after 0 users: away") as caught:
        push()
    assert admin_api.url in caught.value.message


@pytest.mark.subprocess
@pytest.mark.parametrize("kept", [True, False])
def test_a_push_that_was_killed_goes_on(app_with, admin_api, tmp_path, kept):
    """With a file of what is done nobody is asked for twice; without one, who is there is found there."""
    path = app_with(GOOD)
    admin_api.room = 2
    words = [sys.executable, "-m", "gatepost.cli", "users", "push", str(path), "--rate", "1000"]
    words += ["--done", str(tmp_path / "done")] if kept else []
    environment = os.environ | {"SUPABASE_URL": admin_api.url, "SUPABASE_SECRET_KEY": KEY}
    with subprocess.Popen(words, env=environment) as process:
        assert admin_api.full.wait(60)
        process.kill()
    admin_api.room = None
    admin_api.opened.set()
    asked = len(admin_api.requests)
    done = subprocess.run(words, env=environment, capture_output=True, text=True, check=True)
    created, there = map(int, re.findall("[0-9]+", done.stdout)[:2])
    assert (created + there, set(admin_api.users)) == (3, {ONE, TWO, THREE})
    assert len(admin_api.requests) - asked == (1 if kept else 3)


def test_a_stopped_push_goes_on_where_it_was(push, admin_api, tmp_path):
    rows = [*GOOD[:2], (THREE, "refuse@example.org", None, None, None)]
    with pytest.raises(TransferError, match="refused after 2 users: not this one"):
        push(rows, done=tmp_path / "done")
    before = len(admin_api.requests)
    rows[2] = (THREE, "three@example.org", None, None, None)
    assert push(rows, name="mended.db", done=tmp_path / "done") == Pushed(1, 2)
    assert len(admin_api.requests) == before + 1


def test_a_wrong_address_is_reported(app_with):
    with pytest.raises(TransferError, match='"nonsense" or its key cannot be used'):
        push_by_api("nonsense", KEY, plan_users(app_with(GOOD)))
