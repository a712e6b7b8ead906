"""The rule `role-from-user-metadata`."""

from __future__ import annotations

import re
from collections.abc import Iterator

from gatepost.analysis.auth_hooks import hooked
from gatepost.analysis.context import Context
from gatepost.analysis.functions.column_writes import filled
from gatepost.rules._registry import Found, rule
from gatepost.schema import Function
from gatepost.sql import comment, tokens

_METADATA = re.compile(r"raw_user_meta_data|user_metadata", re.IGNORECASE)


@rule(severity="error", decided_by="witness")
def role_from_user_metadata(context: Context) -> Iterator[Found]:
    """A SECURITY DEFINER trigger copies data that users choose into a table that policies trust.

    ## Why is this bad?
    The browser sends `raw_user_meta_data` at sign-up. Anyone who signs up with `{"role": "admin"}` becomes an admin.

    ## Example
    ```sql
    CREATE TABLE public.member (id uuid PRIMARY KEY, role text);
    ALTER TABLE public.member ENABLE ROW LEVEL SECURITY;
    CREATE TABLE public.note (id int PRIMARY KEY);
    ALTER TABLE public.note ENABLE ROW LEVEL SECURITY;
    CREATE POLICY admins ON public.note FOR SELECT TO authenticated USING (EXISTS (
        SELECT FROM public.member m WHERE m.id = (SELECT auth.uid()) AND m.role = 'admin'));
    CREATE FUNCTION public.sign_up() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
    BEGIN
        INSERT INTO public.member (id, role) VALUES (new.id, new.raw_user_meta_data ->> 'role');
        RETURN new;
    END $$;
    CREATE TRIGGER sign_up AFTER INSERT ON auth.users FOR EACH ROW EXECUTE FUNCTION public.sign_up();
    ```

    ## Use instead
    ```sql
    CREATE OR REPLACE FUNCTION public.sign_up() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = ''
    AS $$
    BEGIN
        INSERT INTO public.member (id, role) VALUES (new.id, 'member');
        RETURN new;
    END $$;
    ```

    ## References
    - https://supabase.com/docs/guides/auth/users
    """
    fired = {trigger.function for trigger in context.live.triggers}
    definers = [f for f in context.live.functions if f.definer and f.key in fired]
    copied = [(function, *what) for function in definers for what in _copied(function, context)]
    trusted = _trusted_columns(context) if copied else {}
    for function, table, column in copied:
        if column in trusted.get(table, ()):
            name = ".".join(table)
            yield Found(
                str(function),
                f'"{function}" copies user metadata, which users write themselves, into "{column}" of "{name}", and'
                " policies trust that column",
                comment(f"in {function}: give {column} a fixed value, or read it from raw_app_meta_data"),
                detail=f"{name}.{column}",
            )


def _trusted_columns(context: Context) -> dict[tuple[str, str], set[str]]:
    """Return the columns that policies read, directly or in a function's body."""
    found: dict[tuple[str, str], set[str]] = {}
    references = {r for table in context.live.tables for policy in table.policies for r in policy.reads}
    for reference in references:
        if reference.kind == "relation":
            found.setdefault(reference.key, set()).update(reference.columns)
        elif (function := context.live.function(*reference.key)) is not None:
            named = {token.name for token in tokens(function.body) if token.name is not None}
            for key in context.bodies.follow(function).reads:
                known = context.live.table(*key)
                columns = {column.name for column in known.columns} if known is not None else set()
                found.setdefault(key, set()).update(columns & named)
    for _, table, decisive in hooked(context.bodies):
        found.setdefault(table.key, set()).update(decisive)
    return found


def _copied(function: Function, context: Context) -> Iterator[tuple[tuple[str, str], str]]:
    """Yield each column that a statement of the body fills from a user's own metadata."""
    for one in filled(function, context):
        for column, value in one.values.items():
            if any(_METADATA.search(token.text) for token in value):
                yield one.table.key, column
