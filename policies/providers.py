"""The catalogue of providers and models is readable when signed in; keys and settings are the backend's alone."""

from gatepost import allow, authenticated, protect
from models.providers import GlobalSetting, ModelConfig, Provider, ProviderCredential

protect(Provider, allow("select", to=authenticated, where=Provider.is_active))
protect(ModelConfig, allow("select", to=authenticated))
protect(ProviderCredential, hide=(ProviderCredential.encrypted_key,))
protect(GlobalSetting)
