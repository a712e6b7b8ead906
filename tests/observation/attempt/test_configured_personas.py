"""The personas of a project: a role and claims, told in one sentence where they cannot be meant."""

import json
from contextlib import closing

import psycopg2
import pytest

from gatepost.errors import SettingsError
from gatepost.observation.attempt.configured_personas import configured, known
from gatepost.observation.run import Scope, run_inside

TICKETS = """
CREATE TABLE tickets (id int PRIMARY KEY, user_id uuid NOT NULL REFERENCES auth.users (id), subject text);
ALTER TABLE tickets ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON tickets FOR SELECT TO authenticated USING (user_id = (SELECT auth.uid()));
CREATE POLICY support ON tickets FOR SELECT TO authenticated
    USING (((SELECT auth.jwt()) -> 'app_metadata' ->> 'team') = 'support');
GRANT SELECT ON tickets TO authenticated;
"""


def test_who_says_little_is_a_user_with_an_id_that_stays():
    [persona] = configured({"support": {}})
    assert (persona.name, persona.role) == ("support", "authenticated")
    assert persona == configured({"support": {}})[0]
    assert set(json.loads(persona.claims)) == {"sub", "role"}


def test_what_is_said_counts():
    [persona] = configured({"kiosk": {"role": "kiosk", "claims": {"sub": "9E500000-0000-4000-8000-0000000000AA"}}})
    assert persona.role == "kiosk"
    assert json.loads(persona.claims) == {"sub": "9e500000-0000-4000-8000-0000000000aa", "role": "kiosk"}


@pytest.mark.parametrize(
    ("table", "said", "hint"),
    [
        ({"ann": {}}, 'the persona "ann" in .* has a reserved name', "support ="),
        ({"newcomer": {}}, "has a reserved name", "support ="),
        ({"support": "authenticated"}, "must be a table, not 'authenticated'", "support ="),
        ({"support": {"claim": {}}}, 'unknown key "claim" in', 'Did you mean "claims"'),
        ({"support": {"who": {}}}, 'unknown key "who" in', "role or claims"),
        ({"support": {"role": 1}}, "must be the name of a role, not 1", 'role = "authenticated"'),
        ({"support": {"claims": "admin"}}, "\"claims\" of .* must be a table, not 'admin'", "support ="),
        ({"support": {"claims": {"sub": "me"}}}, "'me', which is not a UUID", "remove it"),
    ],
)
def test_a_mistake_is_one_sentence(table, said, hint):
    with pytest.raises(SettingsError, match=said) as refusal:
        configured(table)
    assert hint in refusal.value.hint
    assert "\n" not in str(refusal.value).partition(refusal.value.hint)[0].strip()


def test_a_name_that_nobody_has():
    with pytest.raises(SettingsError, match='no persona "suport"') as refusal:
        known(["suport"], configured({"support": {}}))
    assert refusal.value.hint == 'Did you mean "support"?'


@pytest.fixture
def observed(superuser_url):
    def observe(personas, names=()):
        with closing(psycopg2.connect(superuser_url)) as connection, connection.cursor() as cursor:
            cursor.execute(TICKETS)
            return run_inside(cursor, Scope(personas=configured(personas), names=names))

    return observe


def reach(result, persona):
    return result.sections["matrix"]["tables"][0]["cells"][persona]["select"]["reach"]


def test_a_persona_of_the_project_stands_in_the_matrix(observed):
    result = observed({"support": {"claims": {"app_metadata": {"team": "support"}}}, "plain": {}})
    assert [persona["name"] for persona in result.sections["matrix"]["personas"]] == [
        *("anon", "ann", "bob", "anonymous_sign_in", "admin", "self_claiming", "support", "plain", "service_role")
    ]
    assert (reach(result, "support"), reach(result, "plain"), reach(result, "ann")) == ("all", "own", "own")
    assert result.findings == ()


def test_only_some_personas_try(observed):
    result = observed({"support": {}}, names=("support", "anon"))
    assert [persona["name"] for persona in result.sections["matrix"]["personas"]] == ["anon", "support"]


def test_a_role_that_is_not_there(observed):
    with pytest.raises(SettingsError, match='"kiosk" has the role "kiosk_role", which is not in the database'):
        observed({"kiosk": {"role": "kiosk_role"}})
