"""Choose the database of a command: the given address, `--local`, `DATABASE_URL`, or the project's setting.

A target is never guessed, because a secret that is missing in a pipeline must not select an empty local server.
"""

from __future__ import annotations

from gatepost.database.url import DatabaseUrl, parse_url
from gatepost.errors import SettingsError

_NAME_ONE = "give an address, set DATABASE_URL, or use the embedded server with --local"


def target_url(given: str | None = None, *, local: bool = False) -> DatabaseUrl:
    """Return the URL to work on.

    Args:
        given: The address that the caller gave, or None. An empty text is an error, because it usually comes from a
            variable that is not set.
        local: Whether the caller chose the embedded server.

    Returns:
        The given address; else that of the embedded server, started if necessary, if `local` is set; else
        `DATABASE_URL` from the environment or `.env`; else the embedded server's, if the project in the current folder
        says `database = "local"`.

    Raises:
        SettingsError: no database is named, two are, or the URL cannot be read.
        LocalServerError: the embedded server cannot be started.
    """
    if given is not None and not given.strip():
        raise SettingsError("the address of the database is empty: is a variable or a secret not set?", _NAME_ONE)
    if given is not None and local:
        raise SettingsError("an address and --local name two databases", "leave one of them out")
    if local:
        return _embedded()
    url = parse_url(given) if given is not None else None
    if url is not None and not url.crosses_network:
        return url
    from gatepost.database.settings import load_settings

    settings = load_settings()
    if url is not None:
        return settings.secured(url)
    if settings.database_url.get_secret_value().strip():
        return settings.url
    if "database_url" in settings.model_fields_set:
        raise SettingsError('"DATABASE_URL" is set, and empty', f"{_NAME_ONE}, or unset it")
    from gatepost.project import find_project

    project = find_project()
    if project is not None and project.database == "local":
        return _embedded()
    raise SettingsError("no database is named", _NAME_ONE)


def _embedded() -> DatabaseUrl:
    from gatepost import local

    return parse_url(local.start().url())
