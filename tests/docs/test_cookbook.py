"""The recipes of docs/cookbook.md: each is declared as it stands there, and its people look at planted rows."""

import json
import re
from pathlib import Path
from uuid import UUID

import pytest
from psycopg2 import Error
from sqlalchemy import Text, and_, cast, select
from sqlalchemy.dialects import postgresql
from sqlalchemy.orm import registry
from sqlalchemy.schema import CreateTable
from sqlmodel import SQLModel

import gatepost
from gatepost import declaring, observe
from gatepost.ddl import create_sql
from gatepost.declare.language import collected

PAGE = Path(__file__).parents[2] / "docs" / "cookbook.md"
ANN, BOB, EVE = (UUID(int=number) for number in (1, 2, 3))
RED, BLUE = UUID(int=11), UUID(int=12)
ACME, OTHER = UUID(int=21), UUID(int=22)
ROWS = f"""
INSERT INTO auth.users (id) VALUES ('{ANN}'), ('{BOB}'), ('{EVE}');
INSERT INTO profiles VALUES ('{ANN}', 'Ann'), ('{BOB}', 'Bob');
INSERT INTO teams VALUES ('{RED}', 'Red'), ('{BLUE}', 'Blue');
INSERT INTO memberships VALUES ('{RED}', '{ANN}', 'editor'), ('{RED}', '{BOB}', 'member');
INSERT INTO projects (id, owner_id, team_id, org_id, is_public, name) VALUES
  (1, '{ANN}', '{RED}', '{ACME}', false, ''), (2, '{BOB}', '{BLUE}', '{OTHER}', true, ''),
  (3, '{EVE}', NULL, NULL, false, '');
INSERT INTO tasks VALUES (1, 1, ''), (2, 2, '');
INSERT INTO accounts VALUES (1, '{ANN}'), (2, '{BOB}');
INSERT INTO orders VALUES (1, 1), (2, 2);
"""
FILES = f"""
INSERT INTO storage.buckets (id, name) VALUES ('avatars', 'avatars'), ('other', 'other');
INSERT INTO storage.objects (bucket_id, name) VALUES
  ('avatars', '{ANN}/me.png'), ('avatars', '{BOB}/me.png'), ('other', '{ANN}/me.png');
"""
HELPER = """
CREATE SCHEMA private;
CREATE FUNCTION private.is_editor(team uuid) RETURNS boolean LANGUAGE sql STABLE SECURITY DEFINER SET search_path = ''
  AS $$ SELECT EXISTS (SELECT 1 FROM public.memberships
                       WHERE team_id = team AND user_id = (SELECT auth.uid()) AND role = 'editor') $$;
CREATE FUNCTION private.in_team(team uuid) RETURNS boolean LANGUAGE sql STABLE SECURITY DEFINER SET search_path = ''
  AS $$ SELECT EXISTS (SELECT 1 FROM public.memberships
                       WHERE team_id = team AND user_id = (SELECT auth.uid())) $$;
GRANT USAGE ON SCHEMA private TO authenticated;
"""
PROJECTS = "SELECT id FROM projects ORDER BY 1"
MEMBERS = "SELECT user_id FROM memberships ORDER BY 1"
TASKS = "SELECT id FROM tasks ORDER BY 1"
OBJECTS = "SELECT bucket_id || '/' || name FROM storage.objects ORDER BY 1"
RENAME = "UPDATE projects SET name = 'x' RETURNING id"
ADMIN = {"app_metadata": {"role": "admin"}}
SEEN = {
    "Own rows": [(ANN, {}, PROJECTS, [1]), (EVE, {}, PROJECTS, [3]), (None, {}, PROJECTS, "denied")],
    "Own rows, or public ones": [(ANN, {}, PROJECTS, [1, 2]), (EVE, {}, PROJECTS, [2, 3]), (ANN, {}, RENAME, [1])],
    "Profiles that everybody reads and their owner edits": [
        (None, {}, "SELECT name FROM profiles ORDER BY 1", ["Ann", "Bob"]),
        (ANN, {}, "UPDATE profiles SET name = 'A' RETURNING name", ["A"]),
    ],
    "The owner, or an administrator": [
        (ANN, {}, PROJECTS, [1]),
        (EVE, ADMIN, PROJECTS, [1, 2, 3]),
        (EVE, {"user_metadata": {"role": "admin"}}, PROJECTS, [3]),
    ],
    "Children of an own parent": [
        (ANN, {}, PROJECTS, [1, 2]),
        (ANN, {}, TASKS, [1]),
        (BOB, {}, TASKS, [2]),
        (EVE, {}, TASKS, []),
        (ANN, {}, "INSERT INTO tasks VALUES (9, 2, '') RETURNING id", "denied"),
    ],
    "Members of a team": [
        (ANN, {}, PROJECTS, [1]),
        (BOB, {}, PROJECTS, [1]),
        (EVE, {}, PROJECTS, []),
        (ANN, {}, RENAME, [1]),
        (BOB, {}, RENAME, []),
    ],
    "The owner, or the team": [(BOB, {}, PROJECTS, [1, 2]), (EVE, {}, PROJECTS, [3])],
    "One tenant, in a claim": [
        (EVE, {"app_metadata": {"org_id": str(ACME)}}, PROJECTS, [1]),
        (EVE, {"app_metadata": {}}, PROJECTS, []),
    ],
    "Several tenants, in a claim that is an array": [
        (EVE, {"app_metadata": {"org_ids": [str(ACME), str(OTHER)]}}, PROJECTS, [1, 2]),
        (EVE, {"app_metadata": {"org_ids": []}}, PROJECTS, []),
        (EVE, {}, PROJECTS, []),
    ],
    "A function of the project": [(ANN, {}, PROJECTS, [1]), (BOB, {}, PROJECTS, [])],
    "Members who see each other": [
        (ANN, {}, MEMBERS, [str(ANN), str(BOB)]),
        (BOB, {}, PROJECTS, [1]),
        (EVE, {}, MEMBERS, []),
    ],
    "Integer ids of users": [
        (ANN, {}, "SELECT id FROM orders", [1]),
        (ANN, {}, "INSERT INTO orders VALUES (3, 1) RETURNING id", [3]),
        (ANN, {}, "INSERT INTO orders VALUES (3, 2) RETURNING id", "denied"),
        (EVE, {}, "SELECT id FROM orders", []),
    ],
    "A contact form": [
        (None, {}, "INSERT INTO messages VALUES (1, 'hello')", None),
        (None, {}, "SELECT id FROM messages", "denied"),
    ],
    "Only with a second factor": [
        (ANN, {"aal": "aal1"}, PROJECTS, [1]),
        (ANN, {"aal": "aal1"}, RENAME, []),
        (ANN, {"aal": "aal2"}, RENAME, [1]),
    ],
    "Files in a folder of one's own": [(ANN, {}, OBJECTS, [f"avatars/{ANN}/me.png"]), (EVE, {}, OBJECTS, [])],
    "Private channels": [
        (ANN, {"topic": str(RED)}, "SELECT count(*)::int FROM realtime.messages", [1]),
        (ANN, {"topic": str(BLUE)}, "SELECT count(*)::int FROM realtime.messages", [0]),
    ],
    "One policy FOR ALL": [
        (ANN, {}, PROJECTS, [1]),
        (ANN, {}, RENAME, [1]),
        (ANN, {}, f"INSERT INTO projects (id, owner_id, is_public, name) VALUES (9, '{BOB}', false, '')", "denied"),
    ],
}


def recipes():
    pieces = re.split(r"^## (.+)$", PAGE.read_text(), flags=re.MULTILINE)
    (models,) = re.findall(r"```python\n(.*?)```", pieces[0], re.DOTALL)
    return models, {
        title: re.findall(r"```python\n(.*?)```", body, re.DOTALL)
        for title, body in zip(pieces[1::2], pieces[2::2], strict=True)
    }


MODELS, RECIPES = recipes()


@pytest.fixture(scope="module")
def words():
    """What a file of `policies/` imports, and the page's models in a registry of their own, apart from other tests'."""

    class Apart(SQLModel, registry=registry()):
        pass

    names: dict[str, object] = {"Apart": Apart, "and_": and_, "cast": cast, "select": select, "Text": Text}
    names |= {name: getattr(gatepost, name) for name in gatepost.__all__}
    code = MODELS.replace("(SQLModel, table", "(Apart, table").replace("SQLModel.metadata", "Apart.metadata")
    exec(compile(code, str(PAGE), "exec"), names)
    return names


@pytest.fixture
def cursor(rolled_back_as_superuser, words):
    with rolled_back_as_superuser.cursor() as cursor:
        cursor.execute("SET LOCAL ROLE postgres")
        create_tables(cursor, words)
        cursor.execute(f"RESET ROLE; {ROWS}; {FILES}")
        yield cursor


def create_tables(cursor, words):
    for table in words["Apart"].metadata.sorted_tables:
        if table.schema is None:
            cursor.execute(str(CreateTable(table).compile(dialect=postgresql.dialect())))
    cursor.execute(HELPER)


def declare(recipe, words, cursor):
    with declaring():
        exec(compile(recipe, str(PAGE), "exec"), dict(words))
        declaration = collected()
    for table in declaration:
        name = f'"{table.schema}"."{table.name}"'
        if not table.platform:
            cursor.execute(
                f"ALTER TABLE {name} ENABLE ROW LEVEL SECURITY; REVOKE ALL ON {name} FROM anon, authenticated"
            )
        for grant in table.grants:
            cursor.execute(f"GRANT {grant.privilege} ON {name} TO {grant.grantee}")
        for policy in table.policies:
            cursor.execute("; ".join(create_sql(policy)))
    return declaration


def seen(cursor, user, claims, statement):
    """Return the first column of what a statement gives, None without rows to give, or that it was denied."""
    role = "anon" if user is None else "authenticated"
    token = json.dumps({"role": role, **({"sub": str(user)} if user else {}), **claims})
    cursor.execute("SAVEPOINT before")
    cursor.execute("SELECT set_config('request.jwt.claims', %s, true)", (token,))
    cursor.execute("SELECT set_config('realtime.topic', %s, true)", (claims.get("topic", ""),))
    cursor.execute(f"SET LOCAL ROLE {role}")
    try:
        cursor.execute(statement)
        return [row[0] for row in cursor.fetchall()] if cursor.description else None
    except Error as error:
        return "denied" if error.pgcode == "42501" else str(error)
    finally:
        cursor.execute("ROLLBACK TO before")


@pytest.mark.parametrize("title", RECIPES)
def test_a_recipe_does_what_it_says(title, words, cursor):
    (recipe,) = RECIPES[title]
    if title == "Private channels":
        cursor.execute("INSERT INTO realtime.messages (topic, extension) VALUES ('any', 'broadcast')")
    declare(recipe, words, cursor)
    assert [seen(cursor, user, claims, statement) for user, claims, statement, _ in SEEN[title]] == [
        expected for *_, expected in SEEN[title]
    ]


@pytest.mark.slow
@pytest.mark.parametrize("title", [title for title in RECIPES if '"storage.' not in str(RECIPES[title])])
def test_what_is_observed_is_what_a_recipe_declares(title, words, connection, database_url):
    with connection, connection.cursor() as cursor:
        create_tables(cursor, words)
        declaration = declare(*RECIPES[title], words, cursor)
        for table in words["Apart"].metadata.tables.values():
            if table.schema is None:
                cursor.execute(f"ALTER TABLE {table.name} ENABLE ROW LEVEL SECURITY")
    result = observe(database_url, declaration=declaration)
    assert [finding.message for finding in result.findings if finding.severity != "info"] == []
    assert result.not_checked == ()


def test_every_recipe_has_people():
    assert set(SEEN) == set(RECIPES)
