"""For applications: FastAPI sessions under the caller's row security, health endpoints, readiness and pool metrics."""
