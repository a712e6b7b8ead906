"""alembic-utils' operations with our steps in them, written into revisions in a line or a few.

>>> op.create_entity(Grant("public", "notes", "authenticated", "SELECT"))   # doctest: +SKIP
"""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING, Any

from alembic.autogenerate import renderers
from alembic.operations import ops
from alembic_utils.reversible_op import CreateOp, DropOp, ReplaceOp

from gatepost.diff import TableRowSecurity
from gatepost.migrate.entities import Entity, Grant, PolicyEntity, RevokeAll, RowSecurityEntity, ViewOptionsEntity
from gatepost.migrate.entities.privileges import AllRevoked, ViewOptions
from gatepost.migrate.entities.source_text import WIDTH
from gatepost.migrate.revision.sentences import sentence
from gatepost.migrate.revision.steps import Step, Subject
from gatepost.schema import Policy

if TYPE_CHECKING:
    from alembic.autogenerate.api import AutogenContext


class _Ours:
    """What our operations have alike: the step that they take."""

    step: Step

    def reverse(self) -> ops.MigrateOperation:
        """Return the operation of the way down."""
        return operation(self.step.reversed())

    def to_diff_tuple(self) -> tuple[Any, ...]:
        """Return what `alembic check` shows."""
        return (sentence(self.step),)


class CreateStep(_Ours, CreateOp):
    """`op.create_entity` of one of our entities."""


class ReplaceStep(_Ours, ReplaceOp):
    """`op.replace_entity` of one of our entities."""


class DropStep(_Ours, DropOp):
    """`op.drop_entity` of one of our entities."""


class OtherWay(ops.OpContainer):
    """A step that only the other direction takes; it holds nothing, and writes nothing."""

    def __init__(self, step: Step) -> None:
        super().__init__(())
        self.step = step

    def reverse(self) -> ops.MigrateOperation:
        """Return the operation of the other direction."""
        return operation(self.step.reversed())


def operation(step: Step) -> ops.MigrateOperation:
    """Return the operation of a step."""
    if step.way == "down":
        return OtherWay(step)
    made = entity(step.subject)
    found: CreateStep | ReplaceStep | DropStep
    if step.kind == "create":
        found = CreateStep(made)
    elif step.kind == "drop":
        found = DropStep(made)
    else:
        found = ReplaceStep(made)
    found.step = step
    return found


def entity(value: Subject) -> Entity:
    """Return the entity of a value."""
    if isinstance(value, Policy):
        named = value.schema, value.table, value.name, value.command, value.roles
        return PolicyEntity(*named, value.using, value.check, value.permissive, value.comment)
    if isinstance(value, TableRowSecurity):
        return RowSecurityEntity(value.schema, value.table, value.state.enabled, value.state.forced)
    if isinstance(value, AllRevoked):
        return RevokeAll(value.schema, value.name, value.roles, value.sequences, value.on)
    if isinstance(value, ViewOptions):
        return ViewOptionsEntity(value.schema, value.name, value.options)
    return Grant(value.schema, value.name, value.role, value.privilege, value.columns, value.on, value.grantable)


@renderers.dispatch_for(CreateStep)
def _render_create(context: AutogenContext, op: CreateStep) -> str:
    return _rendered(context, "create_entity", op)


@renderers.dispatch_for(ReplaceStep)
def _render_replace(context: AutogenContext, op: ReplaceStep) -> str:
    return _rendered(context, "replace_entity", op)


@renderers.dispatch_for(DropStep)
def _render_drop(context: AutogenContext, op: DropStep) -> str:
    return _rendered(context, "drop_entity", op)


@renderers.dispatch_for(OtherWay)
def _render_nothing(_context: AutogenContext, _op: OtherWay) -> list[str]:
    return []


def _rendered(context: AutogenContext, name: str, op: CreateStep | ReplaceStep | DropStep) -> str:
    made = op.target
    assert isinstance(made, Entity)  # noqa: S101  the operations of steps hold our entities
    context.imports.add(made.render_import_statement())
    source = made.source(name_only=isinstance(op, DropStep))
    one_line = f"op.{name}({source})"
    if "\n" not in source and len(one_line) <= WIDTH:
        return one_line
    return f"op.{name}(\n{textwrap.indent(source, '    ')}\n)"
