"""The body of a function as one term: SQL, and the plain shapes of PL/pgSQL.

What is understood of PL/pgSQL is what decides a value: declarations and assignments, SELECT … INTO, IF, RETURN. A body
with anything else is Unknown, with the selects that could be read inside it.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

from gatepost import sql
from gatepost.analysis.conditions import control_flow, grammar
from gatepost.analysis.conditions.from_grammar import Reader
from gatepost.analysis.conditions.grammar import NotUnderstood
from gatepost.analysis.conditions.rewrite import rebuilt
from gatepost.analysis.conditions.terms import (
    NULL,
    TRUE,
    Case,
    Const,
    Exists,
    IsNull,
    Not,
    OncePerStatement,
    Param,
    Scalar,
    Select,
    Term,
    Unknown,
)
from gatepost.schema import Function

Columns = Callable[[tuple[str, str]], frozenset[str] | None]
Relation = Callable[[str], tuple[str, str]]
Tokens = list[sql.Token]


def as_term(function: Function, columns: Columns, relation: Relation) -> Term:
    """Return what a function returns as a term over its parameters.

    Args:
        function: The function.
        columns: The columns of a relation.
        relation: The relation that a name without a schema means in the body.
    """
    reader = _Reader(function, columns, relation)
    try:
        if function.language == "plpgsql" and grammar.available():
            return control_flow.value(function, reader.grammar_reader())[0]
        if function.language == "sql":
            return reader.sql_body(function.body)
        if function.language == "plpgsql":
            return reader.plpgsql_body(function.body)
    except (NotUnderstood, RecursionError):
        return Unknown(str(function), tuple(reader.selects))
    return Unknown(str(function))


def as_piece(function: Function, text: str, columns: Columns, relation: Relation) -> Term:
    """Return one statement or expression of a body as a term over its variables.

    Args:
        function: The function.
        text: The SQL; of an UPDATE or DELETE the rows that it chooses are told, of an INSERT those that it selects.
        columns: The columns of a relation.
        relation: The relation that a name without a schema means in the body.

    Raises:
        NotUnderstood: the parser does not know it.
    """
    if grammar.available():
        return _piece(text, _Reader(function, columns, relation).grammar_reader())
    from sqlglot import exp, parse_one
    from sqlglot.errors import SqlglotError

    try:
        tree: Any = parse_one(text, dialect="postgres")
    except SqlglotError as error:
        raise NotUnderstood(str(error)) from None
    if isinstance(tree, exp.Update | exp.Delete):
        where = tree.args.get("where")
        beside = tree.args.get("from_") or tree.args.get("using")
        told = [tree.this, *(beside if isinstance(beside, list) else [beside])]
        named = [one.this if isinstance(one, exp.From) else one for one in told]
        sources = ", ".join(one.sql("postgres") for one in named if isinstance(one, exp.Expression))
        text = f"SELECT 1 FROM {sources} {where.sql('postgres') if where is not None else ''}"
    elif isinstance(tree, exp.Insert):
        inner = tree.expression
        text = inner.sql("postgres") if isinstance(inner, exp.Select) else "TRUE"
    return _Reader(function, columns, relation).parsed(text, select=True)


def _piece(text: str, reader: Reader) -> Term:
    parsed = grammar.statements(text if _is_statement(text) else f"SELECT {text}")
    if len(parsed) != 1:
        raise NotUnderstood("it is more than one statement")
    kind, of = grammar.kind_of(parsed[0])
    if kind in ("UpdateStmt", "DeleteStmt"):
        beside = of.get("fromClause", of.get("usingClause", []))
        where = {"whereClause": of["whereClause"]} if "whereClause" in of else {}
        return reader.select({"SelectStmt": {"fromClause": [{"RangeVar": of["relation"]}, *beside], **where}})
    if kind == "InsertStmt":
        select = of.get("selectStmt", {})
        return reader.select(select) if select and "valuesLists" not in select["SelectStmt"] else TRUE
    if kind != "SelectStmt":
        raise NotUnderstood(kind)
    found = reader.select(parsed[0])
    if _is_statement(text) or not isinstance(found, Select) or found.sources or len(found.outputs) != 1:
        return found
    return found.outputs[0]


def _is_statement(text: str) -> bool:
    return re.match(r"[(\s]*(select|update|delete|insert|with|values)\b", text, re.IGNORECASE) is not None


@dataclass
class _Reader:
    function: Function
    columns: Columns
    relation: Relation
    selects: list[Term] = field(default_factory=list)

    def grammar_reader(self) -> Reader:
        """Return what turns parse trees of the body into terms."""
        return Reader(f"{self.function.name}:", self.columns, self.relation, self.function.name)

    def parsed(self, text: str, select: bool = False) -> Term:
        """Parse one expression or, where `select` is asked for, one SELECT."""
        if grammar.available():
            reader = self.grammar_reader()
            statement = _is_statement(text)
            trees = grammar.statements(text if statement else f"SELECT {text}")
            if len(trees) != 1 or "SelectStmt" not in trees[0]:
                raise NotUnderstood(text)
            read = reader.select(trees[0])
            read = read if select and statement else control_flow.expression_of(read)
            if isinstance(read, Select | Scalar):
                self.selects.append(read)
            return read
        from sqlglot import exp, parse_one
        from sqlglot.errors import SqlglotError

        from gatepost.analysis.conditions.from_parser import Converter

        converter = Converter(f"{self.function.name}:", self.columns, self.relation, self.function.name)
        try:
            tree: Any = parse_one(text, dialect="postgres")
            if isinstance(tree, exp.Insert | exp.Update | exp.Delete | exp.Command):
                raise NotUnderstood(text)
            whole = isinstance(tree, exp.Select | exp.SetOperation | exp.Subquery) and select
            found = converter.select(tree) if whole else converter.term(tree)
        except (SqlglotError, AttributeError, KeyError, IndexError, TypeError, AssertionError) as error:
            raise NotUnderstood(str(error)) from None
        if isinstance(found, Select | Scalar):
            self.selects.append(found)
        return found

    def sql_body(self, text: str) -> Term:
        """Return what the last statement of an SQL function selects."""
        plain = _without_comments(text).strip()
        word = plain.partition(" ")[0].partition("\n")[0].upper()
        if word == "RETURN":
            return self.parsed(plain[len("RETURN") :].rstrip("; \n"))
        if word == "BEGIN":
            plain = plain[len("BEGIN ATOMIC") :].strip().removesuffix("END")
        statements = [_text(one) for one in _split(sql.tokens(plain)) if _text(one)]
        if len(statements) != 1:
            self.rest(sql.tokens(plain))
            raise NotUnderstood("more than one statement")
        return _value(self.parsed(statements[0], select=True))

    def plpgsql_body(self, text: str) -> Term:
        """Return what a PL/pgSQL function returns."""
        tokens = [token for token in sql.tokens(text) if token.kind != "comment"]
        start = next((at for at, token in enumerate(tokens) if token.name == "begin"), None)
        if start is None:
            raise NotUnderstood("no block")
        values: dict[str, Term] = {}
        for declaration in _split(tokens[:start]):
            self.declare(declaration, values)
        end = max(at for at, token in enumerate(tokens) if token.name == "end" or at == 0)
        try:
            found = self.block(_split(tokens[start + 1 : end]), values)
            if _fails_open(tokens[start + 1 : end]):
                return TRUE
        except NotUnderstood:
            self.rest(tokens[start + 1 : end])
            raise
        return found if found is not None else NULL

    def declare(self, tokens: Tokens, values: dict[str, Term]) -> None:
        """Add a declared variable with its first value."""
        words = [token for token in tokens if token.kind != "space"]
        if words and words[0].name == "declare":
            words, tokens = words[1:], tokens[tokens.index(words[0]) + 1 :]
        if not words or words[0].name is None:
            return
        text = _text(tokens)
        for mark in (":=", " default ", " DEFAULT "):
            if mark in text:
                values[words[0].name] = self.expression(text.partition(mark)[2], values)
                return

    def expression(self, text: str, values: dict[str, Term]) -> Term:
        """Return an expression in which the variables have their values."""
        found = self.parsed(text)
        return rebuilt(found, lambda part: values.get(part.name, part) if isinstance(part, Param) else part)

    def block(self, statements: list[Tokens], values: dict[str, Term]) -> Term | None:
        """Return what a list of statements returns, or None where it runs to its end."""
        for at, statement in enumerate(statements):
            words = [token for token in statement if token.kind != "space"]
            first = words[0].name if words else None
            if first is None or first == "null":
                continue
            if first == "return":
                return self.returned(_text(statement)[len("return") :].strip(), values)
            if first == "raise":
                return Const(False, "boolean")
            if first == "exception":
                return None
            if first == "perform":
                self.performed(_text(statement)[len("perform") :], values)
                continue
            if first == "if":
                return self.choice(statements[at:], values)
            if first == "select" and any(word.name == "into" for word in words):
                self.select_into(statement, values)
            elif len(words) > 2 and words[1].text == ":" and words[2].text == "=":
                values[first] = self.expression(_text(statement).partition(":=")[2], values)
            else:
                raise NotUnderstood(first)
        return None

    def performed(self, text: str, values: dict[str, Term]) -> None:
        """Take in a PERFORM of a query: it only tells whether there is a row."""
        found = self.parsed(f"SELECT {text}", select=True)
        if not isinstance(found, Select) or not found.sources:
            raise NotUnderstood("perform")  # a function that may refuse
        told = rebuilt(found, lambda part: values.get(part.name, part) if isinstance(part, Param) else part)
        values["found"] = Exists(told)

    def returned(self, text: str, values: dict[str, Term]) -> Term:
        """Return the value of a RETURN."""
        if text[:5].lower() == "query":
            found = self.parsed(text[5:], select=True)
            return rebuilt(found, lambda part: values.get(part.name, part) if isinstance(part, Param) else part)
        return self.expression(text, values) if text else NULL

    def select_into(self, statement: Tokens, values: dict[str, Term]) -> None:
        """Set the variables of a SELECT … INTO."""
        at = next(i for i, token in enumerate(statement) if token.name == "into")
        after = statement[at + 1 :]
        names: list[str] = []
        taken = 0
        for i, token in enumerate(after):
            if token.kind == "space" or token.name == "strict":
                continue
            if token.name is not None and len(names) == after[:i].count(sql.Token("other", ",")):
                names.append(token.name)
            elif token.text != ",":
                break
            taken = i + 1
        select = self.parsed(_text([*statement[:at], sql.Token("space", " "), *after[taken:]]), select=True)
        select = rebuilt(select, lambda part: values.get(part.name, part) if isinstance(part, Param) else part)
        if not isinstance(select, Select) or len(select.outputs) < len(names):
            raise NotUnderstood("select into")
        for place, name in enumerate(names):
            one = Select(select.sources, (select.outputs[place],), select.where, True, select.aggregated)
            values[name] = Scalar(one) if one.sources else OncePerStatement(one.outputs[0])
        values["found"] = Not(IsNull(values[names[0]])) if names else Const(True, "boolean")

    def choice(self, statements: list[Tokens], values: dict[str, Term]) -> Term | None:
        """Return what an IF, with what comes after it, returns."""
        flat = [token for one in statements for token in [*one, sql.Token("other", ";")]]
        depth, arms, start, mark = 0, [], 0, "if"
        end = len(flat)
        for at, token in enumerate(flat):
            before = next((t.name for t in reversed(flat[:at]) if t.kind != "space"), None)
            if token.name == "if" and before != "end":
                depth += 1
                start = at + 1 if depth == 1 else start
            elif token.name == "end" and _next(flat, at) == "if":
                depth -= 1
                if depth == 0:
                    arms.append((mark, flat[start:at]))
                    end = at
                    break
            elif token.name in ("elsif", "elseif", "else") and depth == 1:
                arms.append((mark, flat[start:at]))
                start, mark = at + 1, token.name
        after = _split(flat[end:])[1:]
        whens: list[tuple[Term, Term]] = []
        otherwise: Term | None = None
        for kind, tokens in arms:
            if kind == "else":
                otherwise = self.block(_split(tokens) + after, dict(values))
                continue
            then = _then(tokens)
            result = self.block(_split(tokens[then + 1 :]) + after, dict(values))
            whens.append((self.expression(_text(tokens[:then]), values), result if result is not None else NULL))
        if otherwise is None and not any(kind == "else" for kind, _ in arms):
            otherwise = self.block(after, dict(values))
        return Case(tuple(whens), otherwise if otherwise is not None else NULL)

    def rest(self, tokens: Tokens) -> None:
        """Read the selects of a body that is not understood as a whole."""
        for statement in _split(tokens):
            names = [token.name for token in statement]
            if "select" not in names:
                continue
            text = _text(statement[names.index("select") :])
            try:
                self.parsed(text, select=True)
            except NotUnderstood:
                continue


def _fails_open(tokens: Tokens) -> bool:
    """Tell whether a handler of exceptions returns true: then whatever raises an error lets rows through."""
    words = [token.name or token.text for token in tokens if token.kind != "space"]
    handlers = words[words.index("exception") :] if ";" in words and "exception" in words else []
    if "when" not in handlers[:2]:
        return False
    return any(pair == ("return", "true") for pair in pairwise(handlers))


def _value(found: Term) -> Term:
    if isinstance(found, Select) and not found.sources and not found.others and len(found.outputs) == 1:
        return OncePerStatement(found.outputs[0])
    return found


def _then(tokens: Tokens) -> int:
    """Return where the THEN of an IF stands; one inside a CASE is passed over."""
    depth = 0
    for at, token in enumerate(tokens):
        depth += (token.name == "case") - (token.name == "end")
        if token.name == "then" and depth == 0:
            return at
    raise NotUnderstood("if without then")


def _next(tokens: Tokens, at: int) -> str | None:
    return next((token.name for token in tokens[at + 1 :] if token.kind != "space"), None)


def _split(tokens: Tokens) -> list[Tokens]:
    """Cut at each semicolon."""
    found: list[Tokens] = [[]]
    for token in tokens:
        if token.kind == "other" and token.text == ";":
            found.append([])
        else:
            found[-1].append(token)
    return [one for one in found if any(token.kind != "space" for token in one)]


def _text(tokens: Tokens) -> str:
    return "".join(token.text for token in tokens).strip()


def _without_comments(text: str) -> str:
    return "".join(" " if token.kind == "comment" else token.text for token in sql.tokens(text))
