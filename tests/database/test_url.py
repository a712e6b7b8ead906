import copy
import dataclasses
import json
import pickle
from pathlib import Path

import pytest

from gatepost.database.url import DatabaseUrl, parse_url
from gatepost.errors import SettingsError

PASSWORD = "hunter2"

MISTAKES = [
    ("", "is empty"),
    ("  \n", "is empty"),
    ("'postgresql://u:hunter2@h/d'", "wrapped in quotes"),
    ("host=h dbname=d password=hunter2", "no scheme"),
    ("psql postgresql://u:hunter2@h/d", 'starts with "psql"'),
    ("DATABASE_URL=postgresql://u:hunter2@h/d", 'starts with "DATABASE_URL"'),
    ("https://abcd.supabase.co", "address of a web API"),
    ("mysql://u:hunter2@h/d", '"mysql://" is neither'),
    ("postgresql+pg8000://u:hunter2@h/d", "names a driver"),
    ("postgresql://u:hun@hunter2@h/d", 'unencoded "@"'),
    ("postgresql://u:hun/hunter2@h/d", 'unencoded "/"'),
    ("postgresql://u:hun#hunter2@h/d", 'unencoded "#"'),
    ("postgresql://u:hun?hunter2@h/d", 'unencoded "?"'),
    ("postgresql://u:hunter2%x@h/d", 'unencoded "%"'),
    ("postgresql://u:hunter2 @h/d", "a space"),
    ("postgresql://u:hunter2@h/d#hunter2", 'unencoded "#"'),
    ("postgresql://u:[YOUR-PASSWORD]@h/d", "placeholder"),
    ("postgresql://u:hunter2@/d", "names no host"),
    ("postgresql://", "names no host"),
    ("postgresql://u:hunter2@h", 'no database after "h"'),
    ("postgresql://u:hunter2@h/", 'no database after "h"'),
    ("postgresql://u:hunter2@h/a/b", '"a/b" is not a database'),
    ("postgresql://u:hunter2@h:0/d", "port"),
    ("postgresql://u:hunter2@h:65536/d", "port"),
    ("postgresql://u:hunter2@h:\u0665\u0664/d", "port"),
    ("postgresql://u:hunter2@h:hunter2/d", "port"),
    ("postgresql://u:hunter2@[::1/d", "brackets"),
    ("postgresql://u:hunter2@::1/d", "not a host and a port"),
    ("postgresql://u:hunter2@a,b/d", "several hosts"),
    ("postgresql://u:hunter2@h/d?pgbouncer=true", '"pgbouncer"'),
    ("postgresql://u:hunter2@h/d?sslmode", "name=value"),
    ("sqlite://app.db", "two slashes"),
]


@pytest.mark.parametrize(("text", "part"), MISTAKES)
def test_a_mistake_is_one_sentence_without_the_password(text: str, part: str) -> None:
    with pytest.raises(SettingsError) as caught:
        parse_url(text)
    assert part in caught.value.message
    assert PASSWORD not in str(caught.value)
    assert "\n" not in caught.value.message


KINDS = [
    ("postgresql://postgres:p@db.abcdefghijklmnopqrst.supabase.co:5432/postgres", "direct"),
    ("postgresql://postgres:p@db.abcdefghijklmnopqrst.supabase.co:6543/postgres", "dedicated-pooler"),
    ("postgres://postgres.abc:p@aws-0-eu-west-1.pooler.supabase.com:5432/postgres", "session-pooler"),
    ("postgres://postgres.abc:p@aws-0-eu-west-1.pooler.supabase.com:6543/postgres", "transaction-pooler"),
    ("postgresql://u:p@127.0.0.1:6543/d", "transaction-pooler"),
    ("postgresql://u:p@mine.abc123.eu-west-1.rds.amazonaws.com/d", "rds"),
    ("postgresql://u:p@/d?host=/cloudsql/project:region:instance", "cloud-sql"),
    ("postgresql://u:p@mine-do-user-1-0.b.db.ondigitalocean.com:25060/d", "digitalocean"),
    ("postgresql://u:p@dpg-abc123-a.oregon-postgres.render.com/d", "render"),
    ("postgresql://u:p@dpg-abc123-a/d", "render"),
    ("postgresql://u:p@localhost/d", "local"),
    ("postgresql://u:p@[::1]/d", "local"),
    ("postgresql://u:p@[::ffff:127.0.0.1]/d", "local"),
    ("postgresql://u:p@[fe80::1%25eth0]/d", "postgres"),
    ("postgresql://u:p@%2Ftmp/d", "local"),
    ("postgresql://u:p@db.example.org/d", "postgres"),
    ("postgresql+psycopg2://u:p@10.0.0.7/d", "postgres"),
    ("postgresql+psycopg://u:p@10.0.0.7/d?prepare_threshold=0", "postgres"),
    ("postgresql+psycopg_async://u:p@localhost/d", "local"),
    ("postgresql+asyncpg://u:p@h:6543/d?prepared_statement_cache_size=0", "transaction-pooler"),
    ("sqlite:///app.db", "sqlite"),
    ("sqlite+pysqlite:////srv/app.db", "sqlite"),
    ("sqlite://", "sqlite"),
]


@pytest.mark.parametrize(("text", "kind"), KINDS)
def test_a_url_is_read_for_what_it_leads_to(text: str, kind: str) -> None:
    assert parse_url(text).kind == kind


def test_every_part_is_read_and_decoded() -> None:
    url = parse_url(
        " POSTGRES://a%40b:p%40%2F%3A%25x:y@Example.org:5433/my%20db?sslmode=require&application_name=a+b \n"
    )
    assert (url.host, url.port, url.user, url.database) == ("Example.org", 5433, "a@b", "my db")
    assert url.password.reveal() == "p@/:%x:y"
    assert url.query == (("sslmode", "require"), ("application_name", "a+b"))


def test_the_url_of_an_asyncpg_application_says_the_same_to_libpq() -> None:
    url = parse_url("postgresql+asyncpg://u:p@h/d?ssl=verify-full&timeout=5&statement_cache_size=0")
    assert url == parse_url("postgresql://u:p@h/d?sslmode=verify-full&connect_timeout=5")
    with pytest.raises(SettingsError, match='"ssl"'):
        parse_url("postgresql://u:p@h/d?ssl=require")


@pytest.mark.parametrize(
    ("parameter", "hint"), [("sslmoode", "write sslmode=…"), ("colour", "remove colour=… from it")]
)
def test_a_mistyped_parameter_is_named_with_the_one_that_is_meant(parameter: str, hint: str) -> None:
    with pytest.raises(SettingsError, match=f'"{parameter}"') as refused:
        parse_url(f"postgresql://u:p@h/d?{parameter}=x")
    assert refused.value.hint == hint


def test_parameters_win_over_the_parts_before_them_as_in_libpq() -> None:
    url = parse_url("postgresql://x:y@h:1/d?host=/tmp&port=5433&user=u&password=hunter2&dbname=e")
    assert (url.host, url.port, url.user, url.database) == ("/tmp", 5433, "u", "e")
    assert url.password.reveal() == PASSWORD
    assert url.query == ()


@pytest.mark.parametrize("text", [text for text, _ in KINDS] + ["postgresql://u:a%25b@h/d?options=-c%20x%3D1"])
def test_what_is_revealed_reads_back_as_the_same(text: str) -> None:
    url = parse_url(text)
    assert parse_url(url.reveal()) == url


SECRET = parse_url("postgresql://u:hunter2@h/d?sslpassword=hunter2")


@pytest.mark.parametrize(
    "shown",
    [
        repr(SECRET),
        str(SECRET),
        f"{SECRET}",
        SECRET.masked,
        repr(SECRET.password),
        repr([SECRET.password]),
        repr(copy.deepcopy(SECRET)),
        repr(pickle.loads(pickle.dumps(SECRET))),
        json.dumps(dataclasses.asdict(dataclasses.replace(SECRET, query=())), default=str),
        repr(SECRET.sqlalchemy().set(query={})),
    ],
)
def test_the_password_is_never_shown(shown: str) -> None:
    assert PASSWORD not in shown
    assert "***" in shown


def test_tls_is_required_of_a_host_that_is_not_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PGSSLMODE", raising=False)
    assert parse_url("postgresql://u@db.example.org/d").connect_arguments()["sslmode"] == "require"
    with_root = parse_url("postgresql://u@db.example.org/d?sslrootcert=/ca.crt")
    assert with_root.connect_arguments()["sslmode"] == "verify-full"
    assert parse_url("postgresql://u@db.example.org/d?sslmode=disable").connect_arguments()["sslmode"] == "disable"
    assert "sslmode" not in parse_url("postgresql://u@localhost/d").connect_arguments()
    assert "sslmode" not in parse_url("postgresql://u@/d?host=/tmp").connect_arguments()
    monkeypatch.setenv("PGSSLMODE", "prefer")
    assert "sslmode" not in parse_url("postgresql://u@db.example.org/d").connect_arguments()


def test_what_is_on_this_machine() -> None:
    assert parse_url("postgresql://u@127.0.0.2:6543/d").is_local
    assert parse_url("sqlite://").is_local
    assert not parse_url("postgresql://u@/d?host=/cloudsql/a:b:c").is_local
    assert not parse_url("postgresql://u@10.0.0.1/d").is_local


def test_the_project_reference_is_read_from_host_or_user() -> None:
    assert parse_url("postgresql://postgres@db.abcd.supabase.co/postgres").project_ref == "abcd"
    assert parse_url("postgresql://postgres.abcd@aws-1-x.pooler.supabase.com/postgres").project_ref == "abcd"
    assert parse_url("postgresql://u@h/d").project_ref == ""


def test_sqlalchemy_opens_the_file_that_the_url_names(tmp_path: Path) -> None:
    url = parse_url(f"sqlite:///{tmp_path}/with space.db")
    assert url.sqlalchemy().database == f"{tmp_path}/with space.db"
    assert parse_url("sqlite:///:memory:") == parse_url("sqlite://") == DatabaseUrl("sqlite", "", 0, "", "")


def test_sqlalchemy_gets_socket_and_password() -> None:
    url = parse_url("postgresql://u:a%40b@/d?host=/tmp/x&port=5433").sqlalchemy()
    assert (url.username, url.password, url.database) == ("u", "a@b", "d")
    assert dict(url.query) == {"host": "/tmp/x"}


@pytest.mark.parametrize("written", ["[fe80::1%25eth0]", "[fe80::1%eth0]"])
def test_a_zone_reaches_the_driver_bare_and_libpq_encoded(written):
    url = parse_url(f"postgresql://u:hunter2@{written}:5433/d")
    assert (url.host, url.connect_arguments()["host"]) == ("fe80::1%eth0", "fe80::1%eth0")
    assert url.masked == "postgresql://u:***@[fe80::1%25eth0]:5433/d"
    assert parse_url(url.reveal()) == url
