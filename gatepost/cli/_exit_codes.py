"""What a command exits with, beside 0, 1 for findings and 2 where it could not run."""

INTERRUPTED = 130
"""What a shell makes of Ctrl-C."""
