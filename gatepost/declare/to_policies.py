"""Turn the rules of a table into its policies and grants."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from typing import Any

from sqlalchemy import Column, Index, PrimaryKeyConstraint, Table, TextClause, UnaryExpression, UniqueConstraint

from gatepost import sql
from gatepost.auth import uid
from gatepost.declare.as_found import AsFound
from gatepost.declare.declaration import ProtectedTable, Rule
from gatepost.declare.expression import compared_with_session, is_session_only, render, session_or
from gatepost.declare.sql_compiler import compiled
from gatepost.errors import DeclarationError
from gatepost.schema import Command, Grant, Policy, RowSecurity, is_platform

READ_AND_WRITE = ("DELETE", "INSERT", "SELECT", "UPDATE")


def protected_table(
    schema: str,
    name: str,
    table: Table | None,
    rules: tuple[Rule, ...],
    hidden: tuple[str, ...],
    place: str,
    found: AsFound | None = None,
    forced: bool = True,
) -> ProtectedTable:
    """Resolve the rules of one table.

    Args:
        schema: The PostgreSQL schema.
        name: The table.
        table: The model's table, or None for a table of the platform.
        rules: The rules of its author.
        hidden: Columns that only `service_role` can read or write.
        place: File and line of the statement, for errors.
        found: What the table had before it was declared, which stays.
        forced: Whether row security holds for the table's owner too.

    Raises:
        DeclarationError: the rules contain a mistake.
    """
    written = _rendered(rules, table, found is not None)
    policies = tuple(policy for rule in rules for policy in _policies(schema, name, table, rule, written))
    _refuse_doubles(policies)
    if found is None:
        _refuse_session_beside_row(table, rules)
        _refuse_missing_indexes(table, rules)
    columns = tuple(column.name for column in table.columns) if table is not None else ()
    return ProtectedTable(
        schema=schema,
        name=name,
        rules=rules,
        policies=tuple(sorted(policies, key=lambda policy: policy.name)),
        grants=() if is_platform(schema) else found.grants if found else _grants(columns, rules, hidden),
        sequences=found.sequences if found else _sequences(table, rules),
        columns=columns,
        hidden=hidden,
        place=place,
        row_security=found.row_security if found else RowSecurity(enabled=True, forced=forced),
        as_found=found is not None,
    )


def _rendered(rules: tuple[Rule, ...], table: Table | None, as_found: bool) -> dict[int, str]:
    """Return the SQL of every condition by the identity of its clause, because rules often share one."""
    written: dict[int, str] = {}
    for rule in (leaf for one in rules for leaf in one.leaves):
        for one in (rule.where, rule.check):
            if one is not None and id(one.clause) not in written:
                written[id(one.clause)] = render(one, table, as_found=as_found)
    return written


def _policies(schema: str, name: str, table: Table | None, rule: Rule, written: Mapping[int, str]) -> list[Policy]:
    made = []
    old, new = _conditions(table, rule, written)
    for command in ("all",) if rule.for_all else rule.commands:
        made.append(
            Policy(
                schema,
                name,
                policy_name(name, command, rule),
                command,
                tuple(sorted(rule.roles)),
                permissive=rule.meaning != "restrict",
                using=None if command == "insert" else old,
                check=_check(command, rule, old, new),
            )
        )
    return made


def _check(command: Command, rule: Rule, old: str, new: str) -> str | None:
    if command not in ("insert", "update", "all"):
        return None
    # Without WITH CHECK, PostgreSQL checks new rows by USING. An UPDATE says both all the same, for its reader.
    restated = command == "update" if rule.with_check is None else rule.with_check
    return new if command == "insert" or restated or new != old else None


def policy_name(table: str, command: Command, rule: Rule) -> str:
    """Return the name of the policy of a rule for one of its commands."""
    if rule.name is not None:
        return rule.name if rule.for_all or len(rule.commands) == 1 else f"{rule.name} ({command})"
    return f"{table}_{'all' if rule.for_all else command}_{rule.roles[0] if rule.meaning == 'allow' else _word(rule)}"


def _word(rule: Rule) -> str:
    if not rule.parts:
        return "condition" if rule.meaning == "allow" else rule.meaning
    return ("_or_" if rule.meaning == "any" else "_and_").join(dict.fromkeys(_word(part) for part in rule.parts))


def _conditions(table: Table | None, rule: Rule, written: Mapping[int, str]) -> tuple[str, str]:
    """Return which old rows a rule allows, and which new ones."""
    if rule.parts:
        sides = zip(*(_conditions(table, part, written) for part in rule.parts), strict=True)
        old, new = ((" OR " if rule.meaning == "any" else " AND ").join(f"({one})" for one in side) for side in sides)
        return old, new
    if rule.derived:
        both = _owner(table, rule) if rule.meaning == "owner" else _through(rule)
        return both, both
    where, check = rule.where, rule.check or rule.where
    return (
        "true" if where is None else written[id(where.clause)],
        "true" if check is None else written[id(check.clause)],
    )


def _owner(table: Table | None, rule: Rule) -> str:
    assert rule.column is not None and table is not None  # noqa: S101, PT018  owner() sets the column
    column = next(column for column in table.columns if column.name == rule.column[2])
    user = uid(per_row=rule.per_row).fitted_to(column.type, f"{table.name}.{column.name}")
    sides = [user.sql, sql.identifier(column.name)]
    return " = ".join(reversed(sides) if rule.column_first else sides)


def _through(rule: Rule) -> str:
    assert rule.column is not None and rule.parent is not None  # noqa: S101, PT018  through() sets both
    schema, parent, key = rule.parent
    return (
        f"{sql.identifier(rule.column[2])} = ANY (ARRAY("
        f"SELECT {sql.qualified(parent, key)} FROM {sql.qualified(schema, parent)}))"
    )


def _refuse_doubles(policies: tuple[Policy, ...]) -> None:
    seen: set[str] = set()
    for policy in policies:
        if policy.name in seen:
            raise DeclarationError(
                f'two rules on "{policy.schema}.{policy.table}" make a policy named "{policy.name}"',
                f'give one of them a name of its own: {policy.command} … name="{policy.name}_2"',
            )
        _check_policy_name(policy)
        seen.add(policy.name)


def _check_policy_name(policy: Policy) -> None:
    sql.qualified(policy.schema, policy.table)
    try:
        sql.identifier(policy.name)
    except DeclarationError as error:
        raise DeclarationError(
            error.message, f'give the rule a name of its own: name="{policy.table[:40]} …"'
        ) from None


def _refuse_session_beside_row(table: Table | None, rules: tuple[Rule, ...]) -> None:
    # PostgreSQL joins the permissive policies of a role and a command by OR, so two rules are one `or_` as well.
    if table is None:
        return
    for rule in rules:
        if rule.meaning != "allow" or rule.where is None or not is_session_only(rule.where, table):
            continue
        for other in rules:
            shared = set(other.roles) & set(rule.roles) or "public" in {*other.roles, *rule.roles}
            of_row = other.column is not None or (other.where is not None and not is_session_only(other.where, table))
            if (
                other.meaning != "restrict"
                and shared
                and of_row
                and not (other.where is not None and other.where.always_true)
                and set(other.commands) & set(rule.commands) - {"insert"}
            ):
                raise session_or(table, rule.where.text)


def _refuse_missing_indexes(table: Table | None, rules: tuple[Rule, ...]) -> None:
    # Without the index every statement of the API scans the whole table.
    if table is None:
        return
    leading = _leading(table)
    seen: set[int] = set()
    for rule in (leaf for one in rules for leaf in one.leaves):
        compared = {rule.column[2]} if rule.column else set()
        terms: set[str] = set()
        for written in (rule.where, rule.check):
            if written is not None and id(written.clause) not in seen:
                seen.add(id(written.clause))
                columns, expressions = compared_with_session(written, table)
                compared.update(columns)
                terms.update(expressions)
        for column in sorted(compared - leading):
            raise DeclarationError(
                f'a rule on "{table.name}" compares "{column}", and no index begins with that column',
                f'__table_args__ = (Index(None, "{column}"),)  # on the model of {table.name}',
            )
        for term in sorted(term for term in terms if _plain(term) not in leading):
            raise DeclarationError(
                f'a rule on "{table.name}" compares {term}, and no index begins with that expression',
                f'__table_args__ = (Index("…", text({term!r})),)  # on the model of {table.name}',
            )


def _leading(table: Table) -> set[str]:
    """Return the leading columns and leading expressions of the indexes that can serve an equality."""
    leading = {_leading_of(index) for index in table.indexes if _serves_equality(index)}
    for constraint in table.constraints:
        if isinstance(constraint, PrimaryKeyConstraint | UniqueConstraint):
            leading.update(column.name for column in list(constraint.columns)[:1])
    leading.update(column.name for column in table.columns if column.primary_key and len(table.primary_key) == 1)
    return leading


def _leading_of(index: Index) -> str:
    first: Any = index.expressions[0]
    while isinstance(first, UnaryExpression):  # user_id DESC NULLS LAST
        first = first.element
    return first.name if isinstance(first, Column) else _plain(compiled(first))


def _serves_equality(index: Index) -> bool:
    """Return whether the index finds every row that an equality on its first column can match.

    A hash index does; a partial one does only if it leaves out only NULL, which equals nothing
    (https://www.postgresql.org/docs/17/indexes-partial.html).
    """
    options = index.dialect_options["postgresql"]
    predicate = options["where"]
    if predicate is not None:
        written = predicate.text if isinstance(predicate, TextClause) else compiled(predicate)
        if _plain(written) != f"{_leading_of(index)}isnotnull":
            return False
    return str(options["using"] or "btree").lower() in ("btree", "hash")


def _plain(term: str) -> str:
    """Return an expression without white space, brackets and the quotes and tables of its names, for comparison."""
    pieces = [token for token in sql.tokens(term) if token.kind not in ("space", "comment")]
    kept = [
        token.name or token.text
        for at, token in enumerate(pieces)
        if token.text not in ("(", ")", ".") and not (at + 1 < len(pieces) and pieces[at + 1].text == ".")
    ]
    return "".join(kept)


def _grants(columns: tuple[str, ...], rules: tuple[Rule, ...], hidden: tuple[str, ...]) -> tuple[Grant, ...]:
    wanted: defaultdict[tuple[str, str], set[str] | None] = defaultdict(set)
    for rule in rules:
        if rule.meaning == "restrict":
            continue  # a restriction allows nothing, so it needs no privilege
        for command in rule.commands:
            limited = set(rule.columns) if rule.columns and command != "delete" else set(columns)
            for role in rule.roles:
                known = wanted[role, command.upper()]
                wanted[role, command.upper()] = (known or set()) | limited
    grants = {Grant("service_role", privilege) for privilege in READ_AND_WRITE}
    for (role, privilege), reached in wanted.items():
        open_columns = (reached or set()) - set(hidden)
        if privilege == "DELETE" or open_columns == set(columns):
            grants.add(Grant(role, privilege))
        elif role != "service_role":
            grants.update(Grant(role, privilege, column) for column in open_columns)
    return tuple(sorted(grants, key=lambda grant: (grant.grantee, grant.privilege, grant.column or "")))


def _sequences(table: Table | None, rules: tuple[Rule, ...]) -> tuple[tuple[str, tuple[Grant, ...]], ...]:
    """Return the grants on each sequence that the table owns: none for an identity, USAGE for a SERIAL's inserters."""
    found: list[tuple[str, tuple[Grant, ...]]] = []
    for column in table.columns if table is not None else ():
        if column.identity is not None:
            found.append((column.name, ()))
        elif _is_serial(column):
            allowing = (rule for rule in rules if rule.meaning != "restrict" and "insert" in rule.commands)
            inserters = {role for rule in allowing for role in rule.roles}
            users = sorted({"service_role", *inserters})
            found.append((column.name, tuple(Grant(role, "USAGE") for role in users)))
    return tuple(found)


def _is_serial(column: Any) -> bool:  # noqa: ANN401  Column[Any] of any table
    return column is column.table.autoincrement_column and column.server_default is None and not column.foreign_keys
