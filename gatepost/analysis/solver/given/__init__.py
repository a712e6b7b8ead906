"""What is given in a question: the caller, the tables with their constraints, and what types and literals are."""
