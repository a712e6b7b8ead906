"""The mapping and the scan of `gatepost transfer`: read, written and printed."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from gatepost.cli import _transfer_page as page
from gatepost.cli._transfer_text import misfit, progress_bars, summary
from gatepost.display import json_text, line

if TYPE_CHECKING:
    from gatepost.cli._transfer import Job
    from gatepost.transfer.mapping.values import Mapping
    from gatepost.transfer.values import Plan

FINDINGS = 1


def read_mapping(file: Path | None) -> Mapping | None:
    """Return the mapping that `--mapping` names."""
    if file is None:
        return None
    from gatepost.transfer.mapping.read_toml import read_mapping

    return read_mapping(file)


def write_mapping(job: Job, source: Path, file: Path, package: str) -> int:
    """Write what becomes of every table and column to a file; return the exit code, 1 if somebody has to decide."""
    from gatepost.transfer.mapping.write_toml import write_mapping as write
    from gatepost.transfer.planning.differences import SidesDiffer

    undecided = 0
    try:
        plan = _plan(job, source, package)
    except SidesDiffer as differ:
        if differ.plan is None:
            raise
        plan, undecided = differ.plan, differ.number
    write(plan.mapping, file, source.name)
    if job.talks:
        page.print_plan(plan)
        left = f'; {undecided} places need a decision, marked "?"' if undecided else ""
        typer.echo(line(f'written to "{file}"{left}; use it with --mapping {file}', mixed=True))
    return FINDINGS if undecided else 0


def scan(job: Job, source: Path) -> int:
    """Print the plan and every kind of value that will not fit; return the exit code."""
    from gatepost import transfer
    from gatepost.database.connect import connect

    with closing(connect(job.target, refuse_transaction_pooler=True)) as connection:
        plan = transfer.plan(source, connection, options=job.options)
        if job.talks:
            page.print_plan(plan)
        with progress_bars({t.name: t.source.rows for t in plan.tables}, shown=job.talks) as progress:
            misfits = transfer.scan(plan, connection, progress=progress)
    if job.verbosity.as_json:
        tables = page.plan_tables(plan)
        found = [misfit(job.options.schema, one) for one in misfits]
        typer.echo(json_text(summary(job.target.masked, tables, found, written=False)))
    elif job.talks:
        page.print_misfits(misfits)
        values = sum(one.values for one in misfits)
        typer.echo(f"{values:,} value{'s' * (values != 1)} will not fit" if misfits else "every value fits")
    return FINDINGS if misfits else 0


def _plan(job: Job, source: Path, package: str) -> Plan:
    """Plan with the target, or with the models where no target can be reached from here."""
    from gatepost import transfer
    from gatepost.cli._transfer import model_metadata
    from gatepost.database.connect import connect

    if package:
        return transfer.plan_write(source, model_metadata(package), options=job.options)
    with closing(connect(job.target, refuse_transaction_pooler=True)) as connection:
        return transfer.plan(source, connection, options=job.options)
