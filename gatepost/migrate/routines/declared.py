"""alembic-utils' functions and views, with who may use them.

>>> Function("public", "is_mine(u uuid)", "returns boolean …", to=authenticated)   # doctest: +SKIP
>>> View("public", "titles", "SELECT id, title FROM notes", to=authenticated)      # doctest: +SKIP
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise

from alembic_utils.pg_function import PGFunction
from alembic_utils.pg_view import PGView

from gatepost import sql
from gatepost.auth import Role
from gatepost.declare.arguments import role_names
from gatepost.declare.as_found import AsFound
from gatepost.declare.declaration import DeclaredFunction, DeclaredView
from gatepost.errors import DeclarationError
from gatepost.schema import COMMANDS, Grant, RowCommand

BACKEND = "service_role"
"""The role that may use everything that is declared, as it may use every table."""

PLATFORM_FUNCTIONS = frozenset({"rls_auto_enable()"})
"""Functions that the platform itself puts into `public`."""


class Function(PGFunction):
    """A function, and the roles that may execute it; nobody else may, but for `service_role`.

    Args:
        schema: Its schema.
        signature: Its name and arguments, `is_mine(u uuid)`.
        definition: What follows them in CREATE FUNCTION.
        to: Who may execute it. A policy is evaluated as its caller, who needs that for the functions in it.
        reason: Why somebody without a login may execute a function that runs as its owner.
        found: `as_found({public: ("EXECUTE",)})` for a function that was there before: exactly its grants, in place of
            `to`, and nothing of it is judged at declaration. `gatepost verify` does.

    Raises:
        DeclarationError: a function that runs as its owner (SECURITY DEFINER) leaves the search path to its caller, or
            may be executed by anon without a reason.
    """

    def __init__(
        self,
        schema: str,
        signature: str,
        definition: str,
        *,
        to: Role | Iterable[Role] = (),
        reason: str | None = None,
        found: AsFound | None = None,
    ) -> None:
        super().__init__(schema, signature, definition)
        self.roles = _names(to)
        self.found = found
        self._given = (schema, signature, definition)
        if found is not None:
            _refuse_both(f"{schema}.{signature}", self.roles)
        elif is_definer(definition):
            self._check_definer(reason)

    def _check_definer(self, reason: str | None) -> None:
        name = f"{self.schema}.{self.signature}"
        if not _sets_search_path(self._given[2]):
            raise DeclarationError(
                f'the function "{name}" runs as its owner (SECURITY DEFINER) on the search path of whoever calls it',
                "SECURITY DEFINER SET search_path = ''  -- and qualify the names in its body",
            )
        unknown = sorted({"anon", "public"} & set(self.roles))
        if unknown and not reason:
            raise DeclarationError(
                f'the function "{name}" runs as its owner (SECURITY DEFINER), past row security, and "{unknown[0]}",'
                " who needs no login, may execute it",
                'to=authenticated, or keep it with: reason="why nobody reads or writes too much through it"',
            )

    @property
    def plain(self) -> PGFunction:
        """The same function as alembic-utils' own, which is what revisions hold."""
        return PGFunction(*self._given)

    @property
    def declared(self) -> DeclaredFunction:
        """What `gatepost verify` compares with a database."""
        name, _, parameters = self.signature.removesuffix(")").partition("(")
        definition = self._given[2]
        how = is_definer(definition), _sets_search_path(definition)
        return DeclaredFunction(self.schema, name.strip().strip('"'), parameters.strip(), self.grants, *how)

    @property
    def grants(self) -> tuple[Grant, ...]:
        """Who may execute it."""
        if self.found is not None:
            return self.found.grants
        return tuple(Grant(role, "EXECUTE") for role in sorted({*self.roles, BACKEND}))


class View(PGView):
    """A view, the roles that may use it, and whose privileges it uses; nobody else may use it, but for `service_role`.

    Args:
        schema: Its schema.
        signature: Its name.
        definition: Its query.
        to: Who may use it.
        commands: What they may do with it.
        security_invoker: Whether the view reads its tables as its caller, so that their row security holds.
        security_barrier: Whether its conditions are evaluated before those of its caller.
        found: `as_found({anon: ("SELECT",)})` for a view that was there before: exactly its grants, in place of `to`
            and `commands`.
    """

    def __init__(
        self,
        schema: str,
        signature: str,
        definition: str,
        *,
        to: Role | Iterable[Role] = (),
        commands: Iterable[RowCommand] = ("select",),
        security_invoker: bool = True,
        security_barrier: bool = False,
        found: AsFound | None = None,
    ) -> None:
        super().__init__(schema, signature, definition)
        self._given = (schema, signature, definition)
        self.roles = _names(to)
        self.found = found
        self.commands = tuple(commands)
        self.security_invoker = security_invoker
        self.security_barrier = security_barrier
        if unknown := sorted(set(self.commands) - set(COMMANDS)):
            raise DeclarationError(f'"{unknown[0]}" is not a command', ", ".join(COMMANDS))
        if found is not None:
            _refuse_both(f"{schema}.{signature}", self.roles)

    @property
    def plain(self) -> PGView:
        """The same view as alembic-utils' own, which is what revisions hold."""
        return PGView(*self._given)

    @property
    def declared(self) -> DeclaredView:
        """What `gatepost verify` compares with a database."""
        name = self.signature.strip('"')
        return DeclaredView(self.schema, name, self.grants, self.security_invoker, self.security_barrier)

    @property
    def grants(self) -> tuple[Grant, ...]:
        """Who may do what with it."""
        if self.found is not None:
            return self.found.grants
        roles = sorted({*self.roles, BACKEND})
        return tuple(Grant(role, command.upper()) for role in roles for command in sorted(self.commands))

    @property
    def options(self) -> tuple[str, ...]:
        """Its storage options, as `pg_class.reloptions` has them."""
        given = (("security_barrier", self.security_barrier), ("security_invoker", self.security_invoker))
        return tuple(f"{name}=true" for name, on in given if on)


def _refuse_both(name: str, roles: tuple[str, ...]) -> None:
    if roles:
        raise DeclarationError(
            f'"{name}" has its grants from found= and from to=', "keep found=as_found(…) until the grants change"
        )


def is_definer(definition: str) -> bool:
    """Return whether the text after a function's arguments says SECURITY DEFINER."""
    words = _words(definition)
    return ("security", "definer") in pairwise(words)


def _sets_search_path(definition: str) -> bool:
    words = _words(definition)
    return ("set", "search_path") in pairwise(words)


def _words(definition: str) -> list[str]:
    return [token.name for token in sql.tokens(definition) if token.name is not None]


def _names(to: Role | Iterable[Role]) -> tuple[str, ...]:
    roles = to if isinstance(to, Role | str) else tuple(to)
    return role_names(roles) if roles else ()
