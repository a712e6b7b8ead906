"""Write the queries inside a policy's condition as SQLAlchemy's, and with them whole conditions."""

from __future__ import annotations

import keyword

from sqlalchemy import join, literal_column, outerjoin, select

from gatepost.adopt.expressions import Expressions
from gatepost.adopt.model_names import Written
from gatepost.adopt.scope import From, Untyped
from gatepost.analysis.conditions.grammar import Node, kind_of, strings
from gatepost.auth import SessionValue
from gatepost.declare.helper_call import call
from gatepost.declare.platform_tables import topic

TAKEN = frozenset(
    "cast allow anon anything as_found authenticated bucket call claim claims folder jwt member owner protect public"
    " restrict role service_role text through topic uid aliased and_ column false func join literal_column not_ null"
    " or_ outerjoin select true Role Text".split()
)
"""Names that a file of policies imports, which an alias must not hide."""


class Condition(Expressions):
    """The reading of one policy's conditions; see `Expressions` for its arguments."""

    def _among(self, left: Written, node: Node, scope: tuple[From, ...]) -> Written:
        kind, fields = kind_of(node)
        if kind == "SubLink" and fields["subLinkType"] == "ARRAY_SUBLINK":
            query = self._select(fields["subselect"]["SelectStmt"], scope)
            return Written(f"{left.code}.in_({query.code})", left.value.in_(query.value))
        return super()._among(left, node, scope)

    def _SubLink(self, fields: Node, scope: tuple[From, ...]) -> Written:
        kind, inner = fields["subLinkType"], fields["subselect"]["SelectStmt"]
        if kind == "EXPR_SUBLINK" and "fromClause" not in inner and "whereClause" not in inner:
            return self._once(inner, scope)
        query = self._select(inner, scope)
        if kind == "EXISTS_SUBLINK":
            return Written(f"{query.code}.exists()", query.value.exists())
        if kind == "EXPR_SUBLINK":
            return Written(f"{query.code}.scalar_subquery()", query.value.scalar_subquery())
        if kind == "ANY_SUBLINK" and "operName" not in fields:
            left = self._of(fields["testexpr"], scope)
            value = left.value.op("IN")(query.value.scalar_subquery())
            return Written(f"{left.code}.op('IN')({query.code}.scalar_subquery())", value)
        raise Untyped(f"a {kind}")

    def _once(self, inner: Node, scope: tuple[From, ...]) -> Written:
        """Return a value that is read once a statement: `(SELECT auth.uid())`, `(SELECT is_admin())`."""
        (target,) = inner["targetList"]
        node = target["ResTarget"]["val"]
        found = self._of(node, scope)
        if isinstance(found.value, SessionValue) and found.value.per_row:
            code = found.code.replace(", per_row=True", "").replace("per_row=True", "")
            return Written(code, SessionValue(found.value.reads, found.value.kind))
        kind, called = kind_of(node)
        names = strings(called["funcname"]) if kind == "FuncCall" else ()
        if names == ("realtime", "topic"):
            return Written(f"{self.word('topic')}()", topic())
        if len(names) == 2 and names[0] not in ("auth", "storage"):
            parts = [self._of(one, scope) for one in called.get("args", ())]
            given = ", ".join([repr(".".join(names)), *(one.code for one in parts)])
            return Written(f"{self.word('call')}({given})", call(".".join(names), *(one.value for one in parts)))
        found = _labelled(found, target["ResTarget"])
        self.word("select")
        return Written(f"select({found.code}).scalar_subquery()", select(found.value).scalar_subquery())

    def _select(self, fields: Node, scope: tuple[From, ...]) -> Written:
        allowed = {"targetList", "fromClause", "whereClause", "limitOption", "op"}
        if set(fields) - allowed or "targetList" not in fields:
            raise Untyped("a query with more than a condition")
        froms, inner = [], scope
        for one in fields.get("fromClause", ()):
            made, inner = self._from(one, inner)
            froms.append(made)
        (target,) = fields["targetList"]
        value = _labelled(self._of(target["ResTarget"]["val"], inner), target["ResTarget"])
        if isinstance(value.value, int):
            value = Written(f"{self.word('literal_column')}({str(value.value)!r})", literal_column(str(value.value)))
        query = select(value.value)
        code = f"{self.word('select')}({value.code})"
        if froms:
            query = query.select_from(*(one.value for one in froms))
            code += f".select_from({', '.join(one.code for one in froms)})"
        if "whereClause" in fields:
            condition = self._of(fields["whereClause"], inner)
            query, code = query.where(condition.value), f"{code}.where({condition.code})"
        return Written(code, query)

    def _from(self, node: Node, scope: tuple[From, ...]) -> tuple[Written, tuple[From, ...]]:
        kind, fields = kind_of(node)
        if kind == "RangeVar":
            found = self._table(fields)
            return Written(found.code, found.table), (*scope, found)
        if kind == "JoinExpr" and fields["jointype"] in ("JOIN_INNER", "JOIN_LEFT") and "quals" in fields:
            left, inner = self._from(fields["larg"], scope)
            right, inner = self._from(fields["rarg"], inner)
            on = self._of(fields["quals"], inner)
            word, made = ("join", join) if fields["jointype"] == "JOIN_INNER" else ("outerjoin", outerjoin)
            code = f"{self.word(word)}({left.code}, {right.code}, {on.code})"
            return Written(code, made(left.value, right.value, on.value)), inner
        raise Untyped(f"FROM a {kind}")

    def _table(self, fields: Node) -> From:
        model = self.model((fields.get("schemaname", "public"), fields["relname"]))
        if "alias" not in fields:
            return From(model, model.name, model.table)
        name = fields["alias"]["aliasname"]
        variable = name if name.isidentifier() and not keyword.iskeyword(name) else "other"
        variable = f"{variable}_" if variable in TAKEN else variable
        while self.aliases.get(variable, (name, model)) != (name, model):
            variable += "_"
        self.aliases[variable] = (name, model)
        made = model.table.alias(name)
        return From(model, variable, made)


def _labelled(found: Written, target: Node) -> Written:
    """Return what a query selects under the name that PostgreSQL prints behind it."""
    name = target.get("name")
    if name is None or not hasattr(found.value, "label"):
        return found
    return Written(f"{found.code}.label({name!r})", found.value.label(name))
