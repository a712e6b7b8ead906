"""Rows in every table and for every persona, whose values say whose they are."""
