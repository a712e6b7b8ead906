"""What the solver says of a suspicion: nobody passes and it disappears, or here are values that do."""

import pytest

from gatepost.analysis import solver
from gatepost.analysis.solver import RuledOut, access_question, questions
from gatepost.declare.declaration import Declaration
from gatepost.finding import Candidate
from gatepost.reflect import read
from gatepost.rules import Context, named_rule
from gatepost.verification import verify

TABLE = """
CREATE TABLE public.task (id bigint PRIMARY KEY, user_id uuid NOT NULL, title text, done boolean NOT NULL, kind text);
ALTER TABLE public.task ENABLE ROW LEVEL SECURITY;
GRANT ALL ON public.task TO authenticated;
"""
DONE = "CREATE POLICY read ON public.task FOR SELECT TO authenticated USING ((SELECT auth.uid()) = user_id OR done);"
OF_TEAM = """
CREATE TABLE public.member (team_id bigint, user_id uuid, PRIMARY KEY (team_id, user_id));
ALTER TABLE public.member ENABLE ROW LEVEL SECURITY;
CREATE TABLE public.paper (id bigint PRIMARY KEY, team_id bigint NOT NULL, body text);
ALTER TABLE public.paper ENABLE ROW LEVEL SECURITY;
GRANT ALL ON public.paper, public.member TO authenticated;
CREATE POLICY own ON public.member FOR SELECT TO authenticated USING (user_id = (SELECT auth.uid()));
CREATE POLICY team ON public.paper FOR SELECT TO authenticated USING (EXISTS (
    SELECT FROM public.member m WHERE m.user_id = (SELECT auth.uid())));
"""


@pytest.fixture
def looked_at(rolled_back):
    def look(text):
        with rolled_back.cursor() as cursor:
            cursor.execute(text)
            return Context(read(cursor))

    return look


def test_a_suspicion_has_values_that_pass(looked_at):
    (found,) = named_rule("rows-visible-by-status-only").check(looked_at(TABLE + DONE))
    assert found.verdict == "suspected"
    assert isinstance(found.candidate, Candidate)
    row, session = dict(found.candidate.row), dict(found.candidate.session)
    assert row["done"] is True
    assert row["user_id"] != session["auth.uid()"]


def test_rows_of_other_tables_belong_to_it(looked_at):
    (found,) = named_rule("sub-select-ignores-row").check(looked_at(OF_TEAM))
    ((table, row),) = found.candidate.others
    assert table == "public.member"
    assert dict(row)["user_id"] == dict(found.candidate.session)["auth.uid()"]


@pytest.mark.parametrize(
    ("restriction", "left"),
    [
        ("kind = 'open' AND kind = 'closed'", 0),
        ("(title IS NULL AND NOT (title IS NULL)) OR (user_id = auth.uid())", 0),
        ("kind = 'open'", 1),
    ],
)
def test_what_no_row_can_pass_is_not_reported(looked_at, restriction, left):
    limit = f"CREATE POLICY limited ON public.task AS RESTRICTIVE FOR SELECT TO authenticated USING ({restriction});"
    found = list(named_rule("rows-visible-by-status-only").check(looked_at(TABLE + DONE + limit)))
    assert len(found) == left


def test_without_a_solver_a_suspicion_says_so(rolled_back, monkeypatch):
    monkeypatch.setattr(questions, "available", lambda: False)
    monkeypatch.setattr(solver, "available", lambda: False)
    never = "AS RESTRICTIVE FOR SELECT TO authenticated USING (kind = 'a' AND kind = 'b')"
    with rolled_back.cursor() as cursor:
        cursor.execute(TABLE + DONE + f"CREATE POLICY never ON public.task {never};")
    result = verify(rolled_back, declaration=Declaration(), rules=[named_rule("rows-visible-by-status-only")])
    (found,) = result.findings
    assert found.candidate is None
    assert "pip install cvc5" in found.reason


def test_the_question_counts_all_policies_and_who_is_asked(looked_at):
    context = looked_at(TABLE + DONE)
    task = context.live.table("public", "task")
    assert isinstance(access_question.can(context.analysis, "authenticated", "select", task), Candidate)
    assert isinstance(access_question.can(context.analysis, "anon", "select", task), RuledOut)
    assert isinstance(access_question.can(context.analysis, "authenticated", "delete", task), RuledOut)


@pytest.mark.parametrize(("role", "name", "severity"), [
    ("anon", "invoice", "error"), ("anon", "xyz", "warning"), ("authenticated", "xyz", "info"), ("anon", "post", None),
])  # fmt: skip
def test_rows_with_an_owner_that_everybody_reads(looked_at, role, name, severity):
    """What the names say of the rows decides how bad it is, and not whether it is said of unknown ones."""
    found = named_rule("always-true-read").check(
        looked_at(
            f"CREATE TABLE public.{name} (id int PRIMARY KEY, user_id uuid NOT NULL, words text);"
            f"ALTER TABLE public.{name} ENABLE ROW LEVEL SECURITY; GRANT SELECT ON public.{name} TO {role};"
            f"CREATE POLICY p ON public.{name} FOR SELECT TO {role} USING (true);"
        )
    )
    assert [one.severity for one in found] == ([severity] if severity else [])
