"""A PGPolicy or PGGrantTable of alembic-utils among `entities` would drop every policy and grant of ours."""

import pytest
from alembic.util import CommandError
from alembic_utils.pg_grant_table import PGGrantTable
from alembic_utils.pg_policy import PGPolicy

from gatepost import owner

NOTE = "public.notes"


def policy(definition, name="mine"):
    return PGPolicy(schema="public", signature=name, on_entity=NOTE, definition=definition)


@pytest.mark.parametrize(
    ("entity", "what", "line"),
    [
        (
            policy("for select to authenticated using (true)"),
            'the PGPolicy "mine" on "public.notes"',
            'protect(Model, allow("select", to=authenticated, where=text("true"), name="mine"))',
        ),
        (
            policy("AS RESTRICTIVE FOR UPDATE TO anon, clerk USING ((id > 0) and (id < 9)) WITH CHECK (id > 1)"),
            'the PGPolicy "mine"',
            'restrict("update", to=(anon, Role("clerk")), where=text("(id > 0) and (id < 9)"), check=text("id > 1")',
        ),
        (
            policy("using (id = 1)", "all of it"),
            'the PGPolicy "all of it"',
            'allow("select", "insert", "update", "delete", to=public, where=text("id = 1"), check=text("id = 1"), ',
        ),
        (
            policy("for insert to anon with check (a = 'x')"),
            "PGPolicy",
            """allow("insert", to=anon, check=text("a = 'x'")""",
        ),
        (
            PGGrantTable(schema="public", table="notes", role="anon", grant="SELECT", columns=["id", "body"]),
            'the PGGrantTable "SELECT to anon" on "public.notes"',
            'protect(Model, allow("select", to=anon, columns=["body", "id"], where=…))',
        ),
    ],
)
def test_it_is_refused_with_the_line_that_declares_it(project, notes, entity, what, line):
    project.say(notes(rules=lambda t: [owner(t.c.user_id)]), entities=[entity])
    with pytest.raises(CommandError) as refused:
        project.revise()
    assert what in str(refused.value)
    assert "would drop every policy and grant that Gatepost made" in str(refused.value)
    assert line in str(refused.value)
