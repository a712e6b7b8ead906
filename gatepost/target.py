"""Which database a command is about: the one that is named, `DATABASE_URL`, or else the embedded server's."""

from __future__ import annotations

from gatepost.database.url import DatabaseUrl, parse_url


def target_url(given: str | None = None) -> DatabaseUrl:
    """Return the URL to work on.

    Args:
        given: What the command was told, or None.

    Raises:
        SettingsError: the URL cannot be read.
        LocalServerError: no URL was given or set, and the embedded server cannot be started.
    """
    url = parse_url(given) if given else None
    if url is not None and not url.crosses_network:
        return url
    from gatepost.database.settings import load_settings

    settings = load_settings()
    if url is not None:
        return settings.secured(url)
    if settings.database_url.get_secret_value().strip():
        return settings.url
    from gatepost import local

    return parse_url(local.start().url())
