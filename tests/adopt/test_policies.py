"""How each form of a condition is written: PostgreSQL prints the same text of the rule, or it stays word for word."""

import ast
from dataclasses import replace

import pytest
from sqlalchemy import Column, Integer, MetaData, Table

from gatepost.adopt.model_names import ModelName
from gatepost.adopt.policies.statements import best
from gatepost.schema import Policy, RowSecurity
from gatepost.schema import Table as LiveTable

TABLES = """
CREATE TABLE public.teams (
    id bigint PRIMARY KEY, owner_id uuid, note text, members uuid[], starts date, secret boolean, size numeric(6, 2)
);
CREATE TABLE public.team_members (team_id bigint, user_id uuid, role varchar(20), PRIMARY KEY (team_id, user_id));
CREATE TABLE public.tasks (
    id bigint PRIMARY KEY, team_id bigint REFERENCES public.teams (id), group_id bigint, "Author" uuid, done boolean
);
CREATE TABLE public.blocked (user_id uuid PRIMARY KEY);
CREATE FUNCTION public.me() RETURNS uuid LANGUAGE sql STABLE AS 'SELECT auth.uid()';
CREATE FUNCTION public."isAdmin"() RETURNS boolean LANGUAGE sql STABLE AS 'SELECT true';
CREATE FUNCTION public.has_role(team bigint, roles text[]) RETURNS boolean LANGUAGE sql STABLE AS 'SELECT true';
"""
ROW = "uid(per_row=True)"
FORMS = [
    ("tasks", '"Author" = auth.uid()', "owner(Tasks.Author, 'select', per_row=True, column_first=True)"),
    ("tasks", '(SELECT auth.uid()) = "Author"', "owner(Tasks.Author, 'select')"),
    (
        "tasks",
        "EXISTS (SELECT 1 FROM teams t WHERE t.id = tasks.team_id AND t.owner_id = auth.uid())",
        "through(Tasks.team_id, 'select', by=owner(Teams.owner_id, per_row=True), shape='exists', alias='t')",
    ),
    (
        "tasks",
        "team_id IN (SELECT id FROM teams WHERE auth.uid() = owner_id)",
        "through(Tasks.team_id, 'select', by=uid(per_row=True) == Teams.owner_id, shape='in')",
    ),
    ("tasks", "team_id IN (SELECT id FROM teams)", "through(Tasks.team_id, 'select', shape='in')"),
    (
        "tasks",
        "team_id IN (SELECT id FROM teams WHERE secret IS FALSE)",
        "through(Tasks.team_id, 'select', by=Teams.secret.is_(false()), shape='in')",
    ),
    (
        "tasks",
        "group_id IN (SELECT team_id FROM team_members WHERE user_id = (SELECT auth.uid()) AND role = 'admin')",
        "member(Tasks.group_id, 'select', of=TeamMembers.team_id, user=TeamMembers.user_id,"
        " where=TeamMembers.role == 'admin', shape='in')",
    ),
    (
        "teams",
        "EXISTS (SELECT 1 FROM team_members m WHERE m.team_id = teams.id AND m.user_id = auth.uid())",
        "member(Teams.id, 'select', of=TeamMembers.team_id, user=TeamMembers.user_id, per_row=True, shape='exists',"
        " alias='m')",
    ),
    ("teams", "auth.uid() = ANY (members)", f"allow('select', where={ROW} == any_(Teams.members))"),
    ("teams", "owner_id = (SELECT me())", "where=Teams.owner_id == select(func.public.me().label('me'))"),
    (
        "teams",
        "(SELECT has_role(id, ARRAY['a', 'b']))",
        "where=select(func.public.has_role(Teams.id, array(['a', 'b']))",
    ),
    ("teams", "has_role(id, ARRAY['a', 'b'])", "where=call('public.has_role', Teams.id, array(['a', 'b']))"),
    ("teams", '"isAdmin"()', "where=call('public.isAdmin', per_row=True)"),
    ("teams", "starts BETWEEN current_date - 7 AND current_date", "where=Teams.starts.between("),
    ("teams", "starts BETWEEN '2026-01-01' AND '2026-02-01' AND secret", "where=and_(Teams.starts.between("),
    ("team_members", "role NOT IN ('a', 'b')", "where=TeamMembers.role.not_in(['a', 'b'])"),
    ("team_members", "coalesce(role, 'c') IN ('a', 'b')", "func.coalesce(TeamMembers.role, 'c').in_(['a', 'b'])"),
    ("teams", "note NOT IN ('a', 'b')", "where=Teams.note.not_in(['a', 'b'])"),
    ("teams", "secret IS NOT TRUE", "where=Teams.secret.is_not(true())"),
    ("teams", "note IS DISTINCT FROM 'x'", "where=Teams.note.is_distinct_from('x')"),
    ("teams", "('team:' || id::text) = note", "where=literal('team:').op('||')(cast(Teams.id, Text)) == Teams.note"),
    ("teams", "lower(note) > now()::text", "where=func.lower(Teams.note) > cast(func.now(), Text)"),
    ("teams", "CASE WHEN secret THEN size > 3 ELSE true END", "where=case((Teams.secret, Teams.size > 3)"),
    ("teams", "coalesce((auth.jwt() ->> 'admin')::boolean, false)", "cast(claim('admin', per_row=True), Boolean)"),
    ("teams", "extract(isodow from now()) < 6", "where=extract('isodow', func.now()) < 6"),
    ("teams", "note = ANY ('{a,b}'::text[])", "where=Teams.note == any_(literal_column("),
    ("teams", "(id, note) = (1, 'x') AND secret", "where=and_("),
    (
        "teams",
        "NOT EXISTS (SELECT FROM blocked WHERE user_id = auth.uid())",
        "not_(select(literal_column('')).select_from(Blocked)",
    ),
    ("teams", "(SELECT b.user_id = me() FROM blocked b)", "label('?column?')"),
    ("tasks", "done = (1 = 1)", "where=Tasks.done == "),
    (
        "tasks",
        "EXISTS (SELECT 1 FROM teams JOIN team_members m USING (x) WHERE m.user_id = auth.uid())",
        "text(",
    ),
]

FORMS_AT = list(enumerate(FORMS))


@pytest.fixture(scope="module")
def written(adopted):
    """The rule of each form, without what every rule says."""
    script = TABLES + "ALTER TABLE teams ADD x int; ALTER TABLE team_members ADD x int;"
    script += "".join(f"CREATE POLICY p{at} ON {table} FOR SELECT USING ({form});" for at, (table, form, _) in FORMS_AT)
    adoption = adopted(script)
    assert not adoption.lost
    statements = ast.parse(adoption.files["policies/tables.py"])
    rules = [node for node in ast.walk(statements) if isinstance(node, ast.Call) and "name" in keywords(node)]
    found = {}
    for rule in rules:
        at = keywords(rule).pop("name").value.removeprefix("p")
        rule.keywords = [one for one in rule.keywords if one.arg not in ("name", "to")]
        found[int(at)] = ast.unparse(rule)
    return found


def keywords(call):
    return {one.arg: one.value for one in call.keywords if call.func.id != "aliased"}


@pytest.mark.parametrize(("at", "form"), FORMS_AT, ids=[form for _, form, _ in FORMS])
def test_a_form_is_a_rule(written, at, form):
    assert form[2] in written[at]


def test_a_text_that_postgresql_prints_differently_is_kept_and_named():
    policy = Policy("public", "notes", "p", "select", ("public",), using="(size > 1)")
    table = LiveTable("public", "notes", "table", "postgres", RowSecurity(True, False), policies=(policy,))
    notes = Table("notes", MetaData(), Column("size", Integer))
    names = {table.key: ModelName(notes, "Notes", "models.tables", {"size": "size"})}
    written, unlike = best([table], names, {}, lambda some: {one: replace(one, using="other") for one in some})
    assert unlike == [policy]
    assert not written[policy].typed
    assert "text('(size > 1)')" in written[policy].code
