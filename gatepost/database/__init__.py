"""Reaching a database: its URL, one connection, an engine with a pool, and acting as somebody."""
