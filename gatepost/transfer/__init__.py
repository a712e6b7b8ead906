"""Move a SQLite database into PostgreSQL: everything, with exact values, or nothing.

::

    planned = plan(Path("app.db"), connection)
    result = run(planned, connection)

`source/` reads, `plan/` pairs the columns, `casts/` decides what each value becomes, `encode/` writes it as COPY reads
it, `load/` loads and `compare/` compares; `run.py` holds the order of the steps, and `api.py` what a caller can do.
"""

from gatepost.transfer.api import plan, plan_mended, plan_write, run, run_rejects, write
from gatepost.transfer.check_only import check
from gatepost.transfer.load.copy import Progress
from gatepost.transfer.load.rejects import RowsRefused
from gatepost.transfer.values import Mismatch, Options, Plan, Reject, TableResult, TransferResult

__all__ = [
    "Mismatch",
    "Options",
    "Plan",
    "Progress",
    "Reject",
    "RowsRefused",
    "TableResult",
    "TransferResult",
    "check",
    "plan",
    "plan_mended",
    "plan_write",
    "run",
    "run_rejects",
    "write",
]
