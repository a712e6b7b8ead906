"""Look-alikes of what PostgreSQL has, made by somebody who owns a schema: each raises an error when it is used."""

from __future__ import annotations

import re
from itertools import islice, product
from pathlib import Path

import gatepost

HOUSE = Path(gatepost.__file__).parent
EVIL = "evil"
FIRST = f"{EVIL}, pg_catalog, public"
"""The search path by which the owner of a database puts them in front of PostgreSQL's own."""

_ALL = """
SELECT p.proname, pg_get_function_arguments(p.oid), pg_get_function_result(p.oid),
       ARRAY(SELECT format_type(a, NULL) FROM unnest(p.proargtypes) WITH ORDINALITY u (a, n) ORDER BY n)
  FROM pg_proc p WHERE p.pronamespace = 'pg_catalog'::regnamespace AND p.proname = ANY (%s)
"""
_OPERATORS = """
SELECT oprname, format_type(oprleft, NULL), format_type(oprright, NULL), format_type(oprresult, NULL)
  FROM pg_operator WHERE oprnamespace = 'pg_catalog'::regnamespace AND oprleft <> 0
   AND oprname = ANY ('{=,<>,<,<=,>,>=,~~,!~~,~,!~,||,+,-,/,*,@>,<@,->,->>,&&,&,<<,?}')
"""
_RELATIONS = "SELECT relname FROM pg_class WHERE relnamespace = 'pg_catalog'::regnamespace AND relkind IN ('r', 'v')"
_TYPES = "text name oid regclass regnamespace regrole jsonb json uuid inet bytea date int2vector".split()
# Types that one call may have in place of another: where pg_catalog has no exact match, one in public wins over it.
_BETTER = {
    "text": ("text", "name"),
    "name": ("name", "text"),
    "oid": ("oid", "regclass"),
    "double precision": ("integer",),
    "integer": ("integer", "smallint"),
    "bigint": ("bigint", "integer"),
    "numeric": ("integer",),
    '"char"': ('"char"', "text"),
}
_PAIRED = ("name", "text", '"char"', "oid", "integer", "smallint", "bigint", "regclass", "boolean")


def used_names() -> list[str]:
    """Every word before a bracket in the library: the functions that it calls are among them."""
    files = [*HOUSE.rglob("*.py"), *HOUSE.rglob("*.sql")]
    words = {word for file in files for word in re.findall(r"\b([a-z_][a-z0-9_]*)\(", file.read_text())}
    return sorted(words | {"current_schema"})  # which SQLAlchemy calls when an engine makes its first connection


def set_traps(cursor) -> None:
    """Make look-alikes in the schema `evil` that match as exactly, and in `public` ones that match better."""
    cursor.execute(_ALL, [used_names()])
    functions = cursor.fetchall()
    cursor.execute(_OPERATORS)
    operators = cursor.fetchall()
    cursor.execute(_RELATIONS)
    relations = [name for (name,) in cursor.fetchall()]
    statements = [f"CREATE SCHEMA {EVIL}", f"GRANT USAGE ON SCHEMA {EVIL} TO PUBLIC"]
    statements += [_function(f"{EVIL}.sprung", "pg_catalog.text", "boolean", "a relation or type")]
    for name, arguments, result, types in functions:
        statements.append(_function(f"{EVIL}.{name}", arguments, result, name))
        for better in islice(product(*(_BETTER.get(one, (one,)) for one in types)), 8):
            statements.append(_function(f"public.{name}", ", ".join(better), result, f"public.{name}"))
    for name, left, right, result in operators:
        statements += _operator(EVIL, name, left, right, result)
    for name in ("=", "<>", "~~", "~", "!~", "||", ">", "<"):
        result = "text" if name == "||" else "boolean"
        for left, right in product(_PAIRED, repeat=2):
            statements += _operator("public", name, left, right, result)
    for name in relations:
        view = f"CREATE VIEW {EVIL}.{name} AS SELECT * FROM pg_catalog.{name}"
        statements.append(f"{view} WHERE {EVIL}.sprung('{name}')")
    for name in _TYPES:
        statements.append(f"CREATE DOMAIN {EVIL}.{name} AS pg_catalog.{name} CHECK ({EVIL}.sprung('{name}'))")
    quoted = cursor.mogrify("%s", [statements]).decode()
    # Some cannot be made, as those with arguments of internal types: nobody else could make them either.
    cursor.execute(
        f"DO $do$ DECLARE made text; BEGIN FOREACH made IN ARRAY {quoted}::text[] LOOP BEGIN EXECUTE made;"
        " EXCEPTION WHEN OTHERS THEN NULL; END; END LOOP; END $do$"
    )


def _function(name: str, arguments: str, result: str, told: str) -> str:
    body = f"BEGIN RAISE EXCEPTION 'trap: {told}'; END"
    return f"CREATE FUNCTION {name}({arguments}) RETURNS {result} LANGUAGE plpgsql AS $t${body}$t$"


def _operator(schema: str, name: str, left: str, right: str, result: str) -> list[str]:
    function = f"{schema}.sprung_{''.join(f'{ord(one):x}' for one in name)}"
    return [
        _function(function, f"{left}, {right}", result, f"{schema} {name} {left} {right}"),
        f"CREATE OPERATOR {schema}.{name} (LEFTARG = {left}, RIGHTARG = {right}, FUNCTION = {function})",
    ]
