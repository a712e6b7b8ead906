"""Read the database settings of a service from the environment and from `.env`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from gatepost.database.url import DatabaseUrl, parse_url
from gatepost.errors import SettingsError

SslMode = Literal["disable", "allow", "prefer", "require", "verify-ca", "verify-full"]
Pooler = Literal["none", "session", "transaction"]


class Settings(BaseSettings):
    """Every setting of `gatepost.database`. `load_settings()` reports a wrong value in one sentence.

    A secret is a `SecretStr`: no `repr`, no `model_dump_json()` and no validation error shows it.
    """

    model_config = SettingsConfigDict(env_file=".env", extra="ignore", hide_input_in_errors=True, frozen=True)

    database_url: SecretStr = SecretStr("")
    db_pool_size: Annotated[int, Field(ge=1, le=1000)] = 20
    db_max_overflow: Annotated[int, Field(ge=0, le=1000)] = 40
    db_pool_timeout: Annotated[float, Field(gt=0)] = 30
    db_pool_recycle: Annotated[int, Field(ge=-1)] = 3600
    db_pool_pre_ping: bool = True
    db_query_timeout: Annotated[float, Field(ge=0)] = 30
    db_connect_timeout: Annotated[int, Field(ge=1, le=3600)] = 10
    db_ssl_mode: SslMode | None = None
    db_ssl_root_cert: Path | None = None
    db_application_name: Annotated[str, Field(min_length=1, max_length=63)] = "gatepost"
    db_pooler: Pooler | None = None
    """The pooler in between, if host and port do not show it; for your own PgBouncer, usually `transaction`."""
    supabase_url: str = ""
    supabase_jwt_issuer: str = ""
    """The issuer of the project's tokens, where it is not `/auth/v1` under `SUPABASE_URL`."""
    supabase_publishable_key: SecretStr = SecretStr("")
    supabase_anon_key: SecretStr = SecretStr("")

    @field_validator("db_ssl_mode", "db_ssl_root_cert", "db_pooler", mode="before")
    @classmethod
    def _empty_is_unset(cls, value: object) -> object:
        return None if value == "" else value

    @property
    def url(self) -> DatabaseUrl:
        """`DATABASE_URL` with the TLS settings; parameters in the URL take precedence.

        Raises:
            SettingsError: it is unset, or cannot be read.
        """
        text = self.database_url.get_secret_value()
        if not text.strip():
            raise SettingsError(
                '"DATABASE_URL" is not set',
                "set it in the environment or in .env: DATABASE_URL=postgresql://user:password@host:5432/database",
            )
        return self.secured(parse_url(text))

    def secured(self, url: DatabaseUrl) -> DatabaseUrl:
        """Return a URL with `DB_SSL_MODE` and `DB_SSL_ROOT_CERT`; parameters in the URL take precedence.

        They are about the network, so the URL of a server on this machine is not changed.

        Raises:
            SettingsError: the root certificate is not a file.
        """
        if not url.crosses_network:
            return url
        beside: dict[str, str] = {}
        if self.db_ssl_root_cert is not None:
            if not self.db_ssl_root_cert.is_file():
                raise SettingsError(
                    f'"DB_SSL_ROOT_CERT" names "{self.db_ssl_root_cert}", which is not a file',
                    "download the root certificate from the Dashboard (Database settings, SSL)",
                )
            beside["sslrootcert"] = str(self.db_ssl_root_cert)
        if self.db_ssl_mode is not None:
            beside["sslmode"] = self.db_ssl_mode
        return url.with_parameters(**(beside | url.parameters))

    @property
    def uses_transaction_pooler(self) -> bool:
        """Whether `DATABASE_URL` leads to a pooler in transaction mode."""
        return self.url.is_transaction_pooler if self.db_pooler is None else self.db_pooler == "transaction"


def load_settings(env_file: str | Path | None = ".env") -> Settings:
    """Return the settings of the environment and of an env file; the environment takes precedence.

    Args:
        env_file: The file to read besides the environment; it need not exist.

    Raises:
        SettingsError: a value cannot be used; the sentence names the variable, and the value unless it is a secret.
    """
    source: dict[str, Any] = {"_env_file": env_file}
    mistakes: list[tuple[str, str, object]] = []
    try:
        return Settings(**source)
    except ValidationError as wrong:
        mistakes = [
            (str(error["loc"][0]) if error["loc"] else "", error["msg"], error.get("input"))
            for error in wrong.errors(include_url=False)
        ]
    except UnicodeDecodeError:
        raise SettingsError(f'"{env_file}" is not a text file in UTF-8', "save it as UTF-8") from None
    name, reason, value = mistakes[0]
    secret = "secret" in name or "key" in name or "url" in name
    shown = "" if secret else f' is "{value}"'
    raise SettingsError(
        f'"{name.upper()}"{shown}: {reason[0].lower()}{reason[1:]}', f"correct {name.upper()} or unset it"
    )
