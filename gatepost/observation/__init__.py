"""Observe access by trying it: plant rows, run every persona's commands, roll everything back."""
