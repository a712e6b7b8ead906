"""What a constraint says of every row is taken as given, and nothing that it does not say of every row."""

# ruff: noqa: E501  (a constraint and what it makes equal are read side by side)

import pytest

from gatepost.analysis import parse
from gatepost.analysis.conditions.caller import SIGNED_IN
from gatepost.analysis.solver import Candidate, Frame, can_pass, compare
from gatepost.schema import Column, Constraint, Enum, RowSecurity, Schema, Table
from gatepost.schema.roles import DatabaseRole


def check(text, **more):
    return Constraint("c", "check", (), f"CHECK ({text})", **more)


def key(column, parent="team", more="", **said):
    text = f"FOREIGN KEY ({column}) REFERENCES public.{parent}(id){more}"
    return Constraint("f", "foreign key", (column,), text, references=("public", parent, ("id",)), **said)


def frame(*constraints, enabled=False, forced=False, heirs=(), caller=SIGNED_IN):
    columns = {"n": "integer", "team": "integer", "kind": "public.kind", "name": "text", "owner": "uuid", "at": "date"}
    note = table("note", columns, constraints)
    primary = Constraint("p", "primary key", ("id",), "PRIMARY KEY (id)")
    team = table("team", {"id": "integer", "size": "integer"}, (primary, check("(size > 0)")), enabled, forced)
    roles = (DatabaseRole("over", False, True, True, False), DatabaseRole("authenticated", False, False, True, False))
    children = tuple(table(name, columns, parents=(("public", "note"),)) for name in heirs)
    live = Schema("", 170000, "", (), tables=(note, team, *children), roles=roles, enums=(ENUM,))
    return Frame(note, live, caller)


def table(name, columns, constraints=(), enabled=False, forced=False, parents=()):
    made = tuple(Column(column, type_) for column, type_ in columns.items())
    return Table(
        "public", name, "table", "owner", RowSecurity(enabled, forced), columns=made, constraints=tuple(constraints),
        parents=parents,
    )  # fmt: skip


ENUM = Enum("public.kind", ("low", "high", "top"))
IN_TEAM = "(EXISTS (SELECT 1 FROM public.team t WHERE (t.id = note.team)))".replace("note.", "")
EQUAL = {
    "a CHECK": ([check("(n > 0)")], "(n > '-1'::integer)", "(n IS NOT NULL)"),
    "a CHECK that names values": ([check("(name = ANY (ARRAY['a'::text, 'b'::text]))")], "(name <> 'a'::text)", "(name = 'b'::text)"),
    "a CHECK passes over NULL": ([check("(n > 0)")], "(n IS NULL)", "((n > 0) IS NULL)"),
    "two columns": ([check("((n IS NOT NULL) OR (team IS NOT NULL))")], "(n IS NULL)", "((n IS NULL) AND (team IS NOT NULL))"),
    "the labels of an enum": ([], "(kind IS NOT NULL)", "(kind = ANY (ARRAY['low'::public.kind, 'high'::public.kind, 'top'::public.kind]))"),
    "the order of an enum": ([], "(kind > 'low'::public.kind)", "(kind = ANY (ARRAY['high'::public.kind, 'top'::public.kind]))"),
    "the text of an enum": ([], "((kind)::text = 'high'::text)", "(kind = 'high'::public.kind)"),
    "a foreign key": ([key("team")], IN_TEAM, "(team IS NOT NULL)"),
    "a CHECK of the parent": ([key("team")], IN_TEAM.replace("(t.id = team)", "((t.id = team) AND (t.size > 0))"),
                              IN_TEAM.replace("(t.id = team)", "((t.id = team) AND (t.size IS NOT NULL))")),
}  # fmt: skip


@pytest.mark.parametrize(("constraints", "left", "right"), EQUAL.values(), ids=EQUAL)
def test_what_constraints_make_equal(constraints, left, right):
    assert compare(parse(left), parse(right), frame(*constraints)).relation == "equal"


NOT_OF_EVERY_ROW = {
    "was not validated": [check("(n > 0)", validated=False)],
    "is not enforced": [Constraint("c", "check", (), "CHECK ((n > 0)) NOT ENFORCED")],
    "does not bind tables that inherit": [Constraint("c", "check", (), "CHECK ((n > 0)) NO INHERIT")],
    "asks who writes": [check("((owner = auth.uid()) AND (n > 0))")],
    "depends on the time zone": [check("(((at)::text > '2020'::text) AND (n > 0))")],
    "calls a function of the project": [check("(public.sound(n) AND (n > 0))")],
}


@pytest.mark.parametrize("constraints", NOT_OF_EVERY_ROW.values(), ids=NOT_OF_EVERY_ROW)
def test_what_a_constraint_need_not_say_of_every_row(constraints):
    assert isinstance(can_pass(parse("(n < 0)"), frame(*constraints)), Candidate)


REFERS = parse(f"((team IS NOT NULL) AND (NOT {IN_TEAM}))")
UNSEEN = {
    "its policies hide it": frame(key("team"), enabled=True),
    "it was not validated": frame(key("team", validated=False)),
    "it is checked later": frame(key("team", more=" DEFERRABLE INITIALLY DEFERRED")),
    "it is not enforced": frame(key("team", more=" NOT ENFORCED")),
    "the row may be of a table that inherits": frame(key("team"), heirs=("child",)),
}


@pytest.mark.parametrize("given", UNSEEN.values(), ids=UNSEEN)
def test_a_parent_that_need_not_be_found(given):
    assert isinstance(can_pass(REFERS, given), Candidate)


def test_an_enum_s_value_is_one_of_its_labels():
    found = can_pass(parse("(kind > 'low'::public.kind)"), frame())
    assert isinstance(found, Candidate)
    assert dict(found.row)["kind"] in ("high", "top")
