"""A project of the test's own on a database of the test's own, run by Alembic's own commands.

A test says what the models and policies are now, as a function of a `MetaData`; `project.lands(now)` makes a revision
of it and holds the laws: after the upgrade nothing is left to do, the way down brings back exactly what was there, and
the way up leads to the same again.
"""

from collections.abc import Callable, Iterable
from contextlib import closing
from dataclasses import dataclass, field, replace
from pathlib import Path

import psycopg2
import pytest
from alembic import command
from alembic.config import Config
from alembic.util import CommandError
from alembic_utils.replaceable_entity import ReplaceableEntity
from alembic_utils.reversible_op import ReversibleOp
from sqlalchemy import Column, Identity, Integer, MetaData, Table, Uuid

from gatepost import protect
from gatepost.declare.declaration import Declaration
from gatepost.declare.language import collected, declaring
from gatepost.reflect import reflect
from gatepost.schema import is_platform

ROOT = Path(__file__).parents[2]
ENVIRONMENT = """
from alembic import context
from gatepost.migrate import run

run(context, **context.config.attributes["gatepost"])
"""
NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_name)s",
    "uq": "uq_%(table_name)s_%(column_0_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s",
    "pk": "pk_%(table_name)s",
}

Build = Callable[[MetaData], None]


@dataclass(frozen=True)
class Revision:
    """A revision that was made: its file's text, and Alembic's operations as (name, what it is about)."""

    path: Path
    ops: tuple[tuple[str, str], ...]

    @property
    def text(self):
        return self.path.read_text()

    @property
    def up(self):
        return self.text.partition("def upgrade()")[2].partition("def downgrade()")[0]

    @property
    def down(self):
        return self.text.partition("def downgrade()")[2]


@dataclass
class Project:
    """What the project says now, and the folder of its revisions."""

    url: str
    folder: Path
    metadata: MetaData = field(default_factory=MetaData)
    declaration: Declaration = field(default_factory=Declaration)
    entities: Iterable[ReplaceableEntity] | None = None
    options: dict = field(default_factory=dict)
    made: int = 0

    def say(self, build: Build, entities=None):
        """Replace what the project declares."""
        self.metadata = MetaData(naming_convention=NAMING)
        with declaring():
            build(self.metadata)
            self.declaration = collected()
        self.entities = entities

    def config(self, **more):
        config = Config(**more)
        config.set_main_option("script_location", str(self.folder))
        config.set_main_option("path_separator", "os")
        config.attributes["url"] = self.url
        config.attributes["gatepost"] = {
            "metadata": self.metadata,
            "policies": self.declaration,
            "entities": self.entities,
        } | self.options
        return config

    def revise(self) -> Revision:
        """Write a revision of everything that autogenerate finds."""
        found = []

        def keep(_context, _revision, directives):
            found.extend(described(directives[0].upgrade_ops.ops))

        self.made += 1
        command.revision(
            self.config(), "step", autogenerate=True, rev_id=f"r{self.made}", process_revision_directives=keep
        )
        return Revision(self.folder / "versions" / f"r{self.made}_step.py", tuple(found))

    def upgrade(self, revision="head", **how):
        command.upgrade(self.config(), revision, **how)

    def downgrade(self, revision="-1", **how):
        command.downgrade(self.config(), revision, **how)

    def check(self):
        """Demand that autogenerate finds nothing to do."""
        try:
            command.check(self.config())
        except CommandError as error:
            pytest.fail(str(error))

    def starts(self, build: Build, entities=None):
        """Bring the database to what the test begins with."""
        self.say(build, entities)
        revision = self.revise()
        self.upgrade()
        self.check()
        return revision

    def lands(self, build: Build, entities=None) -> Revision:
        """Make a revision of what the project now declares, and hold the laws."""
        before = self.state()
        self.say(build, entities)
        revision = self.revise()
        self.upgrade()
        after = self.state()
        self.check()
        self.downgrade()
        assert self.state() == before
        self.upgrade()
        assert self.state() == after
        self.check()
        return revision

    def state(self):
        """Everything that a revision must bring back: tables, row security, policies, grants."""
        live = self.schema()
        return {
            "tables": {
                str(table): replace(table, rows=0, columns=tuple(sorted(table.columns)), grants=set(table.grants))
                for table in live.tables
                # Alembic makes it before the first step and never drops it.
                if table.name != "alembic_version"
            },
            "sequences": {str(sequence): set(sequence.grants) for sequence in live.sequences},
            "schemas": {space.name: set(space.grants) for space in live.namespaces if not is_platform(space.name)},
        }

    def schema(self):
        with closing(psycopg2.connect(self.url)) as connection:
            return reflect(connection)

    def table(self, name, schema="public"):
        return self.schema().table(schema, name)

    def policies(self, name, schema="public"):
        return {policy.name: policy for policy in self.table(name, schema).policies}

    def grants(self, name, schema="public"):
        """Who holds what, the owner left out: {"role": {"SELECT", "UPDATE (name)"}}."""
        held = {}
        for grant in self.table(name, schema).grants:
            if grant.grantee != "postgres":
                text = grant.privilege + (f" ({grant.column})" if grant.column else "")
                held.setdefault(grant.grantee, set()).add(text)
        return held

    def execute(self, *statements):
        with closing(psycopg2.connect(self.url)) as connection, connection, connection.cursor() as cursor:
            for statement in statements:
                cursor.execute(statement)

    def rows(self, query):
        with closing(psycopg2.connect(self.url)) as connection, connection, connection.cursor() as cursor:
            cursor.execute(query)
            return cursor.fetchall()


def described(operations):
    """Name each operation and what it is about, those inside a table's own operation included."""
    for op in operations:
        if hasattr(op, "ops"):
            yield from described(op.ops)
        elif hasattr(op, "target"):
            # Our operations are alembic-utils' own, with a step in them.
            name = next(kind.__name__ for kind in type(op).__mro__ if kind.__module__ == ReversibleOp.__module__)
            yield name, op.target.identity
        else:
            column = getattr(op, "column_name", "")
            yield type(op).__name__, f"{op.table_name}.{column}" if column else getattr(op, "table_name", "")


@pytest.fixture
def notes():
    """`notes(*columns, rules=…)`: declares a table with an id, its owner's id and more; `rules` takes the table."""

    def make(*columns, rules=lambda table: (), name="notes", schema=None, **how):
        def build(metadata):
            table = Table(
                name,
                metadata,
                Column("id", Integer, Identity(), primary_key=True),
                Column("user_id", Uuid, index=True),
                *(column._copy() for column in columns),
                schema=schema,
            )
            protect(table, *rules(table), **how)
            return table

        return build

    return make


@pytest.fixture
def both():
    """`both(build, build)`: one project of two declarations."""
    return lambda *builds: lambda metadata: [build(metadata) for build in builds]


@pytest.fixture
def new_project(tmp_path):
    """`new_project(url)`: a project with an empty history."""

    def make(url, name="alembic"):
        folder = tmp_path / name
        (folder / "versions").mkdir(parents=True)
        (folder / "env.py").write_text(ENVIRONMENT)
        (folder / "script.py.mako").write_text((ROOT / "alembic" / "script.py.mako").read_text())
        return Project(url, folder)

    return make


@pytest.fixture
def project(new_project, database_url) -> Project:
    return new_project(database_url)
