"""What came out of doors, as findings, and how bad it is."""
