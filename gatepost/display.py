"""The only door from foreign text to a person's eyes.

Names, comments and messages of a database are written by whoever owns the database. Printed as they are, they move the
cursor, start a line with a workflow command, or hide what follows. Values (`Finding.message`, an error's message) hold
the true text; everything foreign passes one of these functions when a format prints it:

`line`, `block`, `statement`      plain text: one line, several lines, SQL that stays executable
`markdown`, `code`, `fenced`      Markdown: inside a line, as a code span, as a code block
`html`, `attribute`               HTML: between tags, inside quotes
`workflow`, `workflow_property`   the message and a property of a GitHub workflow command
`json_text`                       JSON, with the true text in it
"""

from __future__ import annotations

import html as _html
import json
import re
import unicodedata
from collections.abc import Callable, Iterator

from gatepost import sql

_UNSAFE = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
"""Unicode categories that are not shown as they are: controls, directions, invisible marks, line separators."""

_BLANK = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180d\u180f\u2800\u3164\ufe00-\ufe0f\uffa0\U000e0100-\U000e01ef]"
)
"""Letters and marks that show nothing, though Unicode does not call them controls (Default_Ignorable_Code_Point)."""

_DOUBTFUL = re.compile("[^ -~]")
_LOG_COMMAND = re.compile(r"##(?=\w*\[)")
"""The start of `##[group]`, `##vso[task.setvariable]`, `##teamcity[…]`: a build server reads it anywhere in a line
(https://github.com/actions/runner/blob/main/src/Runner.Common/ActionCommand.cs)."""

_WORKFLOW_COMMAND = re.compile(r"^(\s*)::(?=[\w-]+(?:\s[^\n]*)?::)", re.MULTILINE)
"""The start of `::error::`, which a runner of GitHub reads behind any white space at the start of a line."""


def line(text: str, *, mixed: bool = False) -> str:
    r"""Return foreign text as one line of printable characters; two different texts never look the same.

    Args:
        text: What a database, a file or a server said.
        mixed: Whether a backslash stays single, for a sentence in which values are written as Python writes them, or
            paths of Windows stand: there it may look like an escape.

    Returns:
        The text with every control, direction mark, invisible mark and line break written as its escape, as in `\x1b`
        or `\n`, and a backslash doubled where it would read as the start of such an escape.
    """
    return "".join(shown for shown, _ in _pieces(text, mixed=mixed))


def block(text: str) -> str:
    """Return foreign text of several lines: each line as `line` returns it."""
    return "\n".join(line(one) for one in text.split("\n"))


def statement(text: str) -> str:
    r"""Return SQL that stands for the same objects, and holds only printable characters.

    A name with a control is written as `U&"\001b"` and a literal as `E'\u001b'`, so that what is copied still runs;
    a name can then neither end a comment nor start a line. Names without controls stay as they are.

    Args:
        text: SQL statements, or a command of the shell.

    Source: https://www.postgresql.org/docs/17/sql-syntax-lexical.html
    """
    ordinary = "##" not in text and _ORDINARY.fullmatch(text)
    shown = text if ordinary else "".join(_token(piece) for piece in sql.tokens(text))
    return _WORKFLOW_COMMAND.sub(r"\1/**/::", _LOG_COMMAND.sub(r"#\\x23", shown))


_ORDINARY = re.compile(r"""(?:[\n !#%&(-,.0-~]|"[ !#-~]*"|'[ -&(-[\]-~]*'|-(?!-)|/(?!\*))*+""")
"""SQL in which no name and no literal holds a line break, read without taking it apart: most of what is printed."""


def markdown(text: str) -> str:
    """Return foreign text for a line of Markdown, or the inside of one, which then shows what `line` returns.

    Nothing in it becomes markup, a link, an image, a mention, a reference or HTML, and at the start of a line it begins
    no list, heading, rule, quotation or code. GitHub looks for mentions and references in what was rendered, where
    escapes are gone: an empty comment stands inside those.
    """
    shown = _MARKDOWN.sub(lambda found: _MARKDOWN_SHOWN[str(found.lastgroup)].format(found[0]), line(text))
    return _MARKDOWN_BLOCK.sub(
        lambda found: "&#32;" if found["mark"] is None else f"{found[1]}\\{found['mark']}", shown
    )


def code(text: str) -> str:
    """Return foreign text as a code span of Markdown, its fence longer than any run of backticks inside."""
    shown = line(text)
    fence = "`" * (_longest_run(shown) + 1)
    stripped = shown.startswith(" ") and shown.endswith(" ") and shown.strip()
    pad = " " if stripped or shown.startswith("`") or shown.endswith("`") else ""
    return f"{fence}{pad}{shown}{pad}{fence}"


def fenced(text: str) -> list[str]:
    """Return the lines of a code block of Markdown that shows SQL, its fence longer than any inside."""
    shown = statement(text)
    fence = "`" * max(3, _longest_run(shown) + 1)
    return [f"{fence}sql", *shown.split("\n"), fence]


def html(text: str) -> str:
    """Return foreign text for between two tags: what `line` returns, with its escapes marked."""
    return "".join(
        f"<mark>{shown}</mark>" if escaped else _html.escape(shown) for shown, escaped in _pieces(text) if shown
    )


def attribute(text: str) -> str:
    """Return foreign text for a quoted attribute or a title, which take no markup."""
    return _html.escape(line(text))


def workflow(shown: str) -> str:
    """Return lines that `line` and `statement` made as the message of a workflow command of GitHub.

    Source: https://docs.github.com/en/actions/reference/workflow-commands-for-github-actions
    """
    return shown.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def workflow_property(shown: str) -> str:
    """Return what `line` made as a property of a workflow command of GitHub, such as its title."""
    return workflow(shown).replace(":", "%3A").replace(",", "%2C")


def json_text(values: object, *, indent: int | None = 2) -> str:
    """Return values as JSON that holds the true text and no raw control: a terminal may print it.

    Args:
        values: What `json.dumps` takes; what it does not know is written as its `str`.
        indent: How far each level stands in; None for one line, as short as it can be.
    """
    separators = (",", ":") if indent is None else None
    raw = json.dumps(values, indent=indent, separators=separators, ensure_ascii=False, default=str)
    shown = _DOUBTFUL_IN_JSON.sub(lambda found: _utf16(found[0]) if _hides(found[0]) else found[0], raw)
    return _LOG_COMMAND.sub(r"#\\u0023", shown)


_DOUBTFUL_IN_JSON = re.compile("[^ -~\n]")

_MARKDOWN = re.compile(
    r"""
      (?P<mention>   @(?=[\w"-]) | !(?=\d) | \bGH-(?=\d) | \bwww(?=\.) | :(?=//) | :(?=[\w+-]+:) )
    | (?P<number>    \#(?=\w) )
    | (?P<dollar>    \$ )
    | (?P<sign>      [\\`*\[\]<>|~&\#] | (?<![^\W_])_ | _(?![^\W_]) )
    """,
    re.VERBOSE,
)
_MARKDOWN_BLOCK = re.compile(r"\A(?:[ ](?=[ ]{3})|([ ]{0,3}(?:[0-9]{1,9}(?=[.)]))?)(?P<mark>[-+=.)]))")
"""What begins a block at the start of a line and is no sign of `_MARKDOWN`: a bullet, a number, a rule, an indent
(https://spec.commonmark.org/0.31.2/#container-blocks-and-leaf-blocks)."""
_MARKDOWN_SHOWN = {
    "mention": "{}<!-- -->",
    "number": "\\{}<!-- -->",
    "dollar": "<span>{}</span>",  # the way that GitHub names for a dollar that starts no formula
    "sign": "\\{}",
}


def _pieces(text: str, *, mixed: bool = False) -> Iterator[tuple[str, bool]]:
    """Yield the printable pieces of one line, and whether each is an escape of ours."""
    start = 0
    for found in _ESCAPED.finditer(text):
        shown = found[0]
        if found.lastgroup == "backslash":
            following = text[found.end() : found.end() + 1]
            escaped = "\\\\" if not mixed and following and (following in "\\nrtxuU" or _hides(following)) else shown
        elif found.lastgroup == "command":
            escaped = shown[:-1] + _escaped(shown[-1])
        else:
            escaped = _escaped(shown) if _hides(shown) else shown
        if escaped != shown:
            yield text[start : found.start()], False
            yield escaped, True
            start = found.end()
    yield text[start:], False


_ESCAPED = re.compile(
    r"(?P<command>\A[ \xa0\u1680\u2000-\u200a\u202f\u205f\u3000]*:(?=:[\w-])|##(?=\w*\[))"
    r"|(?P<backslash>\\)|(?P<doubtful>[^ -~])"
)


def _token(piece: sql.Token) -> str:
    """Return a piece of SQL that means the same and holds no control."""
    text = piece.text
    if piece.kind == "space":
        return "".join(one if one in "\n " else " " if one in "\t\r\f\v" else _plain(one) for one in text)
    if not (_LOG_COMMAND.search(text) or any(map(_hides, _DOUBTFUL.findall(text)))):
        return text
    if piece.kind == "quoted":
        inner = text[1:-1].replace("\\", "\\\\") if text.startswith('"') else text[3:-1]
        return f'U&"{_replaced(inner, _unicode_escape)}"'
    if piece.kind == "literal" and text[0] in "'eE":
        inner = text[1:-1].replace("\\", "\\\\") if text.startswith("'") else text[2:-1]
        return f"E'{_replaced(inner, _string_escape)}'"
    return "\n".join(_replaced(one, _escaped) for one in text.split("\n"))


def _replaced(text: str, escape: Callable[[str], str]) -> str:
    """Return text with what hides, and the start of a log command, as an escape of the place where it stands."""
    safe = _LOG_COMMAND.sub(lambda _: "#" + escape("#"), text)
    return _DOUBTFUL.sub(lambda found: escape(found[0]) if _hides(found[0]) else found[0], safe)


def _unicode_escape(character: str) -> str:
    code_point = ord(character)
    return f"\\{code_point:04X}" if code_point < 0x10000 else f"\\+{code_point:06X}"


def _string_escape(character: str) -> str:
    code_point = ord(character)
    return f"\\u{code_point:04x}" if code_point < 0x10000 else f"\\U{code_point:08x}"


def _utf16(character: str) -> str:
    return json.dumps(character)[1:-1] if character != "\x7f" else "\\u007f"


def _plain(character: str) -> str:
    return _escaped(character) if _hides(character) else character


def _hides(character: str) -> bool:
    return unicodedata.category(character) in _UNSAFE or _BLANK.match(character) is not None


def _escaped(character: str) -> str:
    if character.isascii() and character.isprintable():
        return f"\\x{ord(character):02x}"
    return character.encode("unicode_escape", "surrogatepass").decode("ascii")


def _longest_run(text: str) -> int:
    return max(map(len, re.findall("`+", text)), default=0)
