"""Single statements of a script: where they end, what stands in for them, and what they leave or fail to do."""
