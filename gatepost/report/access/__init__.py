"""Render the access matrix of `gatepost observe`: as text, and as a page."""
