"""Make the users and items of FastAPI's template in SQLite and PostgreSQL by their migrations, or compare both.

python fastapi_project.py make|compare|add OLD_URL NEW_URL
"""

import sys
import tempfile
import uuid
from datetime import UTC, datetime
from pathlib import Path

import sides
from alembic import command
from alembic.config import Config
from sqlalchemy import DateTime, create_engine
from sqlmodel import JSON, Column, Field, Session, SQLModel

ENV = """
from alembic import context
from sqlalchemy import create_engine
from sqlmodel import SQLModel
with create_engine(context.config.get_main_option("sqlalchemy.url")).connect() as connection:
    context.configure(connection=connection, target_metadata=SQLModel.metadata)
    with context.begin_transaction():
        context.run_migrations()
    connection.commit()
"""
ANN, BOB, EVE = (uuid.UUID(int=number, version=4) for number in (1, 2, 3))


def now():
    return datetime.now(UTC)


class User(SQLModel, table=True):
    id: uuid.UUID = Field(default_factory=uuid.uuid4, primary_key=True)
    email: str = Field(unique=True, index=True, max_length=255)
    is_active: bool = True
    is_superuser: bool = False
    full_name: str | None = Field(default=None, max_length=255)
    hashed_password: str
    created_at: datetime | None = Field(default_factory=now, sa_type=DateTime(timezone=True))


class Item(SQLModel, table=True):
    id: uuid.UUID = Field(default_factory=uuid.uuid4, primary_key=True)
    title: str = Field(min_length=1, max_length=255)
    description: str | None = Field(default=None, max_length=255)
    tags: list[str] = Field(default_factory=list, sa_column=Column(JSON))
    created_at: datetime | None = Field(default_factory=now, sa_type=DateTime(timezone=True))
    owner_id: uuid.UUID = Field(foreign_key="user.id", nullable=False, ondelete="CASCADE")


class Visit(SQLModel, table=True):
    id: int | None = Field(default=None, primary_key=True)
    item_id: uuid.UUID = Field(foreign_key="item.id", ondelete="CASCADE")
    seconds: float


def make(old, new):
    with tempfile.TemporaryDirectory() as folder:
        config = Config()
        config.set_main_option("script_location", folder)
        (Path(folder) / "versions").mkdir()
        (Path(folder) / "env.py").write_text(ENV)
        template = Path(command.__file__).parent / "templates" / "generic" / "script.py.mako"
        mako = template.read_text().replace("import sqlalchemy as sa", "import sqlalchemy as sa\nimport sqlmodel")
        (Path(folder) / "script.py.mako").write_text(mako)
        config.set_main_option("sqlalchemy.url", old)
        command.revision(config, autogenerate=True)
        command.upgrade(config, "head")
        config.set_main_option("sqlalchemy.url", new)
        command.upgrade(config, "head")
    with Session(create_engine(old)) as session:
        session.add(User(id=ANN, email="ann@example.org", hashed_password="$2b$12$" + "a" * 53, full_name="Änn 🦝"))
        session.add(User(id=BOB, email="bob@example.org", hashed_password="", is_active=False, is_superuser=True))
        session.add(User(id=EVE, email="eve@example.org", hashed_password="x", created_at=None, full_name=""))
        session.flush()
        items = [
            Item(title=f"{n}\r\n\t\\N", owner_id=(ANN, BOB)[n % 2], tags=["a", "ü", ""][: n % 4], description=None)
            for n in range(50)
        ]
        session.add_all(items)
        session.flush()
        session.add_all(Visit(item_id=item.id, seconds=n / 7) for n, item in enumerate(items))
        session.commit()


def compare(old, new):
    sides.compare(SQLModel.metadata, old, new)


def add(_, new):
    """Add a row by the models, where the numbers must go on behind those that are there."""
    with Session(create_engine(new)) as session:
        item = Item(title="later", owner_id=ANN)
        session.add(item)
        session.flush()
        later = Visit(item_id=item.id, seconds=0)
        session.add(later)
        session.commit()
        print(later.id)


if __name__ == "__main__":
    {"make": make, "compare": compare, "add": add}[sys.argv[1]](*sys.argv[2:])
