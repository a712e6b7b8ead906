"""Understand one condition: parse it into terms, follow it into functions, evaluate it in three-valued logic."""
