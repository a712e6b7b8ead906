"""SQLModel classes for a SQLite file: what each column becomes, and that every row moves into the tables."""

import re
import sqlite3
import sys
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import create_engine
from sqlmodel import SQLModel

from gatepost.errors import TransferError
from gatepost.transfer import plan, run
from gatepost.transfer.as_models import written_models

SHOP = Path(__file__).with_name("shop.sql").read_text()


def made(path, script):
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.executescript(script)
    return path


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    return written_models(made(tmp_path_factory.mktemp("shop") / "shop.db", SHOP))


@pytest.mark.parametrize(
    "line",
    [
        "    id: int | None = Field(default=None, primary_key=True)",
        "    # INTEGER in SQLite; each of its 2 values is 0 or 1\n    is_staff: bool | None = Field(default=None)",
        "    # TEXT in SQLite; each of its 2 values is a moment\n    seen: datetime | None",
        "    born: date | None",
        "    slept: time | None",
        "    # char(32) in SQLite; each of its 2 values is a UUID\n    token: UUID | None",
        "    note: str | None",
        '    class_: str | None = Field(default=None, sa_type=Text, sa_column_kwargs={"name": "class"})',
        '    model_name_: str | None = Field(default=None, sa_type=Text, sa_column_kwargs={"name": "model_name"})',
        '    Body_Text: str | None = Field(default=None, sa_type=Text, sa_column_kwargs={"name": "Body Text"})',
        "    flags: int | None",
        "    # REAL in SQLite; each of its 2 values is an amount with two decimals\n    balance: Decimal | None",
        "    rate: Decimal | None = Field(default=None, max_digits=5, decimal_places=2)",
        "    big: int | None = Field(default=None, sa_type=BigInteger)",
        "    photo: bytes | None",
        "    # TEXT in SQLite; each of its 2 values is JSON\n    settings: Any | None",
        """sa_column_kwargs={"server_default": text("'{}'")}""",
        '    active: bool = Field(sa_column_kwargs={"server_default": text("true")})',
        "    # SQLite's default: abs(-3)\n    score: int | None = Field(default=None)",
        "    # INTEGER in SQLite, and its values are an integer and text\n    mixed: str | None",
        "    offset_at: datetime | None = Field(default=None, sa_type=DateTime(timezone=True))",
        "    empty_flag: bool | None",
        "    empty_uuid: UUID | None",
        "    empty_when: datetime | None = Field(default=None, sa_type=DateTime)",
        "    void: str | None",
        "    odd: str | None = Field(default=None, sa_type=Text)",
        "    total: float | None",
        "    # SQLite computes it; here it is a value\n    code: str | None",
        "    # a number that may count from 1970 on",
        '    parent_id: int | None = Field(default=None, foreign_key="categories.id", ondelete="SET NULL")',
        '    __table_args__ = (UniqueConstraint("order_id", "thing"),)',
        '    ForeignKeyConstraint(["user_id"], ["auth_users.id"], onupdate="CASCADE"),',
        "use_alter=True",
        "# CHECK (length(email) > 2 AND (email <> 'a)b'))",
        'Index("readings_by_time", "device", text(\'"at" DESC\'))',
        '    Column("device", Uuid, ForeignKey("devices.id"), nullable=True),',
    ],
)
def test_a_column_is_what_its_declaration_and_its_values_say(shop, line):
    found = shop.files["tables.py"].replace("not carried over, since its SQL is SQLite's: ", "")
    assert line in found


def test_what_a_class_cannot_say_is_listed(shop):
    assert shop.lost == (
        "auth_users: that email ignores case where it is unique",
        "auth_users: CHECK (length(email) > 2 AND (email <> 'a)b'))",
        "auth_users: the default abs(-3) of score",
        'orders: the foreign key of gone to "missing", which has no such key',
        "readings: the index CREATE INDEX readings_lower ON readings (lower(kind))",
        'the table "django_migrations", of Django',
        'the trigger "touched"',
        'the view "latest"',
    )


def test_a_file_of_a_framework_alone_has_no_models(tmp_path):
    with pytest.raises(TransferError, match="has no table of an application"):
        written_models(made(tmp_path / "empty.db", "CREATE TABLE alembic_version (v text)"))


@pytest.mark.server
def test_every_row_moves_into_the_tables(tmp_path, monkeypatch, connection, database_url):
    path = made(tmp_path / "shop.db", SHOP)
    (tmp_path / "shop_models").mkdir()
    for name, text in written_models(path).files.items():
        (tmp_path / "shop_models" / name).write_text(re.sub(r"from models\b", "from shop_models", text))
    monkeypatch.syspath_prepend(tmp_path)
    with closing(sqlite3.connect(path)) as source:
        tables = [name for (name,) in source.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")]
        mine = {name: source.execute(f'SELECT count(*) FROM "{name}"').fetchone()[0] for name in tables}
    before = set(SQLModel.metadata.tables)
    import shop_models

    metadata = shop_models.metadata
    try:
        created = [table for name, table in metadata.tables.items() if name not in before]
        engine = create_engine(database_url.replace("postgresql://", "postgresql+psycopg2://"))
        metadata.create_all(engine, tables=created)
        engine.dispose()
        result = run(plan(path, connection), connection)
        assert {table.name: table.rows for table in result.tables} == {
            table.name: mine[table.name] for table in created
        }
    finally:
        for table in created:
            metadata.remove(table)
        for name in [name for name in sys.modules if name.startswith("shop_models")]:
            del sys.modules[name]
