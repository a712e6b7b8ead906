"""The tables of the Goblin Assistant, as SQLModel classes.

No module here uses `from __future__ import annotations`: SQLModel reads the class behind a relationship
from its annotation, and a string says too little.
"""

from models.accounts import User
from models.base import Base, metadata
from models.providers import GlobalSetting, ModelConfig, Provider, ProviderCredential
from models.routing import ProviderMetric, ProviderPolicy, RoutingProvider, RoutingRequest
from models.search import SearchCollection, SearchDocument
from models.work import Stream, StreamChunk, Task

__all__ = [
    "Base",
    "GlobalSetting",
    "ModelConfig",
    "Provider",
    "ProviderCredential",
    "ProviderMetric",
    "ProviderPolicy",
    "RoutingProvider",
    "RoutingRequest",
    "SearchCollection",
    "SearchDocument",
    "Stream",
    "StreamChunk",
    "Task",
    "User",
    "metadata",
]
