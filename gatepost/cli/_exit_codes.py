"""Exit codes besides 0, 1 for findings and 2 for could not run."""

INTERRUPTED = 130
"""The exit code that shells use for Ctrl-C."""
