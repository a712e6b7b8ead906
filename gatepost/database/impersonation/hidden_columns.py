"""Leave out the columns that a role may not read, wherever the ORM names every column of a class by itself.

`protect(…, hide=…)` revokes a column from the API roles. SQLAlchemy names it nevertheless: in every SELECT of the
class, in an INSERT as NULL, and in RETURNING where the column has a default.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from threading import Lock
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from sqlalchemy import Column, Connection, Insert, Table, inspect, text
from sqlalchemy.exc import InvalidRequestError
from sqlalchemy.orm import FromStatement, Load, Mapper, defaultload

if TYPE_CHECKING:
    from sqlalchemy import Dialect, Executable
    from sqlalchemy.orm import InstanceState, ORMExecuteState
    from sqlalchemy.orm.strategy_options import _AbstractLoad

_READ = text("""
    SELECT n.nspname, c.relname, pg_catalog.pg_table_is_visible(c.oid), a.attname
      FROM pg_catalog.pg_attribute a
      JOIN pg_catalog.pg_class c ON c.oid OPERATOR(pg_catalog.=) a.attrelid
      JOIN pg_catalog.pg_namespace n ON n.oid OPERATOR(pg_catalog.=) c.relnamespace
     WHERE a.attnum OPERATOR(pg_catalog.>) 0 AND NOT a.attisdropped
       AND EXISTS (SELECT FROM pg_catalog.pg_attribute granted
                    WHERE granted.attrelid OPERATOR(pg_catalog.=) c.oid AND granted.attacl IS NOT NULL)
       AND pg_catalog.has_any_column_privilege(c.oid, 'SELECT')
       AND NOT pg_catalog.has_column_privilege(c.oid, a.attnum, 'SELECT')
""")
"""The columns that the current role may not read, of the tables of which it may read some."""

Row = Mapping[str, Any]
Rows = Sequence[Row]

_HIDDEN = "'{}.{}' is not available: it is hidden from the role that the session acts as"
_DEEP = 2
"""How many relationships a statement may join eagerly in a row."""


class HiddenColumns:
    """The columns that one role may not read in one database."""

    def __init__(self, found: frozenset[tuple[str | None, str, str]]) -> None:
        self._found = found
        self._options: dict[Any, tuple[_AbstractLoad, ...]] = {}

    def __bool__(self) -> bool:
        return bool(self._found)

    @classmethod
    def read(cls, connection: Connection) -> HiddenColumns:
        """Read them as the current role."""
        found: set[tuple[str | None, str, str]] = set()
        for schema, table, visible, column in connection.execute(_READ):
            found |= {(schema, table, column)} | ({(None, table, column)} if visible else set())
        return cls(frozenset(found))

    def of(self, table: object) -> frozenset[str]:
        """Return the names of a table's hidden columns."""
        if not isinstance(table, Table):
            return frozenset()
        return frozenset(name for schema, owner, name in self._found if (schema, owner) == (table.schema, table.name))

    def named_in(self, statement: str) -> list[str]:
        """Return those that a statement names, as `table.column`."""
        return sorted({f"{table}.{name}" for _, table, name in self._found if table in statement and name in statement})

    def defer(self, state: ORMExecuteState) -> None:
        """Defer them in a SELECT of classes; reading such an attribute afterwards raises SQLAlchemy's own error."""
        if not state.is_select:
            return
        options: list[_AbstractLoad] = []
        for described in getattr(state.statement, "column_descriptions", ()):
            entity = described.get("entity")
            if entity is None or described.get("expr") is not entity:
                continue
            if state.is_column_load:
                self._refresh_less(state, inspect(entity).mapper)
            options += self._options_of(entity)
        if options:
            state.statement = state.statement.options(*options)

    def _options_of(self, entity: Any) -> tuple[_AbstractLoad, ...]:  # noqa: ANN401  a class or an alias
        if (known := self._options.get(entity)) is not None:
            return known
        inspected = inspect(entity)
        mapper = inspected.mapper
        options = (
            *(Load(entity).defer(way, raiseload=True) for way in self._ways(entity, inspected)),
            *(Load(entity).options(option) for option in self._eagerly(entity, mapper, _DEEP)),
        )
        if mapper.class_ is entity:  # aliases come and go
            self._options[entity] = options
        return options

    def _ways(self, entity: Any, inspected: Any) -> Iterator[Any]:  # noqa: ANN401  as above
        """Yield the hidden attributes of a class or an alias, and of the subclasses that it is read with."""
        for mapper in dict.fromkeys([inspected.mapper, *inspected.with_polymorphic_mappers]):
            of = entity if mapper is inspected.mapper else mapper.class_
            if inspected.is_aliased_class and mapper is not inspected.mapper:
                of = getattr(entity, mapper.class_.__name__)
            yield from (getattr(of, key) for key in self._attributes(mapper))

    def _refresh_less(self, state: ORMExecuteState, mapper: Mapper[Any]) -> None:
        hidden = self._attributes(mapper)
        refreshed = getattr(state.load_options, "_refresh_state", None)
        if hidden and refreshed is not None:
            self.hold_back(refreshed)
            state.statement = (
                self._selecting_less(state.statement, refreshed)
                if isinstance(state.statement, FromStatement)
                else _refreshing_less(state.statement, mapper, frozenset(hidden))
            )

    def _selecting_less(self, statement: FromStatement[Any], held: InstanceState[Any]) -> FromStatement[Any]:
        """Return the SELECT that reads the columns of a subclass's own table, but for the hidden ones."""
        inner: Any = statement.element
        kept = [column for column in inner.selected_columns if column.name not in self.of(column.table)]
        if len(kept) == len(inner.selected_columns):
            return statement
        if not kept:
            raise InvalidRequestError(_HIDDEN.format(held.class_.__name__, self._attributes(held.mapper)[0]))
        less = statement._clone()
        less.element = inner.with_only_columns(*kept, maintain_column_froms=True)
        return less

    def hold_back(self, held: InstanceState[Any]) -> None:
        """Keep what expires with everything else, as a transaction ends, from being read again."""
        hidden = self._attributes(held.mapper)
        if hidden and not isinstance(held.expired_attributes, _Kept):
            held.expired_attributes = _Kept(hidden, held.expired_attributes)
        for key in hidden:
            held.expired_attributes.discard(key)
            if key not in held.dict:
                if not isinstance(held.__dict__.get("callables"), _Refusals):
                    held.callables = _Refusals(hidden, held.__dict__.get("callables", {}))
                held.callables[key] = _not_available(key)

    def leave_out(self, statement: Executable, many: Rows, one: Row) -> tuple[Executable, Rows, Row]:
        """Leave them out of an INSERT that sets them to nothing, and out of what it returns."""
        if not isinstance(statement, Insert) or not (hidden := self.of(statement.table)):
            return statement, many, one
        rows = [*many, *([one] if one else [])]
        empty = {name for name in hidden if all(row.get(name) is None for row in rows)}
        many = [{name: value for name, value in row.items() if name not in empty} for row in many]
        one = {name: value for name, value in one.items() if name not in empty}
        return _returning_less(statement, hidden), many, one

    def _attributes(self, mapper: Mapper[Any]) -> list[str]:
        return [
            attribute.key
            for attribute in mapper.column_attrs
            if any(isinstance(of, Column) and of.name in self.of(of.table) for of in attribute.columns)
        ]

    def _eagerly(self, entity: Any, mapper: Mapper[Any], depth: int) -> Iterator[_AbstractLoad]:  # noqa: ANN401  a class or an alias
        """Return options for what a statement may join to a class, as its relationships or other options say."""
        for relationship in mapper.relationships if depth else ():
            target, way = relationship.mapper, getattr(entity, relationship.key)
            for key in self._attributes(target):
                yield defaultload(way).defer(getattr(target.class_, key), raiseload=True)
            for option in self._eagerly(target.class_, target, depth - 1):
                yield defaultload(way).options(option)


class _Kept(set[str]):
    """The expired attributes of an object, of which those that cannot be read again never become one."""

    def __init__(self, hidden: Iterable[str], expired: Iterable[str]) -> None:
        self._hidden = frozenset(hidden)
        super().__init__(set(expired) - self._hidden)

    def add(self, key: str) -> None:
        """Add an attribute."""
        self.update([key])

    def update(self, *many: Iterable[str]) -> None:
        """Add attributes."""
        super().update(*(set(keys) - self._hidden for keys in many))


class _Refusals(dict[str, Any]):
    """What is called when an attribute of an object is read that was not loaded; an expired one stays refused."""

    def __init__(self, hidden: Iterable[str], known: Mapping[str, Any]) -> None:
        self._hidden = frozenset(hidden)
        super().__init__(known)

    def __delitem__(self, key: str) -> None:
        """Forget what is called for an attribute, unless that is hidden."""
        if key not in self._hidden:
            super().__delitem__(key)


def _refreshing_less(statement: Any, mapper: Mapper[Any], hidden: frozenset[str]) -> Any:  # noqa: ANN401  a SELECT
    """Return a SELECT that reads an object's expired attributes again, but for the hidden ones.

    SQLAlchemy reads them whatever the options say, and has no public name for which ones it reads.
    """
    wanted: frozenset[str] | None = getattr(statement._compile_options, "_only_load_props", None)
    if not wanted or not wanted & hidden:
        return statement
    keys = {mapper.get_property_by_column(column).key for column in mapper.primary_key}
    less = statement._clone()
    less._compile_options += {"_only_load_props": (wanted - hidden) | keys}
    return less


def _not_available(key: str) -> Callable[[InstanceState[Any], object], Any]:
    def refuse(state: InstanceState[Any], _passive: object) -> Any:  # noqa: ANN401
        raise InvalidRequestError(_HIDDEN.format(state.class_.__name__, key))

    return refuse


def _returning_less(statement: Insert, hidden: frozenset[str]) -> Insert:
    """Return an INSERT whose columns with defaults are fetched but for the hidden ones."""
    fetched: tuple[Any, ...] = getattr(statement, "_return_defaults_columns", None) or ()
    if not any(getattr(column, "name", None) in hidden for column in fetched):
        return statement
    kept = tuple(column for column in fetched if column.name not in hidden)
    less = statement._clone()
    # SQLAlchemy can add to these columns, and an empty tuple means all of them.
    less._return_defaults_columns = kept or tuple(statement.table.primary_key)
    return less


class _Known:
    """What was read of each database for each role; a process reads it once."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._by_dialect: WeakKeyDictionary[Dialect, dict[str, HiddenColumns]] = WeakKeyDictionary()

    def get(self, dialect: Dialect, role: str) -> HiddenColumns | None:
        return self._by_dialect.get(dialect, {}).get(role)

    def add(self, dialect: Dialect, role: str, found: HiddenColumns) -> None:
        with self._lock:
            self._by_dialect.setdefault(dialect, {})[role] = found

    def forget(self, dialect: Dialect, role: str) -> None:
        """Read it again, as after a refusal, since a migration may have changed it."""
        with self._lock:
            self._by_dialect.get(dialect, {}).pop(role, None)


KNOWN = _Known()
