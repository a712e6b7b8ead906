"""Routing is the backend's alone: nobody but service_role reads or writes it."""

from gatepost import protect
from models.routing import ProviderMetric, ProviderPolicy, RoutingProvider, RoutingRequest

protect(RoutingProvider, hide=(RoutingProvider.api_key_encrypted,))
protect(ProviderMetric)
protect(ProviderPolicy)
protect(RoutingRequest)
