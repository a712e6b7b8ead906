r"""Split a SQL file into statements with line numbers, so that foreign text need not go through psql.

psql obeys lines that begin with a backslash: `\! command` runs a program. Here such a line is an error, and the
statements go to the server over the protocol, one by one.

Source: https://www.postgresql.org/docs/18/sql-syntax-lexical.html, and `src/fe_utils/psqlscan.l` for `BEGIN ATOMIC`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from gatepost import sql
from gatepost.errors import GatepostError

_MARK = re.compile(
    rf"""
      (?P<escaped> (?<!{sql.NAME_PART})[eE]' )
    | (?P<plain>   ' )
    | (?P<name>    " )
    | (?P<dollar>  (?<!{sql.NAME_PART})\$(?:{sql.NAME_START}{sql.TAG_PART}*)?\$ )
    | (?P<line>    --[^\n\r]* )
    | (?P<block>   /\* )
    | (?P<mark>    [;()\\] )
    | (?P<word>    (?<!{sql.NAME_PART})(?<!\.)
                   (?:create|or|replace|function|procedure|begin|atomic|case|end|as)(?!{sql.NAME_PART}) )
    """,
    re.VERBOSE | re.IGNORECASE,
)
_BODY = {
    "escaped": re.compile(r"(?:[^'\\]++|\\.|'')*+'", re.DOTALL),
    "plain": re.compile(r"(?:[^']++|'')*+'"),
    "name": re.compile(r'(?:[^"]++|"")*+"'),
}
_CONTINUED = re.compile(r"(?:[ \t\f\v]|--[^\n\r]*+)*+[\n\r](?:\s|--[^\n\r]*+[\n\r])*+'")
"""Between two literals that are one: the second is read as the first was."""
_BLANK = re.compile(r"\s+|--[^\n\r]*")
_COMMENT_MARK = re.compile(r"/\*|\*/")
_RESTRICT = re.compile(r"\\(un)?restrict ([A-Za-z0-9]+)[ ]*(?=[\n\r]|\Z)")
_START = 600
"""Characters that the first words of a statement are looked for in."""
_CALLED = {"escaped": "literal", "plain": "literal", "name": "quoted name", "dollar": "dollar quote"}


class ScriptError(GatepostError):
    """A text is not a script of SQL statements, or holds something for psql.

    Args:
        file: How the script is called.
        line: Where.
        reason: What is wrong there, as what follows "line 3".
        hint: The line or command that fixes it.
        for_psql: Whether that line alone is no SQL; else nothing after it can be read.
    """

    def __init__(self, file: str, line: int, reason: str, hint: str = "", *, for_psql: bool = False) -> None:
        super().__init__(f'"{file}" line {line} {reason}', hint)
        self.line = line
        self.reason = reason
        self.for_psql = for_psql


@dataclass(frozen=True)
class Statement:
    """One statement without its semicolon, and where it begins; lines are counted from 1."""

    text: str
    line: int
    file: str = ""

    @property
    def place(self) -> str:
        """Where it stands, as `file:line`."""
        return f"{self.file}:{self.line}"


def statements(text: str, file: str, *, dumped: bool = False) -> tuple[Statement, ...]:
    r"""Split a script at its semicolons, and leave out what holds comments alone.

    Args:
        text: The script.
        file: How an error and a statement call it.
        dumped: Whether pg_dump wrote it, whose lines `\restrict KEY` at the start and `\unrestrict KEY` at the end are
            then no error.

    Raises:
        ScriptError: a backslash stands where a statement could begin or go on, or something is opened and not closed.
    """
    return _Splitter(text, file, dumped).split()


def readable(text: str, file: str) -> tuple[tuple[Statement, ...], ScriptError | None]:
    """Split a script as `statements` does, and where that fails, return what stands before the fault, and the fault."""
    splitter = _Splitter(text, file, dumped=False)
    try:
        return splitter.split(), None
    except ScriptError as error:
        return tuple(splitter.found), error


def first_words(text: str, most: int) -> tuple[str, ...]:
    """Return the words that a statement begins with, in lower case, up to the first that is none."""
    found: list[str] = []
    for token in sql.tokens(text[:_START]):
        if token.kind in ("space", "comment"):
            continue
        if token.kind != "word" or len(found) == most:
            break
        found.append(token.text.lower())
    return tuple(found)


@dataclass
class _Splitter:
    text: str
    file: str
    dumped: bool
    start: int = 0
    depth: int = 0
    atomic: int = 0
    key: str = ""
    closed: bool = False
    found: list[Statement] = field(default_factory=list)
    words: list[str] = field(default_factory=list)
    _word_end: int = 0
    _counted: tuple[int, int] = (0, 1)

    def split(self) -> tuple[Statement, ...]:
        at = 0
        while (match := _MARK.search(self.text, at)) is not None:
            kind = str(match.lastgroup)
            if kind in _BODY:
                at = self._quoted(match, kind)
            elif kind == "dollar":
                at = self._closed(self.text.find(match[0], match.end()), match) + len(match[0])
            elif kind == "block":
                at = self._closed(_comment_end(self.text, match.start()), match)
            else:
                at = match.end()
                if kind == "mark":
                    at = self._at_mark(match)
                elif kind == "word":
                    self._at_word(match[0].lower(), match.start(), match.end())
        self._end(len(self.text))
        return tuple(self.found)

    def _quoted(self, match: re.Match[str], kind: str) -> int:
        body = _BODY[kind].match(self.text, match.end())
        end = self._closed(body.end() if body else -1, match)
        while kind == "escaped" and (more := _CONTINUED.match(self.text, end)) is not None:
            body = _BODY[kind].match(self.text, more.end())
            end = self._closed(body.end() if body else -1, match)
        return end

    def _closed(self, end: int, match: re.Match[str]) -> int:
        if end < 0:
            what = _CALLED.get(str(match.lastgroup), "comment")
            raise ScriptError(self.file, self._line(match.start()), f"opens a {what} that nothing closes")
        return end

    def _at_mark(self, match: re.Match[str]) -> int:
        mark = match[0]
        if mark == "\\":
            return self._at_backslash(match.start())
        if mark == "(":
            self.depth += 1
        elif mark == ")":
            self.depth = max(self.depth - 1, 0)
        elif not self.depth and not self.atomic:
            self._end(match.start())
            self.start = match.end()
        return match.end()

    def _at_word(self, word: str, start: int, end: int) -> None:
        """Follow `BEGIN ATOMIC … END`, the one place where a semicolon does not end a statement."""
        before = self.words[-1] if self.words and self.text[self._word_end : start].isspace() else ""
        self.words.append(word)
        self._word_end = end
        if before == "as" or not _makes_routine(self.words) or self.depth:  # after AS it is a column's name
            return
        if word == "atomic" and before == "begin":
            self.atomic = 1
        elif self.atomic and word == "case":
            self.atomic += 1
        elif self.atomic and word == "end":
            self.atomic -= 1

    def _at_backslash(self, at: int) -> int:
        own = _RESTRICT.match(self.text, at) if self.dumped and not self.text[self._code(at) : at] else None
        line_start = at == 0 or self.text[at - 1] in "\n\r"
        if own is not None and line_start and not self.closed:
            opens = not own[1] and not self.key and not self.found
            self.closed = bool(own[1]) and own[2] == self.key
            if opens or self.closed:
                self.key = own[2]
                self.start = own.end()
                return own.end()
        raise ScriptError(
            self.file,
            self._line(at),
            "holds a backslash outside of any literal, which psql would obey as a command of its own",
            "remove the line: only SQL is run",
            for_psql=True,
        )

    def _end(self, end: int) -> None:
        begin = self._code(end)
        text = self.text[begin:end].rstrip()
        if text:
            self.found.append(Statement(text, self._line(begin), self.file))
        self.words, self.depth, self.atomic = [], 0, 0

    def _code(self, end: int) -> int:
        """Return where the statement that is being read begins, after white space and comments; at most `end`."""
        at = self.start
        while at < end:
            if self.text.startswith("/*", at):
                at = _comment_end(self.text, at)
            elif (blank := _BLANK.match(self.text, at)) is not None:
                at = blank.end()
            else:
                break
        return min(at, end)

    def _line(self, at: int) -> int:
        """Return the line of a place; places must be given in ascending order, so that the text is counted once."""
        before, line = self._counted if self._counted[0] <= at else (0, 1)
        self._counted = (at, line + self.text.count("\n", before, at))
        return self._counted[1]


def _makes_routine(words: list[str]) -> bool:
    return words[0] == "create" and bool({"function", "procedure"} & {*words[1:2], *words[3:4]})


def _comment_end(text: str, start: int) -> int:
    """Return where the comment that starts here ends, or -1: PostgreSQL's comments nest."""
    depth = 0
    for mark in _COMMENT_MARK.finditer(text, start):
        depth += 1 if mark[0] == "/*" else -1
        if depth == 0:
            return mark.end()
    return -1
