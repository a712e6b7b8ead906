"""Move to the target types, names and indexes

In place, with the rows in it, both ways and on both databases. What changes on PostgreSQL:

- unbounded varchar becomes text, which rewrites nothing;
- a naive moment, which is UTC, becomes timestamptz. While the session's time zone is UTC that rewrites nothing
  either (since PostgreSQL 12), and a column that has a time zone already keeps its values;
- json becomes jsonb, which rewrites the tables that have any; the large ones have none. Text that holds the
  character U+0000 cannot become jsonb: PostgreSQL says so, and nothing has happened;
- SERIAL becomes an identity that goes on counting where the sequence stood;
- created_at and the truth values get a default. A truth value that is NULL stays NULL: true or false would be
  invented, and a policy that requires true does not match NULL. `routing_requests.success` has no default,
  because NULL says there that no outcome is known;
- constraints get the names of the convention, foreign keys get an index, and the second index on each primary
  key goes.

A policy or a view made by hand on one of these columns stops it: PostgreSQL names it, and nothing has happened.

SQLite cannot alter a column: each table is copied into its new shape there.

Revision ID: 5f1c2b7d90ae
Revises: 0ae54fa82ef0
"""

from pathlib import Path
from runpy import run_path

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "5f1c2b7d90ae"
down_revision = "0ae54fa82ef0"
branch_labels = None
depends_on = None

# The tables are described once, in the revision before; this one says what becomes of them.
legacy: sa.MetaData = run_path(str(Path(__file__).with_name("0ae54fa82ef0_legacy_schema.py")))["legacy"]

UNIQUE_INDEXES = {"users": "email", "search_collections": "name", "providers": "name"}
"""Unique by an index in the legacy schema, by a constraint in the target."""

INDEXES = {
    "tasks": ("user_id", "created_at"),
    "streams": ("user_id", "created_at"),
    "stream_chunks": ("stream_id",),
    "search_documents": ("collection_id",),
    "provider_credentials": ("provider_id",),
    "model_configs": ("provider_id",),
    "provider_metrics": ("provider_id", "timestamp"),
    "provider_policies": ("provider_id",),
    "routing_requests": ("selected_provider_id",),
}
TRUE_OR_FALSE = {
    "stream_chunks.done": sa.false(),
    "providers.is_active": sa.true(),
    "model_configs.is_default": sa.false(),
    "routing_providers.is_active": sa.true(),
    "provider_metrics.is_healthy": sa.false(),
    "provider_policies.is_active": sa.true(),
}
SET_AT_INSERT = {"created_at", "users.updated_at", "tasks.updated_at"}


def upgrade() -> None:
    target = _target()
    if op.get_context().dialect.name == "sqlite":
        _copy_into(target)
        return
    _read_naive_moments_as_utc()
    for old in legacy.sorted_tables:
        _alter_columns(old, target.tables[old.name])
        if isinstance(old.c.id.type, sa.Integer):
            _count_by_identity(old.name)
        for before, after in sorted(map(_names, old.constraints)):
            _rename(old.name, before, after)
    for table, column in UNIQUE_INDEXES.items():
        op.create_unique_constraint(op.f(f"uq_{table}_{column}"), table, [column])
        op.drop_index(f"ix_{table}_{column}", table)
    for table, columns in INDEXES.items():
        op.create_index(op.f(f"ix_{table}_{'_'.join(columns)}"), table, columns)
    for table in legacy.sorted_tables:
        op.drop_index(f"ix_{table.name}_id", table.name)
    op.execute("SET LOCAL TimeZone TO DEFAULT")


def downgrade() -> None:
    if op.get_context().dialect.name == "sqlite":
        _copy_into(legacy)
        return
    target = _target()
    _read_naive_moments_as_utc()
    for table in legacy.sorted_tables:
        op.create_index(op.f(f"ix_{table.name}_id"), table.name, ["id"])
    for table, columns in INDEXES.items():
        op.drop_index(f"ix_{table}_{'_'.join(columns)}", table)
    for table, column in UNIQUE_INDEXES.items():
        op.create_index(op.f(f"ix_{table}_{column}"), table, [column], unique=True)
        op.drop_constraint(f"uq_{table}_{column}", table)
    for old in legacy.sorted_tables:
        for before, after in sorted(map(_names, old.constraints)):
            _rename(old.name, after, before)
        if isinstance(old.c.id.type, sa.Integer):
            _count_by_serial(old.name)
        _alter_columns(target.tables[old.name], old)
    op.execute("SET LOCAL TimeZone TO DEFAULT")


def _target() -> sa.MetaData:
    """Return the tables as this revision leaves them."""
    target = sa.MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    for old in legacy.sorted_tables:
        table = sa.Table(old.name, target, *(_target_column(column) for column in old.columns))
        for constraint in old.constraints:
            if isinstance(constraint, sa.UniqueConstraint):
                table.append_constraint(sa.UniqueConstraint(*constraint.columns.keys()))
        if old.name in UNIQUE_INDEXES:
            table.append_constraint(sa.UniqueConstraint(UNIQUE_INDEXES[old.name]))
        if old.name in INDEXES:
            sa.Index(None, *(table.c[name] for name in INDEXES[old.name]))
        if old.name == "provider_metrics":
            sa.Index(None, table.c.timestamp)
    return target


def _target_column(old: sa.Column) -> sa.Column:
    path = f"{old.table.name}.{old.name}"
    kind, default = old.type, old.server_default.arg if old.server_default else TRUE_OR_FALSE.get(path)
    parts = [sa.ForeignKey(key.target_fullname) for key in old.foreign_keys]
    if isinstance(kind, sa.DateTime):
        kind = sa.DateTime(timezone=True)
        if SET_AT_INSERT & {path, old.name}:
            default = sa.func.now()
    elif isinstance(kind, sa.JSON):
        kind = sa.JSON().with_variant(JSONB(), "postgresql")
    elif isinstance(kind, sa.String) and kind.length is None:
        kind = sa.Text()
    elif isinstance(kind, sa.Integer) and old.primary_key:
        parts.append(sa.Identity())
    return sa.Column(old.name, kind, *parts, primary_key=old.primary_key, nullable=old.nullable, server_default=default)


def _names(constraint: sa.Constraint) -> tuple[str, str]:
    """Return what PostgreSQL called a constraint without a name, and what the convention calls it."""
    table, columns = constraint.table.name, "_".join(constraint.columns.keys())
    if isinstance(constraint, sa.PrimaryKeyConstraint):
        return f"{table}_pkey", f"pk_{table}"
    if isinstance(constraint, sa.ForeignKeyConstraint):
        return f"{table}_{columns}_fkey", f"fk_{table}_{columns}_{constraint.referred_table.name}"
    return f"{table}_{columns}_key", f"uq_{table}_{columns}"


def _copy_into(shape: sa.MetaData) -> None:
    """Copy every table of an SQLite database, parents first, into this shape; no value is touched."""
    for table in shape.sorted_tables:
        with op.batch_alter_table(table.name, copy_from=table, recreate="always"):
            pass


def _read_naive_moments_as_utc() -> None:
    """Set the time zone that a change between the two kinds of moment goes by, and make sure that it took."""
    op.execute("SET LOCAL TimeZone TO 'UTC'")
    op.execute(
        "DO $$ BEGIN IF current_setting('TimeZone') <> 'UTC' THEN"
        " RAISE EXCEPTION 'this migration has to run in a transaction'; END IF; END $$"
    )


def _alter_columns(old: sa.Table, new: sa.Table) -> None:
    """Change types and defaults in one statement a table, so that PostgreSQL passes over the rows once at most."""
    dialect = op.get_context().dialect
    changes = []
    for before, after in zip(old.columns, new.columns, strict=True):
        column = f"ALTER COLUMN {dialect.identifier_preparer.quote(before.name)}"
        kinds = [kind.type.compile(dialect=dialect) for kind in (before, after)]
        if kinds[0] != kinds[1]:
            changes.append(f"{column} TYPE {kinds[1]}")
        if isinstance(after.server_default, sa.DefaultClause) and before.server_default is None:
            changes.append(f"{column} SET DEFAULT {after.server_default.arg.compile(dialect=dialect)}")
        if isinstance(before.server_default, sa.DefaultClause) and after.server_default is None:
            changes.append(f"{column} DROP DEFAULT")
    if changes:
        op.execute(f"ALTER TABLE {old.name} {', '.join(changes)}")


def _rename(table: str, old: str, new: str) -> None:
    op.execute(f"ALTER TABLE {table} RENAME CONSTRAINT {old} TO {new}")


def _count_by_identity(table: str) -> None:
    op.execute(f"ALTER TABLE {table} ALTER COLUMN id DROP DEFAULT")
    op.execute(f"ALTER SEQUENCE {table}_id_seq RENAME TO {table}_id_serial")
    op.execute(f"ALTER TABLE {table} ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY")
    op.execute(f"SELECT setval('{table}_id_seq', last_value, is_called) FROM {table}_id_serial")
    op.execute(f"DROP SEQUENCE {table}_id_serial")


def _count_by_serial(table: str) -> None:
    op.execute(f"CREATE SEQUENCE {table}_id_serial AS integer")
    op.execute(f"SELECT setval('{table}_id_serial', last_value, is_called) FROM {table}_id_seq")
    op.execute(f"ALTER TABLE {table} ALTER COLUMN id DROP IDENTITY")
    op.execute(f"ALTER SEQUENCE {table}_id_serial RENAME TO {table}_id_seq")
    op.execute(f"ALTER SEQUENCE {table}_id_seq OWNED BY {table}.id")
    op.execute(f"ALTER TABLE {table} ALTER COLUMN id SET DEFAULT nextval('{table}_id_seq')")
