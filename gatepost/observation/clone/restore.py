"""Run a dump statement by statement, as a role without privileges over the server, and collect what it refuses."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from gatepost import sql
from gatepost.finding import NotChecked
from gatepost.observation.clone.extensions import Lacking
from gatepost.sql_script import Statement, first_words

if TYPE_CHECKING:
    from psycopg2 import Error
    from psycopg2.extensions import connection as Connection

_TIMEOUTS = frozenset("statement_timeout lock_timeout idle_in_transaction_session_timeout transaction_timeout".split())
_OURS = (
    *(("create", "extension"), ("alter", "extension"), ("create", "schema"), ("alter", "schema")),
    *(("create", "event", "trigger"), ("alter", "event", "trigger"), ("create", "foreign"), ("alter", "foreign")),
    *(("create", "server"), ("alter", "server"), ("create", "user", "mapping"), ("alter", "user", "mapping")),
    *(("create", "publication"), ("alter", "publication"), ("create", "subscription"), ("alter", "subscription")),
)
"""The first words of statements that Gatepost creates from the catalog itself, or leaves out and reports."""
_KINDS = frozenset(
    "table view function procedure aggregate type domain sequence index trigger policy rule operator cast collation"
    " conversion statistics transform".split()
)
_ON_A_TABLE = frozenset({"trigger", "policy", "rule", "index"})
_UNDEFINED = frozenset({"42P01", "42883", "42704", "42703", "3F000"})
_INDEX = "an index changes no answer"


def restore(
    clone: Connection, script: Sequence[Statement], lacking: Lacking, closed: frozenset[str]
) -> list[NotChecked]:
    """Run a dump, and return what could not be created in the clone.

    Args:
        clone: As the role that logs in, in autocommit.
        script: The dump.
        lacking: The missing extensions.
        closed: The functions, as `schema.name`, that no role of the API may call.
    """
    from psycopg2 import Error

    missing: list[NotChecked] = []
    with clone.cursor() as cursor:
        cursor.execute("SET client_min_messages = error")
        for statement in script:
            text = runnable(statement.text)
            if text is None:
                continue
            try:
                cursor.execute(text)
            except Error as error:
                if clone.closed:
                    raise
                missing += _refused(statement.text, error, lacking, closed)
    return missing


def runnable(text: str) -> str | None:
    """Return the statement as it is run in the clone, or None where it is skipped.

    Roles, schemas and extensions are made already, and SET SESSION AUTHORIZATION is a superuser's.
    """
    words = first_words(text, 6)
    if any(words[: len(start)] == start for start in _OURS):
        return None
    if words[:1] == ("set",) and words[1:2] and words[1] in _TIMEOUTS:
        return None
    if words[:1] in (("grant",), ("revoke",)) and _target(text) in (["schema"], ["foreign"]):
        return None
    if words[:3] == ("set", "session", "authorization"):
        names = [token.name for token in sql.tokens(text) if token.name is not None]
        return f"SET ROLE {sql.identifier(names[3])}" if len(names) == 4 else None
    if words[:3] == ("reset", "session", "authorization"):
        return "RESET ROLE"
    return text


def _target(text: str) -> list[str]:
    """Return the word after ON in a GRANT or REVOKE."""
    names = [token.text.lower() for token in sql.tokens(text[:2000]) if token.kind == "word"]
    return names[names.index("on") + 1 : names.index("on") + 2] if "on" in names else []


def _refused(text: str, error: Error, lacking: Lacking, closed: frozenset[str]) -> Iterable[NotChecked]:
    """Yield what a refused statement would have created, unless it only follows from another refused one."""
    said = (error.diag.message_primary or str(error)).strip()
    words = first_words(text, 5)
    makes = words[:1] == ("create",) or (words[:2] == ("alter", "table") and " ADD CONSTRAINT " in text)
    if not makes and error.pgcode in _UNDEFINED:
        return
    kind, what, table = _named(text)
    key = table or what
    name = ".".join(key) if key else "schema clone"
    why = lacking.of(key) if key else ""  # type: ignore[arg-type]  # two parts, see _named
    subject = f"{kind} {'.'.join(what)}" if table and what else kind
    covered = ""
    if kind == "index" and "unique" not in words:
        covered = _INDEX
    elif kind in ("function", "procedure", "aggregate") and name in closed:
        covered = "no role of the API may call it"
    yield NotChecked(name, f"{subject} is not in the clone: {why or said}", ours=True, covered_by=covered)


def _named(text: str) -> tuple[str, tuple[str, ...], tuple[str, ...]]:
    """Return the kind and the name of what a statement creates, and its table where it belongs to one."""
    pieces = [token for token in sql.tokens(text[:2000]) if token.kind not in ("space", "comment")]
    at = next((n for n, token in enumerate(pieces[:6]) if token.text.lower() in _KINDS), None)
    if at is None:
        return "a statement", (), ()
    kind, start = pieces[at].text.lower(), at + 1
    while start < len(pieces) and pieces[start].text.lower() in ("only", "concurrently", "if", "not", "exists"):
        start += 1
    name = _qualified(pieces, start)
    if kind == "table" and pieces[0].text.lower() == "alter":
        kind = "a constraint"
    if kind not in _ON_A_TABLE:
        return kind, name, ()
    on = next((n for n in range(start, len(pieces)) if pieces[n].text.lower() in ("on", "to") and n > start), None)
    if kind == "rule":
        on = next((n for n in range(start, len(pieces)) if pieces[n].text.lower() == "to"), None)
    elif on is not None and pieces[on].text.lower() == "to":
        on = None
    if on is None:
        return kind, name, ()
    after = on + 1 + (pieces[on + 1].text.lower() == "only" if on + 1 < len(pieces) else 0)
    return kind, name, _qualified(pieces, after)


def _qualified(pieces: Sequence[sql.Token], start: int) -> tuple[str, ...]:
    """Return the two-part name at a piece. A name with another number of parts returns one part, or none."""
    parts: list[str] = []
    at = start
    while at < len(pieces) and pieces[at].name is not None:
        parts.append(str(pieces[at].name))
        if at + 1 >= len(pieces) or pieces[at + 1].text != ".":
            break
        at += 2
    return tuple(parts)
