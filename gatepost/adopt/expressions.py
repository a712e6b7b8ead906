"""Write the condition of a policy, as PostgreSQL prints it, as an expression of SQLAlchemy over the models.

What comes out is only a candidate: whoever uses it lets PostgreSQL print it again, and keeps the text of the policy
where the two differ.
"""

from __future__ import annotations

import keyword
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Integer,
    String,
    Table,
    Text,
    Uuid,
    and_,
    cast,
    false,
    func,
    literal_column,
    not_,
    null,
    or_,
    true,
)
from sqlalchemy.sql import visitors

from gatepost import sql
from gatepost.adopt.model_names import Key, ModelName, Written
from gatepost.adopt.scope import From, Untyped
from gatepost.analysis.conditions.grammar import Node, NotUnderstood, constant, expression, kind_of, strings
from gatepost.auth import SessionValue, claim, jwt, uid
from gatepost.declare.helper_call import call
from gatepost.declare.platform_tables import bucket, folder
from gatepost.schema import is_platform

_CASTS: Mapping[str, type[Any]] = {"bool": Boolean, "int4": Integer, "int8": BigInteger, "text": Text, "uuid": Uuid}
_SIGNS = {"=": "==", "<>": "!=", "<": "<", ">": ">", "<=": "<=", ">=": ">="}
_SUMS = {"+": "__add__", "-": "__sub__", "*": "__mul__", "/": "__truediv__"}
_LIKES = {"~~": "like", "~~*": "ilike", "!~~": "notlike", "!~~*": "notilike"}


@dataclass
class Expressions:
    """The reading of one policy's conditions, but for the queries inside them.

    Args:
        own: The table that the policy is on, by its key.
        models: Every table that has a model.
        platform: The policy's table where it is one of the platform, which has no model.
    """

    own: Key
    models: Mapping[Key, ModelName]
    platform: Table | None = None
    aliases: dict[str, tuple[str, ModelName]] = field(default_factory=dict)
    words: set[str] = field(default_factory=set)
    used: set[Key] = field(default_factory=set)

    def written(self, text: str) -> Written:
        """Return a condition as Python.

        Raises:
            Untyped: it holds something that this does not write.
        """
        try:
            return self._condition(expression(text), (self._own(),))
        except NotUnderstood as error:
            raise Untyped(str(error)) from None
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise Untyped(f"{type(error).__name__}: {error}") from None

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

    def _own(self) -> From:
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

    def _condition(self, node: Node, scope: tuple[From, ...]) -> Written:
        """Return a condition; a function of the project is written as `call(…)`."""
        kind, fields = kind_of(node)
        names = strings(fields["funcname"]) if kind == "FuncCall" else ()
        if len(names) != 2 or is_platform(names[0]):
            return self._of(node, scope)
        found = self._of(node, scope)  # which refuses what a call cannot hold
        parts = [self._of(one, scope) for one in fields.get("args", ())]
        codes = [repr(".".join(names)), *(one.code for one in parts)]
        of_row = any(isinstance(part, Column) for part in visitors.iterate(found.value))
        value = call(".".join(names), *(one.value for one in parts), per_row=True)
        return Written(f"{self.word('call')}({', '.join(codes if of_row else [*codes, 'per_row=True'])})", value)

    def _ColumnRef(self, fields: Node, scope: tuple[From, ...]) -> Written:
        names = strings(fields["fields"])
        if self.platform is not None and len(scope) == 1 and names[-1] == "bucket_id":
            return Written(f"{self.word('bucket')}()", bucket())
        if len(names) == 1:
            found = [one for one in reversed(scope) if one.has(names[0])]
        else:
            found = [one for one in reversed(scope) if _called(one, names[:-1]) and one.has(names[-1])]
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
        # PostgreSQL prints casts that it adds by itself: of a literal, of varchar, of a session's value that is fitted.
        own = inner == "ColumnRef" and isinstance(getattr(found.value, "type", None), String)
        if own or inner in ("A_ArrayExpr", "TypeCast") or isinstance(found.value, SessionValue):
            return found
        type_ = strings(fields["typeName"]["names"])[-1]
        if inner == "A_Const" and "sval" in under:
            if type_ in ("interval", "timestamptz", "timestamp", "date", "time", "jsonb", "json", "uuid", "regclass"):
                text = f"{sql.literal(str(found.value))}::{type_}"
                return Written(f"{self.word('literal_column')}({text!r})", literal_column(text))
            return found
        if inner == "A_Const":
            return found
        if type_ in _CASTS and "arrayBounds" not in fields["typeName"]:
            name = self.word(_CASTS[type_].__name__)
            return Written(f"{self.word('cast')}({found.code}, {name})", cast(found.value, _CASTS[type_]))
        raise Untyped("a cast")

    def _BoolExpr(self, fields: Node, scope: tuple[From, ...]) -> Written:
        parts = [self._condition(one, scope) for one in fields["args"]]
        word: str
        joined: Any
        word, joined = {"AND_EXPR": ("and_", and_), "OR_EXPR": ("or_", or_), "NOT_EXPR": ("not_", not_)}[
            fields["boolop"]
        ]
        if fields["boolop"] == "NOT_EXPR" and isinstance(parts[0].value, SessionValue):
            raise Untyped("NOT of a session's value")
        code = ", ".join(one.code for one in parts)
        return Written(f"{self.word(word)}({code})", joined(*(one.value for one in parts)))

    def _NullTest(self, fields: Node, scope: tuple[From, ...]) -> Written:
        found = self._of(fields["arg"], scope)
        if fields["nulltesttype"] == "IS_NULL":
            return Written(f"{found.code}.is_(None)", found.value.is_(None))
        return Written(f"{found.code}.is_not(None)", found.value.is_not(None))

    def _CoalesceExpr(self, fields: Node, scope: tuple[From, ...]) -> Written:
        parts = [self._of(one, scope) for one in fields["args"]]
        self.word("func")
        return Written(
            f"func.coalesce({', '.join(one.code for one in parts)})", func.coalesce(*(one.value for one in parts))
        )

    def _A_ArrayExpr(self, fields: Node, scope: tuple[From, ...]) -> Written:
        parts = [self._of(one, scope) for one in fields.get("elements", ())]
        return Written(f"[{', '.join(one.code for one in parts)}]", [one.value for one in parts])

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
        parts = [self._of(one, scope) for one in fields.get("args", ())]
        if not all(name.isidentifier() and not keyword.iskeyword(name) for name in names):
            raise Untyped(f"the function {'.'.join(names)}")
        called: Any = func
        for name in names:
            called = getattr(called, name)
        code = f"{self.word('func')}.{'.'.join(names)}({', '.join(one.code for one in parts)})"
        return Written(code, called(*(one.value for one in parts)))

    def _A_Expr(self, fields: Node, scope: tuple[From, ...]) -> Written:
        kind, op = fields["kind"], strings(fields["name"])[-1]
        if "lexpr" not in fields:
            raise Untyped(f"the operator {op} before its operand")
        if (found := self._claim(fields)) is not None:
            return found
        left = self._of(fields["lexpr"], scope)
        if kind == "AEXPR_OP_ANY" and op == "=":
            return self._among(left, fields["rexpr"], scope)
        right = self._of(fields["rexpr"], scope) if kind in ("AEXPR_OP", "AEXPR_NULLIF") else left
        if kind == "AEXPR_NULLIF":
            return Written(
                f"{self.word('func')}.nullif({left.code}, {right.code})", func.nullif(left.value, right.value)
            )
        if kind != "AEXPR_OP":
            raise Untyped(f"a {kind}")
        if not hasattr(left.value, "__clause_element__") and not hasattr(left.value, "compile"):
            raise Untyped("a literal before an operator")
        if op in _SIGNS:
            compared = {"=": "__eq__", "<>": "__ne__", "<": "__lt__", ">": "__gt__", "<=": "__le__", ">=": "__ge__"}
            return Written(f"{left.code} {_SIGNS[op]} {right.code}", getattr(left.value, compared[op])(right.value))
        if op in _SUMS:
            return Written(f"({left.code} {op} {right.code})", getattr(left.value, _SUMS[op])(right.value))
        if op in _LIKES:
            return Written(f"{left.code}.{_LIKES[op]}({right.code})", getattr(left.value, _LIKES[op])(right.value))
        return Written(f"{left.code}.op({op!r})({right.code})", left.value.op(op)(right.value))

    def _among(self, left: Written, node: Node, scope: tuple[From, ...]) -> Written:
        found = self._of(node, scope)
        if isinstance(found.value, list):
            return Written(f"{left.code}.in_({found.code})", left.value.in_(found.value))
        raise Untyped("ANY of something")

    def _claim(self, fields: Node) -> Written | None:
        """Return a claim of the token where an expression is one: `(auth.jwt() -> 'app_metadata') ->> 'role'`."""
        path = _path(fields, "->>")
        if path is None:
            return None
        code = ", ".join(map(repr, path))
        return Written(f"{self.word('claim')}({code}, per_row=True)", claim(*path, per_row=True))


def _called(found: From, names: Iterable[str]) -> bool:
    *_, name = names
    return bool(found.table.name == name)


def _path(fields: Node, sign: str) -> tuple[str, ...] | None:
    """Return the keys of a claim that is read from the token itself."""
    if fields.get("kind") != "AEXPR_OP" or strings(fields["name"]) != (sign,) or "lexpr" not in fields:
        return None
    key = fields["rexpr"]
    key = key["TypeCast"]["arg"] if "TypeCast" in key else key
    if "A_Const" not in key or not isinstance(value := constant(key["A_Const"]), str):
        return None
    kind, before = kind_of(fields["lexpr"])
    if kind == "FuncCall" and strings(before["funcname"]) == ("auth", "jwt"):
        return (value,)
    outer = _path(before, "->") if kind == "A_Expr" else None
    return (*outer, value) if outer is not None else None
