"""The rule `definer-function`."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from gatepost.analysis.context import Context
from gatepost.analysis.functions.caller_checks import NOT_COMPARED, identity_not_compared
from gatepost.analysis.functions.column_writes import filled
from gatepost.analysis.functions.security_definer import (
    Callable,
    answers_yes_or_no,
    callable_definers,
    chosen_owner,
    figure_of_a_stranger,
    gives_a_figure,
    helps_policies_only,
    hidden_reads,
    hidden_writes,
    only_counts_up,
    opened_on_purpose,
    opens_closed_tables,
    picks_by_argument,
    takes_a_secret,
)
from gatepost.finding import Severity
from gatepost.rules._fixes import revoke_execute
from gatepost.rules._registry import Found, rule
from gatepost.rules._wording import joined, names
from gatepost.schema import Function, is_platform
from gatepost.sql import tokens

_SENDING = frozenset({"http", *(f"http_{verb}" for verb in ("get", "post", "put", "patch", "delete", "head"))})
"""The functions of the extensions http and pg_net that send a request."""
_CREDENTIALS = ("authorization", "bearer", "apikey")


@rule(severity="error", decided_by="witness")
def definer_function(context: Context) -> Iterator[Found]:
    """A SECURITY DEFINER function lets its caller read or write rows that row security hides.

    The body is followed into the functions that it calls. A function that compares its rows with the signed-in user is
    not reported. Information where the caller learns only a truth value or a number, where rows are found by a secret
    that the caller must know (unless it adds some to a table that policies trust), where a row is added to a table that
    no policy trusts, where a number is only counted up, where EXECUTE was revoked from PUBLIC and granted on purpose
    for a look-up, and where functions are the only way to tables without a policy and return nothing of anybody's. A
    sum of private rows is reported where an argument chooses whose. Calls that cannot be followed are reported as such.
    A warning where a function sends its caller's request over HTTP with credentials of its own.

    ## Why is this bad?
    The function runs as its owner, and on the platform the owner bypasses row security. Everyone can call a function
    unless EXECUTE is revoked from PUBLIC.

    ## Example
    ```sql
    CREATE TABLE public.note (id int PRIMARY KEY, owner uuid, body text);
    ALTER TABLE public.note ENABLE ROW LEVEL SECURITY;
    CREATE FUNCTION public.notes_of(person uuid) RETURNS SETOF public.note
        LANGUAGE sql SECURITY DEFINER SET search_path = ''
        AS $$ SELECT * FROM public.note WHERE owner = person $$;
    ```

    ## Use instead
    ```sql
    DROP FUNCTION public.notes_of(uuid);
    CREATE FUNCTION public.my_notes() RETURNS SETOF public.note
        LANGUAGE sql SECURITY DEFINER SET search_path = ''
        AS $$ SELECT * FROM public.note WHERE owner = (SELECT auth.uid()) $$;
    ```

    ## References
    - https://www.postgresql.org/docs/17/sql-createfunction.html#SQL-CREATEFUNCTION-SECURITY
    """
    for found in callable_definers(context):
        judged = _dynamic(found) or _identified(found, context) or _requests(found)
        if judged is not None:
            severity, what = judged
            figure = severity == "error" and figure_of_a_stranger(found, context, hidden_reads(found, context))
            yield Found(
                str(found.function),
                f"{names(found.roles)} {what}",
                revoke_execute(found.function),
                severity=severity,
                proved=bool(figure) and not takes_a_secret(found.function),
            )


def _identified(found: Callable, context: Context) -> tuple[Severity, str] | None:
    """Return what to report about a function, whether it reads the caller's identity or not."""
    if not found.body.identity:
        return _judged(found, context)
    hidden = {table.key for table in hidden_reads(found, context)}
    hidden |= {table.key for command, table in hidden_writes(found, context) if command != "insert"}
    why = identity_not_compared(found, context, hidden) if hidden and not takes_a_secret(found.function) else ""
    return _judged(found, context, why) if why else None


def _unchecked(function: Function, why: str, done: str) -> str:
    """Return the end of a sentence: as whom a function runs, and that it does not compare rows with its caller."""
    if not why:
        return f'which runs as "{function.owner}" and never checks who is calling'
    rows = f" it {done}" if why == NOT_COMPARED else ""
    return f'which runs as "{function.owner}". It reads the caller\'s identity but {why}{rows}'


def _dynamic(found: Callable) -> tuple[Severity, str] | None:
    function, dynamic = found.function, found.body.dynamic
    if dynamic == "open":
        return "error", f'can run their own SQL as "{function.owner}" through an argument of "{function}"'
    if dynamic == "chosen" and not found.body.identity:
        return "error", f'can choose the table that "{function}" reads or writes as "{function.owner}"'
    return None


def _requests(found: Callable) -> tuple[Severity, str] | None:
    """Return what to report about a function that sends its caller's request with credentials of its own."""
    function, pieces = found.function, [token for token in tokens(found.function.body) if token.kind != "space"]
    sends = any(one.name in _SENDING and after.text == "(" for one, after in pairwise(pieces))
    said = " ".join(token.text.casefold() for token in pieces if token.kind == "literal")
    if found.body.identity or not function.parameters or not sends or not any(one in said for one in _CREDENTIALS):
        return None
    return "warning", (
        f'can send requests with the credentials in "{function}", and choose what it puts into them: it never checks'
        " who is calling"
    )


def _judged(found: Callable, context: Context, why: str = "") -> tuple[Severity, str] | None:
    writes = _writes(found, context, why)
    reads = _reads(found, context, why)
    order = ("error", "warning", "info")
    judged = sorted((one for one in (writes, reads) if one is not None), key=lambda one: order.index(one[0]))
    if judged and judged[0][0] != "info":
        return judged[0]
    if found.body.not_followed:
        function = found.function
        return "info", f'can call "{function}", which could not be followed: {found.body.not_followed}'
    return judged[0] if judged else None


def _writes(found: Callable, context: Context, why: str) -> tuple[Severity, str] | None:
    hidden = hidden_writes(found, context)
    if not hidden:
        return None
    function, trusted = found.function, context.trusted_tables
    trusted_writes = [(command, table) for command, table in hidden if table.key in trusted or table.schema == "auth"]
    if trusted_writes and _counts_what_nobody_reads(function, context):
        trusted_writes = []
    changed = [(command, table) for command, table in hidden if command != "insert"]
    reported = (trusted_writes or changed or list(hidden))[:3]
    what = joined(f'{command} rows of "{table}"' for command, table in reported)
    sentence = f'can {what} through "{function}", {_unchecked(function, why, "changes")}'
    if trusted_writes and (not takes_a_secret(function) or "insert" in {command for command, _ in trusted_writes}):
        return "error", f"{sentence}. Policies trust that table"
    if not takes_a_secret(function) and _in_anothers_name(found, context):
        return "warning", f"{sentence}. The caller chooses whose rows those are"
    if takes_a_secret(function) or (changed and only_counts_up(function)) or not changed:
        return "info", sentence
    return ("warning" if opened_on_purpose(function) else "error"), sentence


def _counts_what_nobody_reads(function: Function, context: Context) -> bool:
    """Return whether a function only counts up, in columns that no policy and no other function names."""
    if not only_counts_up(function):
        return False
    written = list(filled(function, context))
    columns = {column for one in written for column in one.values}
    read = {column for table in context.live.tables for p in table.policies for r in p.reads for column in r.columns}
    others = (other.body for other in context.live.functions if other != function and not is_platform(other.schema))
    named = {token.name for body in others for token in tokens(body)} if columns else set()
    return bool(columns) and all(one.command == "update" for one in written) and not columns & (read | named)


def _in_anothers_name(found: Callable, context: Context) -> bool:
    """Return whether the caller's argument decides who owns an added row."""
    return any(
        one.command == "insert" and any(piece.name in found.function.parameters for piece in value if piece.name)
        for one in filled(found.function, context)
        for column, value in one.values.items()
        if column in context.analysis.owner_columns(one.table)
    )


def _reads(found: Callable, context: Context, why: str) -> tuple[Severity, str] | None:
    function = found.function
    hidden = hidden_reads(found, context)
    if not hidden:
        return None
    sentence = f'can read rows of {names(str(table) for table in hidden[:3])} through "{function}", ' + _unchecked(
        function, why, "returns"
    )
    if answers_yes_or_no(function) or helps_policies_only(function, context):
        tables = names(str(table) for table in hidden[:3])
        return "info", f'can learn from "{function}" about rows of {tables} that they cannot read'
    if not takes_a_secret(function) and (chosen := figure_of_a_stranger(found, context, hidden)):
        return "error", f"{sentence}. It sums or counts the rows of whomever the caller chooses by {names(chosen)}"
    if gives_a_figure(function) or takes_a_secret(function):
        return "info", sentence
    if opens_closed_tables(found, context, hidden):
        return "info", f"{sentence}. No policy lets anybody read those tables, so functions are the only way to them"
    if opened_on_purpose(function):
        chosen = chosen_owner(found, context, hidden)
        if chosen:
            return "error", f"{sentence}. The caller chooses {names(chosen)}, by which the policies keep rows apart"
        return ("info" if picks_by_argument(function) else "warning"), sentence
    return ("error" if any(table.row_security.enabled for table in hidden) else "warning"), sentence
