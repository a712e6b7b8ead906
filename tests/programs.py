"""PostgreSQL's programs as the account that runs a server can run them."""

from pathlib import Path

from gatepost.local import server_directory
from gatepost.local.account import unprivileged
from gatepost.local.binaries import Binaries, find, usable_by


def programs(directory: Path | None = None) -> Binaries:
    """Return the programs, or a copy where that account cannot reach them: an environment in a folder of root's own."""
    account, found = unprivileged(), find(directory)
    return usable_by(found, account, server_directory.cache(account)) if account else found
