"""Write the queries inside a policy's condition as SQLAlchemy's, and with them whole conditions."""

from __future__ import annotations

import keyword

from sqlalchemy import Column, join, literal_column, outerjoin, select
from sqlalchemy.sql import visitors
from sqlalchemy.sql.elements import BinaryExpression, BooleanClauseList
from sqlalchemy.sql.selectable import ScalarSelect

from gatepost.adopt.model_names import Written
from gatepost.adopt.policies.expressions import Expressions, is_helper
from gatepost.adopt.policies.imported_words import GATEPOST, POSTGRESQL, SQLALCHEMY
from gatepost.adopt.policies.scope import From, Untyped
from gatepost.analysis.conditions.grammar import Node, kind_of, strings
from gatepost.auth import SessionValue
from gatepost.declare.platform_tables import topic

TAKEN = GATEPOST | POSTGRESQL | SQLALCHEMY
"""Names that a file of policies imports, which an alias must not hide."""


class Condition(Expressions):
    """The reading of one policy's conditions; see `Expressions` for its arguments."""

    def _condition(self, node: Node, scope: tuple[From, ...]) -> Written:
        kind, fields = kind_of(node)
        inner = fields["subselect"]["SelectStmt"] if kind == "SubLink" else {}
        if (
            kind == "SubLink"
            and fields["subLinkType"] == "EXPR_SUBLINK"
            and not {"fromClause", "whereClause"} & {*inner}
        ):
            called = kind_of(inner["targetList"][0]["ResTarget"]["val"])
            if is_helper(*called):
                found = self._called(called[1], scope, per_row=False)
                if isinstance(found.value, ScalarSelect):  # which a call with a column is not
                    return found
        return super()._condition(node, scope)

    def _among(self, left: Written, node: Node, scope: tuple[From, ...]) -> Written | None:
        kind, fields = kind_of(node)
        if kind == "SubLink" and fields["subLinkType"] == "ARRAY_SUBLINK":
            query = self._select(fields["subselect"]["SelectStmt"], scope)
            return Written(f"{left.operand}.in_({query.code})", left.value.in_(query.value))
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
            return Written(f"{left.operand}.op('IN')({query.code}.scalar_subquery())", value)
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
        found = _labelled(found, target["ResTarget"])
        self.word("select")
        # Without FROM of its own, a query takes what it reads from those around it.
        read = {part.table for part in visitors.iterate(found.value) if isinstance(part, Column)}
        around = [one for one in scope if one.table in read]
        code = f".correlate({', '.join(one.code for one in around)})" if around else ""
        query = select(found.value).correlate(*(one.table for one in around)) if around else select(found.value)
        return Written(f"select({found.code}){code}.scalar_subquery()", query.scalar_subquery())

    def _select(self, fields: Node, scope: tuple[From, ...]) -> Written:
        allowed = {"targetList", "fromClause", "whereClause", "limitOption", "op"}
        if set(fields) - allowed:
            raise Untyped("a query with more than a condition")
        froms, inner = [], scope
        for one in fields.get("fromClause", ()):
            made, inner = self._from(one, inner)
            froms.append(made)
        targets = [one["ResTarget"] for one in fields.get("targetList", ())]
        # `SELECT FROM …` selects nothing, which a query over models cannot, so it selects an empty text.
        values = [self._selected(one, inner) for one in targets] or [self._literal("")]
        query = select(*(one.value for one in values))
        code = f"{self.word('select')}({', '.join(one.code for one in values)})"
        if froms:
            query = query.select_from(*(one.value for one in froms))
            code += f".select_from({', '.join(one.code for one in froms)})"
        if "whereClause" in fields:
            condition = self._condition(fields["whereClause"], inner)
            query, code = query.where(condition.value), f"{code}.where({condition.code})"
        return Written(code, query)

    def _selected(self, target: Node, scope: tuple[From, ...]) -> Written:
        found = _labelled(self._of(target["val"], scope), target)
        if isinstance(found.value, int):
            return self._literal(str(found.value))
        return found

    def _literal(self, text: str) -> Written:
        return Written(f"{self.word('literal_column')}({text!r})", literal_column(text))

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
    if name is None and isinstance(found.value, BinaryExpression | BooleanClauseList):
        name = "?column?"  # which is what PostgreSQL calls it, and does not print
    if name is None or not hasattr(found.value, "label"):
        return found
    return Written(f"{found.operand}.label({name!r})", found.value.label(name))
