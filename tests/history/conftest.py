"""The project's own history, run with Alembic's own commands on a database of the test's own."""

from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.config import Config

from models.sample import write_sample

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Database:
    """A database that Alembic is pointed at."""

    url: str
    scripts: Path = ROOT / "alembic"

    def config(self):
        # Without alembic.ini's logging: a test run has its own.
        config = Config()
        config.set_main_option("script_location", str(self.scripts))
        config.set_main_option("path_separator", "os")
        return config

    @contextmanager
    def aimed(self):
        """Alembic's environment is pointed here."""
        with pytest.MonkeyPatch.context() as environment:
            environment.setenv("DATABASE_URL", self.url)
            yield

    def upgrade(self, revision, **how):
        with self.aimed():
            command.upgrade(self.config(), revision, **how)

    def downgrade(self, revision):
        with self.aimed():
            command.downgrade(self.config(), revision)

    def check(self):
        """Fail where autogenerate would propose anything."""
        with self.aimed():
            command.check(self.config())

    @contextmanager
    def engine(self):
        url = sa.make_url(self.url)
        if url.get_backend_name() == "postgresql":
            url = url.set(drivername="postgresql+psycopg2")
        engine = sa.create_engine(url, poolclass=sa.NullPool)
        try:
            yield engine
        finally:
            engine.dispose()

    @contextmanager
    def begin(self):
        with self.engine() as engine, engine.begin() as connection:
            yield connection

    def execute(self, *statements):
        with self.begin() as connection:
            for statement in statements:
                connection.exec_driver_sql(statement)

    def rows(self, query):
        with self.begin() as connection:
            return [tuple(row) for row in connection.exec_driver_sql(query)]

    def live_in(self, zone):
        """Give the sessions of this PostgreSQL database another time zone."""
        [(name,)] = self.rows("SELECT quote_ident(current_database())")
        self.execute(f"ALTER DATABASE {name} SET TimeZone = '{zone}'")

    def shape(self):
        """Everything about the tables that a migration can get wrong, as one value to compare."""
        with self.engine() as engine:
            inspector = sa.inspect(engine)
            columns, keys = inspector.get_multi_columns(), inspector.get_multi_pk_constraint()
            foreign, unique = inspector.get_multi_foreign_keys(), inspector.get_multi_unique_constraints()
            indexes = inspector.get_multi_indexes()
            return {
                table[1]: {
                    "columns": [column_shape(engine, column) for column in columns[table]],
                    "primary key": keys[table],
                    "foreign keys": sorted(foreign[table], key=lambda key: key["constrained_columns"]),
                    "unique": sorted((item["name"] or "", item["column_names"]) for item in unique[table]),
                    "indexes": sorted(
                        (index["name"], index["column_names"], bool(index["unique"])) for index in indexes[table]
                    ),
                }
                for table in columns
                if table[1] != "alembic_version"
            }


def column_shape(engine, column):
    default = str(column["default"]).replace("'public.", "'") if column["default"] else None
    return (
        column["name"],
        column["type"].compile(dialect=engine.dialect),
        column["nullable"],
        default.strip("()") if engine.dialect.name == "sqlite" and default else default,
        column.get("identity"),
    )


@pytest.fixture
def postgresql(database_url):
    return Database(database_url)


@pytest.fixture
def sqlite(tmp_path):
    return Database(f"sqlite:///{tmp_path / 'history.db'}")


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.server)])
def database(request):
    return request.getfixturevalue(request.param)


@pytest.fixture
def another(database, tmp_path, new_database):
    """A second, empty database of the same kind."""
    if database.url.startswith("sqlite"):
        yield Database(f"sqlite:///{tmp_path / 'another.db'}")
    else:
        with new_database() as url:
            yield Database(url)


@pytest.fixture
def stamped(tmp_path):
    """A legacy SQLite database with rows in it, stamped as deployed ones are."""
    path = tmp_path / "stamped.db"
    write_sample(path)
    return Database(f"sqlite:///{path}")


@pytest.fixture
def root():
    return ROOT
