"""The text of `entities/`: the functions, views and triggers of a database, one module a kind."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from gatepost.adopt.grants import grants_code
from gatepost.adopt.layout import laid_out
from gatepost.adopt.policies.imported_words import import_of
from gatepost.declare.as_found import Privilege
from gatepost.migrate.routines.found import Entities, Entity

_MODULES = {
    "function": "functions",
    "view": "views",
    "materialized view": "materialized_views",
    "trigger": "triggers",
}
_CLASSES = {
    "function": ("gatepost.migrate", "Function"),
    "view": ("gatepost.migrate", "View"),
    "materialized view": ("alembic_utils.pg_materialized_view", "PGMaterializedView"),
    "trigger": ("alembic_utils.pg_trigger", "PGTrigger"),
}
_GRANTED = frozenset(("function", "view"))
_USUAL = "USUAL"
_FILTER = '''
LEFT_ALONE = frozenset(
    {{
{names}    }}
)
"""What alembic-utils cannot hold: the first revision makes it, and it is never proposed for a drop."""


def is_compared(name: str | None, _kind: str, _parents: object) -> bool:
    """Return whether Alembic compares an object of the database."""
    return name not in LEFT_ALONE
'''


def entity_files(entities: Entities) -> dict[str, str]:
    """Return the modules of `entities/` by their paths inside the project."""
    kinds = {kind: [one for one in entities.declared if one.kind == kind] for kind in _MODULES}
    used = sorted(_MODULES[kind] for kind, found in kinds.items() if found)
    imports = f"\nfrom entities import {', '.join(used)}\n" if used else ""
    package = (
        '"""The functions, views and triggers of the database, which revisions compare as they compare tables."""\n'
        f"{imports}\nentities = [{', '.join(f'*{name}.entities' for name in used)}]\n"
    )
    if entities.left_alone:
        names = "".join(f"{laid_out(repr(one), 8, ',')}\n" for one in entities.left_alone)
        package += _FILTER.format(names=names)
    modules = {f"entities/{_MODULES[kind]}.py": _module(kind, found) for kind, found in kinds.items() if found}
    return {"entities/__init__.py": package, **modules}


def _module(kind: str, entities: Sequence[Entity]) -> str:
    module, name = _CLASSES[kind]
    words: set[str] = set()
    usual = _usual(entities)
    texts = [_entity(name, one, usual, words) for one in entities]
    shared = f"{_USUAL} = as_found({grants_code(usual, words, {})})" if usual is not None else ""
    constant = f"\n{laid_out(shared)}\n" if shared else ""
    imports = import_of("gatepost", words | {"as_found"}) if kind in _GRANTED else ""
    return (
        f'"""The {kind}s of the database, as they were found; written by `gatepost adopt`."""\n\n'
        f"{imports}from {module} import {name}\n{constant}\nentities = [\n{''.join(texts)}]\n"
    )


def _usual(entities: Sequence[Entity]) -> Mapping[str, Sequence[Privilege]] | None:
    """Return the grants that most objects have, where that is more than one object."""
    by_text = {repr(one.held): one.held for one in entities if one.held is not None}
    counted = Counter(repr(one.held) for one in entities if one.held is not None).most_common(1)
    return by_text[counted[0][0]] if counted and counted[0][1] > 1 else None


def _entity(name: str, one: Entity, usual: Mapping[str, Sequence[Privilege]] | None, words: set[str]) -> str:
    lines = [f"        {key}={_literal(value)},\n" for key, value in one.arguments.items()]
    if one.held is not None:
        found = _USUAL if one.held == usual else f"as_found({grants_code(one.held, words, {})})"
        lines.append(f"{laid_out(f'found={found}', 8, ',')}\n")
    return f"    {name}(\n{''.join(lines)}    ),\n"


def _literal(value: object) -> str:
    """Return a value as Python; SQL of several lines stays readable where Python can hold it so."""
    if not isinstance(value, str) or "\n" not in value or '"""' in value or value.endswith(('"', "\\")):
        return laid_out(repr(value))
    if not value.replace("\n", "").replace("\t", "").isprintable():
        return repr(value)
    return f'{"r" if chr(92) in value else ""}"""{value}"""'
