"""Recognise the calls that read the session, and what they read.

Sources: the Supabase functions `auth.uid()`, `auth.role()`, `auth.email()`, `auth.jwt()`; the settings that PostgREST
makes for a request (https://docs.postgrest.org/en/v13/references/transactions.html).
"""

from __future__ import annotations

from gatepost.analysis.conditions.terms import Call, Cast, Const, Session, Term, unwrapped

_HELPERS = {
    ("auth", "uid"): Session("uid"),
    ("auth", "role"): Session("role"),
    ("auth", "email"): Session("email"),
    ("auth", "jwt"): Session("claim", (), raw=True),
}
_WELL_KNOWN = {("sub",): Session("uid"), ("role",): Session("role"), ("email",): Session("email")}
_OF_NOW = {
    "CURRENT_DATE": "date",
    "CURRENT_TIME": "time with time zone",
    "LOCALTIME": "time without time zone",
    "LOCALTIMESTAMP": "timestamp without time zone",
}
_REQUEST = ("request.header", "request.cookie", "request.path", "request.method")


def call(name: tuple[str, str], args: tuple[Term, ...]) -> Term:
    """Return the session value that a call reads, or the call itself where it reads none."""
    if name in _HELPERS and not args:
        return _HELPERS[name]
    if name in (("", "current_setting"), ("pg_catalog", "current_setting")) and args:
        setting = unwrapped(args[0])
        return _setting(str(setting.value).lower()) if isinstance(setting, Const) else Call(name, args)
    if name == ("", "nullif") and len(args) == 2 and isinstance(unwrapped(args[0]), Session) and _empty(args[1]):
        return args[0]
    if name == ("", "coalesce") and len({unwrapped(arg) for arg in args}) == 1:
        return args[0]
    return Call(name, args)


def current(name: str, precision: int) -> Term:
    """Return the value of a name that SQL reserves, such as CURRENT_DATE.

    Args:
        name: The name; `_N` stands behind one of which the precision is given.
        precision: The digits of a second.
    """
    if name in ("CURRENT_USER", "CURRENT_ROLE", "USER"):
        return Session("current_user")
    if name == "SESSION_USER":
        return Session("session_user")
    now = Call(("", "now"))
    if name == "CURRENT_TIMESTAMP":
        return now
    if name in _OF_NOW:
        return Cast(now, _OF_NOW[name])
    return Call(("", name.lower()), (now, Const(precision)) if name.endswith("_N") else ())


def extract(base: Term, keys: tuple[str, ...] | None, text: bool) -> Term | None:
    """Return the session value that `->`, `->>` or `#>>` takes out of another, or None where it takes none."""
    found = unwrapped(base)
    if not isinstance(found, Session) or keys is None or found.kind not in ("claim", "request", "setting"):
        return None
    path = found.path + keys
    if found.kind == "claim" and text and path in _WELL_KNOWN:
        return _WELL_KNOWN[path]
    return Session(found.kind, path, raw=not text)


def _setting(name: str) -> Session:
    if name == "request.jwt.claims" or name == "request.jwt.claim":
        return Session("claim", (), raw=True)
    if name.startswith("request.jwt.claim."):
        path = (name.removeprefix("request.jwt.claim."),)
        return _WELL_KNOWN.get(path, Session("claim", path))
    if name.startswith(_REQUEST):
        return Session("request", (name.removeprefix("request."),))
    if name == "role":
        return Session("current_user")
    return Session("setting", (name,))


def _empty(term: Term) -> bool:
    found = unwrapped(term)
    return isinstance(found, Const) and found.value in ("", None)
