"""`gatepost doctor URL`: check the URL, the network, TLS, the login and the database, in the order of dependence."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass

from gatepost.database.connect import dial
from gatepost.database.connection_errors import Diagnosis
from gatepost.database.connection_faults import Step
from gatepost.database.reading import reading
from gatepost.database.settings import Settings
from gatepost.database.url import DatabaseUrl
from gatepost.doctor import limits, pooler, session, state
from gatepost.doctor.answer import Answer, Report
from gatepost.doctor.network import reach
from gatepost.errors import SettingsError

PATIENCE = "15s"
"""How long one query may take; longer than usual, because the doctor is run when servers are overloaded."""

_AFTER_PORT: tuple[Step, ...] = ("tls", "certificate", "password", "database", "pooler", "role", "limits")
# What a refusal proves about earlier steps: PostgreSQL counts its slots before it requests a password
# (https://www.postgresql.org/docs/17/runtime-config-connection.html), a pooler its clients too.
_PROVEN: dict[Step, tuple[Step, ...]] = {
    "user": ("tls", "certificate"),
    "password": ("tls", "certificate"),
    "database": ("tls", "certificate", "password"),
    "role": ("tls", "certificate", "password"),
    "limits": ("tls", "certificate"),
    "pooler": ("tls", "certificate"),
    "certificate": ("tls",),
}


@dataclass(frozen=True, slots=True)
class Expected:
    """What the project in this directory expects of its database; nothing outside a project.

    `heads` are the newest revisions, `history` is every revision from the oldest to the newest, `tables` are the
    models' tables as (schema, name).
    """

    heads: Sequence[str] = ()
    history: Sequence[str] = ()
    tables: Sequence[tuple[str, str]] = ()


def examine(
    url: DatabaseUrl,
    *,
    settings: Settings,
    expected: Expected | None = None,
    threads: int | None = None,
    timeout: int | None = None,
) -> Report:
    """Explain why a database cannot be reached, or report the state it is in. Nothing is written.

    Args:
        url: The database.
        settings: The pool that a service would open on it.
        expected: What the project expects to find.
        threads: The threads that share a pool, where it is known.
        timeout: Seconds for each step (default: the connect timeout of the settings).

    Returns:
        The answers in order; after the first connection error, the remaining steps are reported as not reached.

    Raises:
        DatabaseUnreachable: what was reached cannot be read, as `gatepost.database.reading.reading` says.
        SettingsError: the URL is of SQLite.
    """
    if url.is_sqlite:
        raise SettingsError(
            f'"{url.masked}" is a SQLite file, where nothing has to be reached',
            "gatepost doctor postgresql://user:password@host:5432/database",
        )
    wait = timeout if timeout is not None else settings.db_connect_timeout
    answers = [*pooler.user_form(url), *reach(url, wait)]
    if answers[-1].status == "error":
        return _report(url, [*answers, _not_reached("everything behind the port", answers[-1])])
    opened = dial(url, application_name="gatepost doctor", read_only=True, connect_timeout=wait)
    if isinstance(opened, Diagnosis):
        return _report(url, [*answers, *_refused(opened)])
    with closing(opened) as connection:
        answers += session.secured(connection, url)
        answers.append(Answer("password", "ok", f'"{connection.info.user}" can log in'))
        answers.append(Answer("database", "ok", f'"{connection.info.dbname}" exists'))
        answers += pooler.mode(connection, url, settings, wait)
        with reading(connection, statement_timeout=PATIENCE) as found:
            answers += session.session_answers(connection)
            answers += limits.slots(connection, url, settings, threads)
            answers += state.state_answers(found, expected or Expected())
    return _report(url, answers)


def _refused(diagnosis: Diagnosis) -> list[Answer]:
    proven = _PROVEN.get(diagnosis.step, ())
    answers = [Answer(_topic(step), "ok", "no trouble so far") for step in _AFTER_PORT if step in proven]
    answers.append(Answer(_topic(diagnosis.step), "error", diagnosis.sentence, diagnosis.hint))
    return [*answers, _not_reached("the database's state", answers[-1])]


def _topic(step: Step) -> str:
    return "TLS" if step == "tls" else step


def _not_reached(what: str, because: Answer) -> Answer:
    return Answer(what, "unknown", f"not reached because of the {because.topic}")


def _report(url: DatabaseUrl, answers: list[Answer]) -> Report:
    return Report("doctor", url.masked, tuple(answers))
