"""`gatepost demo`: from a legacy SQLite database to a protected PostgreSQL, in one command."""

from __future__ import annotations

from typing import Annotated

import typer


def register(app: typer.Typer) -> None:
    """Add `gatepost demo`."""
    app.command()(demo)


def demo(
    scale: Annotated[float, typer.Option(min=0.1, max=300, help="1 is about 4,600 rows.")] = 1.0,
) -> None:
    """Migrate a database of the local server, move a legacy SQLite database in, verify it, and show who may do what.

    It works on a database of its own, which it makes anew each time: running it twice is safe.

    Example: gatepost demo --scale 10
    """
    from gatepost.cli import _demo

    raise typer.Exit(_demo.run(scale))
