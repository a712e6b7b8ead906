"""The entities of access: one privilege of one role, that nobody holds anything, and the options of a view."""

from __future__ import annotations

from collections.abc import Sequence

from gatepost import sql
from gatepost.migrate.entities.base import Entity
from gatepost.migrate.entities.privileges import AllRevoked, On, Privilege, ViewOptions
from gatepost.migrate.entities.source_text import split


class Grant(Entity):
    """One privilege of one role on a table or view, or on some of its columns.

    Args:
        schema: The object's schema.
        name: The object's name; a routine's with the types of its arguments, `is_mine(uuid)`.
        role: Who holds it; `public` is PUBLIC.
        privilege: `SELECT`, `INSERT`, … or `ALL`.
        columns: The columns that it is on, where it is not on all.
        on: `table` (or view), `sequence`, `schema` or `routine`.
        grantable: Whether the role may grant it to others.
    """

    type_ = "grant"

    def __init__(
        self,
        schema: str,
        name: str,
        role: str,
        privilege: str,
        columns: Sequence[str] = (),
        on: On = "table",
        grantable: bool = False,
    ) -> None:
        self.value = Privilege(schema, name, role, privilege, tuple(columns), on, grantable)
        super().__init__(schema, f"{name}_{role}_{privilege}")

    @property
    def identity(self) -> str:
        """Return what names the privilege among all."""
        value = self.value
        return f"grant of {value.held} on {value.schema}.{value.name} to {value.role}"

    def create_sql(self) -> list[str]:
        """Return the statement that grants it."""
        return self.value.grant_sql()

    def drop_sql(self) -> list[str]:
        """Return the statement that revokes it."""
        return self.value.revoke_sql()

    def arguments(self) -> tuple[list[object], dict[str, object]]:
        """Return the arguments that recreate this entity."""
        positional, named = self.name_arguments()
        return positional, named | ({"grantable": True} if self.value.grantable else {})

    def name_arguments(self) -> tuple[list[object], dict[str, object]]:
        """Return the arguments that a revision needs to revoke it."""
        value = self.value
        positional: list[object] = [value.schema, value.name, value.role, value.privilege]
        positional += [list(value.columns)] if value.columns else []
        return positional, {"on": value.on} if value.on != "table" else {}


class RevokeAll(Entity):
    """That neither PUBLIC nor a role of the Data API holds anything on an object.

    Args:
        schema: The object's schema.
        name: The object's name; a routine's with the types of its arguments.
        roles: Other roles that lose everything too.
        sequences: The sequences of the table that are closed with it.
        on: `table` (or view), `sequence` or `routine`.
    """

    type_ = "revoke_all"

    def __init__(
        self,
        schema: str,
        name: str,
        roles: Sequence[str] = (),
        sequences: Sequence[str | tuple[str, str]] = (),
        on: On = "table",
    ) -> None:
        owned = tuple(split(sequence, schema) if isinstance(sequence, str) else sequence for sequence in sequences)
        self.value = AllRevoked(schema, name, tuple(roles), owned, on)
        super().__init__(schema, name)

    @property
    def identity(self) -> str:
        """Return what names the object among all."""
        return f"no grants on {self.value.schema}.{self.value.name}"

    def create_sql(self) -> list[str]:
        """Return the statements that revoke everything."""
        return self.value.revoke_sql()

    def drop_sql(self) -> list[str]:
        """Return the same statements: what was granted before is granted by name."""
        return self.create_sql()

    def arguments(self) -> tuple[list[object], dict[str, object]]:
        """Return the arguments that recreate this entity."""
        value = self.value
        sequences = [
            name if schema == value.schema else sql.qualified(schema, name) for schema, name in value.sequences
        ]
        optional: dict[str, object] = {"roles": list(value.roles), "sequences": sequences}
        named = {name: given for name, given in optional.items() if given}
        return [value.schema, value.name], named | ({"on": value.on} if value.on != "table" else {})


class ViewOptionsEntity(Entity):
    """The options of a view; one that is not here is reset.

    Args:
        schema: The view's schema.
        name: The view's name.
        options: `security_invoker=true`, `security_barrier=true`, `check_option=local`.
    """

    type_ = "view_options"

    def __init__(self, schema: str, name: str, options: Sequence[str] = ()) -> None:
        self.value = ViewOptions(schema, name, tuple(options))
        super().__init__(schema, name)

    @property
    def identity(self) -> str:
        """Return what names the view among all."""
        return f"options of the view {self.value.schema}.{self.value.name}"

    def create_sql(self) -> list[str]:
        """Return the statements that set them."""
        return self.value.set_sql()

    def drop_sql(self) -> list[str]:
        """Return the statement that resets them all."""
        return ViewOptions(self.value.schema, self.value.name).set_sql()

    def arguments(self) -> tuple[list[object], dict[str, object]]:
        """Return the arguments that recreate this entity."""
        return [self.value.schema, self.value.name, list(self.value.options)], {}
