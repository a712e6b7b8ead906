"""One statement as one persona: tried, probed, undone, and what came of it."""
