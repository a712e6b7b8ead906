"""Make a Flask project in SQLite and PostgreSQL by its own migrations, or compare both by its own models.

python flask_project.py make|compare|add OLD_URL NEW_URL
"""

import enum
import sys
import tempfile
import uuid
from datetime import date, datetime, time, timedelta
from decimal import Decimal

import flask_migrate
import sides
from flask import Flask
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import create_engine
from sqlalchemy.orm import Session

db = SQLAlchemy()


class Kind(enum.Enum):
    OWNER = "owner"
    GUEST = "a guest"


roles_users = db.Table(
    "roles_users",
    db.Column("user_id", db.ForeignKey("user.id"), primary_key=True),
    db.Column("role_id", db.ForeignKey("role.id"), primary_key=True),
)


class Role(db.Model):
    id = db.Column(db.Integer, primary_key=True)
    name = db.Column(db.String(80), unique=True)
    users = db.relationship("User", secondary=roles_users, backref="roles")


class User(db.Model):
    id = db.Column(db.Integer, primary_key=True)
    email = db.Column(db.String(255), unique=True, nullable=False)
    active = db.Column(db.Boolean, nullable=False, default=True)
    confirmed_at = db.Column(db.DateTime)
    kind = db.Column(db.Enum(Kind))
    trial = db.Column(db.Interval)
    pickled = db.Column(db.PickleType)
    content = db.Column(db.LargeBinary)
    balance = db.Column(db.Numeric(10, 2))
    exact = db.Column(db.Numeric)
    ratio = db.Column(db.Float)
    large = db.Column(db.BigInteger)
    small = db.Column(db.SmallInteger)
    wakes = db.Column(db.Time)
    born = db.Column(db.Date)
    device = db.Column(db.Uuid)
    settings = db.Column(db.JSON)
    about = db.Column(db.Text)
    invited_by = db.Column(db.ForeignKey("user.id"))


class Post(db.Model):
    id = db.Column(db.Integer, primary_key=True)
    type = db.Column(db.String(10))
    author_id = db.Column(db.ForeignKey("user.id"), index=True)
    title = db.Column(db.Unicode(60))
    __mapper_args__ = {"polymorphic_on": type, "polymorphic_identity": "post"}  # noqa: RUF012


class Photo(Post):
    id = db.Column(db.ForeignKey("post.id"), primary_key=True)
    width = db.Column(db.Integer)
    __mapper_args__ = {"polymorphic_identity": "photo"}  # noqa: RUF012


class Reading(db.Model):
    """A table with a key of two columns, one of them a moment."""

    device = db.Column(db.String(10), primary_key=True)
    at = db.Column(db.DateTime, primary_key=True)
    value = db.Column(db.Float, nullable=False)


def migrated(url, folder, *, first):
    app = Flask(__name__)
    app.config["SQLALCHEMY_DATABASE_URI"] = url
    db.init_app(app)
    flask_migrate.Migrate(app, db, directory=folder)
    with app.app_context():
        if first:
            flask_migrate.init(folder)
            flask_migrate.migrate(folder)
        flask_migrate.upgrade(folder)


def make(old, new):
    with tempfile.TemporaryDirectory() as folder:
        migrated(old, f"{folder}/migrations", first=True)
        migrated(new, f"{folder}/migrations", first=False)
    with Session(create_engine(old)) as session:
        full = User(
            id=1, email="ann@x.org", active=False, confirmed_at=datetime(2025, 1, 2, 3, 4, 5, 6), kind=Kind.GUEST,
            trial=timedelta(days=400, microseconds=7), pickled={"a": [1, None]}, content=bytes(range(256)),
            balance=Decimal("-99999999.99"), exact=Decimal("12345.5"), ratio=0.1 + 0.2, large=2**63 - 1, small=-(2**15),
            wakes=time(23, 59, 59, 999999), born=date(1, 1, 1), device=uuid.UUID(int=7), settings={"ü": [1.5, None]},
            about="Grüße 🦝\r\n\t\\N\\.",
        )  # fmt: skip
        empty = User(id=9, email="bob@x.org", invited_by=1)
        other = User(
            id=5, email="", trial=-timedelta(seconds=1), settings=[], confirmed_at=datetime(9999, 12, 31), ratio=1e308,
            content=b"", balance=0, kind=Kind.OWNER, born=date(9999, 12, 31), wakes=time(0), about="", invited_by=9,
        )  # fmt: skip
        session.add_all([full, empty, other])
        session.flush()
        session.add_all([Role(id=1, name="admin", users=[full, other]), Role(id=2, name="guest")])
        session.add_all([Post(author_id=1, title="text"), Photo(author_id=9, title="ein Bild 🦝", width=4000)])
        session.add_all([Reading(device="a", at=datetime(2025, 1, 1, 0, 0, n), value=n / 3) for n in range(60)])
        session.commit()


def compare(old, new):
    sides.compare(db.metadata, old, new)


def add(_, new):
    """Add a row by the models, where the numbers must go on behind those that are there."""
    with Session(create_engine(new)) as session:
        later = User(email="later@x.org")
        session.add(later)
        session.commit()
        print(later.id)


if __name__ == "__main__":
    {"make": make, "compare": compare, "add": add}[sys.argv[1]](*sys.argv[2:])
