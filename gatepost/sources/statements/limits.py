"""Statements that the platform takes and a server of ours takes in another form only, or not at all."""

from __future__ import annotations

import re

from gatepost import sql
from gatepost.schema import PLATFORM_SCHEMAS

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
_FUNCTION_OF_SERVER = re.compile(r"permission denied for function (?:pg_stat_|pg_buffercache|pg_reload_conf)")
_STATISTICS = re.compile(
    r'permission denied to grant role "pg_(?:monitor|read_all_settings|read_all_stats|signal_backend)"'
)
_ALL_DATA = re.compile(r'permission denied to grant role "pg_(?:read|write)_all_data"')
_LANGUAGE = re.compile(r'language "(?:plv8|plls|plcoffee|pljava)" does not exist')
_VERSION = re.compile(r"\s+version\s+(?:'[^']*'|\"[^\"]*\"|[\w.]+)", re.IGNORECASE)
_IN_SCHEMA = re.compile(r"\bschema\s+\"?(?P<name>\w+)", re.IGNORECASE)
_OWN_SCHEMA = re.compile(
    r"^(?P<start>.*?\bextension\s+(?:if\s+not\s+exists\s+)?\"?(?:pgsodium|pgmq|pg_cron|pg_net|pg_tle)\b\"?)",
    re.IGNORECASE | re.DOTALL,
)
"""Extensions that make a schema of their own, whatever the search path is."""


def extension(text: str) -> str:
    """Return CREATE EXTENSION for this server: in the version that it has, and in a schema that is there."""
    schema = _IN_SCHEMA.search(text)
    if schema is None:
        text = _OWN_SCHEMA.sub(r"\g<start> SCHEMA extensions", text)
    before = ""
    if schema is not None and schema["name"].lower() in PLATFORM_SCHEMAS:
        before = f"CREATE SCHEMA IF NOT EXISTS {sql.identifier(schema['name'].lower())}; "
    return before + _VERSION.sub("", text)


def without_replication(text: str) -> str:
    """Return CREATE or ALTER ROLE without REPLICATION, which nobody has here and which decides about no row."""
    return "".join(
        "" if token.kind == "word" and token.text.lower() in ("replication", "noreplication") else token.text
        for token in sql.tokens(text)
    )


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
    if words[:2] in (("alter", "role"), ("alter", "database")) and "permission denied to set parameter" in said:
        return said, "a setting that a superuser alone may change decides about no row"
    if words[:1] == ("grant",) and _STATISTICS.search(said):
        return said, "it is about the server and reads no table"
    if (words[:1] == ("grant",) and _ALL_DATA.search(said)) or _LANGUAGE.search(said):
        return said, ""
    if _ROLE_OF_EXTENSION.search(said):
        return f"the roles of pgsodium are not here: {said}", "they use keys and read no table of the project"
    if installs and words[:1] == ("select",) and _NO_SCHEMA.search(said):
        return f"an extension that pg_tle installs is not here: {said}", _NAMED
    if words[:1] == ("select",) and _FUNCTION_OF_SERVER.search(said):
        return said, "a query makes nothing"
    return None
