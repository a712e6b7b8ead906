"""Options for casting times, and the exception of a value that has no exact counterpart."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from gatepost.errors import TransferError
from gatepost.transfer.values import Epoch


class Refused(Exception):
    """A value has no exact counterpart in the target's type; the text says why."""


@dataclass(frozen=True, slots=True)
class TimeOptions:
    """How times are read: the zone of a time without an offset (None is UTC), and what a bare number counts."""

    zone: tzinfo | None = None
    epoch: Epoch | None = None

    def counting(self, epoch: Epoch | None) -> TimeOptions:
        """Return the settings for a column whose numbers count something of its own; None is the usual."""
        return self if epoch is None else replace(self, epoch=epoch)

    @staticmethod
    def of(timezone: str, epoch: Epoch | None) -> TimeOptions:
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
