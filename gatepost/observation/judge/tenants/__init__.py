"""What members of one tenant did with what is their colleagues', above their rank, or no longer theirs."""
