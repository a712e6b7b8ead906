"""Names that somebody else could give a table, a policy or a role, so that a report does what they want.

Each fits into the 63 bytes that PostgreSQL keeps of a name. Beside them stands what tells whether a report did.
"""

import re
import unicodedata
from html.parser import HTMLParser

from markdown_it import MarkdownIt

NAMES = {
    "clears the screen": "\x1b[2J\x1b[1;1Hall is well\x1b[0m",
    "sets the window's title": "\x1b]0;owned\x07x",
    "C1 control sequence": "\x9b31mred\x9b0m",
    "goes back over what stands there": "bad\x08\x08\x08good",
    "returns to the start of the line": "leak\rverify: clean",
    "annotates": "a\n::error file=app.py,line=1::owned",
    "sets an output": "a\n  ::set-output name=deploy::yes",
    "stops commands": "::stop-commands::tok",
    "sets a variable": "x ##vso[task.setvariable variable=a]b",
    "groups": "##[group]hidden",
    "percent escapes": "a%0A::error::b%25 100%s %(x)d",
    "heading": "a\n\n# Heading\n\n---\n",
    "image": "![x](https://evil.example/t.png)",
    "link": "[here](javascript:alert(1)) <https://evil.example>",
    "bare links": "https://evil.example www.evil.example a@b.example",
    "mentions": "@everyone #1 GH-2 owner/repo#3 :tada: !4",
    "emphasis": "*a* _b_ __c__ ~~d~~ snake_case",
    "table": "a|b\n-|-\nc|d",
    "code": "a``` b `c` ~~~",
    "only a backtick": "`",
    "entities": "&lt;b&gt; &#95; &amp;",
    "image tag": "<img src=x onerror=document.title='owned'>",
    "script": "</script><script>document.title='owned'</script>",
    "breaks out of an attribute": "'\"><svg/onload=document.title='owned'>",
    "closes what is folded": "</details></summary><!-- x",
    "templates": "{0} {{body}} {x!r} ${{ secrets.TOKEN }} %s",
    "rich": "[bold red]x[/] [link=file:///etc/passwd]y[/link] :skull: \\",
    "right to left": "invoice\u202egnp.exe\u2066",
    "invisible": "us\u200bers\ufeff\u00ad\u3164\ufe0f",
    "line separators": "a\u2028b\u2029c\x85d\x0be\x0cf\x1cg",
    "quotes": "a\"b'c;--$$ \\",
    "dollar quotes": "$gatepost$ $body$ $1",
    "comments": "*/ DROP TABLE x; /* --",
    "spaces": " leads and trails ",
    "dots": "public.users",
    "escapes of ours": "a\\nb \\x1b \\u202e \\\\",
    "escapes beside a control": "a\\001b\x1b\\",
    "delete and private use": "a\x7fb\ue000",
    "63 bytes": "é" * 31 + "x",
    "beyond the first plane": "👾\U000e0041",
}

HIDDEN = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}


def hidden(shown):
    """What a reader does not see, or sees somewhere else; a line break is none."""
    return [character for character in shown if unicodedata.category(character) in HIDDEN and character != "\n"]


def commands(shown):
    """What a build server would carry out: at the start of a line, or anywhere in it."""
    return re.findall(r"^\s*::([\w-]+)", shown, re.MULTILINE) + re.findall(r"##\w*\[", shown)


class Shown(HTMLParser):
    """The tags of a page, and what a reader sees in each: text nodes as they stand, since a renderer links in those."""

    def __init__(self, page):
        super().__init__(convert_charrefs=True)
        self.tags, self.texts, self._open = [], [], []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag, attributes):
        if tag not in ("mark", "span"):
            self.tags.append((tag, sorted(key for key, _ in attributes)))
            self._open.append(tag)
            self.texts.append((tag, []))

    def handle_endtag(self, tag):
        if tag not in ("mark", "span"):
            self._open.pop()
            self.texts.append((self._open[-1] if self._open else "", []))

    def handle_data(self, data):
        if self.texts:
            self.texts[-1][1].append(data)

    def of(self, tag):
        return ["".join(pieces) for found, pieces in self.texts if found == tag]

    @property
    def prose(self):
        return [piece for tag, pieces in self.texts if tag not in ("code", "pre") for piece in pieces]


def rendered(markdown):
    return Shown(MarkdownIt("commonmark").enable(["table", "strikethrough"]).render(markdown))
