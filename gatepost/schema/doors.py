"""Objects through which rows can be accessed besides tables: views, functions, triggers, rules, publications.

What a view, a policy, a rewrite rule or a function refers to comes from `pg_depend`, so it is what PostgreSQL resolved
and not what a text seems to say (https://www.postgresql.org/docs/17/catalog-pg-depend.html). The body of a function
that is kept as text refers to nothing there.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from gatepost.schema.tables import Column, Grant, Reference


@dataclass(frozen=True)
class View:
    """A view or a materialized view.

    `options` are as in `pg_class.reloptions`, `updatable` holds the commands that PostgreSQL carries through to a
    table or to a trigger.
    """

    schema: str
    name: str
    kind: Literal["view", "materialized"]
    owner: str
    definition: str
    options: tuple[str, ...] = ()
    columns: tuple[Column, ...] = ()
    grants: tuple[Grant, ...] = ()
    reads: tuple[Reference, ...] = ()
    updatable: tuple[str, ...] = ()
    extension: str | None = None

    def __str__(self) -> str:
        return f"{self.schema}.{self.name}"

    @property
    def key(self) -> tuple[str, str]:
        """The pair by which a relation is looked up."""
        return (self.schema, self.name)

    @property
    def invoker(self) -> bool:
        """Whether the view reads its tables with the privileges of the caller (`security_invoker`)."""
        return self.option("security_invoker") in ("true", "on", "yes", "1", "t", "y", "")

    @property
    def check_option(self) -> bool:
        """Whether a row that is written through the view must be one that the view shows."""
        return self.option("check_option") in ("local", "cascaded")

    def option(self, name: str) -> str | None:
        """Return the value of a storage option, in lower case, or None where it is not set."""
        found = dict(option.partition("=")[::2] for option in self.options)
        return found[name].lower() if name in found else None


@dataclass(frozen=True)
class Function:
    """A function or procedure.

    `arguments` are the types of its arguments and distinguish it from others of its name; `parameters` are their names
    (empty if one has none), and `defaults` the values of the last ones, with commas between them. `settings` are the
    parameters that it sets for its run, as `name=value`. `body` is its text. If PostgreSQL parsed the body at creation
    (`parsed`), it is as PostgreSQL prints it, and `reads` is complete.
    """

    schema: str
    name: str
    arguments: str
    kind: Literal["function", "procedure", "aggregate", "window"]
    language: str
    returns: str
    owner: str
    definer: bool
    volatility: Literal["immutable", "stable", "volatile"]
    body: str
    returns_set: bool = False
    strict: bool = False
    leakproof: bool = False
    parsed: bool = False
    parameters: tuple[str, ...] = ()
    settings: tuple[str, ...] = ()
    grants: tuple[Grant, ...] = ()
    reads: tuple[Reference, ...] = ()
    defaults: str = ""

    def __str__(self) -> str:
        return f"{self.schema}.{self.signature}"

    @property
    def signature(self) -> str:
        """The name with the types of the arguments."""
        return f"{self.name}({self.arguments})"

    @property
    def key(self) -> tuple[str, str]:
        """The pair by which a function is looked up."""
        return (self.schema, self.signature)

    @property
    def is_trigger(self) -> bool:
        """Whether only a trigger or an event trigger can call it."""
        return self.returns in ("trigger", "event_trigger")

    def setting(self, name: str) -> str | None:
        """Return what the function sets a parameter to for its run, or None."""
        return dict(setting.partition("=")[::2] for setting in self.settings).get(name)


@dataclass(frozen=True, order=True)
class Trigger:
    """A trigger that somebody made; `function` is (schema, signature), `enabled` as in `pg_trigger.tgenabled`."""

    schema: str
    table: str
    name: str
    function: tuple[str, str]
    timing: Literal["before", "after", "instead of"]
    events: tuple[str, ...]
    for_each_row: bool
    enabled: str
    definition: str

    def __str__(self) -> str:
        return f"{self.schema}.{self.table}.{self.name}"


@dataclass(frozen=True)
class RewriteRule:
    """A rule on a table or a view, without the one that makes a view a view."""

    schema: str
    table: str
    name: str
    event: str
    instead: bool
    enabled: str
    definition: str
    reads: tuple[Reference, ...] = ()

    def __str__(self) -> str:
        return f"{self.schema}.{self.table}.{self.name}"


@dataclass(frozen=True, order=True)
class Publication:
    """A publication; `tables` are named one by one, `schemas` whole."""

    name: str
    owner: str
    all_tables: bool
    tables: tuple[tuple[str, str], ...] = ()
    schemas: tuple[str, ...] = ()

    def publishes(self, table: tuple[str, str]) -> bool:
        """Return whether changes of a table are in it."""
        return self.all_tables or table in self.tables or table[0] in self.schemas


@dataclass(frozen=True, order=True)
class EventTrigger:
    """An event trigger; `function` is (schema, signature)."""

    name: str
    event: str
    owner: str
    enabled: str
    function: tuple[str, str]
    tags: tuple[str, ...] = ()


@dataclass(frozen=True, order=True)
class Extension:
    """An extension that is installed, and where."""

    name: str
    schema: str
    version: str
