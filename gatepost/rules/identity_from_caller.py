"""The rule `identity-from-caller`."""

from __future__ import annotations

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
from gatepost.name_hints import contains_any
from gatepost.rules._registry import Found, rule

_SHARED = "current_user, which is the same for every user of the API"
_PATTERNS = ("like", "ilike", "~", "~*", "similar")
_CUTS = frozenset("split_part right left substring substr position str_position strpos regexp_replace reverse".split())


@rule(severity="error", decided_by="witness")
def identity_from_caller(context: Context) -> Iterator[Found]:
    """A policy trusts a value that the caller chooses: user_metadata, a request header, an e-mail pattern.

    ## Why is this bad?
    Users edit their own `user_metadata`, send any header they like and choose their e-mail address. `current_user` is
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
            trusted = next((b for b in _trusted(term) if b is not _SHARED or context.privileges.on_platform), None)
            if trusted is not None:
                yield Found(
                    str(one.policy),
                    f'the policy "{one.policy.name}" on "{one.table}" trusts {trusted}',
                    "decide by auth.uid(), or by a claim of app_metadata",
                )
                break


@remembered
def _trusted(term: Term) -> tuple[str, ...]:
    plain = all(session.kind == "uid" for session in term.all_of_type(Session))
    return () if plain and ("auth", "users") not in relations(term) else tuple(_find_trusted(term))


def _find_trusted(term: Term) -> Iterator[str]:
    users = {s.name for s in term.walk() if isinstance(s, Source) and s.relation == ("auth", "users")}
    for part in term.walk():
        if isinstance(part, Session) and part.kind == "claim" and part.path[:1] == ("user_metadata",):
            yield "user_metadata, which users edit themselves"
        if isinstance(part, Column) and part.name == "raw_user_meta_data" and part.source in users:
            yield "raw_user_meta_data, which users edit themselves"
        if isinstance(part, Compare | CompareMany | Call):
            yield from _compared(part)


def _compared(part: Compare | CompareMany | Call) -> Iterator[str]:
    read = sessions(part) if not isinstance(part, Call) else set()
    if any(one.kind == "request" for one in read) and not _bearer(part):
        yield "a request header, which the caller chooses"
    if not isinstance(part, Compare):
        return
    sides = (unwrapped(part.left), unwrapped(part.right))
    if part.op in _PATTERNS and any(one.kind == "email" for one in read):
        yield "an e-mail address that matches a pattern"
    for one, other in (sides, sides[::-1]):
        cut = isinstance(one, Call) and one.name[1] in _CUTS and isinstance(other, Const)
        if cut and any(session.kind == "email" for session in sessions(one)):
            yield "a part of an e-mail address"
    for one, other in (sides, sides[::-1]):
        if isinstance(one, Session) and one.kind in ("current_user", "session_user") and row_columns(other):
            yield _SHARED


def _bearer(part: Term) -> bool:
    """Return whether the caller's value is compared with a secret. Then knowing the secret grants the access."""
    columns = [one.name for one in part.walk() if isinstance(one, Column)]
    return bool(columns) and any(contains_any(name, "bearer_columns") for name in columns)
