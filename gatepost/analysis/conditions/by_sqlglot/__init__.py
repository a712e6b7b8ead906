"""Conditions read by sqlglot, where PostgreSQL's own grammar has no wheel; no body of a function is."""
