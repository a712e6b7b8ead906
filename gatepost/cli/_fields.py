"""A command whose arguments are the fields of one value, for one that has many."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import MISSING, Field, fields
from inspect import Parameter, Signature
from typing import TYPE_CHECKING, Any, TypeVar, get_type_hints

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

    Value = TypeVar("Value", bound=DataclassInstance)


def from_fields(kind: type[Value], work: Callable[[Value], None]) -> Callable[..., None]:
    """Return a function with a parameter for each field, as Typer reads one; it calls `work` with the value.

    Args:
        kind: A dataclass whose fields are annotated as Typer's parameters are.
        work: What the command does.
    """

    def command(**given: Any) -> None:  # noqa: ANN401  what Typer read, of the type of each field
        work(kind(**given))

    hints = get_type_hints(kind, include_extras=True)
    parameters = [
        Parameter(f.name, Parameter.KEYWORD_ONLY, default=_default(f), annotation=hints[f.name]) for f in fields(kind)
    ]
    command.__signature__ = Signature(parameters)  # type: ignore[attr-defined]
    command.__annotations__ = hints
    return command


def _default(field: Field[Any]) -> object:
    return Parameter.empty if field.default is MISSING else field.default
