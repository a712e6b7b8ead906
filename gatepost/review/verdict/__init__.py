"""What the trials of both sides say: who gains, who loses, what breaks."""
