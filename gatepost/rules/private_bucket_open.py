"""The rule `private-bucket-open`."""

from __future__ import annotations

from collections.abc import Iterator

from gatepost import sql
from gatepost.analysis import PolicyFacts
from gatepost.analysis.conditions.term_queries import conjuncts, row_columns
from gatepost.analysis.conditions.terms import Column, Compare, CompareMany, Const, IsNull, Items, Not, Term, unwrapped
from gatepost.analysis.context import Context
from gatepost.analysis.loose_conditions import ways
from gatepost.analysis.policy_questions import checks_owner, judged, loose_roles, restricted, siblings, who
from gatepost.name_hints import name_parts, word_list
from gatepost.rules._fixes import altered
from gatepost.rules._registry import Found, rule
from gatepost.schema import IN_OWN_FOLDER

_FILES = ("storage", "objects")


@rule(severity="error", decided_by="trial")
def private_bucket_open(context: Context) -> Iterator[Found]:
    """A policy shows every file of a bucket that looks private, no matter who uploaded it.

    A bucket with a public name is not reported, unless another policy checks there who owns a file.

    ## Why is this bad?
    Everyone with the role can list the bucket and download all of it. Naming the bucket does not check who owns a file.

    ## Example
    ```sql
    CREATE POLICY read ON storage.objects FOR SELECT TO authenticated USING (bucket_id = 'invoices');
    ```

    ## Use instead
    ```sql
    ALTER POLICY read ON storage.objects
        USING (bucket_id = 'invoices' AND (storage.foldername(name))[1] = (SELECT auth.uid())::text);
    ```

    ## References
    - https://supabase.com/docs/guides/storage/security/access-control
    """
    for one in judged(context):
        if one.table.key != _FILES:
            continue
        role = next(loose_roles(context, one, "select"), None)
        if role is None or restricted(context, one.table, role, "select"):
            continue
        bucket = next((b for way in ways(one.old) if (b := _open(context, one, way, role)) is not None), None)
        if bucket is not None:
            of = f'the bucket "{bucket}"' if bucket else "every bucket"
            yield Found(
                str(one.policy),
                f'{who(role)} can read all files of {of} through the policy "{one.policy.name}"',
                altered(one.policy, _own_folder(bucket)) if bucket and one.policy.command == "select" else "",
            )


def _open(context: Context, one: PolicyFacts, way: Term, role: str) -> str | None:
    """Return the bucket that an alternative opens, an empty text for all of them, or None where that looks fine."""
    ownership = context.ownership
    if not ownership.ties_nothing(way, one.table, role):
        return None
    columns = {name for part in conjuncts(way) if not _is_filled(part) for name in row_columns(part)}
    if columns - {"bucket_id"}:
        return None  # limits the folder or the kind of file
    buckets = _buckets(way)
    if not buckets:
        return "" if not columns else None
    for bucket in sorted(buckets):
        words = name_parts(bucket)
        if words & word_list("private_buckets") and not words & {"public"}:
            return bucket
        if _owner_checked(context, one, bucket):
            return bucket
    return None


def _is_filled(part: Term) -> bool:
    """Return whether a condition only says that there is a value: every file has a name."""
    return isinstance(part, Not) and isinstance(part.term, IsNull)


def _owner_checked(context: Context, one: PolicyFacts, bucket: str) -> bool:
    """Return whether another policy that reads the bucket checks who owns a file."""
    return any(
        "select" in other.commands
        and bucket in _buckets(other.old)
        and any(checks_owner(context, other, role) for role in other.callers["select"])
        for other in siblings(context, one)
    )


def _buckets(term: Term) -> set[str]:
    """Return the buckets that a condition names."""
    found: set[object] = set()
    for part in term.walk():
        if isinstance(part, Compare) and part.op == "=":
            sides = (unwrapped(part.left), unwrapped(part.right))
            if Column("", "bucket_id") in sides:
                found |= {side.value for side in sides if isinstance(side, Const)}
        elif (
            isinstance(part, CompareMany)
            and unwrapped(part.left) == Column("", "bucket_id")
            and isinstance(part.many, Items)
        ):
            found |= {item.value for item in map(unwrapped, part.many.items) if isinstance(item, Const)}
    return {one for one in found if isinstance(one, str)}


def _own_folder(bucket: str) -> str:
    return f"bucket_id = {sql.literal(bucket)} AND {IN_OWN_FOLDER}"
