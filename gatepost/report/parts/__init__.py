"""What every format shares: the order of what is shown, and how lines are broken for a terminal."""
