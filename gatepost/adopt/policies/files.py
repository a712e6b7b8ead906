"""The text of `policies/`: one statement a table, with its policies, its row security and its grants as they were."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping

from gatepost.adopt.grants import grants_code
from gatepost.adopt.layout import laid_out
from gatepost.adopt.model_names import Key, ModelName
from gatepost.adopt.policies.imported_words import import_of, imports
from gatepost.adopt.policies.statements import Candidate
from gatepost.declare.as_found import held_by_role
from gatepost.schema import Policy, Schema, Table, is_platform

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
        lines = [
            f"{laid_out(f'{variable} = aliased({model.name}, name={name!r})')}\n"
            for variable, (name, model) in aliases.items()
        ]
        arguments = [one.code for one in rules]
        if is_platform(table.schema):
            subject = laid_out(repr(f"{table.schema}.{table.name}"))
        else:
            subject = models[table.key].name
            used.add(table.key)
            arguments.append(_found(live, table, everything, words))
        statements.append(
            "".join(lines)
            + f"protect(\n    {subject},\n"
            + "".join(f"{laid_out(one, 4, ',')}\n" for one in arguments)
            + ")"
        )
    head = _imports(words, used, models)
    common = f"{laid_out(f'{_COMMON} = {everything!r}')}\n" if everything else ""
    head += f"\n{common}" if common else ""
    return (
        '"""Who may access which rows, as it was found; written by `gatepost adopt`."""\n\n'
        f"{head}\n" + "\n\n".join(statements) + "\n"
    )


def _imports(words: set[str], used: set[Key], models: Mapping[Key, ModelName]) -> str:
    groups = list(imports(words))
    modules: defaultdict[str, set[str]] = defaultdict(set)
    for key in used:
        modules[models[key].module].add(models[key].name)
    own = [import_of(module, names) for module, names in sorted(modules.items())]
    return "".join([*groups, *(["\n", *own] if own else [])])


def _everything(tables: Iterable[Table]) -> tuple[str, ...]:
    """Return the privileges that `GRANT ALL` gives here, where a role has them on a table."""
    found = [
        {name for name in one if isinstance(name, str)}
        for table in tables
        for one in held_by_role(table.grants, table.owner).values()
    ]
    whole = max(found, key=len, default=set[str]())
    return tuple(sorted(whole)) if whole.issuperset(_ALL) and not any("*" in name for name in whole) else ()


_ALL = ("DELETE", "INSERT", "REFERENCES", "SELECT", "TRIGGER", "TRUNCATE", "UPDATE")


def _found(live: Schema, table: Table, everything: tuple[str, ...], words: set[str]) -> str:
    words.add("as_found")
    named = {everything: _COMMON} if everything else {}
    arguments = [grants_code(held_by_role(table.grants, table.owner), words, named)]
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
            behind.append(f"{column!r}: {grants_code(held_by_role(sequence.grants, table.owner), words, {})}")
    if behind:
        arguments.append(f"sequences={{{', '.join(behind)}}}")
    return f"found=as_found({', '.join(arguments)})"
