"""The steps of a revision: what differs, as entities that are created, replaced and dropped.

Grants are differences, so that two branches which change one table can be merged. Only where a table is new, goes, or
is protected for the first time does a revision begin by revoking everything: what a database granted by default
differs from one to the next.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Literal

from gatepost.diff import UNPROTECTED, Change, Kind, TableGrants, TableRowSecurity, TableState, diff, removal
from gatepost.migrate.entities.privileges import Access, AllRevoked, Privilege, ViewOptions, privileges
from gatepost.schema import API_ROLES, Grant, Policy, is_platform

Subject = Policy | TableRowSecurity | Privilege | AllRevoked | ViewOptions

Way = Literal["both", "up", "down"]


@dataclass(frozen=True)
class Step:
    """One step of the way up; one of `before` and `after` may be missing.

    `way` says whether only the upgrade, or only the downgrade, takes it: what is on a table goes with the table.
    """

    kind: Kind
    before: Subject | None
    after: Subject | None
    way: Way = "both"

    @property
    def subject(self) -> Subject:
        """The value after the step, or else the one that it drops."""
        found = self.after if self.after is not None else self.before
        assert found is not None  # noqa: S101  a step has a side
        return found

    @property
    def table(self) -> tuple[str, str]:
        """The table, or other object, that the step is about."""
        subject = self.subject
        if isinstance(subject, Policy | TableRowSecurity):
            return (subject.schema, subject.table)
        return (subject.schema, subject.name)

    def reversed(self) -> Step:
        """Return the step of the way down."""
        # Where two merged branches dropped the same policy, both ways down bring it back.
        back: Kind = "replace" if isinstance(self.subject, Policy) else "create"
        kinds: dict[Kind, Kind] = {"create": "drop", "replace": "replace", "drop": back}
        ways: dict[Way, Way] = {"both": "both", "up": "down", "down": "up"}
        return Step(kinds[self.kind], self.after, self.before, ways[self.way])


def create(value: Subject, way: Way = "both") -> Step:
    """Return the step that creates a value."""
    return Step("create", None, value, way)


def drop(value: Subject, way: Way = "both") -> Step:
    """Return the step that drops a value."""
    return Step("drop", value, None, way)


def table_steps(declared: TableState, live: TableState | None, server_version: int) -> Iterator[Step]:
    """Yield the steps that make one table what was declared.

    Args:
        declared: What was declared.
        live: What the database holds, or None where the table is not there yet.
        server_version: The server's, as in `gatepost.schema.Schema`.
    """
    for step in _alike(diff(declared, live)):
        # What is on a new table goes with it, but a policy may hold something else that goes.
        goes = live is None and not isinstance(step.subject, Policy)
        yield replace(step, way="up") if goes else step
    if is_platform(declared.key[0]):
        return
    after = declared.grants
    if live is None:
        yield create(_all_revoked(after), "up")
        yield from (create(privilege, "up") for privilege in table_privileges(after))
    elif live.row_security.state == UNPROTECTED != declared.row_security.state:
        before = live.grants
        yield from (drop(privilege, "down") for privilege in table_privileges(before, server_version))
        yield drop(_all_revoked(after, before), "down")
        yield create(_all_revoked(after, before), "up")
        yield from (create(privilege, "up") for privilege in table_privileges(after))
    else:
        yield from _differences(live.grants, after, server_version)
    yield from _let_in(after)


def _let_in(after: TableGrants) -> Iterator[Step]:
    yield from (create(Privilege(after.schema, after.schema, role, "USAGE", on="schema")) for role in after.usage)


def table_differences(declared: TableState, live: TableState) -> Iterator[Step]:
    """Yield what differs between a table that is there and its declaration, and nothing that is only made sure of."""
    yield from _alike(diff(declared, live))
    if not is_platform(declared.key[0]):
        differences = _differences(live.grants, declared.grants, 0)
        yield from (step for step in differences if not isinstance(step.subject, AllRevoked))
        yield from _let_in(declared.grants)


def removal_steps(live: TableState, server_version: int) -> Iterator[Step]:
    """Yield the steps that the dropping of a table needs: the downgrade brings everything back."""
    for step in _alike(removal(live)):
        # A policy may hold something else that is dropped; everything else goes with the table.
        yield step if isinstance(step.subject, Policy) else replace(step, way="down")
    yield from (drop(privilege, "down") for privilege in table_privileges(live.grants, server_version))
    yield drop(_all_revoked(live.grants), "down")


def table_privileges(grants: TableGrants, server_version: int = 0) -> Iterator[Privilege]:
    """Yield the privileges on a table and on its sequences."""
    yield from privileges("table", grants.schema, grants.table, grants.grants, server_version=server_version)
    for schema, name, of_sequence in grants.sequences:
        yield from privileges("sequence", schema, name, of_sequence)


def _alike(changes: Iterable[Change]) -> Iterator[Step]:
    for change in changes:
        if not isinstance(change.subject, TableGrants):
            yield Step(change.kind, change.before, change.after)  # type: ignore[arg-type]  # grants are left out


def _all_revoked(*every: TableGrants) -> AllRevoked:
    first = every[0]
    roles = {grant.grantee for grants in every for grant in grants.grants} - {"public", *API_ROLES}
    sequences = {sequence[:2] for grants in every for sequence in grants.sequences}
    return AllRevoked(first.schema, first.table, tuple(sorted(roles)), tuple(sorted(sequences)))


def _differences(before: TableGrants, after: TableGrants, server_version: int) -> Iterator[Step]:
    sequences = {(schema, name): held for schema, name, held in before.sequences}
    wanted = {(schema, name): held for schema, name, held in after.sequences}
    gone, new = _between(before.grants, after.grants)
    yield from map(drop, privileges("table", before.schema, before.table, gone, server_version=server_version))
    yield from map(create, privileges("table", before.schema, before.table, new))
    for key in sorted({*sequences, *wanted}):
        # A sequence that comes or goes with its column is new on one of the ways.
        if key not in wanted:
            yield drop(AllRevoked(*key, on="sequence"), "down")
        elif key not in sequences:
            yield create(AllRevoked(*key, on="sequence"), "up")
        gone, new = _between(sequences.get(key, ()), wanted.get(key, ()))
        yield from map(drop, privileges("sequence", *key, gone))
        yield from map(create, privileges("sequence", *key, new))


def _between(before: Iterable[Grant], after: Iterable[Grant]) -> tuple[set[Grant], set[Grant]]:
    """Return the grants that go and those that come.

    Who loses a privilege on a table loses it on every column as well, so those on columns come again.
    """
    held, wanted = set(before), set(after)
    gone, new = held - wanted, wanted - held
    lost = {(grant.grantee, grant.privilege) for grant in gone if grant.column is None}
    gone |= {grant for grant in held if (grant.grantee, grant.privilege) in lost}
    new |= {grant for grant in wanted if (grant.grantee, grant.privilege) in lost}
    return gone, new


def stated(access: Access | None) -> Iterator[Step]:
    """Yield the steps that say everything about a view or function that the upgrade makes or makes again."""
    if access is not None:
        yield from (create(value, "up") for value in _everything(access))


def restored(access: Access) -> Iterator[Step]:
    """Yield the steps by which the downgrade says everything about a view or function that it makes again."""
    yield from (drop(value, "down") for value in _everything(access))


def access_differences(live: Access, declared: Access) -> Iterator[Step]:
    """Yield the steps that make the access to a view or function what was declared."""
    gone, new = _between(live.grants, declared.grants)
    yield from map(drop, privileges(live.on, *live.key, gone))
    yield from map(create, privileges(live.on, *live.key, new))
    if declared.options is not None and sorted(declared.options) != sorted(live.options or ()):
        before, after = (ViewOptions(*live.key, one.options or ()) for one in (live, declared))
        yield Step("replace", before, after)


def _everything(access: Access) -> Iterator[Subject]:
    roles = {grant.grantee for grant in access.grants} - {"public", *API_ROLES}
    yield AllRevoked(*access.key, tuple(sorted(roles)), on=access.on)
    yield from privileges(access.on, *access.key, access.grants)
    if access.options:
        yield ViewOptions(*access.key, access.options)
