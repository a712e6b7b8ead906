"""The catalogue of model providers, their keys and the app's settings.

Signed-in users may know which providers and models there are. `provider_credentials.encrypted_key` is
one of the app's secrets, and `global_settings` is the backend's alone.
"""

from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import Column, ForeignKey, Integer, Text
from sqlmodel import Field, Relationship

from models.base import Base
from models.columns import flag, json_value, moment, number_key


class Provider(Base, table=True):
    __tablename__: ClassVar[str] = "providers"

    id: int | None = Field(default=None, sa_column=number_key())
    name: str | None = Field(default=None, sa_column=Column(Text, unique=True))
    display_name: str | None = Field(default=None, sa_column=Column(Text))
    capabilities: Any = Field(default=None, sa_column=json_value())
    default_model: str | None = Field(default=None, sa_column=Column(Text))
    metadata_: Any = Field(default=None, sa_column=json_value())
    is_active: bool | None = Field(default=True, sa_column=flag(True))
    created_at: datetime | None = Field(default=None, sa_column=moment(at_insert=True))
    updated_at: datetime | None = Field(default=None, sa_column=moment(at_update=True))

    credentials: list["ProviderCredential"] = Relationship(back_populates="provider")
    configs: list["ModelConfig"] = Relationship(back_populates="provider")


class ProviderCredential(Base, table=True):
    __tablename__: ClassVar[str] = "provider_credentials"

    id: int | None = Field(default=None, sa_column=number_key())
    provider_id: int | None = Field(default=None, sa_column=Column(Integer, ForeignKey("providers.id"), index=True))
    encrypted_key: str | None = Field(default=None, sa_column=Column(Text))
    scopes: Any = Field(default=None, sa_column=json_value())
    created_by: str | None = Field(default=None, sa_column=Column(Text))
    """a user's id, or "system": therefore no foreign key"""
    created_at: datetime | None = Field(default=None, sa_column=moment(at_insert=True))
    expires_at: datetime | None = Field(default=None, sa_column=moment())

    provider: Provider | None = Relationship(back_populates="credentials")


class ModelConfig(Base, table=True):
    __tablename__: ClassVar[str] = "model_configs"

    id: int | None = Field(default=None, sa_column=number_key())
    provider_id: int | None = Field(default=None, sa_column=Column(Integer, ForeignKey("providers.id"), index=True))
    name: str | None = Field(default=None, sa_column=Column(Text))
    params: Any = Field(default=None, sa_column=json_value())
    is_default: bool | None = Field(default=False, sa_column=flag(False))
    created_at: datetime | None = Field(default=None, sa_column=moment(at_insert=True))
    updated_at: datetime | None = Field(default=None, sa_column=moment(at_update=True))

    provider: Provider | None = Relationship(back_populates="configs")


class GlobalSetting(Base, table=True):
    __tablename__: ClassVar[str] = "global_settings"

    id: int | None = Field(default=None, sa_column=number_key())
    key: str | None = Field(default=None, sa_column=Column(Text, unique=True))
    value: Any = Field(default=None, sa_column=json_value())
    created_at: datetime | None = Field(default=None, sa_column=moment(at_insert=True))
    updated_at: datetime | None = Field(default=None, sa_column=moment(at_update=True))
