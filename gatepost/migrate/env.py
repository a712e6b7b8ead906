"""Run Alembic's migrations: everything that an `env.py` needs, in one function.

>>> from gatepost.migrate import run              # doctest: +SKIP
>>> run(context, metadata, policies="policies")   # doctest: +SKIP
"""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any, Literal

from alembic.runtime.plugins import Plugin
from alembic.util import CommandError, DispatchPriority, PriorityDispatchResult
from alembic_utils.replaceable_entity import ReplaceableEntity
from sqlalchemy import Identity, MetaData, Table, TypeDecorator
from sqlalchemy.types import TypeEngine

from gatepost.declare.declaration import Declaration
from gatepost.errors import GatepostError, SettingsError
from gatepost.migrate.column_defaults import compare_qualified_default
from gatepost.migrate.compare import compare
from gatepost.migrate.deploy.lock_patience import Patience
from gatepost.migrate.deploy.running import is_sqlite, run_migrations
from gatepost.migrate.named_types import compare_label_default, is_sqlmodel, render_named_type
from gatepost.migrate.open_tables import EndOfUpgrade
from gatepost.migrate.partitions import UnnamedPartitions
from gatepost.migrate.routines.comparing import register_nothing
from gatepost.migrate.routines.declared import PLATFORM_FUNCTIONS
from gatepost.migrate.stock_entities import refuse_stock_entities
from gatepost.name_hints import added_words
from gatepost.project import declared, find_project
from gatepost.schema import is_platform
from gatepost.target import target_url

if TYPE_CHECKING:
    from alembic.autogenerate.api import AutogenContext
    from alembic.runtime.environment import EnvironmentContext
    from alembic.script import ScriptDirectory

PLUGIN = "gatepost"
_INTERRUPTED = 130  # what a shell reports of a program that SIGINT ended
_A_DAY = 86400.0
LEFT_ALONE = "gatepost: left alone"
"""What the `info` of a table says that stands in the metadata for a foreign key, and belongs to somebody else."""


def run(
    context: EnvironmentContext,
    metadata: MetaData | Sequence[MetaData],
    *,
    policies: str | Declaration = "policies",
    url: str | None = None,
    entities: Iterable[ReplaceableEntity] | None = None,
    only_declared: bool | None = None,
    lock_timeout: float = Patience.lock_timeout,
    lock_attempts: int = Patience.attempts,
    **options: Any,  # noqa: ANN401  whatever Alembic's configure() takes
) -> None:
    """Run the migrations that Alembic requests, with row security, policies and grants besides the tables.

    Args:
        context: `alembic.context`.
        metadata: The models' metadata, or several where the models have several.
        policies: The package of the declarations, or what was declared.
        url: The database, for a project that has several and an `env.py` for each; without it, `DATABASE_URL` or the
            embedded server. `alembic -x url=… upgrade head` and a program that runs Alembic take precedence.
        entities: The functions, views and triggers of the project: alembic-utils' own, or `Function` and `View` of
            `gatepost.migrate`, which say who may use them. None takes those that `entities` of `[tool.gatepost]` names,
            and without that setting the project versions none; an empty list means that it has none now and those in
            the database are to be dropped. Policies and grants are not among them: `policies/` declares those.
        only_declared: Leave tables alone that no model names or nobody protected, and functions, views and triggers
            that are not among the entities, instead of refusing the former and proposing to drop the latter: for a
            project that manages a part of a database. None takes `only_declared` of `[tool.gatepost]`.
        lock_timeout: The seconds for which a statement waits for a lock, and so for which readers may wait behind it;
            0 sets no limit. `alembic -x lock_timeout=5 upgrade head` takes precedence.
        lock_attempts: How often a run begins while others hold its locks; `-x lock_attempts=1` takes precedence.
        options: More of what `context.configure` takes.

    Raises:
        CommandError: the declaration, the database or its URL is wrong; Alembic prints it as one sentence.
    """
    try:
        given = context.get_x_argument(as_dictionary=True)
        declaration = _declared(policies) if isinstance(policies, str) else policies
        if only_declared is None:
            only_declared = isinstance(policies, str) and _is_partial()
        declaration = replace(declaration, partial=only_declared)
        where = context.config.attributes.get("connection") or target_url(
            given.get("url") or context.config.attributes.get("url") or url
        )
        patience = Patience(
            _number(given, "lock_timeout", lock_timeout), round(_number(given, "lock_attempts", lock_attempts, least=1))
        )
        entities = _of_project() if entities is None and isinstance(policies, str) else entities
        entities = None if entities is None else list(entities)
        refuse_stock_entities(entities or ())
        register_nothing()
        plugin = _plugin(declaration, entities, context.script)
        try:
            every = [metadata] if isinstance(metadata, MetaData) else list(metadata)
            at_end = EndOfUpgrade(context, declaration)
            options = _options(UnnamedPartitions(context, every), every, is_sqlite(where), only_declared, options)
            run_migrations(context, where, options, patience, at_end)
        finally:
            plugin.remove()
    except GatepostError as error:
        raise _refusal(context, error) from None
    except KeyboardInterrupt:
        if context.config.cmd_opts is None:  # somebody else's program, which decides what Ctrl-C does
            raise
        raise SystemExit(_INTERRUPTED) from None


def _declared(package: str) -> Declaration:
    """Return what a package declares, read with the words that the project adds."""
    project = find_project()
    with added_words(project.name_hints if project is not None else None):
        return declared(package)


def _is_partial() -> bool:
    """Return whether `[tool.gatepost]` says that what is not declared is left alone."""
    project = find_project()
    return project is not None and project.only_declared


def _of_project() -> list[Any] | None:
    """Return the functions and views that `[tool.gatepost]` names."""
    project = find_project()
    return project.entity_list() if project is not None else None


def _refusal(context: EnvironmentContext, error: GatepostError) -> BaseException:
    """Return what ends the command: its exit code from a shell is 2, where Alembic's own would be 255."""
    options = context.config.cmd_opts
    if options is None or getattr(options, "raiseerr", False):
        return CommandError(str(error))
    print(f"FAILED: {error}", file=sys.stderr)
    return SystemExit(2)


def _number(given: Mapping[str, str], name: str, otherwise: float, least: float = 0) -> float:
    """Return a number from the command line (`-x name=5`), or else the one of `env.py`."""
    text = given.get(name, str(otherwise))
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not least <= value < _A_DAY:
        raise SettingsError(f'"-x {name}={text}" is not a number from {least:g}', f"-x {name}=5")
    return value


def _options(
    partitions: UnnamedPartitions,
    metadata: Sequence[MetaData],
    for_sqlite: bool,
    only_declared: bool,
    given: dict[str, Any],
) -> dict[str, Any]:
    every = (table.schema for one in metadata for table in one.tables.values())
    schemas = {schema for schema in every if not is_platform(schema or "public")}
    ours = {
        "target_metadata": metadata[0] if len(metadata) == 1 else list(metadata),
        "compare_type": True,
        "compare_server_default": _compare_sqlite_default if for_sqlite else True,
        "render_as_batch": for_sqlite,
        "transactional_ddl": True,
        "include_schemas": bool(schemas - {None}),
        "autogenerate_plugins": ["alembic.autogenerate.*", PLUGIN],
    }
    # A project may leave more out, and never lets the platform's own in.
    return (
        ours
        | given
        | {
            "include_name": partial(_is_ours, partitions, schemas, given.get("include_name")),
            "render_item": partial(_render_type, given.get("render_item")),
            "include_object": partial(_is_compared, only_declared, given.get("include_object")),
        }
    )


def _render_type(
    project: Callable[..., str | Literal[False]] | None,
    kind: str,
    found: object,
    context: AutogenContext,
) -> str | Literal[False]:
    """Write a type of SQLModel as the one that it stands for, and a named type as one that stands by itself.

    False leaves everything else to Alembic.
    """
    by_project = project(kind, found, context) if project is not None else False
    if by_project is not False or kind != "type":
        return by_project
    if isinstance(found, TypeDecorator) and is_sqlmodel(found):
        return f"{context.opts['sqlalchemy_module_prefix']}{found.impl_instance!r}"
    if not isinstance(found, TypeEngine) or context.dialect is None or context.dialect.name != "postgresql":
        return False
    return render_named_type(found, context) or False


def _compare_sqlite_default(_context: object, _live: object, _declared: object, *defaults: object) -> bool | None:
    """Pass over an identity, which SQLite does not know; None leaves every other default to Alembic."""
    return False if isinstance(defaults[1], Identity) else None


def _is_ours(
    partitions: UnnamedPartitions,
    schemas: set[str | None],
    also: Callable[..., bool] | None,
    name: str | None,
    kind: str,
    parents: dict[str, str | None],
) -> bool:
    """Return whether an object of the database may be compared, and so be proposed for a drop."""
    if kind == "schema":
        ours = name is None or name in schemas
    else:
        schema = parents.get("schema_name") or "public"
        ours = not is_platform(schema) and str(name).rpartition(".")[2] not in PLATFORM_FUNCTIONS
        ours = ours and not (kind == "table" and (schema, name) in partitions)
    return ours and (also is None or also(name, kind, parents))


def _is_compared(only_declared: bool, also: Callable[..., bool] | None, found: Any, *about: Any) -> bool:  # noqa: ANN401
    """Return whether an object may be compared; `auth_users()` puts a table of the platform among the models."""
    _name, _kind, reflected, model = about
    undeclared = only_declared and reflected and model is None
    if undeclared and isinstance(found, Table | ReplaceableEntity):
        return False
    if isinstance(found, Table) and (is_platform(found.schema or "public") or found.info.get(LEFT_ALONE)):
        return False
    return also is None or bool(also(found, *about))


def _plugin(declaration: Declaration, entities: Iterable[ReplaceableEntity] | None, script: ScriptDirectory) -> Plugin:
    def compare_access(
        autogen_context: Any,  # noqa: ANN401  Alembic passes them by name
        upgrade_ops: Any,  # noqa: ANN401
        schemas: Any,  # noqa: ANN401
    ) -> PriorityDispatchResult:
        compare(autogen_context, upgrade_ops, schemas, declaration, entities, script)
        return PriorityDispatchResult.CONTINUE

    plugin = Plugin(PLUGIN)
    plugin.add_autogenerate_comparator(compare_access, "schema", priority=DispatchPriority.LAST)
    for compare_default in (compare_label_default, compare_qualified_default):
        plugin.add_autogenerate_comparator(compare_default, "column", "server_default", priority=DispatchPriority.FIRST)
    return plugin
