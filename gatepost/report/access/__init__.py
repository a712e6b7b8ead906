"""The access matrix of `gatepost observe`, which no other command has: as text, and as a page."""
