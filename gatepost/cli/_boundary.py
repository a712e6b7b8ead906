"""Turn every failure of a command into one sentence without passwords and one of four exit codes.

0, 1 for findings, 2 for could not run, 130 for Ctrl-C. No error of a driver, SQLite, the system or Gatepost itself is
printed as a traceback, unless `GATEPOST_DEBUG=1` is set.
"""

from __future__ import annotations

import os
import sys
import traceback
from collections.abc import Sequence
from functools import partial
from typing import Any

import typer
from typer.core import TyperGroup

from gatepost.cli._exit_codes import INTERRUPTED
from gatepost.cli._failures import DEBUG, sentence
from gatepost.cli._masking import masked, secrets_of
from gatepost.cli._streams import guarded
from gatepost.display import line, statement

COULD_NOT_RUN = 2
"""The exit code of a command that could not do its work; 1 means findings."""

_UsageError: type[Exception] = typer.BadParameter.__bases__[0]  # Typer does not export it


class Commands(TyperGroup):
    """The group of commands, which turns every failure into a sentence and an exit code."""

    def main(self, args: Sequence[str] | None = None, *further: Any, **more: Any) -> Any:  # noqa: ANN401  Typer's own
        """Run a command line and end the process with its exit code."""
        words = sys.argv[1:] if args is None else args
        mask = partial(masked, secrets=secrets_of(words, os.environ))
        with guarded(mask):
            code = self._code(args, *further, **{**more, "standalone_mode": False})
        sys.exit(code)

    def invoke(self, ctx: Any) -> object:  # noqa: ANN401  # Typer does not export its context class
        """Run a command; convert errors here, because Typer handles an OSError in its own way."""
        try:
            return super().invoke(ctx)
        except (typer.Exit, typer.Abort, _UsageError):
            raise
        except Exception as error:
            raise sentence(error) from error

    def _code(self, args: Sequence[str] | None, *further: Any, **more: Any) -> int:  # noqa: ANN401  as of `main`
        try:
            returned = super().main(args, *further, **more)
            sys.stdout.flush()
        except _UsageError as error:
            error.show()  # type: ignore[attr-defined]
            return COULD_NOT_RUN
        except KeyboardInterrupt:
            return INTERRUPTED
        except SystemExit as leaving:
            return leaving.code if isinstance(leaving.code, int) else COULD_NOT_RUN if leaving.code else 0
        except Exception as error:  # noqa: BLE001  this is the boundary
            return _failed(error)
        return returned if isinstance(returned, int) else 0


def _failed(error: Exception) -> int:
    if os.environ.get(DEBUG):
        typer.echo("".join(traceback.format_exception(error)), err=True)
    mistake = sentence(error)
    typer.secho("error: ", fg=typer.colors.RED, bold=True, nl=False, err=True)
    typer.echo(line(mistake.message, mixed=True), err=True)
    if mistake.hint:
        typer.echo(f"  {statement(mistake.hint)}", err=True)
    return COULD_NOT_RUN
