"""Columns that give power are not written by users unless the declaration names them."""

import pytest
from sqlalchemy import Column, MetaData, Table, Text, Uuid

from gatepost import Role, allow, authenticated, owner, protect, service_role, uid
from gatepost.declare.language import declaring
from gatepost.errors import DeclarationError
from gatepost.name_hints import added_words, read_words
from gatepost.project import find_project


def table(name, *columns, key="id"):
    kept = [Column(column, Text) for column in columns]
    id_ = Column("id", Uuid, primary_key=True)
    more = [] if key == "id" else [Column(key, Uuid, index=True)]
    return Table(name, MetaData(), id_, *more, *kept)


def declare(found, *rules, **how):
    with declaring():
        return protect(found, *rules, **how)


@pytest.mark.parametrize("column", ["is_superuser", "role", "plan_id", "credits", "emailVerified", "banned_until"])
@pytest.mark.parametrize("command", ["update", "insert"])
def test_an_owner_does_not_give_themselves_power(column, command):
    users = table("users", "name", column)
    with pytest.raises(DeclarationError, match=rf'lets a user {command} "{column}", which may give power') as refused:
        declare(users, owner(users.c.id, command))
    assert f'owner(…, "{command}", columns=("id", "name"))' in refused.value.hint


def test_every_such_column_is_named_and_the_place_too():
    profiles = table("profiles", "role", "bio", "credits")
    with pytest.raises(
        DeclarationError, match=r'test_power\.py:\d+: owner\(\) on "profiles" lets a user insert and upd'
    ):
        declare(profiles, owner(profiles.c.id))
    with pytest.raises(DeclarationError, match='"role" and "credits"'):
        declare(profiles, allow("update", to=authenticated, where=profiles.c.id == uid()))


@pytest.mark.parametrize("columns", [("bio",), ("bio", "role")], ids=["left out", "decided"])
def test_columns_decide(columns):
    profiles = table("profiles", "role", "bio")
    declare(profiles, owner(profiles.c.id, "select"), owner(profiles.c.id, "update", columns=columns))


def test_what_users_cannot_write_is_no_matter():
    users = table("users", "role")
    declare(users, owner(users.c.id), hide=["role"])
    declare(users, owner(users.c.id, "select", "delete"))
    declare(users, allow("update", to=(service_role, Role("billing")), where=users.c.id == uid()))


def test_a_role_is_only_a_word_where_a_row_is_not_a_person():
    messages = table("messages", "role", "plan", key="user_id")
    declare(messages, owner(messages.c.user_id))
    flagged = table("messages", "is_admin", key="user_id")
    with pytest.raises(DeclarationError, match='"is_admin"'):
        declare(flagged, owner(flagged.c.user_id))


def test_an_owner_who_is_unique_makes_a_row_a_person():
    settings = Table(
        "settings",
        MetaData(),
        Column("id", Uuid, primary_key=True),
        Column("user_id", Uuid, unique=True),
        Column("tier", Text),
    )
    with pytest.raises(DeclarationError, match='"tier"'):
        declare(settings, owner(settings.c.user_id))


def test_a_project_adds_words():
    users = table("users", "karma")
    declare(users, owner(users.c.id))
    with (
        added_words(read_words({"own_power_columns": ["karma"]})),
        pytest.raises(DeclarationError, match='"karma"'),
    ):
        declare(users, owner(users.c.id))


def test_the_words_of_the_project_around_count_when_its_declaration_is_read(tmp_path, monkeypatch):
    (tmp_path / "karma_rules.py").write_text(
        "import sqlalchemy as sa\n"
        "from gatepost import owner, protect\n"
        "columns = sa.Column('id', sa.Uuid, primary_key=True), sa.Column('karma', sa.Text)\n"
        "users = sa.Table('users', sa.MetaData(), *columns)\n"
        "protect(users, owner(users.c.id))\n"
    )
    (tmp_path / "pyproject.toml").write_text(
        '[tool.gatepost]\npolicies = "karma_rules"\n[tool.gatepost.name_hints]\nown_power_columns = ["karma"]\n'
    )
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    with declaring(), pytest.raises(DeclarationError, match='"karma"'):
        find_project().declaration()
