"""`Schema`: a whole database at one moment."""

from __future__ import annotations

from dataclasses import dataclass, field

from gatepost.schema.doors import EventTrigger, Extension, Function, Publication, RewriteRule, Trigger, View
from gatepost.schema.roles import DatabaseRole, DefaultPrivilege, Membership, Namespace
from gatepost.schema.tables import Enum, Sequence, Table


@dataclass(frozen=True)
class Schema:
    """A whole database at one moment.

    `server_version` is the integer of `server_version_num`; `search_path` is the one of the session that read it.
    """

    database: str
    server_version: int
    current_role: str
    search_path: tuple[str, ...]
    tables: tuple[Table, ...] = ()
    sequences: tuple[Sequence, ...] = ()
    namespaces: tuple[Namespace, ...] = ()
    roles: tuple[DatabaseRole, ...] = ()
    memberships: tuple[Membership, ...] = ()
    default_privileges: tuple[DefaultPrivilege, ...] = ()
    settings: tuple[tuple[str, str], ...] = ()
    views: tuple[View, ...] = ()
    functions: tuple[Function, ...] = ()
    triggers: tuple[Trigger, ...] = ()
    rewrite_rules: tuple[RewriteRule, ...] = ()
    publications: tuple[Publication, ...] = ()
    event_triggers: tuple[EventTrigger, ...] = ()
    extensions: tuple[Extension, ...] = ()
    enums: tuple[Enum, ...] = ()
    _by_key: dict[tuple[str, str], Table] = field(default_factory=dict, init=False, repr=False, compare=False)
    _views: dict[tuple[str, str], View] = field(default_factory=dict, init=False, repr=False, compare=False)
    _functions: dict[tuple[str, str], Function] = field(default_factory=dict, init=False, repr=False, compare=False)
    _inherited: set[tuple[str, str]] = field(default_factory=set, init=False, repr=False, compare=False)
    _labels: dict[str, tuple[str, ...]] = field(default_factory=dict, init=False, repr=False, compare=False)
    _owned: dict[tuple[str, str], list[Sequence]] = field(default_factory=dict, init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        self._by_key.update({table.key: table for table in self.tables})
        self._views.update({view.key: view for view in self.views})
        self._functions.update({function.key: function for function in self.functions})
        self._labels.update({enum.name: enum.labels for enum in self.enums})
        for table in self.tables:
            self._inherited.update(table.parents)
        for sequence in self.sequences:
            if sequence.owned_by is not None:
                self._owned.setdefault(sequence.owned_by[:2], []).append(sequence)

    def table(self, schema: str, name: str) -> Table | None:
        """Return the table of that name, or None."""
        return self._by_key.get((schema, name))

    def labels(self, type_: str) -> tuple[str, ...]:
        """Return the labels of an enum type in their order, and nothing of another type."""
        return self._labels.get(type_, ())

    def is_inherited(self, table: Table) -> bool:
        """Return whether reading a table returns rows of tables that inherit from it, which are no partitions."""
        return table.kind != "partitioned" and table.key in self._inherited

    def sequences_of(self, table: Table) -> tuple[Sequence, ...]:
        """Return the sequences that columns of a table own."""
        return tuple(self._owned.get(table.key, ()))

    def view(self, schema: str, name: str) -> View | None:
        """Return the view or materialized view of that name, or None."""
        return self._views.get((schema, name))

    def function(self, schema: str, signature: str) -> Function | None:
        """Return the function of that name and argument types (`name(types)`), or None."""
        return self._functions.get((schema, signature))

    def functions_named(self, schema: str, name: str) -> tuple[Function, ...]:
        """Return the functions of that name, whatever their arguments."""
        return tuple(f for f in self.functions if f.schema == schema and f.name == name)

    def namespace(self, name: str) -> Namespace | None:
        """Return the schema of that name, or None."""
        return next((namespace for namespace in self.namespaces if namespace.name == name), None)

    def has_role(self, name: str) -> bool:
        """Return whether the server knows a role of that name."""
        return any(role.name == name for role in self.roles)

    @property
    def exposed(self) -> tuple[str, ...]:
        """The schemas that the Data API serves: `pgrst.db_schemas` where it is set, else `public`.

        Source: the PostgREST configuration `db-schemas`; the Dashboard keeps it outside the database unless
        somebody ran `ALTER ROLE authenticator SET pgrst.db_schemas`.
        """
        configured = dict(self.settings).get("pgrst.db_schemas", "public")
        return tuple(sorted({name.strip() for name in configured.split(",") if name.strip()}))
