"""Lines for a terminal: sentences broken at its width, SQL left whole, because it is copied."""

from __future__ import annotations

import textwrap

ROLLED_BACK = "Reproduce in a transaction that is rolled back: the statements may write."
"""What a reader has to know before a statement that deletes or changes rows is copied."""


def sentence(text: str, indent: str, width: int | None) -> list[str]:
    """Return a sentence as lines.

    Args:
        text: What `display.line` returned.
        indent: What stands before each line but the first.
        width: Of the terminal; None where the output is no terminal, and each sentence is one line.
    """
    if width is None or len(text) <= width:
        return [text]
    return textwrap.wrap(
        text, width, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False, drop_whitespace=True
    )
