"""`gatepost local`: the embedded server."""

from __future__ import annotations

import typer


def register(app: typer.Typer) -> None:
    """Add `gatepost local ...`."""
    app.add_typer(typer.Typer(help="Run an embedded PostgreSQL shaped like a hosted project."), name="local")
