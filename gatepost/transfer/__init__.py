"""Move a SQLite database into PostgreSQL: everything, with exact values, or nothing.

::

    planned = plan(Path("app.db"), connection)
    result = run(planned, connection)

`source/` reads, `mapping/` is what a person decides of tables and columns, `planning/` pairs them, `casts/` decides
what each value becomes, `encode/` writes it as COPY reads it, `load/` loads and `compare/` compares; `pipeline.py`
holds the order of the steps, and `api.py` what a caller can do.

The public names are imported when they are first used: the processes in `parallel/` are started from this package and
need no driver, which would cost each of them 13 MB and 0.15 s.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gatepost.lazy_names import lazy_names

if TYPE_CHECKING:
    from gatepost.transfer.api import plan, plan_rejects, plan_write, processes, run, run_rejects, write
    from gatepost.transfer.check_only import check
    from gatepost.transfer.load.copy import Progress
    from gatepost.transfer.load.rejects import RowsRefused
    from gatepost.transfer.misfits import Misfit, scan
    from gatepost.transfer.planning.differences import SidesDiffer
    from gatepost.transfer.values import Mismatch, Options, Plan, Reject, TableResult, TransferResult

_HOMES = {
    "Misfit": "gatepost.transfer.misfits",
    "Mismatch": "gatepost.transfer.values",
    "Options": "gatepost.transfer.values",
    "Plan": "gatepost.transfer.values",
    "Progress": "gatepost.transfer.load.copy",
    "Reject": "gatepost.transfer.values",
    "RowsRefused": "gatepost.transfer.load.rejects",
    "SidesDiffer": "gatepost.transfer.planning.differences",
    "TableResult": "gatepost.transfer.values",
    "TransferResult": "gatepost.transfer.values",
    "check": "gatepost.transfer.check_only",
    "plan": "gatepost.transfer.api",
    "plan_rejects": "gatepost.transfer.api",
    "plan_write": "gatepost.transfer.api",
    "processes": "gatepost.transfer.api",
    "run": "gatepost.transfer.api",
    "run_rejects": "gatepost.transfer.api",
    "scan": "gatepost.transfer.misfits",
    "write": "gatepost.transfer.api",
}

__all__ = [
    "Misfit",
    "Mismatch",
    "Options",
    "Plan",
    "Progress",
    "Reject",
    "RowsRefused",
    "SidesDiffer",
    "TableResult",
    "TransferResult",
    "check",
    "plan",
    "plan_rejects",
    "plan_write",
    "processes",
    "run",
    "run_rejects",
    "scan",
    "write",
]

__getattr__ = lazy_names(__name__, _HOMES)


def __dir__() -> list[str]:
    return __all__
