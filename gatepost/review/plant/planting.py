"""Plant the population on one side: without what it lacks, and with another value on both where it refuses one."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from itertools import groupby
from typing import TYPE_CHECKING

from gatepost import sql
from gatepost.finding import NotChecked
from gatepost.observation.plant.constraint_search import Search
from gatepost.observation.plant.fitting.partitions import of_each_part, room
from gatepost.observation.plant.insert_rows import PlantedRows, insert
from gatepost.observation.plant.row import Row
from gatepost.observation.plant.survey import FILES, Survey, TableKey
from gatepost.review.names import Names
from gatepost.review.plant.population import Population
from gatepost.schema import Table

if TYPE_CHECKING:
    from psycopg2 import Error
    from psycopg2.extensions import cursor as Cursor

_ATTEMPTS = 120


@dataclass
class SidePlanting:
    """Plants one side.

    Args:
        cursor: Inside a transaction that will be rolled back, as a role that bypasses row security.
        survey: The side, in its own words.
        population: The rows.
        names: What the head calls what the base has; None for the head itself.
    """

    cursor: Cursor
    survey: Survey
    population: Population
    names: Names | None
    missing: list[NotChecked] = field(default_factory=list)
    refused: dict[int, set[str]] = field(default_factory=dict)
    """Why rows of a possibility are not there, as SQLSTATEs by its number."""

    def plant(self) -> PlantedRows:
        """Plant every table, parents first, without triggers and foreign keys where the role may do that."""
        found = PlantedRows(self.survey, self.population.row_sets, keys_aside=self._put_triggers_aside())
        for joint in self.population.survey.tables:
            table = self.own(joint.key)
            if table is not None:
                refused = self._table(found, joint, table)
                self._parts(found, joint, table)
                if refused:
                    self.missing.append(NotChecked(str(joint), f"no row could be planted: {refused}", ours=True))
        for possibility in self.population.possible:
            for row in possibility.rows(self.population.survey, self.population.row_sets):
                table = self.own(row.table.key)
                error = self._some(found, [self.row(row, table)]) if table is not None else None
                if error is not None:
                    self.refused.setdefault(possibility.number, set()).add(error.pgcode or "")
        if found.keys_aside:
            self.cursor.execute("SET LOCAL session_replication_role = origin")
        self._refresh()
        return found

    def _parts(self, found: PlantedRows, joint: Table, table: Table) -> None:
        """Plant a row in each partition: one may be open by its own name."""
        for values in of_each_part(self.cursor, table) if table.kind == "partitioned" else ():
            row = self.population.row_of_part(joint, values)
            if row is not None:
                self._some(found, [self.row(row, table)])

    def own(self, key: TableKey) -> Table | None:
        """Return a table of the head's words as this side has it."""
        return own_table(self.survey, self.names, key)

    def row(self, row: Row, table: Table) -> Row:
        """Return a row as this side can hold it."""
        held = {
            self.names.column_before(row.table.key, name) if self.names is not None else name: value
            for name, value in row.values.items()
        }
        kept = {c.name: held[c.name] for c in table.columns if c.name in held and not c.generated}
        return replace(row, table=table, values=kept)

    def _put_triggers_aside(self) -> bool:
        from psycopg2 import Error

        self.cursor.execute("SAVEPOINT gatepost_replica")
        try:
            self.cursor.execute("SET LOCAL session_replication_role = replica")
        except Error:
            self.cursor.execute("ROLLBACK TO SAVEPOINT gatepost_replica; RELEASE SAVEPOINT gatepost_replica")
            return False
        self.cursor.execute("RELEASE SAVEPOINT gatepost_replica")
        return True

    def _table(self, found: PlantedRows, joint: Table, table: Table) -> str:
        said = ""
        search = Search(self.cursor, self.population.row_sets, joint)
        for _ in range(_ATTEMPTS):
            error = self._all(found, joint, table)
            if error is None:
                return ""
            said = (error.diag.message_primary or str(error)).strip()
            if self.population.settled:
                break
            fitting = {(*joint.key, name): value for name, value in room(self.cursor, table, error).items()}
            fixes = self.population.row_sets.fixes
            if any(fixes.get(key) != value for key, value in fitting.items()):
                fixes |= fitting
            elif not self._may_learn(error) or not search.learn(error):
                break
        for row in self.population.rows(joint):
            error = self._some(found, [self.row(row, table)])
            if error is not None and error.pgcode == "23505" and table.key == FILES[0]:
                return ""  # the bucket is there already
            said = said if error is None else (error.diag.message_primary or str(error)).strip()
        return "" if found.rows.get(table.key) else said

    def _may_learn(self, error: Error) -> bool:
        """Return whether another value could help: a label that this side's enum lacks is no mistake of the row."""
        return not (error.pgcode == "22P02" and "enum" in (error.diag.message_primary or ""))

    def _all(self, found: PlantedRows, joint: Table, table: Table) -> Error | None:
        rows = [self.row(row, table) for row in self.population.rows(joint)]
        before = dict(found.rows.get(table.key, {}))
        for _, same in groupby(rows, key=lambda row: tuple(row.values)):
            error = self._some(found, list(same))
            if error is not None:
                self._forget(table, before, found)
                return error
        return None

    def _forget(self, table: Table, before: dict[tuple[int, str], Row], found: PlantedRows) -> None:
        """Remove the rows of a table that were planted before one was refused."""
        new = found.rows.get(table.key, {}).keys() - before.keys()
        places = sql.literal("{" + ",".join(f'"{ctid}"' for _, ctid in sorted(new)) + "}")
        if new:
            target = sql.qualified(table.schema, table.name)
            self.cursor.execute(f"DELETE FROM {target} WHERE ctid = ANY ({places}::tid[])")
        found.rows[table.key] = before

    def _some(self, found: PlantedRows, rows: list[Row]) -> Error | None:
        from psycopg2 import Error

        try:
            self.cursor.execute(f"SAVEPOINT gatepost_plant; {insert(rows)} RETURNING tableoid::int8, ctid::text")
            places = self.cursor.fetchall()
        except Error as error:
            self.cursor.execute("ROLLBACK TO SAVEPOINT gatepost_plant; RELEASE SAVEPOINT gatepost_plant")
            return error
        self.cursor.execute("RELEASE SAVEPOINT gatepost_plant")
        if len(places) == len(rows):  # a trigger may swallow rows
            found.rows.setdefault(rows[0].table.key, {}).update(zip(places, rows, strict=True))
        return None

    def _refresh(self) -> None:
        """Refresh the materialized views with the planted rows."""
        from psycopg2 import Error

        for view in self.survey.live.views:
            if view.kind != "materialized" or view.extension is not None:
                continue
            self.cursor.execute("SAVEPOINT gatepost_refresh")
            try:
                self.cursor.execute(f"REFRESH MATERIALIZED VIEW {sql.qualified(view.schema, view.name)}")
            except Error as error:
                self.cursor.execute("ROLLBACK TO SAVEPOINT gatepost_refresh")
                said = (error.diag.message_primary or str(error)).strip()
                self.missing.append(NotChecked(str(view), f"cannot be refreshed: {said}"))
            self.cursor.execute("RELEASE SAVEPOINT gatepost_refresh")


def own_table(survey: Survey, names: Names | None, key: TableKey) -> Table | None:
    """Return a table of the head's words as a side has it, or None where it has none.

    Args:
        survey: The side.
        names: What the head calls what the base has; None for the head itself.
        key: The table, as the head calls it.
    """
    return survey.live.table(*(names.table_before(key) if names is not None else key))
