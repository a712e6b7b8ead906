"""Find buckets whose files strangers read, overwrite or delete: the files of private ones, and of those with owners."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from gatepost import sql
from gatepost.analysis.compared_values import identifiers_in
from gatepost.finding import Finding, Severity
from gatepost.name_hints import name_parts, word_list
from gatepost.observation.attempt.personas import describe
from gatepost.observation.attempt.trial.results import Observations
from gatepost.observation.attempt.trial.witness import comma_joined, in_force, to_change, witness
from gatepost.observation.plant.insert_rows import PlantedRows
from gatepost.observation.plant.survey import FILES
from gatepost.observation.plant.users import ANN
from gatepost.personas import Persona
from gatepost.schema import IN_OWN_FOLDER, Policy, RowCommand, Table

_VERBS: dict[RowCommand, str] = {"select": "read", "update": "overwrite", "delete": "delete"}
_FOR_ALL = frozenset({"public", "publicly", "everyone", "everybody", "anyone", "anybody"})
"""Words in the name of a policy by which files are meant to be read by all."""
_FOLDER = frozenset({"name", "path_tokens"})
_OWNER = _FOLDER | {"owner", "owner_id"}
_KIND_OF_FILE = "storage.extension(name)"
"""How PostgreSQL prints what says of a file which kind it is, and not whose."""


@dataclass(frozen=True)
class Buckets:
    """Compares the files that strangers accessed with what is known of their buckets."""

    planted_rows: PlantedRows
    record: Observations
    personas: Sequence[Persona]

    def findings(self, table: Table) -> Iterator[Finding]:
        """Yield one finding for each bucket and command, if the table is the one of files."""
        if table.key != FILES[1] or not table.row_security.enabled:
            return
        buckets = dict.fromkeys(row.values.get("bucket_id") for row in self.planted_rows.of(table).values())
        for bucket in filter(None, buckets):
            for command, verb in _VERBS.items():
                yield from self._of(table, bucket, command, verb)
            if bucket in self.planted_rows.survey.public_buckets:
                yield from self._published(table, bucket)

    def uploads(self, table: Table, plain: Collection[str]) -> Iterator[Finding]:
        """Yield the buckets in which users put files among those of others, where policies check the folder there.

        The storage service itself writes the owner of a file, and the caller chooses the path.

        Args:
            table: The table of files.
            plain: The personas that are ordinary users of it.
        """
        found: dict[str, list[tuple[Persona, str]]] = {}
        for persona in self.personas:
            cell = self.record.cell(persona.name, table, "insert")
            for name, let_in in cell.inserts.items() if persona.name in plain else ():
                bucket = cell.candidates[name].values.get("bucket_id") or ""
                if let_in and name != "own" and not name.startswith("own in ") and _folder_decides(table, bucket):
                    found.setdefault(bucket, []).append((persona, cell.statements[name]))
        for bucket, tried in found.items():
            persona, statement = tried[0]
            yield Finding(
                "row-forged",
                "error",
                str(table),
                f"{comma_joined(list(dict.fromkeys(one.name for one, _ in tried)))} can add files to another user's"
                f" folder in the bucket {sql.literal(bucket)}",
                fix=_within_own_folder(table, bucket, persona.role),
                detail=f"insert:{bucket}",
                witness=f"{describe(persona)}: {statement}",
            )

    def _published(self, table: Table, bucket: str) -> Iterator[Finding]:
        """Find a bucket with private files, by its name and its policies, whose files everybody reads by their URLs."""
        words = name_parts(bucket)
        if words & word_list("private_buckets") and "public" not in words and has_owners(table, bucket):
            yield Finding(
                "bucket-open",
                "error",
                str(table),
                f"anyone can read the files of {sql.literal(bucket)} by their URLs, because the bucket is public: no "
                "policy is asked",
                fix=f"UPDATE storage.buckets SET public = false WHERE id = {sql.literal(bucket)}",
                detail=f"public:{bucket}",
                witness=f"SELECT public FROM storage.buckets WHERE id = {sql.literal(bucket)} -- returns true",
            )

    def _of(self, table: Table, bucket: str, command: RowCommand, verb: str) -> Iterator[Finding]:
        hers = {
            row.number
            for row in self.planted_rows.of(table).values()
            if row.world == ANN and row.values.get("bucket_id") == bucket
        }
        who = [
            (persona, cell)
            for persona in self.personas
            if (persona.traits.signed_out or (persona.traits.ordinary and persona.row_set != ANN))
            and hers <= (cell := self.record.cell(persona.name, table, command)).rows
        ]
        anybody = any(persona.traits.signed_out for persona, _ in who)
        severity = self._severity(table, bucket, command, anybody) if who and hers else None
        if severity is None:
            return
        persona, cell = who[0]
        kind = "private bucket" if bucket in self.planted_rows.survey.private_buckets else "bucket"
        names = [p.name for p in in_force(table, persona.role, command) if p.permissive]
        yield Finding(
            "bucket-open",
            severity,
            str(table),
            f"{comma_joined([one.name for one, _ in who])} can {verb} the files of others in the {kind} "
            f"{sql.literal(bucket)}",
            fix="\n".join(f"ALTER POLICY {sql.identifier(name)} ON storage.objects …" for name in names),
            detail=f"{command}:{bucket}",
            witness=witness(self.planted_rows, persona, table, cell, min(hers)),
        )

    def _severity(self, table: Table, bucket: str, command: RowCommand, anybody: bool) -> Severity | None:
        """Return how bad it is that strangers access every file of a bucket, or None where that may be intended."""
        private = bucket in self.planted_rows.survey.private_buckets
        by_name = bool(name_parts(bucket) & word_list("private_buckets")) and "public" not in name_parts(bucket)
        owned = has_owners(table, bucket)
        if command == "select":
            if any(name_parts(policy.name) & _FOR_ALL for policy in in_force(table, "authenticated", command)):
                return "error" if by_name else None
            if private and (owned or by_name):
                return "error"
            return "error" if by_name and owned else "warning" if private or by_name else None
        return "error" if owned or anybody or (private and by_name) else "warning"


def has_owners(table: Table, bucket: str | None) -> bool:
    """Return whether a policy that names a bucket, or that names none, checks whose file it is.

    Args:
        table: The table of files.
        bucket: The bucket.
    """
    return _checks(table, bucket or "", _OWNER)


def _checks(table: Table, bucket: str, columns: Collection[str]) -> bool:
    """Return whether a policy on the files of a bucket checks one of some columns."""
    return any(_is_about(policy, bucket) and not _read_by(policy).isdisjoint(columns) for policy in table.policies)


def _folder_decides(table: Table, bucket: str) -> bool:
    """Return whether whose a file is depends on its folder.

    It does not where only an upload has to have a path of some form, and its owner decides the rest.
    """
    about = [policy for policy in table.policies if _is_about(policy, bucket)]
    by_folder = [policy for policy in about if not _read_by(policy).isdisjoint(_FOLDER)]
    return any(one.command != "insert" or _read_by(one).isdisjoint({"owner", "owner_id"}) for one in by_folder)


def _is_about(policy: Policy, bucket: str) -> bool:
    return sql.literal(bucket) in _text(policy) or "bucket_id" not in _read_by(policy)


def _read_by(policy: Policy) -> frozenset[str]:
    """Return the columns of a file that a policy reads, other than for the kind of file."""
    columns = {column for one in policy.reads if one.key == FILES[1] for column in one.columns}
    only_kind = "name" not in identifiers_in(_text(policy).replace(_KIND_OF_FILE, ""))
    return frozenset(columns - {"name"} if only_kind else columns)


def _text(policy: Policy) -> str:
    return " ".join(filter(None, (policy.using, policy.check)))


def _within_own_folder(table: Table, bucket: str, role: str) -> str:
    """Return what keeps uploads to a bucket within the caller's folder: SQL where one policy lets them in."""
    opening = [one for one in in_force(table, role, "insert") if one.permissive and _is_about(one, bucket)]
    if len(opening) != 1:
        return to_change(table, opening)
    target = sql.qualified(*table.key)
    kept = opening[0].check or opening[0].using or "true"
    return f"ALTER POLICY {sql.identifier(opening[0].name)} ON {target} WITH CHECK ({kept} AND {IN_OWN_FOLDER})"
