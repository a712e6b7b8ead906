"""How requests find a provider: the backend's own tables.

`routing_providers.api_key_encrypted` is one of the app's secrets.
"""

from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import Boolean, Column, Float, ForeignKey, Index, Integer, String, Text
from sqlmodel import Field, Relationship

from models.base import Base
from models.columns import flag, json_value, moment, number_key


class RoutingProvider(Base, table=True):
    __tablename__: ClassVar[str] = "routing_providers"

    id: int | None = Field(default=None, sa_column=number_key())
    name: str = Field(sa_column=Column(String(100), unique=True, nullable=False))
    display_name: str = Field(sa_column=Column(String(200), nullable=False))
    base_url: str = Field(sa_column=Column(String(500), nullable=False))
    api_key_encrypted: str = Field(sa_column=Column(Text, nullable=False))
    is_active: bool | None = Field(default=True, sa_column=flag(True))
    capabilities: Any = Field(sa_column=json_value(required=True))
    models: Any = Field(sa_column=json_value(required=True))
    rate_limits: Any = Field(default=None, sa_column=json_value())
    cost_per_token: float | None = Field(default=None, sa_column=Column(Float))
    priority: int | None = Field(default=0, sa_column=Column(Integer))
    created_at: datetime | None = Field(default=None, sa_column=moment(at_insert=True))
    updated_at: datetime | None = Field(default=None, sa_column=moment(at_update=True))

    metrics: list["ProviderMetric"] = Relationship(back_populates="provider")
    policies: list["ProviderPolicy"] = Relationship(back_populates="provider")
    requests: list["RoutingRequest"] = Relationship(back_populates="selected_provider")


class ProviderMetric(Base, table=True):
    __tablename__: ClassVar[str] = "provider_metrics"
    __table_args__ = (Index(None, "provider_id", "timestamp"), Index(None, "timestamp"))

    id: int | None = Field(default=None, sa_column=number_key())
    provider_id: int = Field(sa_column=Column(Integer, ForeignKey("routing_providers.id"), nullable=False))
    timestamp: datetime | None = Field(default=None, sa_column=moment(at_insert=True))
    is_healthy: bool = Field(default=False, sa_column=flag(False, required=True))
    """false until measured: a measurement that does not say so must not route traffic to a provider"""
    response_time_ms: float | None = Field(default=None, sa_column=Column(Float))
    error_rate: float | None = Field(default=None, sa_column=Column(Float))
    throughput_rpm: float | None = Field(default=None, sa_column=Column(Float))
    tokens_used: int | None = Field(default=None, sa_column=Column(Integer))
    cost_incurred: float | None = Field(default=None, sa_column=Column(Float))
    metadata_json: Any = Field(default=None, sa_column=json_value())

    provider: RoutingProvider | None = Relationship(back_populates="metrics")


class ProviderPolicy(Base, table=True):
    __tablename__: ClassVar[str] = "provider_policies"

    id: int | None = Field(default=None, sa_column=number_key())
    provider_id: int = Field(sa_column=Column(Integer, ForeignKey("routing_providers.id"), nullable=False, index=True))
    name: str = Field(sa_column=Column(String(100), nullable=False))
    policy_type: str = Field(sa_column=Column(String(50), nullable=False))
    """fallback, load_balance or circuit_breaker"""
    conditions: Any = Field(sa_column=json_value(required=True))
    actions: Any = Field(sa_column=json_value(required=True))
    priority: int | None = Field(default=0, sa_column=Column(Integer))
    is_active: bool | None = Field(default=True, sa_column=flag(True))
    created_at: datetime | None = Field(default=None, sa_column=moment(at_insert=True))
    updated_at: datetime | None = Field(default=None, sa_column=moment(at_update=True))

    provider: RoutingProvider | None = Relationship(back_populates="policies")


class RoutingRequest(Base, table=True):
    __tablename__: ClassVar[str] = "routing_requests"

    id: int | None = Field(default=None, sa_column=number_key())
    request_id: str = Field(sa_column=Column(String(100), unique=True, nullable=False))
    capability: str = Field(sa_column=Column(String(100), nullable=False))
    requirements: Any = Field(default=None, sa_column=json_value())
    selected_provider_id: int | None = Field(
        default=None, sa_column=Column(Integer, ForeignKey("routing_providers.id"), index=True)
    )
    response_time_ms: float | None = Field(default=None, sa_column=Column(Float))
    success: bool | None = Field(default=None, sa_column=Column(Boolean))
    """NULL while there is no outcome: the one truth value without a default, which would be a lie"""
    error_message: str | None = Field(default=None, sa_column=Column(Text))
    created_at: datetime | None = Field(default=None, sa_column=moment(at_insert=True))

    selected_provider: RoutingProvider | None = Relationship(back_populates="requests")
