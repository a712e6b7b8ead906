import base64
import json
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Annotated
from uuid import uuid4

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from fastapi import Depends, FastAPI
from fastapi.testclient import TestClient
from jwt.algorithms import ECAlgorithm, RSAAlgorithm
from sqlalchemy import Engine, text
from sqlmodel import Session

from gatepost.database.engine import create_engine
from gatepost.database.settings import Settings
from gatepost.errors import SettingsError
from gatepost.service.sessions import InvalidToken, supabase_verifier, user_session

SHARED = "a shared secret of the older kind"
KEYS = {"es": ec.generate_private_key(ec.SECP256R1()), "rs": rsa.generate_private_key(65537, 2048)}
STRANGER = ec.generate_private_key(ec.SECP256R1())
ANN = str(uuid4())


class Auth(BaseHTTPRequestHandler):
    """What Supabase Auth answers to the two questions that `get_claims` asks."""

    down = False

    def do_GET(self) -> None:
        status, body = self.answer()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.end_headers()
        self.wfile.write(json.dumps(body).encode())

    def answer(self) -> tuple[int, object]:
        if self.down:
            return 503, {"message": "down"}
        if self.path.endswith("/.well-known/jwks.json"):
            es = ECAlgorithm.to_jwk(KEYS["es"].public_key(), as_dict=True) | {"kid": "es", "alg": "ES256"}
            rs = RSAAlgorithm.to_jwk(KEYS["rs"].public_key(), as_dict=True) | {"kid": "rs", "alg": "RS256"}
            return 200, {"keys": [es, rs]}
        token = self.headers["Authorization"].removeprefix("Bearer ")
        try:
            claims = jwt.decode(token, SHARED, ["HS256"], audience="authenticated")
        except jwt.PyJWTError:
            return 403, {"code": 403, "error_code": "bad_jwt", "msg": "invalid JWT"}
        now = "2026-01-01T00:00:00Z"
        return 200, {
            **{"id": claims["sub"], "aud": "authenticated", "role": "authenticated", "email": "a@example.org"},
            **{"app_metadata": {}, "user_metadata": {}, "created_at": now, "updated_at": now},
        }

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture(scope="module")
def project() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Auth) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()


ISSUER = "https://abcd.supabase.co/auth/v1"


def settings(project: str) -> Settings:
    return Settings(
        _env_file=None,
        **{"supabase_url": project, "supabase_publishable_key": "sb_publishable_x", "supabase_jwt_issuer": ISSUER},
    )


@pytest.fixture(scope="module")
def api(new_database, project: str) -> Iterator[TestClient]:
    with new_database() as url:
        yield from serving(create_engine(url, settings=settings(project)), project)


def serving(engine: Engine, project: str) -> Iterator[TestClient]:
    verify = supabase_verifier(settings(project))
    app = FastAPI()
    UserSession = Annotated[Session, Depends(user_session(engine, verify=verify))]
    AnySession = Annotated[Session, Depends(user_session(engine, verify=verify, anonymous=True))]

    def tell(session: Session) -> list[object]:
        who = "SELECT current_user::text, auth.uid()::text, auth.jwt() -> 'app_metadata' ->> 'org'"
        return list(session.connection().execute(text(who)).one())

    @app.get("/me")
    def me(session: UserSession) -> list[object]:
        first = tell(session)
        session.commit()
        assert tell(session) == first
        return first

    @app.get("/anyone")
    def anyone(session: AnySession) -> list[object]:
        return tell(session)

    with TestClient(app) as client:
        yield client
    assert engine.pool.checkedout() == 0
    engine.dispose()


def token(key: str, **claims: object) -> str:
    claims = {
        **{"sub": ANN, "role": "authenticated", "aud": "authenticated", "exp": int(time.time()) + 60},
        **{"iss": ISSUER, "app_metadata": {"org": "o-1"}, "email": "a@example.org"},
    } | claims
    claims = {name: value for name, value in claims.items() if value is not None}
    if key == "hs":
        return jwt.encode(claims, SHARED, "HS256")
    if key == "stranger":
        return jwt.encode(claims, STRANGER, "ES256", headers={"kid": "es"})
    return jwt.encode(claims, KEYS[key], {"es": "ES256", "rs": "RS256"}[key], headers={"kid": key})


def unsigned(algorithm: str) -> str:
    def piece(value: object) -> str:
        return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")

    claims = {"sub": ANN, "role": "authenticated", "exp": int(time.time()) + 60}
    return f"{piece({'alg': algorithm, 'typ': 'JWT', 'kid': 'es'})}.{piece(claims)}."


def get(api: TestClient, path: str, token: str | None) -> tuple[int, object]:
    answer = api.get(path, headers={"Authorization": f"Bearer {token}"} if token else {})
    return answer.status_code, answer.json()


@pytest.mark.parametrize("key", ["es", "rs", "hs"])
def test_a_genuine_token_acts_as_its_user(api: TestClient, key: str) -> None:
    assert get(api, "/me", token(key)) == (200, ["authenticated", ANN, "o-1"])


def shared(secret: str, algorithm: str, **header: str) -> str:
    return jwt.encode({"sub": ANN, "exp": int(time.time()) + 60}, secret, algorithm, headers=header)


FORGED = {
    "signed by a stranger": lambda: token("stranger"),
    "expired": lambda: token("es", exp=int(time.time()) - 1),
    "without an end": lambda: token("es", exp=None),
    "another signature": lambda: token("es")[:-6] + "AAAAAA",
    "another shared secret": lambda: shared("another secret of the older kind" * 2, "HS256"),
    "the public key as a shared secret": lambda: shared("x" * 64, "HS512", kid="es"),
    "no algorithm": lambda: unsigned("none"),
    "no signature": lambda: unsigned("ES256"),
    "an unknown algorithm": lambda: unsigned("nonsense"),
    "an algorithm of another key": lambda: unsigned("RS256"),
    "an unknown key": lambda: jwt.encode({"exp": 9**10}, STRANGER, "ES256", headers={"kid": "other"}),
    "no JSON": lambda: "a.b.c",
    "no token": lambda: "no token at all",
    "dots": lambda: "..",
    "no user": lambda: token("es", sub=None),
    "an empty user": lambda: token("es", sub=""),
    "another audience": lambda: token("es", aud="other"),
    "no audience": lambda: token("es", aud=None),
    "another issuer": lambda: token("es", iss="https://evil.example/auth/v1"),
    "another issuer, by the shared secret": lambda: token("hs", iss="https://evil.example/auth/v1"),
    "not valid yet": lambda: token("es", nbf=int(time.time()) + 3600),
    "an endless end": lambda: token("es", exp=float("inf")),
    "a NUL that jsonb refuses": lambda: token("es", app_metadata={"x": ["a\0"]}),
    "half a character": lambda: token("es", **{"\ud800": 1}),
    "no number": lambda: token("es", n=float("nan")),
}


@pytest.mark.parametrize("name", FORGED)
def test_any_other_token_is_refused(api: TestClient, name: str) -> None:
    forged = FORGED[name]()
    status, body = get(api, "/me", forged)
    assert status == 401
    assert forged not in json.dumps(body)


def test_a_clock_may_be_ahead_and_an_audience_one_of_several(api: TestClient) -> None:
    soon = int(time.time()) + 10
    assert get(api, "/me", token("es", nbf=soon, iat=soon, aud=["other", "authenticated"]))[0] == 200


def test_strangers_cannot_make_the_keys_be_fetched_again_and_again(
    project: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    fetched: list[str] = []
    answer = Auth.answer
    monkeypatch.setattr(Auth, "answer", lambda self: fetched.append(self.path) or answer(self))
    verify = supabase_verifier(settings(project))
    for number in range(50):
        with pytest.raises(InvalidToken):
            verify(jwt.encode({"exp": 9**10}, STRANGER, "ES256", headers={"kid": f"unknown {number}"}))
    assert verify(token("es"))["sub"] == ANN
    assert len(fetched) <= 4


def test_a_new_key_is_known_at_once(project: str, monkeypatch: pytest.MonkeyPatch) -> None:
    verify = supabase_verifier(settings(project))
    assert verify(token("es"))["sub"] == ANN
    monkeypatch.setitem(KEYS, "rs", rsa.generate_private_key(65537, 2048))
    answer = Auth.answer

    def renamed(self: Auth) -> tuple[int, object]:
        status, body = answer(self)
        return status, json.loads(json.dumps(body).replace('"kid": "rs"', '"kid": "new"'))

    monkeypatch.setattr(Auth, "answer", renamed)
    fresh = jwt.encode(
        jwt.decode(token("rs"), options={"verify_signature": False}), KEYS["rs"], "RS256", {"kid": "new"}
    )
    assert verify(fresh)["sub"] == ANN


def test_a_role_must_be_allowed(api: TestClient) -> None:
    for role in ("service_role", "postgres", "supabase_admin", ""):
        assert get(api, "/me", token("es", role=role))[0] == 403
    for role in (None, 7):
        assert get(api, "/me", token("es", role=role))[0] in (401, 403)


def test_without_a_token(api: TestClient) -> None:
    assert get(api, "/me", None)[0] == 401
    assert get(api, "/anyone", None) == (200, ["anon", None, None])
    assert get(api, "/anyone", token("stranger"))[0] == 401


def test_requests_side_by_side_do_not_mix(api: TestClient) -> None:
    from concurrent.futures import ThreadPoolExecutor

    people = [str(uuid4()) for _ in range(30)]
    with ThreadPoolExecutor(10) as threads:
        answers = list(threads.map(lambda person: get(api, "/me", token("es", sub=person)), people))
    assert answers == [(200, ["authenticated", person, "o-1"]) for person in people]


def test_keys_that_cannot_be_had_are_no_verdict(project: str, monkeypatch: pytest.MonkeyPatch) -> None:
    engine = create_engine("postgresql://nobody@localhost/nothing", settings=settings(project))
    monkeypatch.setattr(Auth, "down", True)
    for api in serving(engine, project):
        assert get(api, "/me", token("es"))[0] == 503
        assert get(api, "/me", token("hs"))[0] == 503


def test_the_project_must_be_named() -> None:
    with pytest.raises(SettingsError, match="SUPABASE_URL"):
        supabase_verifier(Settings(_env_file=None, supabase_url=""))
