"""What a revision holds: its steps, their order, their operations, and a sentence for each."""
