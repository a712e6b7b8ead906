"""Standard output and error behind a filter that hides passwords and escapes what the encoding lacks."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TextIO, cast

from gatepost.errors import GatepostError

Mask = Callable[[str], str]


class OutputLost(GatepostError):
    """Standard output is closed or full."""


class Guarded:
    """A text stream behind a filter. Everything except writing is passed to the stream.

    A character that the stream's encoding lacks is written as its escape.

    Args:
        stream: The stream, or None if the process was started without one.
        mask: A function that removes the passwords from a text.
        needed: Whether the command fails when nothing can be written.
    """

    def __init__(self, stream: TextIO | None, mask: Mask, *, needed: bool) -> None:
        self._stream = stream
        self._mask = mask
        self._needed = needed
        self._lost = ""

    def write(self, text: str) -> int:
        """Write a text.

        Raises:
            OutputLost: nothing can be written, and the command needs its output.
        """
        if not isinstance(text, str):  # Click finds out by this that the stream is one for text
            raise TypeError("write() takes text")
        if text:
            self._try(lambda stream: stream.write(_printable(self._mask(text), stream.encoding)))
        return len(text)

    def write_unmasked(self, text: str) -> None:
        """Write a text unfiltered, such as an address with its password for another program."""
        self._try(lambda stream: stream.write(text))

    def flush(self) -> None:
        """Write the buffered text.

        Raises:
            OutputLost: see `write`.
        """
        if self._stream is not None:
            self._try(lambda stream: stream.flush())

    def isatty(self) -> bool:
        """Return whether this is a terminal."""
        return self._stream is not None and not self._stream.closed and self._stream.isatty()

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401  whatever the stream has
        if name == "buffer":  # Click would write to it, bypassing the filter, if the encoding is ASCII
            raise AttributeError(name)
        return getattr(self._stream, name)

    def _try(self, work: Callable[[TextIO], object]) -> None:
        if not self._lost:
            try:
                if self._stream is None:
                    raise OSError("it is closed")
                work(self._stream)
            except (OSError, ValueError) as error:  # a ValueError: the stream is closed
                self._lost = str(getattr(error, "strerror", None) or error)
                _discard(self._stream)
        if self._lost and self._needed:
            raise OutputLost(f"the output cannot be written: {self._lost}")


def _printable(text: str, encoding: str | None) -> str:
    encoding = encoding or "utf-8"
    try:
        text.encode(encoding)
    except UnicodeEncodeError:
        return text.encode(encoding, "backslashreplace").decode(encoding)
    return text


def _discard(stream: TextIO | None) -> None:
    """Redirect a stream to null, because Python flushes it at the end and would fail again."""
    if stream is None:
        return
    try:
        wanted = stream.fileno()
    except (OSError, ValueError):
        return  # it is not a file, or is closed
    descriptor = os.open(os.devnull, os.O_WRONLY)
    os.dup2(descriptor, wanted)
    os.close(descriptor)


@contextmanager
def guarded(mask: Mask) -> Iterator[None]:
    """Put both output streams of this process behind a filter, and restore them afterwards.

    Args:
        mask: A function that removes the passwords from a text.
    """
    before = sys.stdout, sys.stderr
    sys.stdout = cast(TextIO, Guarded(sys.stdout, mask, needed=True))
    sys.stderr = cast(TextIO, Guarded(sys.stderr, mask, needed=False))
    try:
        yield
    finally:
        sys.stdout, sys.stderr = before
