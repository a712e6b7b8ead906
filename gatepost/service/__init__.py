"""What an application imports: sessions under the caller's row security, health, readiness and metrics."""
