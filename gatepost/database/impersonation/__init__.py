"""Act as a user: run every transaction of a session under one user's row security, with any driver."""

from gatepost.database.impersonation.acting import acting_as, acting_as_service

__all__ = ["acting_as", "acting_as_service"]
