"""The rule `identity-from-caller`."""

from __future__ import annotations

import re
from collections.abc import Iterator

from gatepost.analysis.conditions.term_queries import relations, row_columns, sessions
from gatepost.analysis.conditions.terms import (
    Call,
    Column,
    Compare,
    CompareMany,
    Const,
    Session,
    Source,
    Term,
    remembered,
    unwrapped,
)
from gatepost.analysis.context import Context
from gatepost.analysis.policy_questions import decisive, lone_guard
from gatepost.rules._registry import Found, rule

_SHARED = "current_user, which is the same for every user of the API"
_PATTERNS = ("like", "ilike", "~", "~*", "similar")
_CUTS = frozenset("split_part right left substring substr position str_position strpos regexp_replace reverse".split())
_BEARER = re.compile("token|secret|hash|code|key|nonce|signature|invite", re.IGNORECASE)


@rule(severity="error")
def identity_from_caller(context: Context) -> Iterator[Found]:
    """A policy believes something that the caller writes: user_metadata, a request header, an e-mail by pattern.

    ## Why is this bad?
    Users edit their own `user_metadata`, send whatever header they like, and choose their e-mail. `current_user` is
    the same role for all of them.

    ## Example
    ```sql
    CREATE TABLE public.plan (id bigint PRIMARY KEY, org_id text NOT NULL, body text);
    ALTER TABLE public.plan ENABLE ROW LEVEL SECURITY;
    GRANT SELECT ON public.plan TO authenticated;
    CREATE POLICY org ON public.plan FOR SELECT TO authenticated
        USING (org_id = ((SELECT auth.jwt()) -> 'user_metadata' ->> 'org_id'));
    ```

    ## Use instead
    ```sql
    ALTER POLICY org ON public.plan USING (org_id = ((SELECT auth.jwt()) -> 'app_metadata' ->> 'org_id'));
    ```

    ## References
    - https://supabase.com/docs/guides/database/postgres/row-level-security#authjwt
    """
    for one in decisive(context):
        if not one.roles or not (one.policy.permissive or lone_guard(context, one)):
            continue
        for term in one.followed:
            believed = next((b for b in _believed(term) if b is not _SHARED or context.privileges.on_platform), None)
            if believed is not None:
                yield Found(
                    str(one.policy),
                    f'the policy "{one.policy.name}" on "{one.table}" believes {believed}',
                    "decide by auth.uid(), or by a claim of app_metadata",
                )
                break


@remembered
def _believed(term: Term) -> tuple[str, ...]:
    plain = all(session.kind == "uid" for session in term.all_of_type(Session))
    return () if plain and ("auth", "users") not in relations(term) else tuple(_find_believed(term))


def _find_believed(term: Term) -> Iterator[str]:
    users = {s.name for s in term.walk() if isinstance(s, Source) and s.relation == ("auth", "users")}
    for part in term.walk():
        if isinstance(part, Session) and part.kind == "claim" and part.path[:1] == ("user_metadata",):
            yield "user_metadata, which users edit themselves"
        if isinstance(part, Column) and part.name == "raw_user_meta_data" and part.source in users:
            yield "raw_user_meta_data, which users edit themselves"
        if isinstance(part, Compare | CompareMany | Call):
            yield from _compared(part)


def _compared(part: Compare | CompareMany | Call) -> Iterator[str]:
    asked = sessions(part) if not isinstance(part, Call) else set()
    if any(one.kind == "request" for one in asked) and not _bearer(part):
        yield "a header of the request, which the caller writes"
    if not isinstance(part, Compare):
        return
    sides = (unwrapped(part.left), unwrapped(part.right))
    if part.op in _PATTERNS and any(one.kind == "email" for one in asked):
        yield "an e-mail address that fits a pattern"
    for one, other in (sides, sides[::-1]):
        cut = isinstance(one, Call) and one.name[1] in _CUTS and isinstance(other, Const)
        if cut and any(session.kind == "email" for session in sessions(one)):
            yield "an e-mail address by a piece of it"
    for one, other in (sides, sides[::-1]):
        if isinstance(one, Session) and one.kind in ("current_user", "session_user") and row_columns(other):
            yield _SHARED


def _bearer(part: Term) -> bool:
    """Tell whether the caller's value is held against a secret, so that to know it is the right."""
    columns = [one.name for one in part.walk() if isinstance(one, Column)]
    return bool(columns) and any(_BEARER.search(name) for name in columns)
