"""Casting in processes beside the one that sends."""
