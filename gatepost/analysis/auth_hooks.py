"""Find the hooks that write claims into a token, and the tables from which they take them.

A claim that a hook writes is as trusted as a row that a policy trusts. Whoever can write the row can write the claim
(https://supabase.com/docs/guides/auth/auth-hooks/custom-access-token-hook).
"""

from __future__ import annotations

from collections.abc import Iterator

from gatepost.analysis.function_effects import Bodies
from gatepost.schema import Function, Table, is_platform
from gatepost.sql import tokens

AUTH_SERVICE = "supabase_auth_admin"
"""The role that calls the hooks."""


def hooked(bodies: Bodies) -> Iterator[tuple[Function, Table, frozenset[str]]]:
    """Yield each hook with each table that it reads, and the columns of that table that it names.

    Args:
        bodies: What the functions of the database read and write.
    """
    for function in bodies.live.functions:
        if (function.arguments, function.returns) != ("jsonb", "jsonb") or is_platform(function.schema):
            continue
        if not any(grant.grantee == AUTH_SERVICE for grant in function.grants):
            continue
        named = {token.name for token in tokens(function.body) if token.name is not None}
        for key in sorted(bodies.follow(function).reads):
            table = bodies.live.table(*key)
            if table is not None:
                yield function, table, frozenset(column.name for column in table.columns) & named
