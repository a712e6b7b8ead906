"""`gatepost demo`: move a sample SQLite database into a protected PostgreSQL, in one command."""

from __future__ import annotations

from typing import Annotated

import typer


def register(app: typer.Typer) -> None:
    """Add `gatepost demo`."""
    app.command()(demo)


def demo(
    scale: Annotated[float, typer.Option(min=0.1, max=300, help="Size of the sample; 1 is about 4,600 rows.")] = 1.0,
) -> None:
    """Migrate a local database, move a sample SQLite database into it, verify it, and show who can access what.

    The demo uses a database of its own and recreates it each time, so it is safe to run it twice.

    Example: gatepost demo --scale 10
    """
    from gatepost.cli import _demo

    raise typer.Exit(_demo.run(scale))
