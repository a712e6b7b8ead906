"""Render results: one module per format, each with `render(result) -> str`."""

from __future__ import annotations

import pkgutil
from importlib import import_module
from importlib.util import find_spec

from gatepost.errors import SettingsError
from gatepost.finding import Result


def formats() -> tuple[str, ...]:
    """Return the names of the formats, sorted."""
    return tuple(sorted(module.name for module in pkgutil.iter_modules(__path__) if not module.ispkg))


def render(result: Result, format_name: str) -> str:
    """Return a result in one of the formats.

    Args:
        result: The result of a command.
        format_name: One of `formats()`.

    Raises:
        SettingsError: there is no such format.
    """
    if format_name not in formats():
        raise SettingsError(f'"{format_name}" is not a format', f"--format {'|'.join(formats())}")
    own = f"{__name__}.{result.command}.{format_name}"  # a command may have a report of its own
    name = own if find_spec(f"{__name__}.{result.command}") and find_spec(own) else f"{__name__}.{format_name}"
    return str(import_module(name).render(result))
