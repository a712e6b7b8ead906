"""What was observed, compared with what was declared or can be inferred."""
