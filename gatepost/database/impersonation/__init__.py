"""Act as a user: run every transaction of a session under one user's row security, with any driver."""
