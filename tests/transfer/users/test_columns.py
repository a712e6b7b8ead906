"""Which column is what, and what an account that may not sign in becomes."""

from itertools import count

import pytest

from gatepost.errors import TransferError
from gatepost.transfer.users import UsersOptions, plan_users

from .conftest import HASH, ONE, THREE, TWO


@pytest.fixture
def users(sqlite_file):
    """`users(names, row, row)`: plan them, each row behind an id and an address of its own."""

    numbers = count()

    def make(holds, /, *rows, **options):
        names = ", ".join(f'"{name}"' for name in ("id", "email", *holds))
        given = [(key, f"{key[0]}@example.org", *row) for key, row in zip((ONE, TWO, THREE), rows, strict=False)]
        marks = ", ".join("?" * (len(holds) + 2))
        filled = [(f"INSERT INTO users VALUES ({marks})", given)] if given else []
        path = sqlite_file(f"CREATE TABLE users ({names})", *filled, name=f"{next(numbers)}.db")
        return plan_users(path, UsersOptions(**options))

    return make


@pytest.mark.parametrize(
    ("column", "stays", "leaves"),
    [
        ("is_active", 1, 0),
        ("isActive", "true", "false"),
        ("enabled", 1, None),
        ("disabled", 0, 1),
        ("is_banned", None, 1),
        ("deleted_at", None, "2025-01-09 22:38:08"),
        ("deactivated_on", "", "2025-01-09"),
        ("banned_until", None, 1763747931),
    ],
)
def test_an_account_that_may_not_sign_in_needs_a_decision(users, column, stays, leaves):
    rows = [(stays,), (leaves,)]
    plan = users([column], *rows)
    assert [user.id for user in plan.users] == [ONE]
    (problem,) = plan.problems
    assert (problem.column, problem.reason) == (column, "may not sign in: --inactive ban, or --inactive skip")


@pytest.mark.parametrize(("inactive", "there"), [("ban", [(ONE, False), (TWO, True)]), ("skip", [(ONE, False)])])
def test_it_is_banned_or_left_out(users, inactive, there):
    plan = users(["is_active"], (1,), (0,), inactive=inactive)
    assert [(user.id, user.banned) for user in plan.users] == there
    assert (plan.problems, plan.banned + plan.skipped) == ((), 1)


@pytest.mark.parametrize("column", ["email_verified", "is_verified", "verified_at", "emailConfirmedAt"])
def test_an_unverified_address_stays_unverified(users, column):
    plan = users([column], (None,), (1,), ("2025-01-09T22:38:08Z",))
    assert [user.confirmed for user in plan.users] == [False, True, True]


@pytest.mark.parametrize("column", ["status", "account_state", "mfa_secret", "login_disabled", "phone_verified"])
def test_what_can_decide_who_signs_in_is_mapped_or_ignored(users, column):
    (question,) = users([column], ("active",)).questions
    assert (question.column, question.reason) == (column, "can decide who may sign in")
    assert question.fix == (
        f"--column PART={column} (active, blocked, verified, …) or --ignore-column {column}"
    )  # fmt: skip
    assert users([column], ("x",), ignore=(column,)).questions == ()
    mapped = users([column], ("active",), ("inactive",), columns=(("active", column),), inactive="ban")
    assert [user.banned for user in mapped.users] == [False, True]


def test_a_value_that_is_neither_yes_nor_no_is_a_problem(users):
    plan = users(["is_active"], ("perhaps",), inactive="ban")
    assert (plan.users, [p.reason[:22] for p in plan.problems]) == ((), ["is neither yes nor no "])


def test_every_column_is_named(users):
    plan = users(["hashed_password", "full_name", "name", "bio", "last_active_at", "legacy"], ignore=("legacy",))
    assert plan.columns.of == (
        ("id", "id"), ("email", "email"), ("name", "name"), ("password", "hashed_password"),
    )  # fmt: skip
    assert (plan.columns.passed_over, plan.columns.ignored) == (("full_name", "bio", "last_active_at"), ("legacy",))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"columns": (("active", "gone"),)}, 'has no column "gone"'),
        ({"columns": (("activ", "bio"),)}, '"activ" is not a part of a user'),
        ({"ignore": ("gone",)}, 'has no column "gone"'),
        ({"ignore": ("email",)}, 'has no column "email"'),
    ],
)
def test_a_column_or_part_that_is_not_there_is_refused(users, options, message):
    with pytest.raises(TransferError, match=message):
        users(["bio"], **options)


def test_two_columns_for_one_thing_need_a_decision(users):
    (question,) = users(["password_hash", "legacy_password"], (HASH, "x")).questions
    assert (question.column, question.reason) == ("legacy_password", 'looks like "password", as "password_hash" does')


@pytest.mark.parametrize("name", ["password", "hashed_password", "passwordHash", "pwd", "encrypted_password"])
@pytest.mark.parametrize("before", ["", "bcrypt$"])
def test_a_password_is_moved_whatever_its_column_is_called(users, name, before):
    (user,) = users([name], (before + HASH,)).users
    assert user.password_hash == HASH


@pytest.mark.parametrize("value", [None, "", "!", "!unusable"])
def test_who_has_no_password_has_none(users, value):
    plan = users(["password"], (value,))
    assert (plan.problems, plan.without_password, plan.hashes_left) == ((), 1, 0)


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        ("pbkdf2_sha256$870000$salt$aGFzaA=", "PBKDF2"),
        ("$pbkdf2-sha256$29000$c2FsdA$aGFzaA", "PBKDF2"),
        ("scrypt:32768:8:1$salt$6861", "scrypt"),
        ("bcrypt_sha256$" + HASH, "bcrypt over SHA-256"),
        ("$argon2d$v=19$m=1,t=1,p=1$c2FsdA$aGFzaA", "argon2 in a variant that Auth does not accept"),
        ("$6$salt$hash", "crypt (SHA-2)"),
        ("{SSHA}aGFzaA==", "salted SHA-1 or MD5"),
        ("$P$Babcdefghijklmnopqrstuvwxyz01234", "phpass"),
        ("5f4dcc3b5aa765d61d8327deb882cf99", "bare hexadecimal digits (MD5, SHA)"),
        ("hunter2-plain", "no known hash"),
    ],
)
def test_a_hash_that_auth_does_not_take_is_named_and_never_dropped_in_silence(users, value, kind):
    (problem,) = users(["password"], (value,)).problems
    assert problem.value == "…"
    assert problem.reason.startswith(f"is {kind}, which Auth does not accept")
    assert problem.reason.endswith("--without-password")
    plan = users(["password"], (value,), without_password=True)
    assert (plan.problems, plan.hashes_left, plan.users[0].password_hash) == ((), 1, None)
