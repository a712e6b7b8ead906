"""What has to be done around the functions and views of a revision, so that it runs and no protection is lost.

PostgreSQL keeps the grants on a function that is replaced, but not on one that is dropped and made again, which another
result or another name of an argument needs; and CREATE OR REPLACE VIEW forgets the options of a view.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from alembic_utils.pg_function import PGFunction
from alembic_utils.pg_materialized_view import PGMaterializedView
from alembic_utils.pg_view import PGView
from alembic_utils.reversible_op import CreateOp, DropOp, ReplaceOp, ReversibleOp

from gatepost import sql
from gatepost.errors import MigrationError
from gatepost.migrate.entities.privileges import Access
from gatepost.migrate.revision.steps import Step, access_differences, restored, stated
from gatepost.migrate.routines.declared import BACKEND, Function, View, is_definer
from gatepost.migrate.routines.dependents import dependents, extension_views, refused_replacements
from gatepost.migrate.routines.live_access import Key, addresses, live_access
from gatepost.migrate.routines.stacked_views import move_views_aside

if TYPE_CHECKING:
    from alembic.operations import ops
    from alembic_utils.replaceable_entity import ReplaceableEntity
    from psycopg2.extensions import cursor as Cursor

    from gatepost.migrate.blocking_policies import PolicyKey

log = logging.getLogger("gatepost.migrate")

_VIEWS = (PGView, PGMaterializedView)


@dataclass(frozen=True)
class Routines:
    """What a revision does to functions and views.

    `first` are the steps before everything else, and `last` those at the end. `recreated` are the identities of the
    functions that are dropped before others are made; `holding` are the live policies that use a function which is
    dropped, each with the function. `gone` are the functions that are dropped and have no namesake left, by schema
    and bare name; `aside` are statements that hide the old version of a function that stays while policies are printed.
    """

    first: tuple[Step, ...] = ()
    last: tuple[Step, ...] = ()
    recreated: frozenset[str] = frozenset()
    holding: Mapping[PolicyKey, str] = field(default_factory=dict)
    gone: frozenset[Key] = frozenset()
    aside: tuple[str, ...] = ()


def plan(
    cursor: Cursor,
    upgrade_ops: ops.UpgradeOps,
    entities: Iterable[ReplaceableEntity],
    mapped: Mapping[Key, Access],
    managed: frozenset[str],
) -> Routines:
    """Return what has to be done around the operations, and split replacements that PostgreSQL refuses.

    Args:
        cursor: Inside the transaction, while the new tables of the revision are there.
        upgrade_ops: The operations so far; those that cannot be run as they are are changed.
        entities: The functions and views of the project.
        mapped: The access to views that are models.
        managed: The roles whose privileges are exactly the declared ones.

    Raises:
        MigrationError: something else than a policy uses a function that has to be dropped.
    """
    _split_replacements(cursor, upgrade_ops)
    move_views_aside(cursor, upgrade_ops, entities)
    declared = [entity for entity in entities if isinstance(entity, Function | View)]
    found = [op for op in upgrade_ops.ops if isinstance(op, ReversibleOp)]
    functions = [op.target for op in found if isinstance(op.target, PGFunction)]
    functions += [entity for entity in entities if isinstance(entity, PGFunction)]
    keys = addresses(cursor, functions)
    schemas = {entity.schema for entity in (*functions, *declared, *(op.target for op in found))}
    live = live_access(cursor, schemas | {schema for schema, _ in mapped})
    keyed = [(key, op) for op in found if (key := _key(op.target, keys)) is not None]
    made = {key: op for key, op in keyed if not isinstance(op, DropOp)}
    dropped = {key: op for key, op in keyed if isinstance(op, DropOp)}
    wanted = {key: _wanted(entity, key) for entity in declared if (key := _key(entity, keys)) is not None}
    wanted |= mapped
    _refuse_unknown(declared, keys)
    _warn_about_definers(entities, keys, live)
    going = [key for key, op in dropped.items() if isinstance(op.target, PGFunction)]
    left = {_bare(key) for key in (*live, *made) if key not in dropped or key in made}
    holding, used = dependents(cursor, going, set(going) & set(made))
    # An old version that stays until the end could make a call of the new one ambiguous.
    early = [key for key in going if _bare(key) in left and key not in used]
    first, last = _around(made, dropped, live, wanted, managed)
    return Routines(
        first=first,
        last=last,
        recreated=frozenset(dropped[key].target.identity for key in early),
        holding=holding,
        gone=frozenset(map(_bare, going)) - left,
        aside=tuple(_aside(key, number) for number, key in enumerate(sorted(going)) if _bare(key) in left),
    )


def _around(
    made: Mapping[Key, ReversibleOp],
    dropped: Mapping[Key, ReversibleOp],
    live: Mapping[Key, Access],
    wanted: Mapping[Key, Access],
    managed: frozenset[str],
) -> tuple[tuple[Step, ...], tuple[Step, ...]]:
    """Return the steps that say who may use what is made, and on the way down what was there."""
    first: list[Step] = []
    last: list[Step] = []
    for key in sorted({*made, *dropped, *wanted}):
        there, after = live.get(key), wanted.get(key)
        lost = key in dropped or (isinstance(made.get(key), ReplaceOp) and isinstance(made[key].target, _VIEWS))
        if there is not None and lost:
            first += restored(there)
        if key in made and (there is None or lost):
            last += stated(_kept_option(after, there) or there or _of_namesake(key, dropped, live))
        elif there is not None and after is not None and key not in dropped:
            roles = managed | {grant.grantee for grant in after.grants}
            last += access_differences(_managed(there, roles), _kept_option(after, there) or after)
    return tuple(first), tuple(last)


def _of_namesake(key: Key, dropped: Iterable[Key], live: Mapping[Key, Access]) -> Access | None:
    """Return the access to the function of other arguments whose place a new one takes."""
    old = [one for one in dropped if "(" in one[1] and _bare(one) == _bare(key) and one in live]
    return replace(live[old[0]], name=key[1]) if len(old) == 1 else None


def without_extensions(cursor: Cursor, upgrade_ops: ops.UpgradeOps) -> None:
    """Leave out the dropping of views that belong to an extension, such as `pg_stat_statements`."""
    views = [op.target for op in upgrade_ops.ops if isinstance(op, DropOp) and isinstance(op.target, _VIEWS)]
    if views:
        theirs = extension_views(cursor)
        kept = {id(view) for view in views if (view.schema, view.signature) not in theirs}
        upgrade_ops.ops = [
            op
            for op in upgrade_ops.ops
            if not (isinstance(op, DropOp) and isinstance(op.target, _VIEWS)) or id(op.target) in kept
        ]


def _split_replacements(cursor: Cursor, upgrade_ops: ops.UpgradeOps) -> None:
    """Drop and make again what PostgreSQL cannot replace: a function with another result or fewer defaults."""
    refused = refused_replacements(cursor, (op for op in upgrade_ops.ops if isinstance(op, ReplaceOp)))
    split: list[ops.MigrateOperation] = []
    for op in upgrade_ops.ops:
        if isinstance(op, ReplaceOp) and op.target.identity in refused and op.target._version_to_replace is not None:
            split += [DropOp(op.target._version_to_replace), CreateOp(op.target)]
        else:
            split.append(op)
    upgrade_ops.ops = split


def _key(entity: ReplaceableEntity, keys: dict[str, Key]) -> Key | None:
    if isinstance(entity, PGFunction):
        return keys.get(entity.identity)
    return (entity.schema, entity.signature) if isinstance(entity, _VIEWS) else None


def _bare(key: Key) -> Key:
    return (key[0], key[1].partition("(")[0])


def _aside(key: Key, number: int) -> str:
    """Give a function another name for a while: the policies that use it go on using it."""
    schema, (name, _, arguments) = key[0], key[1].partition("(")
    return f'ALTER FUNCTION {sql.qualified(schema, name)}({arguments} RENAME TO "gatepost dropped {number}"'


def _wanted(entity: Function | View, key: Key) -> Access:
    if isinstance(entity, Function):
        return Access("routine", *key, entity.grants)
    return Access("table", *key, entity.grants, entity.options)


def _kept_option(wanted: Access | None, live: Access | None) -> Access | None:
    """Return the declared access with the options of a view that are not declared, such as `check_option`."""
    if wanted is None or wanted.options is None or live is None or live.options is None:
        return wanted
    known = ("security_invoker=", "security_barrier=")
    others = (option for option in live.options if not option.startswith(known))
    return replace(wanted, options=tuple(sorted((*wanted.options, *others))))


def _managed(live: Access, roles: frozenset[str]) -> Access:
    return replace(live, grants=tuple(grant for grant in live.grants if grant.grantee in {*roles, BACKEND}))


def _refuse_unknown(declared: Iterable[Function | View], keys: dict[str, Key]) -> None:
    for entity in declared:
        if _key(entity, keys) is None:
            raise MigrationError(
                f'who may execute the function "{entity.schema}.{entity.signature}" cannot be compared, because it is'
                " somebody else's",
                "run alembic as the owner of the function",
            )


def _warn_about_definers(entities: Iterable[ReplaceableEntity], keys: dict[str, Key], live: dict[Key, Access]) -> None:
    for entity in entities:
        if not isinstance(entity, PGFunction) or isinstance(entity, Function) or not is_definer(entity.definition):
            continue
        there = live.get(keys.get(entity.identity, ("", "")))
        if there is None or {grant.grantee for grant in there.grants} & {"anon", "public"}:
            log.warning(
                'the function "%s.%s" runs as its owner (SECURITY DEFINER), and anon may execute it:'
                " declare who may with gatepost.migrate.Function(…, to=authenticated)",
                entity.schema,
                entity.signature,
            )
