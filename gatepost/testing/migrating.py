"""Run Alembic on a given database."""

from __future__ import annotations

from pathlib import Path


def migrate(ini: Path, url: str, revision: str = "head") -> None:
    """Upgrade or downgrade a database to a revision.

    Args:
        ini: Alembic's configuration file.
        url: The database.
        revision: The revision. With a minus sign in front, downgrade to it (`-base`).
    """
    from alembic import command
    from alembic.config import Config

    config = Config(ini)
    config.set_main_option("sqlalchemy.url", url.replace("%", "%%"))
    config.attributes |= {"url": url, "configure_logger": False}
    if revision.startswith("-"):
        command.downgrade(config, revision[1:])
    else:
        command.upgrade(config, revision)
