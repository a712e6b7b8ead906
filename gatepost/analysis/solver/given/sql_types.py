"""What is known of PostgreSQL's types: which values are equal only to themselves, and which casts change nothing."""

from __future__ import annotations

INTEGERS = frozenset({"smallint", "integer", "bigint"})
NUMBERS = INTEGERS | {"numeric"}
TEXTS = frozenset({"text", "character varying"})
MOMENTS = frozenset({"date", "timestamp with time zone", "timestamp without time zone"})
_EXACT = INTEGERS | TEXTS | MOMENTS | {"uuid", "boolean", "name", "oid", "bytea"}
_WIDTH = {"smallint": 1, "integer": 2, "bigint": 3, "numeric": 4}
_FAITHFUL = INTEGERS | {"uuid", "boolean"}
"""Types of which two different values have different texts, and a value's text leads back to it."""


def exact(type_: str) -> bool:
    """Return whether two equal values of a type cannot be told apart by any function.

    1.0 and 1.00 are equal numerics with different texts; so are 'A' and 'a' of citext.
    """
    return type_.removesuffix("[]") in _EXACT


def unchanged(source: str, target: str) -> bool:
    """Return whether a cast returns the value as it is, and cannot fail."""
    if source == target or (source in TEXTS and target in TEXTS) or (source == "name" and target in TEXTS):
        return True
    return source in _WIDTH and target in _WIDTH and _WIDTH[source] <= _WIDTH[target]


def faithful(source: str, target: str) -> bool:
    """Return whether a cast to a text can be undone."""
    return source in _FAITHFUL and target in TEXTS


def cannot_fail(source: str, target: str) -> bool:
    """Return whether no value of a type makes a cast fail."""
    if unchanged(source, target) or (target in TEXTS and source):
        return True
    return (source, target) in {("date", "timestamp with time zone"), ("boolean", "integer"), ("jsonb", "json")}


def element(type_: str) -> str:
    """Return the type of an array's elements, or the empty string."""
    return type_.removesuffix("[]") if type_.endswith("[]") else ""


_RETURNS = {
    **dict.fromkeys("lower upper btrim ltrim rtrim replace split_part substring left right concat".split(), "text"),
    **dict.fromkeys(("->>", "#>>"), "text"),
    **dict.fromkeys("length cardinality array_length strpos position num_nulls num_nonnulls".split(), "integer"),
    "now": "timestamp with time zone",
    "foldername": "text[]",
    "string_to_array": "text[]",
}  # fmt: skip


def returned(name: str, args: tuple[str, ...]) -> str:
    """Return the type of what a function of PostgreSQL or the platform returns, or the empty string.

    Args:
        name: The function's name, or the operator.
        args: The types of its arguments.
    """
    if name in ("||", "greatest", "least") and args and set(args) <= TEXTS:
        return "text"
    if name == "[]" and args:
        return element(args[0])
    return _RETURNS.get(name, "")
