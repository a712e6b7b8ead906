"""An app's table of users, and a stand-in for the admin API."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

import pytest

HASH = "$2b$12$" + "a" * 53
ONE = "11111111-1111-4111-8111-111111111111"
TWO = "22222222-2222-4222-8222-222222222222"
THREE = "33333333-3333-4333-8333-333333333333"
GOOD = [
    (ONE, "One@Example.org", HASH, "One", "2025-01-09 22:38:08.041300"),
    (TWO, "two@example.org", None, None, None),
    (
        THREE,
        "three@example.org",
        "$argon2id$v=19$m=65536,t=3,p=4$c2FsdA$aGFzaA",
        "Drei \U0001f99d",
        "2025-01-09 22:38:08",
    ),
]


@pytest.fixture
def app_with(sqlite_file):
    """Make an app's database with these users."""

    def make(rows, name="app.db"):
        return sqlite_file(
            "CREATE TABLE users (id VARCHAR, email VARCHAR, password_hash VARCHAR, name VARCHAR, created_at DATETIME)",
            ("INSERT INTO users VALUES (?, ?, ?, ?, ?)", rows),
            name=name,
        )

    return make


def kept(body):
    """What of a request is kept as it is, and how Auth shows it."""
    found = {"user_metadata": body["user_metadata"]} if "user_metadata" in body else {}
    if "phone" in body:
        found["phone"] = body["phone"]
    if body.get("email_confirm"):
        found["email_confirmed_at"] = "2025-01-09T22:38:08Z"
    if "ban_duration" in body:
        found["banned_until"] = None if body["ban_duration"] == "none" else "2125-01-09T22:38:08Z"
    return found


class StandIn:
    """Answers the four requests of the admin API that a push makes, as supabase/auth describes them.

    It is a stand-in: it knows ids and addresses, nothing of tokens, and it fails on demand: `too_many` and `away`
    count the requests that fail, `retry_after` and `page` are the header and the HTML that a proxy in front of it
    would send along. `room` is how many users it creates before it says that it is `full` and waits to be `opened`.
    """

    def __init__(self):
        self.users = {}
        self.requests = []
        self.gets = []
        self.too_many = self.away = 0
        self.retry_after = self.page = ""
        self.room = None
        self.full, self.opened = threading.Event(), threading.Event()
        stand_in = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                stand_in.requests.append((self.path, self.headers["apikey"], body))
                self.answer(*stand_in.create(body))

            def do_PUT(self):
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                found = stand_in.users[self.path.rpartition("/")[2]]
                stand_in.requests.append((self.path, self.headers["apikey"], body))
                found |= kept(body)
                self.answer(200, found)

            def do_GET(self):
                stand_in.gets.append(self.path)
                if "?" in self.path:
                    words = parse_qs(urlsplit(self.path).query)
                    page, size = int(words["page"][0]), int(words["per_page"][0])
                    shown = list(stand_in.users.values())[::-1][(page - 1) * size : page * size]
                    self.answer(200, {"users": shown, "aud": "authenticated"})
                    return
                found = stand_in.users.get(self.path.rpartition("/")[2])
                missing = {"error_code": "user_not_found", "msg": "User not found"}
                self.answer(*((200, found) if found else (404, missing)))

            def answer(self, status, body):
                content = stand_in.page.encode() if status == 429 and stand_in.page else json.dumps(body).encode()
                self.send_response(status)
                self.send_header("Content-Type", "text/html" if status == 429 and stand_in.page else "application/json")
                if status == 429 and stand_in.retry_after:
                    self.send_header("Retry-After", stand_in.retry_after)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"

    def create(self, body):
        if self.too_many:
            self.too_many -= 1
            return 429, {"error_code": "over_request_rate_limit", "msg": "slow down"}
        if self.away:
            self.away -= 1
            return 503, {"msg": "away"}
        if not body.get("email") and not body.get("phone"):
            return 400, {
                "error_code": "validation_failed",
                "msg": "Cannot create a user without either an email or phone",
            }
        email = body.get("email")
        if any((email and user["email"] == email) or user["id"] == body["id"] for user in self.users.values()):
            return 422, {
                "error_code": "email_exists",
                "msg": "A user with this email address is registered",
            }
        if "refuse" in (email or ""):
            return 400, {"error_code": "validation_failed", "msg": "not this one"}
        moment = "2025-01-09T22:38:08Z"
        user = {"id": body["id"], "aud": "authenticated", "role": "authenticated", "email": email}
        user |= {"created_at": moment, "updated_at": moment, "app_metadata": {}, "identities": []}
        user |= {"user_metadata": {}} | kept(body)
        if self.room is not None and len(self.users) >= self.room:
            self.full.set()
            self.opened.wait()
        self.users[body["id"]] = user
        return 200, user


@pytest.fixture
def admin_api():
    """Start a `StandIn`."""
    stand_in = StandIn()
    thread = threading.Thread(target=stand_in.server.serve_forever)
    thread.start()
    yield stand_in
    stand_in.opened.set()
    stand_in.server.shutdown()
    thread.join()
    stand_in.server.server_close()
