"""What a project never allows, what it accepts until when, and what a pull request declares."""

from datetime import date

import pytest

from gatepost.errors import SettingsError
from gatepost.review.terms import read_terms
from gatepost.review.verdict.access_change import AccessChange

TODAY = date(2026, 11, 27)


def gain(role="anon", command="select", name="public.notices", verdict="gains"):
    return AccessChange(verdict, role, (role,), name, command, "no row", "every row", "SELECT")


@pytest.mark.parametrize(
    ("settings", "description", "fails"),
    [
        ({}, "", True),
        ({}, "Access: anon gains select on notices", False),
        ({}, "> access: `anon` gains select, update on public.notices.", False),
        ({}, "Access: anon gains select on other", True),
        ({}, "Access: we thought about it", True),
        ({"accept": [{"change": "anon gains select on public.*", "reason": "public by design"}]}, "", False),
        ({"accept": [{"change": "* any on public.notices", "reason": "r", "until": date(2026, 11, 27)}]}, "", False),
        ({"accept": [{"change": "* any on public.notices", "reason": "r", "until": "2026-11-26"}]}, "", True),
        ({"never": ["anon select on *"]}, "Access: anon gains select on notices", True),
        ({"never": ["anon write on *"]}, "Access: anon gains select on notices", False),
    ],
)
def test_a_gain_fails_unless_somebody_answers_for_it(settings, description, fails):
    assert read_terms(settings, description).judge(gain(), TODAY).fails is fails


def test_write_stands_for_every_command_that_writes():
    terms = read_terms({"never": ["anon write on *"]})
    assert [terms.judge(gain(command=command), TODAY).never for command in ("insert", "delete", "select")] == [
        "anon write on *", "anon write on *", ""
    ]  # fmt: skip


def test_what_is_declared_and_not_done_and_what_is_over_is_said():
    terms = read_terms(
        {"accept": [{"change": "anon select on public.notices", "reason": "r", "until": "2026-01-01"}]},
        "Access: anon gains delete on notices",
    )
    assert list(terms.unused([gain()], TODAY)) == [
        '"Access: anon gains delete on notices" is declared, and nobody gains that',
        '"anon select on public.notices" was accepted until 2026-01-01',
    ]


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"nevr": []}, 'unknown key "nevr"'),
        ({"never": "anon"}, "is not a list of texts"),
        ({"never": ["anon"]}, '"anon" in .* is no change of access'),
        ({"accept": [{"change": "anon select on a"}]}, "has no change or no reason"),
        ({"accept": [{"change": "anon select on a", "reason": "r", "until": "soon"}]}, "which is no day"),
    ],
)
def test_a_mistake_in_the_settings_is_one_sentence(settings, said):
    with pytest.raises(SettingsError, match=said):
        read_terms(settings)


def test_a_loss_is_never_accepted_or_forbidden():
    lost = gain(verdict="loses")
    assert read_terms({"never": ["* * on *"]}).judge(lost, TODAY) == lost
