"""`gatepost mcp`: a server for agents that write policies, over standard input and output."""

from __future__ import annotations

import sys

import typer


def register(app: typer.Typer) -> None:
    """Add `gatepost mcp`."""
    app.command("mcp", epilog="Example: gatepost mcp")(_mcp)


def _mcp() -> None:
    """Serve three tools to an agent over standard input and output: check_sql, who_can, explain_rule.

    The tools take SQL and no address: whatever an agent asks, no database of yours is opened. AGENTS.md says how to
    use them.
    """
    from gatepost.errors import SettingsError

    try:
        from mcp.server import MCPServer
    except ImportError:
        raise SettingsError("the server for agents is not installed", "pip install 'gatepost[mcp]'") from None
    from gatepost.cli._mcp import check_sql, explain_rule, who_can

    server = MCPServer("gatepost")
    for tool in (check_sql, who_can, explain_rule):
        server.tool()(tool)
    sys.stdout = sys.__stdout__  # the protocol writes bytes, and every text in them was printed by a command of ours
    server.run()
