"""Verify the tokens of Supabase Auth: signature, issuer, audience and times."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Mapping
from threading import Lock
from typing import TYPE_CHECKING, Any, Protocol

from gatepost.database.settings import Settings, load_settings
from gatepost.errors import SettingsError

if TYPE_CHECKING:
    import httpx
    from jwt import PyJWK

_KEPT = 600.0
"""Seconds for which the keys of a project are used; Supabase's own servers keep them as long
(https://supabase.com/docs/guides/auth/signing-keys)."""
_PATIENCE = 5.0
_COOL_DOWN = 10.0
"""Seconds after which one more unknown key may cause a fetch, and a failed fetch is tried again."""
_FETCHES_AT_ONCE = 3
_OF_KEYS = ("ES256", "RS256", "EdDSA")
_OF_THE_SECRET = ("HS256",)
_ABOUT_THE_TOKEN = (400, 401, 403, 422)


class Verifier(Protocol):
    """Verifies a token and returns its claims; `supabase_verifier` returns Gatepost's own.

    An asynchronous endpoint may have an asynchronous one, too.
    """

    def __call__(self, token: str) -> Mapping[str, Any] | Awaitable[Mapping[str, Any]]:
        """Return the claims of a genuine token that has not expired; raise `InvalidToken` for any other."""


class InvalidToken(Exception):
    """The token is not genuine, or not for here and now. The reason is for a log, not for the caller."""


class VerifierUnreachable(Exception):
    """The keys are not available now, so the token cannot be verified."""


def supabase_verifier(
    settings: Settings | None = None,
    *,
    audience: str = "authenticated",
    issuer: str | None = None,
    clock_skew: float = 30,
) -> SupabaseVerifier:
    """Return a verifier of the tokens of a Supabase project.

    A token signed by an asymmetric key (ES256, RS256, EdDSA) is checked here against the project's key set, which is
    kept for ten minutes; one signed by the older shared secret (HS256) is checked by the server
    (https://supabase.com/docs/guides/auth/signing-keys).

    Args:
        settings: `SUPABASE_URL` and `SUPABASE_PUBLISHABLE_KEY` (or `SUPABASE_ANON_KEY`); by default from the
            environment.
        audience: The claim `aud`; Supabase Auth writes `authenticated`.
        issuer: The claim `iss`; by default `SUPABASE_JWT_ISSUER`, or else `/auth/v1` under `SUPABASE_URL`. Behind a
            custom domain or inside a container network, the two addresses differ.
        clock_skew: Seconds by which the clock of the issuer may be ahead (`nbf`, `iat`). The end of a token is exact.

    Raises:
        SettingsError: `SUPABASE_URL` is not set.
    """
    settings = settings or load_settings()
    if not settings.supabase_url.startswith(("http://", "https://")):
        raise SettingsError(
            '"SUPABASE_URL" is not set to the address of a project', "set SUPABASE_URL=https://<ref>.supabase.co"
        )
    auth = settings.supabase_url.rstrip("/") + "/auth/v1"
    key = settings.supabase_publishable_key or settings.supabase_anon_key
    return SupabaseVerifier(
        auth, key.get_secret_value(), audience, issuer or settings.supabase_jwt_issuer or auth, clock_skew
    )


class SupabaseVerifier:
    """Verifies the tokens of one project; see `supabase_verifier`."""

    def __init__(self, auth: str, apikey: str, audience: str, issuer: str, clock_skew: float) -> None:
        import httpx

        self._audience, self._issuer, self._skew = audience, issuer, clock_skew
        self._client = httpx.Client(base_url=auth + "/", headers={"apikey": apikey}, timeout=_PATIENCE)
        self._keys = KeySet(self._client)

    def __call__(self, token: str) -> Mapping[str, Any]:
        """Return the claims of a genuine token.

        Raises:
            InvalidToken: it is not genuine, has expired, is not valid yet, or is another audience's or issuer's.
            VerifierUnreachable: the keys, or the server that knows the secret, cannot be had.
        """
        import jwt

        try:
            header = jwt.get_unverified_header(token)
            if header.get("alg") in _OF_THE_SECRET:
                claims = self._decoded(token, None)
                self._confirmed_by_server(token)
                return claims
            if header.get("alg") not in _OF_KEYS or not isinstance(header.get("kid"), str):
                raise InvalidToken("neither a key nor the shared secret signed it")
            key = self._keys.key(header["kid"])
            if key is None:
                raise InvalidToken("no key of the project signed it")
            return self._decoded(token, key)
        except (jwt.PyJWTError, ValueError, TypeError, ArithmeticError, RecursionError) as reason:
            raise InvalidToken(str(reason)) from None  # a stranger may send any three parts with dots in between

    def _decoded(self, token: str, key: PyJWK | None) -> Mapping[str, Any]:
        import jwt

        checked: Any = {f"verify_{name}": True for name in ("exp", "nbf", "iat", "aud", "iss")}
        checked |= {"verify_signature": key is not None, "require": ["exp", "aud", "iss"]}
        claims: dict[str, Any] = jwt.decode(
            token,
            "" if key is None else key,
            algorithms=None if key is None else [key.algorithm_name],
            audience=self._audience,
            issuer=self._issuer,
            leeway=self._skew,
            options=checked,
        )
        if claims["exp"] <= time.time():
            raise InvalidToken("it has expired")
        return claims

    def _confirmed_by_server(self, token: str) -> None:
        import httpx

        try:
            status = self._client.get("user", headers={"Authorization": f"Bearer {token}"}).status_code
        except httpx.TransportError:
            raise VerifierUnreachable from None
        if status in _ABOUT_THE_TOKEN:
            raise InvalidToken("the server refuses it")
        if status != 200:
            raise VerifierUnreachable


class KeySet:
    """The public keys of a project, fetched when an unknown one is named, and no more often than a few times a minute.

    Anybody can send tokens that name keys which do not exist.
    """

    def __init__(self, client: httpx.Client) -> None:
        self._client, self._lock = client, Lock()
        self._keys: dict[str, PyJWK] = {}
        self._good_until = self._silent_until = self._counted_at = 0.0
        self._fetches = float(_FETCHES_AT_ONCE)

    def key(self, name: str) -> PyJWK | None:
        """Return a key by its `kid`, or None if the project has none of that name.

        Raises:
            VerifierUnreachable: the keys cannot be fetched, or could not be a few seconds ago.
        """
        with self._lock:
            now = time.monotonic()
            if now < self._good_until and (name in self._keys or not self._may_fetch(now)):
                return self._keys.get(name)
            if now < self._silent_until:
                raise VerifierUnreachable
            try:
                self._keys = self._fetched()
            except VerifierUnreachable:
                # Who waits for the lock would otherwise wait once more for the same silence.
                self._silent_until = time.monotonic() + _COOL_DOWN
                raise
            self._good_until = time.monotonic() + _KEPT
            return self._keys.get(name)

    def _may_fetch(self, now: float) -> bool:
        self._fetches = min(_FETCHES_AT_ONCE, self._fetches + (now - self._counted_at) / _COOL_DOWN)
        self._counted_at = now
        if self._fetches < 1:
            return False
        self._fetches -= 1
        return True

    def _fetched(self) -> dict[str, PyJWK]:
        import httpx
        from jwt import PyJWK, PyJWTError

        try:
            answer = self._client.get(".well-known/jwks.json")
            entries = answer.json()["keys"] if answer.status_code == 200 else None
        except (httpx.TransportError, ValueError, LookupError, TypeError):
            entries = None
        if not isinstance(entries, list):
            raise VerifierUnreachable
        keys: dict[str, PyJWK] = {}
        for entry in entries:
            try:
                key = PyJWK(entry)
            except (PyJWTError, ValueError, TypeError, AttributeError):
                continue  # a kind of key that this version of PyJWT does not know
            if isinstance(key.key_id, str) and key.algorithm_name in _OF_KEYS:
                keys[key.key_id] = key
        return keys
