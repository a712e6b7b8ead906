"""Answer simple questions about a condition: what it reads, what it compares, in which ways it can hold."""

from __future__ import annotations

from collections.abc import Iterator

from gatepost.analysis.conditions.rewrite import rebuilt
from gatepost.analysis.conditions.terms import (
    TRUE,
    And,
    Call,
    Column,
    Compare,
    CompareMany,
    Const,
    Exists,
    IsNull,
    Items,
    Not,
    OncePerStatement,
    Or,
    Scalar,
    Select,
    Session,
    Source,
    Term,
    Unknown,
    conjunction,
    disjunction,
    remembered,
    unwrapped,
)

EVERYTHING = frozenset({"*"})
"""All columns: what a condition binds that no ordinary user fulfils."""


def sessions(term: Term) -> set[Session]:
    """Return the session values that a term reads, including those in sub-selects."""
    return set(term.all_of_type(Session))


def row_columns(term: Term) -> set[str]:
    """Return the columns of the row that a term reads, including those in sub-selects."""
    return {part.name for part in term.all_of_type(Column) if part.source == ""}


def relations(term: Term) -> set[tuple[str, str]]:
    """Return the tables and views that a term's sub-selects read."""
    return {part.relation for part in term.all_of_type(Source) if part.relation is not None}


def read_by(term: Term) -> set[tuple[tuple[str, str], str]]:
    """Return the tables and views that a term's sub-selects read, each with the role whose privileges apply.

    The role is empty where the caller reads, otherwise the owner of a SECURITY DEFINER function.
    """
    return {(part.relation, part.reader) for part in term.walk() if isinstance(part, Source) and part.relation}


def unknown(term: Term) -> bool:
    """Return whether something in a term could not be followed."""
    return bool(term.all_of_type(Unknown))


def columns_of(term: Term) -> set[Column]:
    """Return every column that a term reads."""
    return set(term.all_of_type(Column))


@remembered
def as_exists(term: Term) -> Exists | None:
    """Return a condition that finds rows of other tables as an EXISTS, or None where it finds none.

    `x IN (SELECT y …)` is `EXISTS (SELECT … WHERE … AND y = x)`, `(SELECT role …) = 'admin'` likewise.
    """
    match term:
        case OncePerStatement(inner):
            return as_exists(inner)
        case Exists(Select() as select):
            return Exists(_flat(select))
        case Not(Compare("=", left, right)) if counts(left) and unwrapped(right) == Const(0):
            return as_exists(Compare(">", left, right))
        case Not(IsNull(inner)):
            value = unwrapped(inner)
            if isinstance(value, Scalar) and isinstance(value.select, Select) and not counts(value):
                return Exists(_flat(Select(value.select.sources, (), value.select.where, others=value.select.others)))
        case CompareMany("=", left, Select() as select, False) if not select.aggregated and select.outputs:
            return Exists(_flat(_equal_to(select, left.items if isinstance(left, Items) else (left,))))
        case Compare(op, left, right):
            for one, other, turned in ((left, right, False), (right, left, True)):
                found = _compared(op, one, other, turned)
                if found is not None:
                    return found
        case CompareMany("=", left, Items() as items):
            inner = unwrapped(left)
            if isinstance(inner, Scalar) and isinstance(inner.select, Select) and inner.select.sources:
                return Exists(_flat(_where(inner.select, CompareMany("=", inner.select.outputs[0], items))))
        case Scalar(Select() as select) if select.sources and len(select.outputs) == 1:
            return Exists(_flat(_where(select, select.outputs[0])))
        case Call(("", "coalesce"), args) if len(args) == 2 and unwrapped(args[1]) == Const(False, "boolean"):
            return as_exists(args[0])
    return None


def _compared(op: str, one: Term, other: Term, turned: bool) -> Exists | None:
    inner = unwrapped(one)
    if not isinstance(inner, Scalar) or not isinstance(inner.select, Select) or not inner.select.sources:
        return None
    select = inner.select
    output = select.outputs[0] if select.outputs else Const(1)
    if select.aggregated:
        counted = isinstance(output, Call) and output.name[1] == "count"
        if counted and op not in (">", ">=", "<>"):
            return None
        return Exists(_flat(Select(select.sources, (), select.where)))
    if op == "is" and unwrapped(other) == Const(True, "boolean"):
        return Exists(_flat(_where(select, output)))
    return Exists(_flat(_where(select, Compare(op, other, output) if turned else Compare(op, output, other))))


def _equal_to(select: Select, values: tuple[Term, ...]) -> Select:
    """Return the rows of a select and of the selects in its UNION whose outputs equal some values."""
    pairs = zip(select.outputs, values, strict=False)
    where = conjunction(select.where, *(Compare("=", output, value) for output, value in pairs))
    others = tuple([_equal_to(one, values) if isinstance(one, Select) else one for one in select.others])
    return Select(select.sources, (), where, others=others)


def _where(select: Select, condition: Term) -> Select:
    return Select(select.sources, (), conjunction(select.where, condition), others=select.others)


def _flat(select: Select) -> Select:
    """Return a select with the sources of the selects in its FROM merged into its own."""
    found = select
    for source in select.sources:
        inside = source.inside
        if not isinstance(inside, Select) or inside.others or inside.aggregated:
            continue
        named = {one.name: one for one in inside.outputs if isinstance(one, Column)}
        only = inside.outputs[0] if len(inside.outputs) == 1 else None

        def inner(
            part: Term, name: str = source.name, named: dict[str, Column] = named, only: Term | None = only
        ) -> Term:
            if isinstance(part, Column) and part.source == name:
                return named.get(part.name, only or part)
            return part

        others = tuple(one for one in found.sources if one is not source)
        where = conjunction(rebuilt(found.where, inner), inside.where)
        found = Select((*others, *inside.sources), found.outputs, where, others=found.others)
    return found


def conjuncts(term: Term) -> tuple[Term, ...]:
    """Return the conditions that must all hold."""
    while isinstance(term, OncePerStatement):
        term = term.term
    return term.terms if isinstance(term, And) else (term,)


def not_true(term: Term) -> Term:
    """Return the condition under which another is false or NULL, so that a CASE or an IF continues."""
    match term:
        case Not(inner):
            return inner if isinstance(inner, Exists | IsNull) or _is(inner) else disjunction(inner, IsNull(inner))
        case And(terms):
            return disjunction(*(not_true(one) for one in terms))
        case Or(terms):
            return conjunction(*(not_true(one) for one in terms))
        case Exists() | IsNull():
            return Not(term)
    return Not(term) if _is(term) else Not(Compare("is", term, TRUE))


def _is(term: Term) -> bool:
    """Return whether a comparison is never NULL."""
    return isinstance(term, Compare) and term.op in ("is", "is not")


def counts(term: Term) -> bool:
    """Return whether a value is the number of rows that a sub-select finds."""
    inner = unwrapped(term)
    select = inner.select if isinstance(inner, Scalar) else None
    output = select.outputs[0] if isinstance(select, Select) and select.aggregated and select.outputs else None
    return isinstance(output, Call) and output.name[1] == "count"


_MANY = 16


def alternatives(term: Term) -> tuple[tuple[Term, ...], ...]:
    """Return the alternatives of a condition, each as conditions that must all hold, or the whole if they are many."""
    found = _alternatives(term)
    return found if len(found) <= _MANY else (conjuncts(term),)


def _alternatives(term: Term) -> tuple[tuple[Term, ...], ...]:
    match term:
        case OncePerStatement(inner):
            return _alternatives(inner)
        case Or(terms):
            return tuple(way for one in terms for way in _alternatives(one))
        case And(terms):
            found: tuple[tuple[Term, ...], ...] = ((),)
            for one in terms:
                ways = _alternatives(one)
                if len(found) * len(ways) > _MANY:
                    ways = ((one,),)
                found = tuple((*before, *way) for before in found for way in ways)
            return found
    return ((term,),)


def branches(select: Select) -> tuple[Select, ...]:
    """Return the selects from which a select takes its rows: itself, or the sides of a UNION that it reads."""
    sides = [Select(select.sources, select.outputs, select.where)]
    sides += [inner for one in select.others if isinstance(one, Select) for inner in branches(one)]
    found: list[Select] = []
    for side in sides:
        united = [s for s in side.sources if isinstance(s.inside, Select) and s.inside.others]
        if len(united) != 1:
            found.append(side)
            continue
        (source,) = united
        assert isinstance(source.inside, Select)  # noqa: S101  just checked
        for inner in branches(source.inside):
            swapped = tuple(Source(s.name, None, inner) if s is source else s for s in side.sources)
            found.append(_flat(Select(swapped, side.outputs, side.where)))
    return tuple(found)


def conditions(term: Term) -> Iterator[Term]:
    """Yield every comparison and every sub-select of a term, including those inside sub-selects."""
    for part in term.walk():
        if isinstance(part, Compare | CompareMany | Exists | IsNull | Scalar):
            yield part


def same_sides(term: Term) -> Iterator[Compare]:
    """Yield each comparison of a column with itself."""
    for part in term.all_of_type(Compare):
        if part.op not in ("=", "is", ">=", "<="):
            continue
        if unwrapped(part.left) == unwrapped(part.right) and isinstance(unwrapped(part.left), Column):
            yield part


def captured(term: Term) -> Iterator[tuple[Select, Compare]]:
    """Yield each comparison within one source in a sub-select that never mentions the row.

    One side is a column, the other another column or what is made of one: `(storage.foldername(name))[1]` inside of a
    sub-select is about that table's name, if it has one.
    """
    for part in term.all_of_type(Select):
        if row_columns(part):
            continue
        always = conjuncts(part.where)
        for one in dict.fromkeys(piece for way in alternatives(part.where) for piece in way):
            if not isinstance(one, Compare) or one.op != "=" or (one not in always and one.left != one.right):
                continue
            sides = (one.left.all_of_type(Column), one.right.all_of_type(Column))
            bare = any(isinstance(unwrapped(side), Column) for side in (one.left, one.right))
            if bare and all(sides) and len({column.source for side in sides for column in side}) == 1:
                yield part, one


def depends_on_caller(term: Term) -> bool:
    """Return whether a value depends on the caller: a session value that identifies them, or an unknown function."""
    kinds = {session.kind for session in sessions(term)}
    return bool(kinds & {"uid", "email", "claim", "request", "setting"})
