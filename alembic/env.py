"""Alembic's environment: the tables of models/, and row security as policies/ declares it.

DATABASE_URL, from the environment or .env, names the database; unset, it is the embedded server's.
"""

from logging.config import fileConfig

from alembic import context

from gatepost.migrate import run
from models import metadata

if context.config.config_file_name is not None and context.config.attributes.get("configure_logger", True):
    fileConfig(context.config.config_file_name, disable_existing_loggers=False)

run(context, metadata, policies="policies")
