"""The ways in which a condition can hold: those of which nobody knows for whom they are, and those for everybody."""
