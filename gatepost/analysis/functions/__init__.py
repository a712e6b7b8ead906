"""What functions do with the rights of their owner: what they write, and what they check first."""
