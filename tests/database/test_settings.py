import re
from pathlib import Path

import pytest

import gatepost
from gatepost.database.settings import Settings, load_settings
from gatepost.database.url import parse_url
from gatepost.errors import SettingsError


@pytest.fixture(autouse=True)
def _bare_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)
    monkeypatch.chdir(tmp_path)


def test_the_defaults_are_those_of_the_issue() -> None:
    settings = load_settings()
    assert (settings.db_pool_size, settings.db_max_overflow, settings.db_pool_timeout) == (20, 40, 30)
    assert (settings.db_pool_recycle, settings.db_query_timeout, settings.db_connect_timeout) == (3600, 30, 10)
    assert settings.db_pool_pre_ping


def test_the_environment_wins_over_the_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("DATABASE_URL=postgres://u:hunter2@a/d\nDB_POOL_SIZE=7\nOTHER=1\n")
    monkeypatch.setenv("DB_POOL_SIZE", "9")
    settings = load_settings()
    assert settings.url.host == "a"
    assert settings.db_pool_size == 9


def test_unset_is_reported() -> None:
    with pytest.raises(SettingsError, match='"DATABASE_URL" is not set'):
        _ = load_settings().url


@pytest.mark.parametrize(
    ("name", "value", "part"),
    [
        ("DB_POOL_SIZE", "many", '"DB_POOL_SIZE" is "many": input should be a valid integer'),
        ("DB_POOL_SIZE", "0", '"DB_POOL_SIZE" is "0"'),
        ("DB_SSL_MODE", "strict", '"DB_SSL_MODE" is "strict": input should be \'disable\''),
        ("DB_POOLER", "statement", '"DB_POOLER" is "statement"'),
        ("DB_CONNECT_TIMEOUT", "0", '"DB_CONNECT_TIMEOUT" is "0"'),
    ],
)
def test_a_wrong_value_is_one_sentence(monkeypatch: pytest.MonkeyPatch, name: str, value: str, part: str) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(SettingsError) as caught:
        load_settings()
    assert part in caught.value.message
    assert "\n" not in caught.value.message


def test_a_root_certificate_that_is_no_file(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://u@h/d")
    monkeypatch.setenv("DB_SSL_ROOT_CERT", "/nowhere/ca.crt")
    with pytest.raises(SettingsError, match="is not a file"):
        _ = load_settings().url


def test_tls_settings_stand_beside_the_url_and_the_url_wins(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    root = tmp_path / "ca.crt"
    root.write_text("x")
    monkeypatch.setenv("DB_SSL_ROOT_CERT", str(root))
    monkeypatch.setenv("DATABASE_URL", "postgresql://u@h/d")
    assert load_settings().url.connect_arguments()["sslmode"] == "verify-full"
    monkeypatch.setenv("DB_SSL_MODE", "verify-ca")
    assert load_settings().url.connect_arguments()["sslmode"] == "verify-ca"
    monkeypatch.setenv("DATABASE_URL", "postgresql://u@h/d?sslmode=disable")
    assert load_settings().url.connect_arguments()["sslmode"] == "disable"


def test_tls_settings_are_about_the_network(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DB_SSL_MODE", "verify-ca")
    settings = load_settings()
    for text in ("postgresql://u@127.0.0.1/d", "postgresql://u@/d?host=/tmp", "sqlite:///a.db"):
        assert settings.secured(parse_url(text)) == parse_url(text)
    assert settings.secured(parse_url("postgresql://u@h/d")).parameters == {"sslmode": "verify-ca"}


def test_a_pooler_of_ones_own_is_said_by_a_setting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://u@h:6432/d")
    assert not load_settings().uses_transaction_pooler
    monkeypatch.setenv("DB_POOLER", "transaction")
    assert load_settings().uses_transaction_pooler
    monkeypatch.setenv("DB_POOLER", "")
    assert not load_settings().uses_transaction_pooler


def test_no_secret_is_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://u:hunter2@h/d")
    monkeypatch.setenv("SUPABASE_ANON_KEY", "hunter2")
    monkeypatch.setenv("SUPABASE_PUBLISHABLE_KEY", "hunter2")
    settings = load_settings()
    for shown in (repr(settings), str(settings), settings.model_dump_json(), str(settings.model_dump())):
        assert "hunter2" not in shown


def test_a_file_that_is_not_text(tmp_path: Path) -> None:
    (tmp_path / ".env").write_bytes(b"DATABASE_URL=\xff\xfe")
    with pytest.raises(SettingsError, match="UTF-8"):
        load_settings()


def test_every_setting_is_read_somewhere() -> None:
    code = "".join(path.read_text() for path in Path(gatepost.__file__).parent.rglob("*.py"))
    assert [name for name in Settings.model_fields if not re.search(rf"\.{name}\b", code)] == []
