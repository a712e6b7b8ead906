"""Choose values that a constraint or a trigger may accept: first those that it compares, then by type."""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Iterable, Iterator, Sequence

from gatepost import sql
from gatepost.analysis.compared_values import unquoted
from gatepost.name_hints import name_parts, word_list
from gatepost.observation.plant import canaries
from gatepost.observation.plant.canaries import FUTURE, PAST, Canary, composite, family, is_word
from gatepost.observation.plant.fitting.combinations import KEPT
from gatepost.observation.plant.fitting.json_documents import documents
from gatepost.observation.plant.fitting.regex_examples import Shape, shape
from gatepost.observation.plant.fitting.related_columns import by_least_change
from gatepost.observation.plant.survey import Survey
from gatepost.schema import Column

Fix = str | Shape | None
"""A value for a column of every row. `{}` is replaced by the canary, `{#}` by the row's number."""

_WORDS = (
    "cnry-{}@example.org", "https://example.org/cnry-{}", "cnry_{}", "+15550100000", "#c0ffee", "cnry", "CNRY",
    "en", "EN", "USD", "a", "A", "1", "00000", "1.0.0", "en-US", "Europe/London", "4111111111111111",
    "DE89370400440532013000", "Y2FuYXJ5", "Canary", "2021-06-01", "12:00", "127.0.0.1", "9780306406157", "/cnry/{}",
)  # fmt: skip
_DAYS = ("2021-06-01", "2021-06-02", "2021-06-08", "2021-06-30", "2022-06-01", "today", "tomorrow", "yesterday")
_HOURS = ("08:00", "12:00", "17:00", "00:00", "23:59")
_SPECIAL: dict[str, tuple[str, ...]] = {
    "interval": ("1 hour", "1 day", "30 minutes", "1 minute", "7 days", "1 month", "1 year", "0"),
    "inet": ("192.0.2.1", "203.0.113.7", "2001:db8::{#}", "127.0.0.1", "192.168.0.1"),
    "cidr": ("192.0.2.0/24", "203.0.113.0/24", "172.16.0.0/16", "2001:db8::/32"),
    "hstore": ("canary=>1",),
    "ltree": ("cnry.{#}", "cnry.a.{#}", "cnry.a.b.{#}"),
    "xml": ("<cnry/>",),
    "point": ("(1,1)", "(0,0)", "(0.5,0.5)"),
}
_MOST_ROWS = 200
_MOST_ELEMENTS = 16
_NUMBERS = ("{#}", "1", "0", "2", "5", "10", "50", "100", "1000", "-1", "0.5")
_NUMERIC = ("smallint", "integer", "bigint", "numeric", "real", "double precision", "money")
_ANYTHING = (
    "1", "0", "", "a", "{ }", "[]", "(1,1)", "[1,1]", "{1}", "2021-01-01", "1.0.0", "POINT(1 2)",
    *(f"({',' * count})" for count in range(12)),
)  # fmt: skip
_METACHARACTERS = frozenset("[]^$*+?\\(|{")
_FIGURE = re.compile(r"(?<![\w.'])-?\d+(?:\.\d+)?(?![\w'])")
_LATER = "2201-02-03 04:05:06"
_MOST = 80


def options(survey: Survey, column: Column, texts: Iterable[str]) -> list[Fix]:
    """Return values for a column, starting with those that texts compare it with.

    Args:
        survey: The database.
        column: The column.
        texts: The definitions of constraints, or the bodies of functions.
    """
    texts = list(texts)
    base = survey.base_type(column.type)
    found = [fix for fix in _by_type(base, survey, texts) if _fits(base, fix)]
    found += [KEPT, *([] if column.not_null else [None])]
    return list(dict.fromkeys(found))[:_MOST]


def shown_first(name: str, values: list[str | None]) -> list[str | None]:
    """Return the values of a column, of one such as `deleted_at` those first with which a row is not hidden."""
    hides = name_parts(name) & word_list("hiding_columns")
    return sorted(values, key=lambda one: one not in (None, "false")) if hides else values


def small_numbers(base: str) -> bool:
    """Return whether a column of a type can hold a small number instead of an unmistakable one."""
    return family(base) in _NUMERIC


def filled(fix: Fix, canary: Canary, number: int) -> str | None:
    """Return the value that a row holds."""
    if fix is None:
        return None
    mark = f"{canary.table:x}-{canary.row:x}-{canary.column:x}-z"
    if isinstance(fix, Shape):
        return fix.filled(f"cnry-{mark}", number)
    return fix.replace("{}", mark).replace("{#}", str(number % 30_000))


def _by_type(base: str, survey: Survey, texts: Sequence[str]) -> Iterator[Fix]:
    literals = [literal for text in texts for literal in _literals(text)]
    kind = family(base)
    if base in survey.enums:
        yield from (literal for literal in literals if literal in survey.enums[base])
        yield from survey.enums[base]
    elif base.endswith("[]"):
        yield from _arrays(base, survey, texts, literals)
    elif is_word(base):
        yield from _texts(texts, literals)
    elif kind == "boolean":
        yield from ("false", "true")
    elif kind in _NUMERIC:
        yield from _numbers([*texts, " ".join(one for one in literals if _FIGURE.fullmatch(one))])
    elif kind.endswith("range"):
        yield from _ranges(kind)
    elif kind.startswith(("timestamp", "date")):
        yield from (*(one for one in literals if one[:4].isdigit()), PAST, FUTURE, _LATER, "now", *_DAYS)
    elif kind.startswith("time"):
        yield from (*literals, *_HOURS)
    elif kind in ("json", "jsonb"):
        yield from documents(texts)
    elif kind == "bytea":
        yield from (Shape(("abcdefghijklmnopqrstuvwxyz",) * size) for size in _sizes(texts))
    elif kind in _SPECIAL:
        yield from (*(one for one in literals if kind == "interval"), *_SPECIAL[kind])
        yield from ('"' + one + '"=>"cnry-{}"' for one in literals if kind == "hstore")
    elif base in survey.composites:
        yield from _rows(base, survey, texts)
    elif kind != "uuid":
        yield from _ANYTHING


def _rows(base: str, survey: Survey, texts: Sequence[str]) -> Iterator[Fix]:
    """Yield rows of a composite type."""
    offered = []
    for at, type_ in enumerate(survey.composites[base]):
        own = [one for one in dict.fromkeys(_by_type(survey.base_type(type_), survey, texts)) if _fits(type_, one)]
        usual = canaries.value(survey.base_type(type_), Canary(1, 1, at + 1))
        offered.append(list(dict.fromkeys([usual, *(filled(one, Canary(1, 1, 1), 1) for one in own)])))
    yield from (composite(one) for one in by_least_change(offered, _MOST_ROWS))


def _ranges(kind: str) -> Iterator[str]:
    days = ("2021-01-01,2021-01-02", "2101-01-01,2101-01-02", "2021-06-01,2021-06-08", "today,tomorrow")
    bounds = days if kind[0] in "dt" else ("{#},{#}", "1,10", "18,65")
    for one in bounds:
        low, _, high = one.partition(",")
        both = f"[{low},{high}]" if "#" in one else f"[{low},{high})"
        yield "{" + both + "}" if kind.endswith("multirange") else both


def _sizes(texts: Sequence[str]) -> list[int]:
    """Return the lengths that texts may ask for, and one more or less."""
    figures = sorted({int(figure) for text in texts for figure in _FIGURE.findall(text) if figure.isdigit()})
    return [size for figure in figures for size in (figure, figure + 1, figure - 1) if 0 < size <= 2000]


def _arrays(base: str, survey: Survey, texts: Sequence[str], literals: Sequence[str]) -> Iterator[Fix]:
    yield "{ }"
    for one in _by_type(base.removesuffix("[]"), survey, texts):
        if isinstance(one, str):
            yield "{" + json.dumps(one, ensure_ascii=False) + "}"
        for size in (size for size in _sizes(texts) if isinstance(one, str) and 1 < size <= _MOST_ELEMENTS):
            yield "{" + ",".join([json.dumps(one, ensure_ascii=False)] * size) + "}"
    if literals:
        yield "{" + ",".join(json.dumps(one, ensure_ascii=False) for one in literals) + "}"


def _texts(texts: Sequence[str], literals: Sequence[str]) -> Iterator[Fix]:
    for literal in literals:
        if set(literal) & _METACHARACTERS and (found := shape(literal)) is not None:
            yield found
        if "%" in literal:
            yield literal.replace("%", "cnry-{}").replace("_", "a")
        yield literal
    yield from (Shape(("abcdefghijklmnopqrstuvwxyz0123456789",) * size) for size in _sizes(texts))
    yield from _WORDS


def _numbers(texts: Sequence[str]) -> Iterator[str]:
    yield "{#}"
    figures = list(dict.fromkeys(one for text in texts for one in _FIGURE.findall(_without_literals(text))))
    for figure in figures:
        if "." in figure:
            yield figure
        elif len(figure) < 18:
            yield from (figure, str(int(figure) - 1), str(int(figure) + 1))
    yield from _NUMBERS
    known = sorted({float(figure) for figure in figures if len(figure) < 10})
    yield from (f"{(low + high) / 2:g}" for low, high in itertools.pairwise(known))
    yield from (f"{one * factor:.0f}" for factor in (10, 100) for one in known if 0 < one < 1000)


def _literals(text: str) -> list[str]:
    return [unquoted(token.text) for token in sql.tokens(text) if token.kind == "literal" and "'" in token.text]


def _without_literals(text: str) -> str:
    pieces = sql.tokens(text)
    return "".join(" " if piece.kind in ("literal", "comment", "quoted") else piece.text for piece in pieces)


def _fits(base: str, fix: Fix) -> bool:
    """Return whether a text is short enough for a type with a length."""
    sized = re.search(r"\((\d+)\)", base)
    if not is_word(base) or fix is None or (sized is None and family(base) not in ("character", "bpchar")):
        return True
    text = filled(fix, Canary(0xFFF, 0xFFF, 0xFF), 0) or ""
    return len(text) <= (int(sized[1]) if sized else 1)


def some_of(options_of: dict[str, list[Fix]], most: int) -> Iterator[tuple[tuple[str, Fix], ...]]:
    """Yield combinations to try, in a fixed order: all columns alike, then one different, then two, then any.

    Args:
        options_of: The values of each column.
        most: How many to yield.
    """
    names = list(options_of)
    longest = max(len(values) for values in options_of.values())
    alike = ({n: options_of[n][min(at, len(options_of[n]) - 1)] for n in names} for at in range(longest))
    return itertools.islice((tuple(one.items()) for one in itertools.chain(alike, _mixed(options_of))), most)


def _mixed(options_of: dict[str, list[Fix]]) -> Iterator[dict[str, Fix]]:
    import random

    if len(options_of) < 2:
        return
    chance = random.Random(0)  # noqa: S311  any order will do, if it is always the same
    last = {name: values[-1] for name, values in options_of.items()}
    first = {name: values[0] for name, values in options_of.items()}
    for name, values in options_of.items():
        yield last | {name: values[0]}
        yield first | {name: values[-1]}
    for _ in range(400):
        yield {name: chance.choice(values) for name, values in options_of.items()}
