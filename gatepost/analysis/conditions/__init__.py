"""One condition: parsed into terms, followed into functions, weighed in three-valued logic."""
