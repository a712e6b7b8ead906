"""Set a project up: its settings, its policies, Alembic's environment, a test and a workflow, as changes of files."""

from __future__ import annotations

from gatepost.init.changes import FileChange
from gatepost.init.plan import Setup, plan_setup

__all__ = ["FileChange", "Setup", "plan_setup"]
