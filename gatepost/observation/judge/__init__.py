"""Compare the observed access with what was declared, or with the inferred ownership, and report findings."""
