"""env.py: Alembic's own templates and the ways in which projects write it, changed so that Gatepost runs it."""

from pathlib import Path

import alembic
import pytest

from gatepost.errors import SettingsError
from gatepost.init.environment import patched

TEMPLATES = Path(alembic.__file__).parent / "templates"
IMPORT = "from app.models import metadata"
BY_SETTINGS = """
import os
from logging.config import fileConfig
from alembic import context
from sqlalchemy import engine_from_config, pool

config = context.config
fileConfig(config.config_file_name)

from app.models import SQLModel
from app.core.config import settings

target_metadata = SQLModel.metadata


def get_url():
    return str(settings.SQLALCHEMY_DATABASE_URI)


def include_object(found, name, kind, reflected, compare_to):
    return name != "spatial_ref_sys"


def run_migrations_offline():
    url = get_url()
    context.configure(url=url, target_metadata=target_metadata, literal_binds=True, compare_type=True)
    with context.begin_transaction():
        context.run_migrations()


def run_migrations_online():
    configuration = config.get_section(config.config_ini_section)
    configuration["sqlalchemy.url"] = get_url()
    connectable = engine_from_config(configuration, prefix="sqlalchemy.", poolclass=pool.NullPool)
    with connectable.connect() as connection:
        context.configure(
            connection=connection,
            target_metadata=target_metadata,
            include_object=include_object,
            version_table="app_version",
            render_as_batch=connection.dialect.name == "sqlite",
        )
        with context.begin_transaction():
            context.run_migrations()


if context.is_offline_mode():
    run_migrations_offline()
else:
    run_migrations_online()
"""


@pytest.mark.parametrize("template", ["generic", "async", "pyproject", "pyproject_async"])
def test_an_untouched_template_runs_gatepost_on_the_models(template):
    text = (TEMPLATES / template / "env.py").read_text()
    found = patched(text, IMPORT, "metadata")
    compile(found, "env.py", "exec")
    assert found.endswith('run(context, metadata, policies="policies")\n')
    assert IMPORT in found
    assert "engine_from_config" not in found
    assert "asyncio" not in found
    assert "fileConfig" in found
    assert patched(found, IMPORT, "metadata") == found


def test_what_a_project_says_stays():
    found = patched(BY_SETTINGS, IMPORT, "metadata")
    assert found.endswith(
        'context.config.attributes.setdefault("url", str(get_url()))\n'
        'run(context, target_metadata, policies="policies", include_object=include_object,'
        ' version_table="app_version")\n'
    )
    assert "def get_url()" in found
    assert "run_migrations" not in found
    assert IMPORT not in found


def test_an_address_that_was_set_is_passed_on():
    text = (TEMPLATES / "async" / "env.py").read_text()
    written = 'config.set_main_option("sqlalchemy.url", settings.url)\ntarget_metadata = Base.metadata'
    found = patched(text.replace("target_metadata = None", written), IMPORT, "metadata")
    assert 'setdefault("url", str(context.config.get_main_option("sqlalchemy.url")))' in found
    assert "run(context, target_metadata, " in found


def test_entities_of_alembic_utils_are_given_to_gatepost():
    written = "from alembic_utils.replaceable_entity import register_entities\nfrom app.sql import FUNCTIONS, my_view\n"
    text = BY_SETTINGS.replace("target_metadata =", "register_entities(FUNCTIONS + [my_view])\ntarget_metadata =")
    found = patched(written + text, IMPORT, "metadata")
    assert "entities=[*FUNCTIONS + [my_view]])" in found
    assert "register_entities" not in found


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("x = = 1", "line 1 is no Python"),
        ("from alembic import context\n", "never calls context.run_migrations"),
        (BY_SETTINGS.replace("connection=connection,", "**options(connection),"), r"takes \*\*options"),
    ],
)
def test_what_cannot_be_changed_is_said_with_the_lines(text, reason):
    with pytest.raises(SettingsError, match=reason) as refused:
        patched(text, IMPORT, "metadata")
    assert "run(context, target_metadata" in refused.value.hint
