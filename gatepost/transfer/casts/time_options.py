"""Options for casting times, and the exception of a value that has no exact counterpart."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import tzinfo
from typing import Protocol
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from gatepost.errors import TransferError
from gatepost.transfer.mapping.values import UNITS, Unit, Way
from gatepost.transfer.values import Type


class Server(Protocol):
    """A database that reads and prints types which have no cast of ours."""

    def prefetch(self, values: Iterable[object], target: Type) -> None:
        """Have all values of a batch read at once."""

    def stored(self, value: object, target: Type, *, exact: bool) -> str:
        """Return what PostgreSQL prints of a value.

        Raises:
            Refused: the type has no such value, or, where it has to be exact, another one that is only like it.
        """


class Refused(Exception):
    """A value has no exact counterpart in the target's type; the text says why."""


@dataclass(frozen=True, slots=True)
class TimeOptions:
    """How values are read: the zone of a time without an offset (None is UTC), and what a bare number counts.

    `span` is what a number in a column of intervals counts, which only its own column can say.
    `rounding` rounds what the type does not keep; without it such a value is refused. `server` reads the types that
    have no cast of ours, and `as_stored` takes what it makes of a value, whether it is the same or not.
    """

    zone: tzinfo | None = None
    epoch: Unit | None = None
    span: Unit | None = None
    rounding: bool = False
    server: Server | None = field(default=None, compare=False, repr=False)
    as_stored: bool = False

    def counting(self, ways: tuple[Way, ...]) -> TimeOptions:
        """Return the settings for a column whose numbers may count something of their own."""
        unit = next((way for way in UNITS if way in ways), None)
        return self if unit is None else replace(self, epoch=unit, span=unit)

    @staticmethod
    def of(timezone: str, epoch: Unit | None) -> TimeOptions:
        """Return the settings of a zone's name.

        Raises:
            TransferError: there is no such zone.
        """
        if timezone.upper() == "UTC":
            return TimeOptions(None, epoch)
        try:
            return TimeOptions(ZoneInfo(timezone), epoch)
        except (ZoneInfoNotFoundError, ValueError, OSError) as error:
            raise TransferError(
                f'there is no time zone "{timezone}"', "name it as in Europe/Berlin, or take UTC"
            ) from error
