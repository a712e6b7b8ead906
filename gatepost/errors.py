"""The exceptions that Gatepost raises.

::

    GatepostError
    ├── SettingsError            the environment, `.env` or pyproject.toml is wrong
    ├── DeclarationError         a statement in policies/ is wrong
    ├── ExpressionError          PostgreSQL refuses an expression that was declared
    ├── DatabaseUnreachable      no connection, or none that can do the work
    ├── SourceError              a folder or file of SQL cannot be turned into a database
    ├── LocalServerError         the embedded server cannot be started or stopped
    ├── MigrationError           the database is not in a state that can be migrated
    ├── TransferError            the data cannot be moved as requested
    └── NotDisposable            a writing command was pointed at a database that may not be written

This module imports nothing, so every other module can import it.
"""

from __future__ import annotations


class GatepostError(Exception):
    """Something that the user can fix.

    Args:
        message: One sentence that names the offending thing in quotes.
        hint: The line or command that fixes it, or the empty string where there is no single one.
    """

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message}\n  {self.hint}" if self.hint else self.message


class SettingsError(GatepostError):
    """The environment, `.env` or `pyproject.toml` holds a value that cannot be used."""


class DeclarationError(GatepostError):
    """A statement in `policies/` cannot be what its author intended."""


class ExpressionError(GatepostError):
    """PostgreSQL refuses an expression that was declared."""


class DatabaseUnreachable(GatepostError):
    """A connection cannot be made, or cannot do what the command needs."""


class SourceError(GatepostError):
    """A folder or a file of SQL, or an Alembic project, cannot be turned into a database."""


class LocalServerError(GatepostError):
    """The embedded server cannot be started, reached or stopped."""


class MigrationError(GatepostError):
    """The database is in a state from which the migration cannot go on."""


class TransferError(GatepostError):
    """The data cannot be moved as requested; nothing was written."""


class NotDisposable(GatepostError):
    """A command that writes was pointed at a database that it may not write."""
