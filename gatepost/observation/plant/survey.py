"""Survey a database before planting: its tables, their types and keys, and who may access what."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING

from gatepost import sql
from gatepost.analysis.compared_columns import ColumnKey
from gatepost.analysis.compared_values import Clues, clues
from gatepost.analysis.functions.calls import Calls, read_names
from gatepost.declare.declaration import Declaration
from gatepost.observation.plant.implied_keys import linked, named_owners, naming, of_a_catalogue
from gatepost.observation.plant.references import foreign_keys, must_refer, parents_first, spread, unique_keys
from gatepost.observation.plant.storage_rows import buckets_there
from gatepost.observation.plant.teams import Teams
from gatepost.schema import Column, Constraint, Schema, Table, Trigger, is_platform

if TYPE_CHECKING:
    from psycopg2.extensions import cursor as Cursor

TableKey = tuple[str, str]
USERS: TableKey = ("auth", "users")
FILES: tuple[TableKey, ...] = (("storage", "buckets"), ("storage", "objects"))

_TYPES = """
SELECT format_type(t.oid, NULL), t.typtype, format_type(t.typbasetype, t.typtypmod),
       ARRAY(SELECT e.enumlabel::text FROM pg_enum e WHERE e.enumtypid = t.oid ORDER BY e.enumsortorder)
  FROM pg_type t
 WHERE t.typtype IN ('d', 'e')
"""
_GENERATED = """
SELECT n.nspname, c.relname, a.attname, pg_get_expr(d.adbin, d.adrelid)
  FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace
  JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
 WHERE a.attgenerated <> ''
"""
_COMPOSITES = """
SELECT format_type(c.reltype, NULL), array_agg(format_type(a.atttypid, a.atttypmod) ORDER BY a.attnum)
  FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND NOT a.attisdropped
 WHERE c.relkind = 'c' AND c.relnamespace <> 'pg_catalog'::regnamespace
 GROUP BY c.reltype
"""


@dataclass(frozen=True)
class Survey:
    """The database as the observation needs it.

    `statuses` are tables that other tables' policies read and whose rows describe only a user: a row there may be a
    rank. `tables` are those in which rows are planted, parents before children; `identities` are the columns that hold
    a user's id, followed through foreign keys; `enums`, `domains` and `composites` are by the type's name. `filled` are
    the tables that hold rows already. `teams` says how users share tenants. `private_buckets` have no public
    URLs, `public_buckets` have.
    `generated` is how columns are computed.
    """

    live: Schema
    tables: tuple[Table, ...]
    clues: Clues
    identities: frozenset[ColumnKey]
    keys: Mapping[ColumnKey, ColumnKey]
    enums: Mapping[str, tuple[str, ...]]
    domains: Mapping[str, str]
    numbers: Mapping[TableKey, int]
    calls: Calls
    owned: frozenset[TableKey] = field(default=frozenset())
    only: frozenset[TableKey] = field(default=frozenset())
    statuses: frozenset[TableKey] = field(default=frozenset())
    filled: frozenset[TableKey] = field(default=frozenset())
    teams: Teams = field(default_factory=Teams)
    private_buckets: frozenset[str] = field(default=frozenset())
    public_buckets: frozenset[str] = field(default=frozenset())
    composites: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    generated: Mapping[ColumnKey, str] = field(default_factory=dict)

    @cached_property
    def observed(self) -> tuple[Table, ...]:
        """The tables that personas try: all, or the requested ones."""
        all_of_them = (table for table in self.tables if table.key not in (USERS, FILES[0]))
        return tuple(table for table in all_of_them if not self.only or table.key in self.only)

    @cached_property
    def triggers(self) -> Mapping[TableKey, tuple[Trigger, ...]]:
        """The enabled triggers of each table."""
        found: defaultdict[TableKey, tuple[Trigger, ...]] = defaultdict(tuple)
        for trigger in self.live.triggers:
            if trigger.enabled != "D":
                found[trigger.schema, trigger.table] += (trigger,)
        return found

    @cached_property
    def bodies(self) -> Mapping[tuple[str, str], str]:
        """The body of each function, by its schema and signature."""
        return {function.key: function.body for function in self.live.functions}

    @cached_property
    def read_elsewhere(self) -> frozenset[TableKey]:
        """The tables that functions, views or the policies of other tables read."""
        own = (function for function in self.live.functions if not is_platform(function.schema))
        names = {name for function in own for name in read_names(function.body)}
        names |= {reference.name for view in self.live.views for reference in view.reads}
        return read_by_policies(self) | {table.key for table in self.tables if table.name in names}

    @cached_property
    def columns_named(self) -> Mapping[str, tuple[tuple[Table, Column], ...]]:
        """The columns that the name of an argument may mean: those of that name, and the id of a table named so."""
        found: defaultdict[str, tuple[tuple[Table, Column], ...]] = defaultdict(tuple)
        for table in self.tables:
            singular, own = table.name.removesuffix("s"), {column.name for column in table.columns}
            for column in table.columns:
                also = {f"{singular}_id", singular, table.name} - own if column.name == "id" else set()
                for name in (column.name, *also):
                    found[name] += ((table, column),)
        return found

    def base_type(self, type_name: str) -> str:
        """Return the type below a domain, or the type itself."""
        while type_name in self.domains:
            type_name = self.domains[type_name]
        return type_name


def survey_database(cursor: Cursor, live: Schema, declaration: Declaration | None) -> Survey:
    """Return the survey of a database.

    Args:
        cursor: Inside a transaction.
        live: The database.
        declaration: The project's declaration. Its owner columns count as identities.
    """
    cursor.execute("SELECT pg_catalog.set_config('search_path', '', true)")
    cursor.execute(_TYPES)
    types = cursor.fetchall()
    cursor.execute(_COMPOSITES)
    composites = {name: tuple(attributes) for name, attributes in cursor.fetchall()}
    cursor.execute(_GENERATED)
    generated = {(schema, table, name): text for schema, table, name, text in cursor.fetchall()}
    wanted = [table for table in live.tables if _planted(table, live)]
    found = clues(live, declaration)
    domains = {name: base for name, kind, base, _ in types if kind == "d"}
    keys = foreign_keys(wanted)
    seeds = set(found.identities) | {("auth", "users", "id")} | named_owners(wanted, keys)
    for declared in declaration or ():
        seeds |= {one.column for rule in declared.rules for one in rule.leaves if one.meaning == "owner" and one.column}
    identities = naming(spread(seeds, keys), live, domains)
    filled = _filled(cursor, wanted)
    keys |= linked(found, wanted, keys, identities, filled)
    survey = Survey(
        live=live,
        tables=tuple(parents_first(wanted, keys)),
        clues=found,
        identities=identities,
        keys=keys,
        enums={name: tuple(labels) for name, kind, _, labels in types if kind == "e"},
        domains=domains,
        numbers={table.key: number for number, table in enumerate(wanted, 1)},
        calls=Calls.among(live.functions),
        filled=filled,
        private_buckets=buckets_there(cursor, live, public=False),
        public_buckets=buckets_there(cursor, live, public=True),
        composites=composites,
        generated=generated,
    )
    return replace(survey, owned=_owned(survey), statuses=_statuses(survey))


def _filled(cursor: Cursor, tables: Iterable[Table]) -> frozenset[TableKey]:
    """Return the tables that hold rows."""
    from psycopg2 import Error

    own = [table.key for table in tables if not is_platform(table.schema)]
    if not own:
        return frozenset()
    cursor.execute("SAVEPOINT gatepost_filled")
    try:
        cursor.execute(f"SELECT ARRAY[{', '.join(f'EXISTS (SELECT FROM {sql.qualified(*key)})' for key in own)}]")
        [(held,)] = cursor.fetchall()
    except Error:  # not all may be read: none is taken as a lookup table
        cursor.execute("ROLLBACK TO SAVEPOINT gatepost_filled")
        held = []
    cursor.execute("RELEASE SAVEPOINT gatepost_filled")
    return frozenset(key for key, holds in zip(own, held, strict=False) if holds)


def _planted(table: Table, live: Schema) -> bool:
    if table.key == USERS:
        return True
    if table.key in FILES:
        objects = live.table(*FILES[1])
        return objects is not None and bool(objects.policies)
    return table.kind != "foreign" and not table.partition and table.extension is None and not is_platform(table.schema)


def _owned(survey: Survey) -> frozenset[TableKey]:
    """Return the tables whose rows belong to somebody: by an id, a claim, a membership, or an owned parent."""
    own = {key[:2] for key in (*survey.identities, *tenant_claims(survey))}
    own |= {FILES[1]} & {table.key for table in survey.tables}
    own |= {what[:2] for what in survey.clues.requests.values() if not isinstance(what, str)}
    names = {table.key: read_by(survey, table) for table in survey.tables}
    for child, parent in survey.keys.items():
        # A membership: a row that names a user and references a table, and that some policy reads. What may refer to
        # none, and of which no policy asks that, only notes something about a user, such as a region.
        needed = {child[1]} if must_refer(survey.live, child) else {child[1], child[2]}
        asked = any(needed <= read for key, read in names.items() if key != child[:2])
        joins = child[:2] in own and parent not in survey.identities and not _for_all(survey, parent, names)
        if joins and asked:
            own.add(parent[:2])
    own.discard(USERS)
    grew = True
    while grew:
        more = {child[:2] for child, parent in survey.keys.items() if parent[:2] in own} - own
        own |= more
        grew = bool(more)
    return frozenset(own)


def _for_all(survey: Survey, key: ColumnKey, names: Mapping[TableKey, frozenset[str]]) -> bool:
    """Return whether a table that others refer to lists what there is for all, as a table of roles does.

    It holds rows already, and its policies read no caller; without a policy, its key says what it stands for.
    """
    table = survey.live.table(*key[:2])
    if table is None or key[:2] not in survey.filled:
        return False
    column = table.column(key[2])
    if not table.policies:
        return of_a_catalogue(table.name) or (column is not None and column.type != "uuid")
    tables = {one[1] for one in {identity[:2] for identity in survey.identities}}
    return not names[key[:2]] & ({"uid", "jwt", "current_setting"} | tables)


def _statuses(survey: Survey) -> frozenset[TableKey]:
    """Return the tables that may decide what a user is: rows about users only, read by other tables' policies."""
    read, by_policies = survey.read_elsewhere, read_by_policies(survey)
    parents = {parent[:2] for child, parent in survey.keys.items() if child[:2] != parent[:2]}
    claimed = {key[:2] for key, path in survey.clues.claims.items() if of_a_catalogue(path[-1])}
    return frozenset(claimed) | frozenset(
        table.key
        for table in survey.tables
        if table.key in read - {USERS}
        and (one_for_each_user(survey, table) or (table.key in by_policies - parents and only_of_a_user(survey, table)))
    )


def is_lookup(survey: Survey, table: Table) -> bool:
    """Return whether a table holds rows that are nobody's own and that decide what others may do: roles, plans."""
    return table.key in survey.filled & survey.read_elsewhere - survey.owned


def read_by_policies(survey: Survey) -> frozenset[TableKey]:
    """Return the tables that the policies of other tables read, directly or in functions."""
    readers: defaultdict[str, set[TableKey]] = defaultdict(set)
    for table in survey.tables:
        for name in read_by(survey, table):
            readers[name].add(table.key)
    return frozenset(table.key for table in survey.tables if readers.get(table.name, set()) - {table.key})


def only_of_a_user(survey: Survey, table: Table) -> bool:
    """Return whether a table's rows are about one user and not about a tenant: a role, a plan."""
    users = [c.name for c in table.columns if (*table.key, c.name) in survey.identities and not c.name.endswith("_by")]
    tenants = set(tenant_claims(survey)) | {
        child for child, parent in survey.keys.items() if parent[:2] != USERS and not of_a_catalogue(parent[1])
    }
    return len(users) == 1 and not any(key[:2] == table.key for key in tenants - survey.identities)


def one_for_each_user(survey: Survey, table: Table) -> bool:
    """Return whether a table holds at most one row for each user."""
    users = {column.name for column in table.columns if (*table.key, column.name) in survey.identities}
    return any(key and set(key) <= users for key in unique_keys(table))


def tenant_claims(survey: Survey) -> list[ColumnKey]:
    """Return the columns that are compared with a claim of the backend. An address or a user may be somebody else's."""
    claims = (key for key in survey.clues.claims.items() if key[0] not in survey.identities)
    return [key for key, path in claims if path != ("email",) and not of_a_catalogue(path[-1])]


def read_by(survey: Survey, table: Table) -> frozenset[str]:
    """Return the names that a table's policies read, also in the functions that they call."""
    texts = [text for policy in table.policies for text in (policy.using, policy.check) if text]
    return survey.calls.reachable(texts)[0]


def checks(table: Table) -> list[Constraint]:
    """Return the table's CHECK constraints."""
    return [constraint for constraint in table.constraints if constraint.kind == "check"]
