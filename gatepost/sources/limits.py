"""What a server of ours refuses and the platform does not: extensions that are not here, foreign data, their roles."""

from __future__ import annotations

import re

_NAMED = "whatever needs it is named by itself"
_NO_EXTENSION = re.compile(r'extension "(?P<name>[^"]+)" is not available|to create extension "(?P<denied>[^"]+)"')
_OFFERED = frozenset(
    "dict_xsyn intagg orioledb pg_prewarm pg_walinspect pgroonga_database plcoffee pljava plls plv8 semver sslinfo"
    " supautils timescaledb xml2".split()
)
"""Extensions that the platform offers and that there is neither a server's own nor a stand-in for.

Source: https://supabase.com/docs/guides/database/extensions
"""
_FOREIGN = (("foreign",), ("server",), ("user", "mapping"))
_ROLE_OF_EXTENSION = re.compile(r'role "pgsodium_\w+" does not exist')
_NO_SCHEMA = re.compile(r'^schema "[^"]+" does not exist')
_FUNCTION_OF_EXTENSION = re.compile(r"permission denied for function (?:pg_stat_|pg_buffercache)")


def limit_of(words: tuple[str, ...], said: str, *, installs: bool) -> tuple[str, str] | None:
    """Return why a refused statement is left out, and what covers that; None where the script is wrong.

    Args:
        words: The first words of the statement.
        said: What PostgreSQL said.
        installs: Whether the project installs extensions of its own, with `pg_tle`.
    """
    if words[:2] == ("create", "extension") and (found := _NO_EXTENSION.search(said)):
        name = found["name"] or found["denied"]
        if installs or name in _OFFERED:
            return f'the extension "{name}" is not here', _NAMED
    if words[:1] in (("create",), ("alter",), ("drop",), ("import",)) and any(
        words[1 : 1 + len(kind)] == kind for kind in _FOREIGN
    ):
        return f"foreign data is left out: {said}", ""
    if _ROLE_OF_EXTENSION.search(said):
        return f"the roles of pgsodium are not here: {said}", "they use keys and read no table of the project"
    if installs and words[:1] == ("select",) and _NO_SCHEMA.search(said):
        return f"an extension that pg_tle installs is not here: {said}", _NAMED
    if words[:1] == ("select",) and _FUNCTION_OF_EXTENSION.search(said):
        return said, "a query makes nothing"
    return None
