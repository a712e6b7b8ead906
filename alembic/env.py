"""What Alembic runs: the plain form, without row security."""

import os
from logging.config import fileConfig
from typing import Any

import sqlalchemy as sa
from alembic import context

from models import metadata


def same_default(_context: Any, _live: Any, _declared: Any, _live_text: Any, default: Any, _text: Any) -> bool | None:
    """Pass over an identity, which SQLite does not know; None leaves the comparison to Alembic."""
    return False if isinstance(default, sa.Identity) else None


def configure(**where: Any) -> None:
    sqlite = URL.get_backend_name() == "sqlite"
    context.configure(
        **where,
        target_metadata=metadata,
        compare_type=True,
        compare_server_default=same_default if sqlite else True,
        render_as_batch=sqlite,
        transactional_ddl=True,
    )
    with context.begin_transaction():
        context.run_migrations()


if context.config.config_file_name:
    fileConfig(context.config.config_file_name, disable_existing_loggers=False)

URL = sa.make_url(os.environ["DATABASE_URL"])
if URL.drivername in {"postgres", "postgresql"}:
    URL = URL.set(drivername="postgresql+psycopg2")

if context.is_offline_mode():
    configure(url=URL, literal_binds=True)
else:
    engine = sa.create_engine(URL, poolclass=sa.NullPool)
    if URL.get_backend_name() == "sqlite":
        # Left to itself the driver begins no transaction before CREATE or DROP, and a failure stops half-way.
        sa.event.listen(engine, "connect", lambda connection, _: setattr(connection, "isolation_level", None))
        sa.event.listen(engine, "begin", lambda connection: connection.exec_driver_sql("BEGIN"))
    with engine.connect() as connection:
        configure(connection=connection)
