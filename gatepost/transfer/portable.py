"""A transfer in two halves: cast where the SQLite file is, load where the target can be reached.

A directory holds one gzip file a table, in COPY's text form, and `manifest.json` with what was written: columns and
types, rows, NULLs and fingerprints. The second half loads nothing that differs from it.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import re
import time
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

from psycopg2.extensions import connection as Connection

from gatepost.errors import TransferError
from gatepost.transfer.casts.columns import COLUMN, NULL
from gatepost.transfer.casts.how import How
from gatepost.transfer.check import Tally
from gatepost.transfer.declared import same_type
from gatepost.transfer.encode import Encoded, Encoder, fingerprint, shortened
from gatepost.transfer.load import Batches, Progress
from gatepost.transfer.planning import order, pair, pair_columns, refuse_filled, refuse_weak_role
from gatepost.transfer.rejects import TableRejects
from gatepost.transfer.running import RowsRefused
from gatepost.transfer.source import BATCH_ROWS, Row, Source, SourceColumn, SourceTable
from gatepost.transfer.target import prepare, read_target, refuse_other_revision
from gatepost.transfer.values import Options, Plan, Result, TablePlan, TableResult, TargetTable, Type

FORMAT = 1
MANIFEST = "manifest.json"
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)
_WRITTEN = {"n": "\n", "t": "\t", "r": "\r", "\\": "\\"}


def write(
    source: Source, tables: tuple[TargetTable, ...], directory: Path, options: Options, progress: Progress
) -> Result:
    """Write a source to an empty directory; the manifest comes last, so a directory without one is not finished.

    Args:
        source: The open SQLite file.
        tables: The target's tables, as the models declare them.
        directory: An empty directory.
        options: As for a run.
        progress: As for a run.

    Returns:
        What was written of each table.

    Raises:
        RowsRefused: there are rejects, and `options.rejects` is not set; the directory has no manifest.
    """
    began = time.perf_counter()
    how = How.of(options.timezone, options.epoch)
    planned, _ = pair(source, tables, options)
    written, results, problems = [], [], []
    for number, table in enumerate(planned):
        started = time.perf_counter()
        rejects = TableRejects(table, options.rejects)
        path = directory / f"{number:03d}.copy.gz"
        total, digest = _write_table(source, table, path, Encoder(table, how), rejects, progress)
        rejects.close()
        results.append(TableResult(table.name, total.rows, time.perf_counter() - started, rejects.rows))
        problems += rejects.kept
        columns = [{"name": c.target.name, "type": asdict(c.target.type)} for c in table.columns]
        written.append(
            {"name": table.name, "file": path.name, "sha256": digest, "columns": columns}
            | {"rows": total.rows, "fingerprint": str(total.fingerprint), "nulls": list(total.nulls)}
        )
    if problems and options.rejects is None:
        for entry in written:
            (directory / str(entry["file"])).unlink()
        raise RowsRefused(tuple(problems), sum(result.rejects for result in results))
    manifest = {"format": FORMAT, "source": source.path.name, "tables": written}
    part = directory / f"{MANIFEST}.part"
    part.write_text(json.dumps(manifest, indent=1, ensure_ascii=False), encoding="utf-8")
    part.rename(directory / MANIFEST)
    return Result(tuple(results), time.perf_counter() - began, tuple(problems))


def is_portable(path: Path) -> bool:
    """Return whether a path is a directory that `write` made, finished or not."""
    return path.is_dir() and ((path / MANIFEST).exists() or any(path.glob("*.copy.gz")))


def plan_portable(directory: Path, connection: Connection, options: Options) -> Plan:
    """Return how a directory would be loaded.

    Raises:
        TransferError: it is not finished, was changed since, or was made for other tables than the target's.
    """
    prepare(connection)
    refuse_other_revision(connection, options.expected_revision)
    manifest = _manifest(directory)
    targets = {table.name: table for table in read_target(connection, options.schema)}
    found = {entry["name"]: entry for entry in manifest["tables"]}
    missing = sorted(found.keys() - targets.keys())
    if missing:
        raise TransferError(f'the target has no table "{options.schema}.{missing[0]}"', "alembic upgrade head")
    chosen = tuple(targets[name] for name in found)
    refuse_weak_role(chosen)
    planned = {name: _table(directory, targets[name], entry, options) for name, entry in found.items()}
    if options.mode == "empty":
        refuse_filled(connection, tuple(planned.values()))
    size = sum(path.stat().st_size for path in directory.glob("*.copy.gz"))
    return Plan(directory, options, tuple(planned[name] for name in order(chosen)), size)


def tallies(directory: Path) -> dict[str, Tally]:
    """Return what the manifest says that each table holds."""
    return {
        entry["name"]: Tally(entry["rows"], int(entry["fingerprint"]), tuple(entry["nulls"]))
        for entry in _manifest(directory)["tables"]
    }


def read(directory: Path, plan: TablePlan) -> Batches:
    """Return how to read one table's lines; each is a row of one value."""
    path = directory / _entry(directory, plan.name)["file"]
    return lambda: _batches(path)


class Lines:
    """Passes lines that were cast before on to COPY, in the place of an `Encoder`."""

    def __init__(self, plan: TablePlan) -> None:
        self.plan = plan

    def encode(self, batch: list[Row]) -> Encoded:
        """Return the lines as they are, with their tally."""
        rows = [_values(line) for (line,) in batch]
        printed = [COLUMN.join(NULL if value is None else value for value in row).encode() for row in rows]
        nulls = tuple(column.count(None) for column in zip(*rows, strict=True))
        return Encoded(b"".join(line for (line,) in batch), len(batch), fingerprint(printed), nulls)

    def values(self, row: Row) -> Row:
        """Return the values of a row, for a report."""
        return _values(row[0])

    def key(self, row: Row) -> str:
        """Return how a report names a row."""
        values = dict(zip(self.plan.read, _values(row[0]), strict=True))
        return ", ".join(f"{name}={shortened(values[name])}" for name in self.plan.target.key or values)


def _write_table(
    source: Source, table: TablePlan, path: Path, encoder: Encoder, rejects: TableRejects, progress: Progress
) -> tuple[Tally, str]:
    total = Tally.of(table)
    # The time stamp in a gzip header would make equal data differ.
    with path.open("wb") as raw, gzip.GzipFile("", "wb", 6, raw, mtime=0) as file:
        for batch in source.batches(table.source, table.read):
            encoded = encoder.encode(batch)
            file.write(encoded.data)
            total += Tally(encoded.rows, encoded.fingerprint, encoded.nulls)
            for problems, row in encoded.rejects:
                rejects.add(problems, row)
            progress(table.name, total.rows + rejects.rows, table.source.rows)
    return total, _digest(path)


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _manifest(directory: Path) -> dict[str, Any]:
    path = directory / MANIFEST
    if not path.exists():
        raise TransferError(f'"{directory}" has no {MANIFEST}: writing it was not finished', "write it again")
    try:
        manifest: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        form = manifest["format"]
    except (ValueError, KeyError, TypeError) as error:
        raise TransferError(f'"{path}" cannot be read: {error}', "write the directory again") from error
    if form != FORMAT:
        raise TransferError(f'"{path}" has format {form}, and this version reads {FORMAT}', "write it again")
    return manifest


def _entry(directory: Path, table: str) -> dict[str, Any]:
    entry: dict[str, Any] = next(e for e in _manifest(directory)["tables"] if e["name"] == table)
    return entry


def _table(directory: Path, target: TargetTable, entry: dict[str, Any], options: Options) -> TablePlan:
    path = directory / entry["file"]
    if not path.exists() or _digest(path) != entry["sha256"]:
        raise TransferError(f'"{path}" is not the file that the manifest describes', "copy or write it again")
    types = {column["name"]: _type(column["type"]) for column in entry["columns"]}
    source = SourceTable(target.name, tuple(SourceColumn(n, t.printed) for n, t in types.items()), entry["rows"], "")
    planned = pair_columns(source, target, options).columns
    for column in planned:
        if not same_type(types[column.source], column.target.type):
            raise TransferError(
                f'"{target.name}.{column.source}" was written for type "{types[column.source].printed}", '
                f'and the target has "{column.target.type.printed}"',
                "write the directory again with the models of the target's revision",
            )
    by_name = {column.source: column for column in planned}
    left = [name for name in types if name not in by_name]
    if left:
        raise TransferError(
            f'"{path}" holds the column "{left[0]}", which is not to be moved', "write it again without"
        )
    # The order of the columns is that of the file.
    return TablePlan(source, target, tuple(by_name[name] for name in types), tuple(types), ())


def _type(entry: dict[str, Any]) -> Type:
    element = entry["element"]
    return Type(**{**entry, "labels": tuple(entry["labels"]), "element": _type(element) if element else None})


def _batches(path: Path) -> Iterator[list[Row]]:
    with gzip.open(path, "rb") as file:
        batch: list[Row] = []
        for line in file:
            batch.append((line,))
            if len(batch) == BATCH_ROWS:
                yield batch
                batch = []
        if batch:
            yield batch


def _values(line: bytes) -> tuple[str | None, ...]:
    texts = line[:-1].decode().split("\t")
    if b"\\" not in line:
        return tuple(texts)
    return tuple(None if text == "\\N" else _ESCAPE.sub(lambda found: _WRITTEN[found[1]], text) for text in texts)
