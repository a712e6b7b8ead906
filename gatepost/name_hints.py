"""What names tell about whether rows are meant for everybody.

A name is no proof, so it only decides how loudly a table is named that everybody may read.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Literal

from gatepost.schema import Table

Meant = Literal["private", "public", "unknown"]

_SECRETS = frozenset(
    "password passwd secret token apikey credential ssn iban cvv cvc passport salary wage diagnosis otp prescription"
    " phone mobile birthdate birthday dob".split()
)
_KEYS = re.compile(
    r"(api|private|secret|access|encryption|signing|license)_?key|(cost|wholesale|purchase|supplier)_?price|internal_?note",
    re.IGNORECASE,
)
_HARMLESS = frozenset("public translation count counts usage limit type types max used total".split())
_PRIVATE = frozenset(
    "note todo task message chat dm conversation inbox mail email invoice payment order document file record medical"
    " health patient salary payroll contract billing subscription customer client account transaction card address"
    " credential secret session diary journal ticket lead contact device expense budget bank statement tax claim"
    " prescription appointment booking reservation notification preference private draft bookmark cart wallet"
    " balance loan employee report medication habit workout memory project audit log ledger submission enrollment"
    " enrolment grade offer bid quote deal inventory exam homework trip ride delivery shipment purchase refund payout"
    " earning".split()
)
_PEOPLE = frozenset(
    "patient medical salary payroll invoice payment transaction bank credential message order customer client contact"
    " lead ticket subscription billing prescription diagnosis employee account secret session".split()
)
_PUBLIC = frozenset(
    "post comment article blog profile review product category country city currency language tag like follow follower"
    " reaction vote page event news announcement leaderboard score listing recipe forum topic thread photo gallery"
    " catalog catalogue price plan feature faq menu author book movie song track album artist poll rating question"
    " answer release version changelog badge achievement game team venue store shop location region zone type status"
    " template theme banner public podcast episode video course lesson guide skill sport season match".split()
)
_SIGNED_UP = frozenset("waitlist waiting newsletter subscriber signup".split())
_FLAGS = frozenset("is_public is_published published public visibility is_private private is_visible shared".split())
_SHOWN = frozenset("slug published_at username handle avatar_url bio display_name".split())


_STATES = frozenset("status state type kind access audience level scope privacy mode stage phase".split())
_FOR_ALL = frozenset(
    "public published active approved open live available listed visible released launched upcoming scheduled accepted"
    " confirmed verified featured shared everyone everybody anyone all world global system default".split()
)
_MARKS = frozenset(
    "public publish published unpublished visible visibility private shared sharing listed unlisted active enabled"
    " approved available featured hidden draft live searchable discoverable template demo sample example global system"
    " verified open".split()
)
_HIDDEN = frozenset("draft private hidden unpublished pending unlisted internal".split())


def marks_public(column: str, values: Collection[object] = ()) -> bool:
    """Tell whether a condition on a column says that a row is meant for everybody.

    Args:
        column: The column.
        values: What it is compared with.
    """
    told = name_parts(column)
    if told & _MARKS:
        return True
    return bool(told & _STATES) and any(name_parts(str(value)) & _FOR_ALL for value in values)


def says_for_whom(values: Collection[object]) -> bool:
    """Tell whether one of some values says that a row is for everybody, or, where it is denied, that it is not."""
    return any(name_parts(str(value)) & _FOR_ALL or is_hidden_state(value) for value in values)


def is_hidden_state(value: object) -> bool:
    """Tell whether a column's value says that a row is not for everybody yet."""
    return isinstance(value, str) and value.lower() in _HIDDEN


_OPEN_COLUMNS = frozenset(
    "public publish published open visible visibility listed shared joinable discoverable".split()
)
_OPEN_VALUES = frozenset("true public open published visible listed shared everyone anyone".split())
_STATE_COLUMNS = frozenset("status state visibility".split())
_OPEN_STATES = frozenset("published public open active approved live visible".split())


def name_parts(name: str) -> set[str]:
    """Return the words of a name, each as singular as a rule of thumb makes it."""
    parts = re.findall(r"[a-z0-9]+", re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).lower())
    return {word for part in parts for word in (part, part.removesuffix("s"), re.sub("ies$", "y", part))}


def is_secret(column: str, to_everybody: bool = False) -> bool:
    """Tell whether a column's name says that it holds something that is nobody else's business.

    Args:
        column: The column.
        to_everybody: Whether it is shown to people without an account too, of whom an e-mail address is hidden.
    """
    told = name_parts(column)
    if to_everybody and "email" in told:
        return True
    return bool(_KEYS.search(column)) or (bool(told & _SECRETS) and not told & _HARMLESS)


def about_people(table: Table) -> bool:
    """Tell whether a table's name says that its rows are about people, whoever they belong to."""
    told = name_parts(table.name)
    return bool(told & _PEOPLE) and not told & _PUBLIC


def signed_up(table: Table, columns: Collection[str]) -> bool:
    """Tell whether rows are people without an account who left their address, which is the project's to read."""
    return bool(name_parts(table.name) & _SIGNED_UP) and any(
        name_parts(name) & {"email", "mail", "phone"} for name in columns
    )


def meant(table: Table) -> Meant:
    """Tell for whom a table's rows seem to be meant, by its names."""
    told = name_parts(table.name)
    columns = {column.name for column in table.columns}
    if columns & _FLAGS:
        return "private"
    head = name_parts(table.name.split("_")[-1])  # of `thread_messages` the messages
    if len(told) > len(head) and head & _PRIVATE and not head & _PUBLIC:
        return "private"
    if told & _PUBLIC or columns & _SHOWN:
        return "public"
    return "private" if told & _PRIVATE else "unknown"


def may_open(column: str) -> bool:
    """Tell whether a column is called as if it could open a row for everybody."""
    return bool(name_parts(column) & (_OPEN_COLUMNS | _STATE_COLUMNS))


def says_open(column: str, value: object) -> bool:
    """Tell whether a column with a value says that its row is for everybody."""
    named = name_parts(column)
    return bool(named & _OPEN_COLUMNS and value in _OPEN_VALUES) or bool(
        named & _STATE_COLUMNS and value in _OPEN_STATES
    )
