"""Write the values in a policy's condition, as PostgreSQL prints it, as values of SQLAlchemy over the models.

What comes out is only a candidate: whoever uses it lets PostgreSQL print it again, and keeps the text of the policy
where the two differ.
"""

from __future__ import annotations

import keyword
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Date,
    DateTime,
    Double,
    Integer,
    Numeric,
    SmallInteger,
    String,
    Table,
    Text,
    Uuid,
    case,
    cast,
    extract,
    false,
    func,
    literal_column,
    null,
    quoted_name,
    true,
    tuple_,
)
from sqlalchemy.dialects.postgresql import JSONB, array

from gatepost import sql
from gatepost.adopt.model_names import Key, ModelName, Written
from gatepost.adopt.policies.scope import From, Untyped
from gatepost.analysis.conditions.grammar import Node, constant, kind_of, strings
from gatepost.auth import SessionValue, jwt, uid
from gatepost.declare.platform_tables import bucket, folder

_CASTS: Mapping[str, tuple[str, Any]] = {
    "bool": ("Boolean", Boolean),
    "date": ("Date", Date),
    "float8": ("Double", Double),
    "int2": ("SmallInteger", SmallInteger),
    "int4": ("Integer", Integer),
    "int8": ("BigInteger", BigInteger),
    "jsonb": ("JSONB", JSONB),
    "numeric": ("Numeric", Numeric),
    "text": ("Text", Text),
    "timestamp": ("DateTime", DateTime),
    "timestamptz": ("DateTime(timezone=True)", DateTime(timezone=True)),
    "uuid": ("Uuid", Uuid),
}
"""The types of casts, as Python writes them and as SQLAlchemy has them."""
_LITERALS = frozenset("interval timestamptz timestamp date time jsonb json uuid regclass".split())
"""Types whose literals PostgreSQL reads with their cast alone."""
_SESSION = {
    "SVFOP_CURRENT_DATE": "current_date",
    "SVFOP_CURRENT_TIMESTAMP": "current_timestamp",
    "SVFOP_LOCALTIMESTAMP": "localtimestamp",
    "SVFOP_CURRENT_USER": "current_user",
    "SVFOP_SESSION_USER": "session_user",
}


@dataclass
class Values:
    """The reading of one policy's conditions: columns, constants, casts and calls.

    Args:
        own: The table that the policy is on, by its key.
        models: Every table that has a model.
        platform: The policy's table where it is one of the platform, which has no model.
        keeps_casts: Whether a cast of a session's value is written; a comparison adds its own.
    """

    own: Key
    models: Mapping[Key, ModelName]
    platform: Table | None = None
    keeps_casts: bool = False
    aliases: dict[str, tuple[str, ModelName]] = field(default_factory=dict)
    words: set[str] = field(default_factory=set)
    used: set[Key] = field(default_factory=set)

    def word(self, name: str) -> str:
        """Note that a name is imported, and return it."""
        self.words.add(name)
        return name

    def model(self, key: Key) -> ModelName:
        """Return the model of a table, and note that it is imported."""
        if key not in self.models:
            raise Untyped(f"{'.'.join(key)} has no model")
        self.used.add(key)
        return self.models[key]

    def row(self) -> From:
        """Return the row that the policy is about."""
        if self.platform is not None:
            return From(None, "", self.platform)
        model = self.model(self.own)
        return From(model, model.name, model.table)

    def _of(self, node: Node, scope: tuple[From, ...]) -> Written:
        kind, fields = kind_of(node)
        reader = getattr(self, f"_{kind}", None)
        if reader is None:
            raise Untyped(f"a {kind}")
        found: Written = reader(fields, scope)
        return found

    def _ColumnRef(self, fields: Node, scope: tuple[From, ...]) -> Written:
        names = strings(fields["fields"])
        if self.platform is not None and len(scope) == 1 and names[-1] == "bucket_id":
            return Written(f"{self.word('bucket')}()", bucket())
        if len(names) == 1:
            found = [one for one in reversed(scope) if one.has(names[0])]
        else:
            found = [one for one in reversed(scope) if one.is_called(names[-2]) and one.has(names[-1])]
        if not found:
            raise Untyped(f"the column {'.'.join(names)}")
        if found[0].model is None:
            self.words |= {"column", "Uuid" if isinstance(found[0].table.c[names[-1]].type, Uuid) else "Text"}
        return found[0].column(names[-1])

    def _A_Const(self, fields: Node, _scope: object) -> Written:
        value = constant(fields)
        if value is None:
            return Written(f"{self.word('null')}()", null())
        if isinstance(value, bool):
            return Written(f"{self.word(str(value).lower())}()", true() if value else false())
        if "fval" in fields and isinstance(value, str):
            return Written(f"{self.word('literal_column')}({value!r})", literal_column(value))
        return Written(repr(value), value)

    def _TypeCast(self, fields: Node, scope: tuple[From, ...]) -> Written:
        inner, under = kind_of(fields["arg"])
        found = self._of(fields["arg"], scope)
        type_, is_array = strings(fields["typeName"]["names"])[-1], "arrayBounds" in fields["typeName"]
        if isinstance(found.value, SessionValue) and self.keeps_casts and type_ in _CASTS:
            return self._cast(found, type_)
        # PostgreSQL prints casts that it adds by itself: of a literal, of varchar, of a session's value that is fitted.
        own = inner == "ColumnRef" and isinstance(getattr(found.value, "type", None), String)
        if own or inner in ("A_ArrayExpr", "TypeCast") or isinstance(found.value, SessionValue):
            return found
        if inner == "A_Const":
            if "sval" not in under or not (is_array or type_ in _LITERALS):
                return found
            text = f"{sql.literal(str(found.value))}::{type_}{'[]' if is_array else ''}"
            return Written(f"{self.word('literal_column')}({text!r})", literal_column(text))
        if type_ in _CASTS and not is_array:
            return self._cast(found, type_)
        raise Untyped("a cast")

    def _cast(self, found: Written, type_: str) -> Written:
        code, made = _CASTS[type_]
        self.words |= {"cast", code.partition("(")[0]}
        return Written(f"cast({found.code}, {code})", cast(found.value, made))

    def _CoalesceExpr(self, fields: Node, scope: tuple[From, ...]) -> Written:
        parts = [self._of(one, scope) for one in fields["args"]]
        self.word("func")
        return Written(
            f"func.coalesce({', '.join(one.code for one in parts)})", func.coalesce(*(one.value for one in parts))
        )

    def _CaseExpr(self, fields: Node, scope: tuple[From, ...]) -> Written:
        if "arg" in fields:
            raise Untyped("a CASE of a value")
        branches = [one["CaseWhen"] for one in fields["args"]]
        pairs = [(self._condition(one["expr"], scope), self._of(one["result"], scope)) for one in branches]
        code = ", ".join(f"({condition.code}, {result.code})" for condition, result in pairs)
        values = [(condition.value, result.value) for condition, result in pairs]
        if "defresult" not in fields:
            return Written(f"{self.word('case')}({code})", case(*values))
        otherwise = self._of(fields["defresult"], scope)
        return Written(f"{self.word('case')}({code}, else_={otherwise.code})", case(*values, else_=otherwise.value))

    def _A_ArrayExpr(self, fields: Node, scope: tuple[From, ...]) -> Written:
        parts = [self._of(one, scope) for one in fields.get("elements", ())]
        return Written(f"[{', '.join(one.code for one in parts)}]", [one.value for one in parts])

    def _RowExpr(self, fields: Node, scope: tuple[From, ...]) -> Written:
        parts = [self._of(one, scope) for one in fields["args"]]
        code = ", ".join(one.code for one in parts)
        return Written(f"{self.word('tuple_')}({code})", tuple_(*(one.value for one in parts)))

    def _SQLValueFunction(self, fields: Node, _scope: object) -> Written:
        name = _SESSION[fields["op"]]
        return Written(f"{self.word('func')}.{name}()", getattr(func, name)())

    def _A_Indirection(self, fields: Node, scope: tuple[From, ...]) -> Written:
        kind, called = kind_of(fields["arg"])
        (index,) = fields["indirection"]
        number = constant(index["A_Indices"]["uidx"]["A_Const"])
        own_name = (
            kind == "FuncCall"
            and strings(called["funcname"]) == ("storage", "foldername")
            and kind_of(called["args"][0])[0] == "ColumnRef"
            and strings(called["args"][0]["ColumnRef"]["fields"]) in (("name",), ("objects", "name"))
        )
        if self.platform is None or not own_name or not isinstance(number, int) or len(scope) > 1:
            raise Untyped("an element of an array")
        return Written(f"{self.word('folder')}({number})", folder(number))

    def _FuncCall(self, fields: Node, scope: tuple[From, ...]) -> Written:
        names = strings(fields["funcname"])
        if set(fields) - {"funcname", "args", "funcformat", "location"}:
            raise Untyped("a call with more than arguments")
        if names == ("auth", "uid"):
            return Written(f"{self.word('uid')}(per_row=True)", uid(per_row=True))
        if names == ("auth", "jwt"):
            return Written(f"{self.word('jwt')}(per_row=True)", jwt(per_row=True))
        parts = self._arguments(fields, scope)
        code = ", ".join(one.code for one in parts)
        if fields.get("funcformat") == "COERCE_SQL_SYNTAX":
            if names[-1] != "extract":
                raise Untyped(f"the syntax of {names[-1]}")
            return Written(f"{self.word('extract')}({code})", extract(parts[0].value, parts[1].value))
        called: Any = func
        written = self.word("func")
        for name in names:
            plain = name.isidentifier() and name == name.lower() and not keyword.iskeyword(name)
            called = getattr(called, name if plain else quoted_name(name, True))
            written = (
                f"{written}.{name}" if plain else f"getattr({written}, {self.word('quoted_name')}({name!r}, True))"
            )
        return Written(f"{written}({code})", called(*(one.value for one in parts)))

    def _arguments(self, fields: Node, scope: tuple[From, ...]) -> list[Written]:
        return self._as_arrays([self._of(one, scope) for one in fields.get("args", ())])

    def _as_arrays(self, parts: list[Written]) -> list[Written]:
        """Return values for a call, where a list of values is an array."""
        return [
            Written(f"{self.word('array')}({one.code})", array(one.value)) if isinstance(one.value, list) else one
            for one in parts
        ]

    def _condition(self, node: Node, scope: tuple[From, ...]) -> Written:
        """Return a condition; those that are more than a value have a reading of their own."""
        return self._of(node, scope)
