"""Compare the connection limit of the server with the pool of a service and the number of its threads."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from gatepost.database.settings import Settings
from gatepost.database.url import DatabaseUrl
from gatepost.doctor.answer import Answer
from gatepost.doctor.session import rows

if TYPE_CHECKING:
    from psycopg2.extensions import connection as Connection

# https://supabase.com/docs/guides/troubleshooting/using-sqlalchemy-with-supabase-FUqebT
SHARE_BESIDE_THE_API = 0.4
SHARE_ALONE = 0.8

_SLOTS = """
    SELECT current_setting('max_connections')::int,
           current_setting('superuser_reserved_connections')::int
             + coalesce(current_setting('reserved_connections', true)::int, 0),
           (SELECT coalesce(sum(numbackends), 0)::int FROM pg_catalog.pg_stat_database),
           r.rolsuper, r.rolconnlimit, d.datconnlimit
      FROM pg_catalog.pg_roles r, pg_catalog.pg_database d
     WHERE r.rolname = current_user AND d.datname = current_database()
"""


@dataclass(frozen=True, slots=True)
class Slots:
    """The connections that one role may have at a server; `used` counts everybody's."""

    capacity: int
    used: int
    limit: int
    why: str

    def advised(self, share: float) -> tuple[int, int]:
        """Return a pool's size and overflow that leave room for others, in the proportion of our defaults."""
        total = max(2, int(self.limit * share))
        size = max(1, total // 3)
        return size, total - size


def read(connection: Connection) -> Slots:
    """Return the server's slots for the role and database of a connection."""
    most, reserved, used, is_super, role_limit, database_limit = rows(connection, _SLOTS)[0]
    capacity = most if is_super else most - reserved
    candidates = [(capacity, f"max_connections is {most}, {reserved} reserved")]
    if role_limit >= 0 and not is_super:
        candidates.append((role_limit, f"the role's CONNECTION LIMIT is {role_limit}"))
    if database_limit >= 0 and not is_super:
        candidates.append((database_limit, f"the database's CONNECTION LIMIT is {database_limit}"))
    limit, why = min(candidates)
    return Slots(capacity, used, limit, why)


def share(url: DatabaseUrl) -> float:
    """Return the part of the slots that one service should take at most."""
    return SHARE_BESIDE_THE_API if url.is_supabase else SHARE_ALONE


def slots(connection: Connection, url: DatabaseUrl, settings: Settings, threads: int | None) -> list[Answer]:
    """Compare the server's slots with the pool of the settings, and the pool with the number of threads."""
    have = read(connection)
    free = have.capacity - have.used
    usage = f"{have.used} of {have.capacity} connection slots in use ({have.why})"
    if free <= have.capacity // 10:
        answers = [Answer("limits", "warning", usage, "close idle clients, or connect through a pooler")]
    else:
        answers = [Answer("limits", "ok", usage)]
    answers.append(pool(have, url, settings))
    if threads is not None:
        answers.append(contention(have, url, settings, threads))
    return answers


def is_pooled(url: DatabaseUrl, settings: Settings) -> bool:
    """Whether `create_engine` keeps connections for this URL."""
    return not (url.is_transaction_pooler or settings.db_pooler == "transaction")


def pool(have: Slots, url: DatabaseUrl, settings: Settings) -> Answer:
    """Compare a pool with the server's slots."""
    if not is_pooled(url, settings):
        return Answer("pool", "ok", "no connections are kept here (NullPool), because the pooler keeps them")
    size, overflow = settings.db_pool_size, settings.db_max_overflow
    total, fair = size + overflow, int(have.limit * share(url))
    demand = f"one process may open {size} + {overflow} connections"
    advised = "set DB_POOL_SIZE={} and DB_MAX_OVERFLOW={}".format(*have.advised(share(url)))
    if url.kind == "session-pooler":
        return Answer(
            "pool",
            "warning" if total > 15 else "ok",
            f"{demand}, and a session pooler has as many as its pool size (15 unless changed in the Dashboard)",
            "set DB_POOL_SIZE=5 and DB_MAX_OVERFLOW=10, or use port 6543" if total > 15 else "",
        )
    if total > have.limit:
        return Answer("pool", "error", f"{demand}, and the server allows {have.limit} ({have.why})", advised)
    if total > fair:
        beside = " beside the Data API" if url.is_supabase else ""
        return Answer(
            "pool", "warning", f"{demand} of {have.limit}, which leaves few for other clients{beside}", advised
        )
    return Answer("pool", "ok", f"{demand} of {have.limit}; room for {have.limit // total} of such pools")


def contention(have: Slots, url: DatabaseUrl, settings: Settings, threads: int) -> Answer:
    """Compare a number of threads with a pool."""
    if not is_pooled(url, settings):
        return Answer("threads", "ok", f"{threads} threads wait at the pooler, first come, first served")
    total = settings.db_pool_size + settings.db_max_overflow
    if threads <= total:
        return Answer("threads", "ok", f"{threads} threads never wait for a pool of {total}")
    return Answer(
        "threads",
        "warning",
        f"{threads} threads share {total} connections: create_engine() serves them in order;"
        f" SQLAlchemy's own pool does not, and lets some wait {settings.db_pool_timeout:g} s and fail",
        remedy(have, url, threads),
    )


def remedy(have: Slots, url: DatabaseUrl, threads: int) -> str:
    """Return the pool size or the pooler mode that is enough for a number of threads."""
    fair = int(have.limit * share(url))
    if threads <= fair:
        size = max(1, threads // 3)
        return f"set DB_POOL_SIZE={size} and DB_MAX_OVERFLOW={threads - size}: the server has a slot for every thread"
    door = "port 6543" if url.is_supabase else "a PgBouncer with DB_POOLER=transaction"
    return f"go through {door} (NullPool: waiters are served in order), or let {fair} threads work"
