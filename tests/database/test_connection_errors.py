import re

import pytest

from gatepost.database.connection_errors import diagnose, hide_password
from gatepost.database.connection_faults import FAULTS
from gatepost.database.url import parse_url

POOLER = parse_url("postgresql://postgres:hunter2@aws-0-eu-west-1.pooler.supabase.com:5432/postgres")
DIRECT = parse_url("postgresql://postgres:hunter2@db.abcd.supabase.co:5432/postgres")
OTHER = parse_url("postgresql://app:hun%2Fter2@db.example.org:5432/shop")

# What only a platform says, and so cannot be made for real here.
SAID = [
    (POOLER, "FATAL:  Tenant or user not found", "pooler-user"),
    (POOLER, "FATAL:  (ENOTFOUND) tenant/user postgres.abcd not found", "pooler-user"),
    (POOLER, "FATAL:  MaxClientsInSessionMode: max clients reached - in Session mode", "pooler-clients"),
    (POOLER, "FATAL:  Circuit breaker open: too many authentication errors", "pooler-blocked"),
    (POOLER, "FATAL:  Wrong password".lower(), "wrong-password"),
    (DIRECT, 'could not translate host name "db.abcd.supabase.co" to address: No address', "unknown-host-supabase"),
    (OTHER, 'could not translate host name "db.example.org" to address: No address', "unknown-host"),
    (DIRECT, "(2a05:d014::1), port 5432 failed: Network is unreachable", "ipv6-only"),
    (OTHER, "(2a05:d014::1), port 5432 failed: Network is unreachable", "no-route"),
    (OTHER, "FATAL:  the database system is starting up", "starting"),
    (
        OTHER,
        'FATAL:  no pg_hba.conf entry for host "1.2.3.4", user "app", database "shop", no encryption',
        "tls-required",
    ),
    (OTHER, "SSL connection has been closed unexpectedly; server closed the connection unexpectedly", "hung-up"),
]


@pytest.mark.parametrize(("url", "said", "code"), SAID)
def test_the_words_of_a_platform_are_known(url, said, code) -> None:
    told = diagnose(said, url)
    assert told.code == code
    assert "{" not in told.sentence + told.hint


def test_what_nobody_knows_is_passed_on_without_the_password() -> None:
    told = diagnose("strange things\n happened with hun/ter2 and hun%2Fter2", OTHER)
    assert told.code == "unknown"
    assert told.sentence == '"db.example.org" cannot be used: "strange things happened with *** and ***"'
    assert "ter2" not in told.hint


def test_a_text_without_a_password_is_left_alone() -> None:
    assert hide_password("a text", parse_url("postgresql://u@h/d")) == "a text"


def test_an_answer_of_the_server_stands_before_the_network() -> None:
    both = "(::1), port 5432 failed: Connection refused\n(127.0.0.1) failed: FATAL:  Tenant or user not found"
    assert diagnose(both, POOLER).code == "pooler-user"


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.code)
def test_every_row_is_one_sentence_with_a_hint(fault) -> None:
    re.compile(fault.pattern)
    assert fault.hint
    for text in (fault.sentence, fault.hint):
        assert "\n" not in text
        assert not text.endswith(".")


def test_codes_are_used_once() -> None:
    codes = [fault.code for fault in FAULTS]
    assert len(codes) == len(set(codes))
