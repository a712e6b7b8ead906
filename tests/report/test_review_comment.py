"""A review as a comment: short enough for GitHub, found again by its marker, and foreign names do nothing in it."""

import re

import pytest

from gatepost.finding import Result
from gatepost.report import render
from gatepost.report.parts.lines import ROLLED_BACK
from gatepost.report.review.markdown import MARKER, MOST

EVIL = "public.x</summary><img src=x onerror=1> @octocat `a` | b\n<!-- -->"


def change(verdict="gains", name="public.notes", **values):
    texts = dict.fromkeys(("reason", "accepted", "never", "place"), "")
    usual = {
        "verdict": verdict, "role": "anon", "callers": ["anon"], "object": name, "command": "select",
        "before": "no row", "after": "every row", "statement": f'SELECT * FROM "{name}"', "session": "as anon (anon)",
        "row": name, "columns": [], "through": "table", "claims": "{}", "fails": verdict == "gains", **texts,
    }  # fmt: skip
    return usual | values


def review(*changes, objects=()):
    summary = {"failing": sum(one["fails"] for one in changes), "tables": 1, "rows": 9, "callers": 3}
    return Result("review", "main → .", summary=summary, sections={"changes": list(changes), "objects": list(objects)})


def test_the_first_line_says_it():
    lines = render(review(change(), change("loses", "public.old")), "markdown").splitlines()
    assert lines[0] == MARKER
    assert lines[1] == (
        "### 🔴 Access: anon can do more than before: read public.notes; anon can do less: read public.old"
    )


@pytest.mark.parametrize("name", ["text", "markdown", "github", "html", "sarif", "json"])
def test_every_format_takes_a_review(name):
    assert render(review(change()), name)


def test_a_comment_is_never_too_long():
    many = [change(name=f"public.table_{at}", row="r" * 900, statement="SELECT " + "x" * 900) for at in range(400)]
    assert len(render(review(*many), "markdown")) < MOST


def test_foreign_names_are_no_markup():
    text = render(review(change(name=EVIL, row=EVIL), change("loses", EVIL)), "markdown")
    outside = re.sub(r"```sql.*?```|`+[^`]*`+", "", text, flags=re.DOTALL)
    assert not re.search(r"(?<!\\)<img", outside)
    assert "@octocat" not in outside
    assert len(re.findall(r"(?<!\\)</summary>", outside)) == len(re.findall(r"(?<!\\)<details", outside))


def test_a_comment_says_what_its_figures_count_where_rows_were_planted():
    planted, none = review(change()), review(change())
    none.summary["rows"] = 0
    assert ["rows that Gatepost planted" in render(one, "markdown") for one in (planted, none)] == [True, False]


def test_callers_with_a_comma_in_their_name_stay_apart():
    shown = render(review(change(callers=["ann", "self_claiming, without claims"])), "text")
    assert "for: 2 callers: ann; self_claiming, without claims" in shown


def test_what_may_write_is_reproduced_in_a_transaction_that_is_rolled_back():
    lines = render(review(change(command="delete")), "text").splitlines()
    assert lines[0] == ROLLED_BACK
    assert ROLLED_BACK not in render(review(), "text")


LONG = "FOR SELECT TO authenticated USING (" + " OR ".join(f"state = {at}" for at in range(20)) + ")"


@pytest.mark.parametrize(
    ("what", "name", "how", "before", "after", "said"),
    [
        ("policy", "public.t.p", "added", "", "FOR ALL TO anon USING (true)", "added: FOR ALL TO anon USING (true)"),
        ("policy", "public.t.p", "removed", "FOR ALL\n TO anon", "", "public.t.p removed: FOR ALL TO anon"),
        (
            "policy",
            "public.t.p",
            "changed",
            LONG,
            LONG.replace("19", "20"),
            "… = 17 OR state = 18 OR state = 19) → … = 17 OR",
        ),
        ("policy", "public.t.q", "renamed", "public.t.p", "public.t.q", "policy public.t.p → public.t.q renamed"),
        ("table", "public.t", "renamed", "public.a", "public.t", "table public.a → public.t, taken for a rename"),
        ("column", "public.t.b", "renamed", "a", "b", "column public.t.a → public.t.b, taken for a rename"),
        ("table", "public.t", "added", "", "owner postgres", "table public.t added"),
    ],
)
def test_what_changed_in_the_schema_is_shown_before_and_after_on_one_short_line(what, name, how, before, after, said):
    one = {"what": what, "name": name, "how": how, "before": before, "after": after}
    shown = review(objects=[one])
    (line,) = [text for text in render(shown, "text").splitlines() if text.startswith("schema")]
    assert said in line
    assert len(line) < 400
    assert said in render(shown, "markdown").replace("`", "")
