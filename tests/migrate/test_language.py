"""Rules of every kind of the language, through a revision and back: nothing is left to propose."""

from sqlalchemy import Column, ForeignKey, Integer, Table, Text, Uuid

from gatepost import allow, auth_users, authenticated, claims, member, owner, protect, through


def tables(metadata):
    auth_users(metadata)
    user = "auth.users.id"
    teams = Table(
        "memberships",
        metadata,
        Column("team_id", Integer, primary_key=True),
        Column("user_id", Uuid, ForeignKey(user, ondelete="CASCADE"), primary_key=True, index=True),
    )
    books = Table(
        "books",
        metadata,
        Column("id", Integer, primary_key=True),
        Column("user_id", Uuid, ForeignKey(user), index=True),
        Column("team_id", Integer, index=True),
    )
    pages = Table(
        "pages",
        metadata,
        Column("id", Integer, primary_key=True),
        Column("book_id", Integer, ForeignKey("books.id"), index=True),
        Column("state", Text),
    )
    protect(teams, owner(teams.c.user_id, "select"))
    return teams, books, pages


def first(metadata):
    teams, books, pages = tables(metadata)
    of_team = member(books.c.team_id, of=teams.c.team_id, user=teams.c.user_id)
    protect(books, owner(books.c.user_id, "select") | of_team, owner(books.c.user_id, "insert"))
    protect(pages, through(pages.c.book_id, "all", by=owner(books.c.user_id), name="Owners of the book"))


def second(metadata):
    _, books, pages = tables(metadata)
    mine = owner(books.c.user_id, "select", "insert")
    protect(books, mine & books.c.team_id.in_(claims("app_metadata", "teams")))
    protect(
        pages,
        through(pages.c.book_id, "select", by=owner(books.c.user_id)),
        allow("select", to=authenticated, where=pages.c.state == "public", name="Published"),
    )


def test_the_language_lands_and_leaves_the_table_of_users_alone(project):
    revision = project.lands(first)
    assert "create_table('users'" not in revision.text
    assert "auth.users.id" in revision.text
    project.lands(second)
    project.lands(first)
