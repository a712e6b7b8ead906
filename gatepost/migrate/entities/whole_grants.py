"""The entity of grants that revisions held before there was `Grant`: everything on one table at once.

Revisions that were written with it run as ever; new ones hold `Grant` and `RevokeAll`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from gatepost import ddl
from gatepost.diff import TableGrants
from gatepost.migrate.entities.base import Entity
from gatepost.migrate.entities.source_text import split
from gatepost.schema import Grant as OneGrant

Privileges = Mapping[str, Sequence[str | tuple[str, Sequence[str]]]]
"""Role to privileges; a privilege on some columns only is `("SELECT", ["id", "name"])`."""

GRANT_OPTION = " WITH GRANT OPTION"


class GrantsEntity(Entity):
    """Every privilege that the roles of the Data API hold on one table; what is not here is revoked.

    Args:
        schema: The table's schema.
        table: The table.
        grants: Role to privileges; `public` is PUBLIC, and a role without privileges loses those that it had.
        sequences: The sequences that the table owns, by name, each with its own grants.
        usage: The roles that are let into the schema, and shut out again when the entity is dropped.
        no_usage: The roles that are shut out of the schema.
    """

    type_ = "grants"

    def __init__(
        self,
        schema: str,
        table: str,
        grants: Privileges,
        sequences: Mapping[str, Privileges] | None = None,
        usage: Sequence[str] = (),
        no_usage: Sequence[str] = (),
    ) -> None:
        owned = tuple((*split(name, schema), _grants(of_it)) for name, of_it in (sequences or {}).items())
        revoked = tuple(role for role, privileges in grants.items() if not privileges)
        self.value = TableGrants(schema, table, _grants(grants), owned, tuple(usage), revoked, tuple(no_usage))
        super().__init__(schema, table)

    @property
    def identity(self) -> str:
        """Return what names the grants on a table among all."""
        return f"grants on {self.schema}.{self.value.table}"

    def create_sql(self) -> list[str]:
        """Return the statements that revoke everything, and grant this."""
        return ddl.create_sql(self.value)

    def drop_sql(self) -> list[str]:
        """Return the statements that revoke everything."""
        return ddl.drop_sql(self.value)


def _grants(privileges: Privileges) -> tuple[OneGrant, ...]:
    grants = []
    for role, held in privileges.items():
        for privilege in held:
            name, columns = (privilege, (None,)) if isinstance(privilege, str) else privilege
            plain = name.removesuffix(GRANT_OPTION)
            grants += [OneGrant(role, plain, column, grantable=plain != name) for column in columns]
    return tuple(sorted(grants, key=lambda grant: (grant.grantee, grant.privilege, grant.column or "")))
