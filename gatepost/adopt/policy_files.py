"""The text of `policies/`: one statement a table, with its policies, its row security and its grants as they were."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping

from gatepost.adopt.model_names import Key, ModelName
from gatepost.adopt.statements import Candidate, role_code
from gatepost.schema import PLATFORM_GRANTORS, Grant, Policy, Schema, Table, is_platform

_GATEPOST = frozenset(
    "Role allow anon anything as_found authenticated bucket call claim claims folder jwt member owner protect public"
    " restrict role service_role text through topic uid".split()
)
_COMMON = "EVERYTHING"


def policy_file(
    live: Schema, tables: Iterable[Table], models: Mapping[Key, ModelName], written: Mapping[Policy, Candidate]
) -> str:
    """Return the module that declares tables as they were found.

    Args:
        live: The database.
        tables: The tables; of those of the platform only the policies are declared.
        models: The models.
        written: How each policy is written; a policy that is not among them is left out.
    """
    words, used = {"protect"}, set[Key]()
    everything = _everything(tables)
    statements = []
    for table in tables:
        rules = [written[policy] for policy in table.policies if policy in written]
        for one in rules:
            words |= one.words
            used |= one.models
        aliases = {variable: (name, model) for one in rules for variable, name, model in one.aliases}
        lines = [f"{variable} = aliased({model.name}, name={name!r})\n" for variable, (name, model) in aliases.items()]
        arguments = [one.code for one in rules]
        if is_platform(table.schema):
            subject = repr(f"{table.schema}.{table.name}")
        else:
            subject = models[table.key].name
            used.add(table.key)
            arguments.append(_found(live, table, everything, words))
        statements.append(
            "".join(lines) + f"protect(\n    {subject},\n" + "".join(f"    {one},\n" for one in arguments) + ")"
        )
    head = _imports(words, used, models)
    common = f"{_COMMON} = ({', '.join(map(repr, everything))})\n" if everything else ""
    head += f"\n{common}" if common else ""
    return (
        '"""Who may access which rows, as it was found; written by `gatepost adopt`."""\n\n'
        f"{head}\n" + "\n\n".join(statements) + "\n"
    )


def _imports(words: set[str], used: set[Key], models: Mapping[Key, ModelName]) -> str:
    ours = sorted(words & _GATEPOST)
    theirs = sorted(words - _GATEPOST - {"aliased"})
    groups = []
    if theirs:
        groups.append(f"from sqlalchemy import {', '.join(theirs)}\n")
    if "aliased" in words:
        groups.append("from sqlalchemy.orm import aliased\n")
    groups.append(f"from gatepost import {', '.join(ours)}\n")
    modules: defaultdict[str, set[str]] = defaultdict(set)
    for key in used:
        modules[models[key].module].add(models[key].name)
    groups += [f"from {module} import {', '.join(sorted(names))}\n" for module, names in sorted(modules.items())]
    return "".join(groups)


def _everything(tables: Iterable[Table]) -> tuple[str, ...]:
    """Return the privileges that `GRANT ALL` gives here, where a role has them on a table."""
    found = [
        {name for name in one if isinstance(name, str)}
        for table in tables
        for one in _by_role(table.grants, table.owner).values()
    ]
    whole = max(found, key=len, default=set[str]())
    return tuple(sorted(whole)) if whole.issuperset(_ALL) and not any("*" in name for name in whole) else ()


_ALL = ("DELETE", "INSERT", "REFERENCES", "SELECT", "TRIGGER", "TRUNCATE", "UPDATE")


def _found(live: Schema, table: Table, everything: tuple[str, ...], words: set[str]) -> str:
    words.add("as_found")
    arguments = [_grants(_by_role(table.grants, table.owner), everything, words)]
    state = table.row_security
    if not state.enabled:
        arguments.append("enabled=False")
    if state.forced:
        arguments.append("forced=True")
    columns = {column.sequence: column.name for column in table.columns if column.sequence is not None}
    behind = []
    for sequence in live.sequences_of(table):
        column = columns.get((sequence.schema, sequence.name))
        if column is not None:
            behind.append(f"{column!r}: {_grants(_by_role(sequence.grants, table.owner), (), words)}")
    if behind:
        arguments.append(f"sequences={{{', '.join(behind)}}}")
    return f"found=as_found({', '.join(arguments)})"


def _by_role(grants: Iterable[Grant], owner: str) -> dict[str, list[str | tuple[str, ...]]]:
    found: defaultdict[str, list[str | tuple[str, ...]]] = defaultdict(list)
    columns: defaultdict[tuple[str, str], set[str]] = defaultdict(set)
    for grant in sorted(grants, key=lambda one: (one.grantee, one.privilege, one.column or "")):
        if grant.grantee == owner or grant.grantor in PLATFORM_GRANTORS:
            continue
        name = grant.privilege + ("*" if grant.grantable else "")
        if grant.column is None:
            found[grant.grantee].append(name)
        else:
            columns[grant.grantee, name].add(grant.column)
    for (grantee, name), of in sorted(columns.items()):
        found[grantee].append((name, *sorted(of)))
    return dict(sorted(found.items()))


def _grants(by_role: Mapping[str, list[str | tuple[str, ...]]], everything: tuple[str, ...], words: set[str]) -> str:
    parts = []
    for name, privileges in by_role.items():
        all_of_them = everything and tuple(privileges) == everything
        written = _COMMON if all_of_them else repr(tuple(privileges))
        parts.append(f"{role_code(name, words)}: {written}")
    return "{" + ", ".join(parts) + "}"
